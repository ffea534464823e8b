/**
 * A fused chain of element-wise ops: a small interpreter that runs a list of vector functions over strips of 2 KiB, which
 * stay in L1, so that a chain reads each input once and writes each output once whatever its length.
 *
 * Words at p: n, inputs, ops, outputs, rank, then `rank` extents of the (collapsed) iteration space, then
 *   per input:  kind, storage type, pointer, register, `rank` strides in elements
 *   per op:     slot of the strip function, dst, a, b, c (registers), byte offset of its immediates from p
 *   per output: storage type, pointer, register, direct (1: the register may live in the output itself)
 * and the immediates as f64. Outputs are dense in iteration order. Extent 0 may exceed the live n (bounded axes).
 */
import { EPILOGUE_SCRATCH, scratch } from "../lib/control";
import { share_begin, share_end } from "../lib/rows";
import { lanes } from "../lib/simd";

/** Kinds of input. */
const DENSE: i32 = 0;
const SCALAR: i32 = 1;

/** Storage types, as src/ew.ts numbers them. */
const F32: i32 = 0;
const F64: i32 = 1;
const I32: i32 = 2;

const STRIP_BYTES: i32 = 2048;
/** One address per register, then the register's strips. */
const REGISTERS: usize = 64;
/** Threads split at whole cache lines of the narrowest type, and not at all below this many elements. */
const SPLIT_UNIT: i32 = 64;
const SPLIT_LEAST: i32 = 1024;

// @ts-ignore: decorator
@inline
function storage_bytes(type: i32): usize {
  return type == F64 ? 8 : type == F32 || type == I32 ? 4 : 1;
}

/** The element at address p of a storage type, widened or narrowed to T. */
// @ts-ignore: decorator
@inline
function load_as<T>(p: usize, type: i32): T {
  if (type == F32) return <T>load<f32>(p);
  if (type == F64) return <T>load<f64>(p);
  if (type == I32) return <T>load<i32>(p);
  return <T>load<u8>(p);
}

/** Integers truncate and wrap like int32; anything non-zero is true. */
// @ts-ignore: decorator
@inline
function store_as<T>(p: usize, type: i32, x: T): void {
  if (type == F32) store<f32>(p, <f32>x);
  else if (type == F64) store<f64>(p, <f64>x);
  else if (type == I32) store<i32>(p, <i32>(<i64>x));
  else store<u8>(p, x != <T>0 ? 1 : 0);
}

function copy_run<T>(dst: usize, src: usize, n: i32): void {
  const vectors = n / lanes<T>();
  for (let i = 0; i < vectors; i++) {
    v128.store(dst, v128.load(src));
    dst += 16;
    src += 16;
  }
  for (let i = vectors * lanes<T>(); i < n; i++) {
    store<T>(dst, load<T>(src));
    dst += sizeof<T>();
    src += sizeof<T>();
  }
}

function splat_run<T>(dst: usize, x: T, n: i32): void {
  const v = v128.splat<T>(x);
  const vectors = n / lanes<T>();
  for (let i = 0; i < vectors; i++) {
    v128.store(dst, v);
    dst += 16;
  }
  for (let i = vectors * lanes<T>(); i < n; i++) {
    store<T>(dst, x);
    dst += sizeof<T>();
  }
}

/** Copies n elements, `stride` storage elements apart, into a strip. */
function gather_run<T>(dst: usize, src: usize, n: i32, stride: i32, type: i32): void {
  if (stride == 0) {
    splat_run<T>(dst, load_as<T>(src, type), n);
    return;
  }
  if (stride == 1 && ((sizeof<T>() == 4 && type == F32) || (sizeof<T>() == 8 && type == F64))) {
    copy_run<T>(dst, src, n);
    return;
  }
  const step = <isize>stride * <isize>storage_bytes(type);
  if (sizeof<T>() == 4 && type == F32) {
    for (let i = 0; i < n; i++) store<T>(dst + <usize>i * sizeof<T>(), load<T>(src + <isize>i * step));
    return;
  }
  for (let i = 0; i < n; i++) store<T>(dst + <usize>i * sizeof<T>(), load_as<T>(src + <isize>i * step, type));
}

