// The products of attention_direct.wgsl that gradients have besides: of what outputs have for gradients, and values.
//! use attention_direct attention_slopes

fn output_slope_places(rows: Rows) -> vec4<u32> {
  return word(OWN - 2u) + vec4<u32>(rows[0].dense, rows[1].dense, rows[2].dense, rows[3].dense) * value_dim();
}

// Elements c … c + 3 of a row's.
fn output_slope_elements(at: u32, c: u32) -> vec4<f32> {
  let place = elements_at(at, c, value_dim());
  return vec4<f32>(dy[place.x], dy[place.y], dy[place.z], dy[place.w]);
}

fn slope_value_products(slopes_at: vec4<u32>, values_at: vec4<u32>) -> Block {
  var products = Block();
  let dim = value_dim();
  for (var c = 0u; c < dim; c++) {
    let a = vec4<f32>(dy[slopes_at.x + c], dy[slopes_at.y + c], dy[slopes_at.z + c], dy[slopes_at.w + c]);
    let b = vec4<f32>(v[values_at.x + c], v[values_at.y + c], v[values_at.z + c], v[values_at.w + c]);
    add_products(&products, a, b);
  }
  return products;
}
