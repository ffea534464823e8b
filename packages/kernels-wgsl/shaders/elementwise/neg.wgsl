// −a.
fn neg_f32(a: f32) -> f32 {
  return -a;
}

fn neg_i32(a: i32) -> i32 {
  return -a;
}
