/** dY added to the places that won, plane by plane. Words: dx, places, dy, planes, elements of a plane, outputs of a plane. */
import { share_begin, share_end } from "../lib/rows";

function max_pool2d_backward<T>(p: usize, thread: i32, threads: i32): void {
  const planes = load<i32>(p, 12);
  const area = load<i32>(p, 16);
  const outputs = load<i32>(p, 20);
  const begin = share_begin(planes, 1, thread, threads);
  const end = share_end(planes, 1, thread, threads);
  if (begin >= end) return;
  memory.fill(load<usize>(p) + <usize>(begin * area) * sizeof<T>(), 0, <usize>((end - begin) * area) * sizeof<T>());
  for (let plane = begin; plane < end; plane++) {
    const dx = load<usize>(p) + <usize>(plane * area) * sizeof<T>();
    let places = load<usize>(p, 4) + (<usize>(plane * outputs) << 2);
    let dy = load<usize>(p, 8) + <usize>(plane * outputs) * sizeof<T>();
    for (const stop = places + (<usize>outputs << 2); places < stop; places += 4) {
      const d = dx + <usize>load<i32>(places) * sizeof<T>();
      store<T>(d, load<T>(d) + load<T>(dy));
      dy += sizeof<T>();
    }
  }
}

export function max_pool2d_backward_f32(p: usize, thread: i32, threads: i32): void {
  max_pool2d_backward<f32>(p, thread, threads);
}

export function max_pool2d_backward_f64(p: usize, thread: i32, threads: i32): void {
  max_pool2d_backward<f64>(p, thread, threads);
}