/** Offset in elements of the flat index `index` over the first `axes` axes. */
// @ts-ignore: decorator
@inline
function offset_over(dims: usize, strides: usize, axes: i32, index: i32): isize {
  let offset: isize = 0;
  for (let axis = axes - 1; axis > 0; axis--) {
    const extent = load<i32>(dims + (<usize>axis << 2));
    const next = index / extent;
    offset += <isize>(index - next * extent) * load<i32>(strides + (<usize>axis << 2));
    index = next;
  }
  return axes > 0 ? offset + <isize>index * load<i32>(strides) : offset;
}

/** Fills a strip with elements [first, first + n) of a strided input. */
function fill_strip<T>(dst: usize, input: usize, dims: usize, rank: i32, first: i32, n: i32): void {
  const type = load<i32>(input, 4);
  const base = load<usize>(input, 8);
  const strides = input + 16;
  const bytes = <isize>storage_bytes(type);
  const last = rank - 1;
  const inner = load<i32>(dims + (<usize>last << 2));
  const inner_stride = load<i32>(strides + (<usize>last << 2));
  let row = first / inner;
  let column = first - row * inner;
  let done = 0;
  while (done < n) {
    const run = min(inner - column, n - done);
    const offset = <isize>column * inner_stride + offset_over(dims, strides, last, row);
    gather_run<T>(dst + <usize>done * sizeof<T>(), base + offset * bytes, run, inner_stride, type);
    done += run;
    column = 0;
    row++;
  }
}

/** Rows of a transposed operand that are brought together, a cache line of it; behind each a gap, or they would fall on the same few lines of L1. */
// @ts-ignore: decorator
@inline
function group_rows<T>(): i32 {
  return 64 / <i32>sizeof<T>();
}

// @ts-ignore: decorator
@inline
function group_pitch<T>(inner: i32): usize {
  return ((<usize>inner * sizeof<T>() + 63) & ~63) + 64;
}

/** Below this many elements lines are not read so often that it would matter. */
const TRANSPOSED_LEAST: i32 = 4096;

/**
 * Whether an input is read along its columns, so that neighbours of the next rows lie beside each element: then each line would be fetched once for each of
 * its elements (a transpose of 2048 × 1024: 11.5 ms, 1.1 in groups).
 */
function is_transposed<T>(input: usize, dims: usize, rank: i32): bool {
  if (load<i32>(input) == DENSE || load<i32>(input) == SCALAR || rank < 2) return false;
  if (load<i32>(input, 4) != (sizeof<T>() == 4 ? F32 : F64)) return false;
  const at = <usize>(rank - 1) << 2;
  const stride = load<i32>(input + 16 + at);
  if (stride == 0 || stride == 1 || load<i32>(input + 16 + at - 4) != 1 || load<i32>(dims + at - 4) < 4) return false;
  return group_pitch<T>(load<i32>(dims + at)) * <usize>group_rows<T>() <= <usize>EPILOGUE_SCRATCH;
}

/** Four vectors of f32, `step` apart, transposed to four `pitch` apart. */
// @ts-ignore: decorator
@inline
function turn_four(to: usize, pitch: usize, from: usize, step: isize): void {
  const r0 = v128.load(from);
  const r1 = v128.load(from + step);
  const r2 = v128.load(from + 2 * step);
  const r3 = v128.load(from + 3 * step);
  const low01 = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5);
  const low23 = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5);
  const high01 = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7);
  const high23 = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(low01, low23, 0, 2));
  v128.store(to + pitch, v128.shuffle<i64>(low01, low23, 1, 3));
  v128.store(to + 2 * pitch, v128.shuffle<i64>(high01, high23, 0, 2));
  v128.store(to + 3 * pitch, v128.shuffle<i64>(high01, high23, 1, 3));
}

