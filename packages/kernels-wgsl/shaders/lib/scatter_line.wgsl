// Lines of scatter_add: all elements along the axis, one line for each place on the other axes. Words as in shaders/index/scatter_add_scan.wgsl.
//! use words
struct Line {
  output: u32,
  indices: u32,
  values: u32,
  // Whether indices reach this line.
  inside: bool,
}

fn line_count() -> u32 {
  var lines = 1u;
  for (var axis = 0u; axis < word(9u); axis++) {
    lines *= word(10u + 5u * axis);
  }
  return lines;
}

fn line_at(number: u32) -> Line {
  var line = Line(0u, 0u, 0u, true);
  var rest = number;
  for (var axis = i32(word(9u)) - 1; axis >= 0; axis--) {
    let at = 10u + 5u * u32(axis);
    let next = rest / word(at);
    let c = rest - next * word(at);
    rest = next;
    line.inside = line.inside && c < word(at + 1u);
    line.output += c * word(at + 2u);
    line.indices += c * word(at + 3u);
    line.values += c * word(at + 4u);
  }
  return line;
}

// The thread's element as (line, place along it): neighbouring threads have neighbouring elements, be the axis the last one or not.
fn scatter_element(i: u32) -> vec2<u32> {
  let extent = max(word(4u), 1u);
  if (word(6u) == 1u) {
    return vec2<u32>(i / extent, i % extent);
  }
  // A line count behind the last element, where there are no lines.
  let lines = max(line_count(), 1u);
  let place = i / lines;
  return vec2<u32>(select(i - place * lines, 0xffffffffu, place >= extent), place);
}
