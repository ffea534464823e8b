// Along one axis, which taps looked at an element: those from `first` on, every `step`-th, `count` of them. The first belongs to the output
// `origin`, each further one to the output `back` before. Elements a stride apart have the same taps, of outputs that are as far apart as
// they are strides.
struct Taps {
  first: i32,
  step: i32,
  count: i32,
  origin: i32,
  back: i32,
}

// `place` is the element's, padding included.
fn taps_on(place: i32, stride: i32, dilation: i32, kernel: i32) -> Taps {
  var divisor = stride;
  var rest = dilation % stride;
  while (rest != 0) {
    let next = divisor % rest;
    divisor = rest;
    rest = next;
  }
  let step = stride / divisor;
  var first = 0;
  while (first < step && (place - first * dilation) % stride != 0) {
    first++;
  }
  let count = select(0, (kernel - first + step - 1) / step, first < step);
  return Taps(first, step, count, (place - first * dilation) / stride, dilation / divisor);
}