/** As fill_strip for such an input, out of a group of rows at `rows`, of which `key` holds the number (−1 for none). */
function fill_transposed<T>(dst: usize, input: usize, dims: usize, rank: i32, first: i32, n: i32, rows: usize, key: usize): void {
  const base = load<usize>(input, 8);
  const strides = input + 16;
  const last = rank - 1;
  const inner = load<i32>(dims + (<usize>last << 2));
  const beside = load<i32>(dims + (<usize>last << 2) - 4);
  const step = <isize>load<i32>(strides + (<usize>last << 2)) * <isize>sizeof<T>();
  const pitch = group_pitch<T>(inner);
  const groups = (beside + group_rows<T>() - 1) / group_rows<T>();
  let row = first / inner;
  let column = first - row * inner;
  let done = 0;
  while (done < n) {
    const run = min(inner - column, n - done);
    const outer = row / beside;
    const own = row - outer * beside;
    const group = own / group_rows<T>();
    if (load<i32>(key) != outer * groups + group) {
      store<i32>(key, outer * groups + group);
      const offset = <isize>(group * group_rows<T>()) + offset_over(dims, strides, last - 1, outer);
      const count = <usize>min(group_rows<T>(), beside - group * group_rows<T>()) * sizeof<T>();
      let from = base + offset * <isize>sizeof<T>();
      let to = rows;
      let j = 0;
      if (sizeof<T>() == 4 && count == 64) {
        for (; j <= inner - 4; j += 4) {
          for (let r: usize = 0; r < 64; r += 16) turn_four(to + (r >> 2) * pitch, pitch, from + r, step);
          from += 4 * step;
          to += 16;
        }
      }
      for (; j < inner; j++) {
        let at = to;
        for (let r: usize = 0; r < count; r += sizeof<T>()) {
          store<T>(at, load<T>(from + r));
          at += pitch;
        }
        from += step;
        to += sizeof<T>();
      }
    }
    copy_run<T>(dst + <usize>done * sizeof<T>(), rows + <usize>(own - group * group_rows<T>()) * pitch + <usize>column * sizeof<T>(), run);
    done += run;
    column = 0;
    row++;
  }
}

/** `alone`: the launch is the chain's own, so that a kernel's scratch is free. */
function interpret<T>(p: usize, lo: i32, hi: i32, thread: i32, alone: bool): void {
  const strip = STRIP_BYTES / <i32>sizeof<T>();
  const native = sizeof<T>() == 4 ? F32 : F64;
  const input_count = load<i32>(p, 4);
  const op_count = load<i32>(p, 8);
  const output_count = load<i32>(p, 12);
  const rank = load<i32>(p, 16);
  const dims = p + 20;
  const inputs = dims + (<usize>rank << 2);
  const input_bytes = (<usize>rank + 4) << 2;
  const ops = inputs + <usize>input_count * input_bytes;
  const outputs = ops + <usize>op_count * 24;
  const addresses = scratch(thread) + EPILOGUE_SCRATCH;
  const strips = addresses + (REGISTERS << 2);
  const filled = min(hi - lo, strip);
  for (let r: usize = 0; r < REGISTERS; r++) store<usize>(addresses + (r << 2), strips + r * STRIP_BYTES);
  for (let i = 0; i < input_count; i++) {
    const input = inputs + <usize>i * input_bytes;
    if (load<i32>(input) != SCALAR) continue;
    const at = strips + load<usize>(input, 12) * STRIP_BYTES;
    splat_run<T>(at, load_as<T>(load<usize>(input, 8), load<i32>(input, 4)), (filled + lanes<T>() - 1) & ~(lanes<T>() - 1));
  }
  // One input may be brought together by rows.
  const rows = scratch(thread);
  const key = strips + REGISTERS * STRIP_BYTES;
  store<i32>(key, -1);
  let transposed = -1;
  if (alone && hi - lo >= TRANSPOSED_LEAST) {
    for (let i = 0; i < input_count && transposed < 0; i++) if (is_transposed<T>(inputs + <usize>i * input_bytes, dims, rank)) transposed = i;
  }
  for (let first = lo; first < hi; first += strip) {
    const n = min(hi - first, strip);
    const whole = (n + lanes<T>() - 1) & ~(lanes<T>() - 1);
    for (let i = 0; i < input_count; i++) {
      const input = inputs + <usize>i * input_bytes;
      const kind = load<i32>(input);
      if (kind == SCALAR) continue;
      const register = load<usize>(input, 12);
      const type = load<i32>(input, 4);
      if (kind == DENSE) {
        const src = load<usize>(input, 8) + <usize>first * storage_bytes(type);
        if (type == native) store<usize>(addresses + (register << 2), src);
        else gather_run<T>(strips + register * STRIP_BYTES, src, n, 1, type);
      } else if (i == transposed) {
        fill_transposed<T>(strips + register * STRIP_BYTES, input, dims, rank, first, n, rows, key);
      } else {
        fill_strip<T>(strips + register * STRIP_BYTES, input, dims, rank, first, n);
      }
    }
    for (let i = 0; i < output_count; i++) {
      const output = outputs + (<usize>i << 4);
      if (load<i32>(output, 12) == 0) continue;
      const register = load<usize>(output, 8);
      store<usize>(
        addresses + (register << 2),
        n == whole ? load<usize>(output, 4) + <usize>first * sizeof<T>() : strips + register * STRIP_BYTES,
      );
    }
    for (let i = 0; i < op_count; i++) {
      const op = ops + <usize>i * 24;
      call_indirect<void>(
        load<u32>(op),
        load<usize>(addresses + (load<usize>(op, 4) << 2)),
        load<usize>(addresses + (load<usize>(op, 8) << 2)),
        load<usize>(addresses + (load<usize>(op, 12) << 2)),
        load<usize>(addresses + (load<usize>(op, 16) << 2)),
        whole,
        <u32>first,
        p + load<usize>(op, 20),
      );
    }
    for (let i = 0; i < output_count; i++) {
      const output = outputs + (<usize>i << 4);
      const type = load<i32>(output);
      if (load<i32>(output, 12) != 0 && n == whole) continue;
      const src = load<usize>(addresses + (load<usize>(output, 8) << 2));
      const dst = load<usize>(output, 4) + <usize>first * storage_bytes(type);
      if (type == native) {
        copy_run<T>(dst, src, n);
        continue;
      }
      const step = storage_bytes(type);
      for (let k = 0; k < n; k++) store_as<T>(dst + <usize>k * step, type, load<T>(src + <usize>k * sizeof<T>()));
    }
  }
}

function share<T>(p: usize, thread: i32, threads: i32): void {
  const n = load<i32>(p);
  if (n < SPLIT_LEAST) {
    if (thread == 0) interpret<T>(p, 0, n, thread, true);
    return;
  }
  interpret<T>(p, share_begin(n, SPLIT_UNIT, thread, threads), share_end(n, SPLIT_UNIT, thread, threads), thread, true);
}

export function ew_f32(p: usize, thread: i32, threads: i32): void {
  share<f32>(p, thread, threads);
}

export function ew_f64(p: usize, thread: i32, threads: i32): void {
  share<f64>(p, thread, threads);
}

/** Elements [lo, hi) of the chain, as the epilogue of a kernel that has just written them. */
export function ew_range_f32(p: usize, lo: i32, hi: i32, thread: i32): void {
  interpret<f32>(p, lo, hi, thread, false);
}

export function ew_range_f64(p: usize, lo: i32, hi: i32, thread: i32): void {
  interpret<f64>(p, lo, hi, thread, false);
}
