enable subgroups;
// C = op(A) op(B) over a batch with strides, for devices whose threads run one after another, four by four: no thread waits for another, and each reads its
// operands where they lie. A thread has 16 × 4 of C, a workgroup of BELOW × BESIDE threads 16·BELOW × 4·BESIDE. The four threads of a subgroup lie side by
// side and have the same rows, of which each reads four elements and hears the others'. Rows and columns beyond the edge repeat the last one and are not stored.
//
// Registers: 64 sums, 4 addresses of each operand, 16 values. Shared memory: none. Loads per FLOP: 8 for 128, 0.25 bytes; two steps of k a turn.
// On SwiftShader, 512 × 512 × 512, 2 cores: 5.1 GFLOP/s; one step a turn 3.6, three 4.1; 8 rows a thread 3.9, 32 rows 4.5; 8 rows without subgroups 3.3;
// with tiles in shared memory, whose barriers are what takes the time, 2.0.
//! use grid gemm
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

// epilogue: what becomes of a finished element of C
fn finish(i: u32, value: f32) {
  y[p.y_at + i] = value;
}
// end

alias Block = mat4x4<f32>;

// Two steps of k for four rows, one of each thread of the subgroup.
fn add_steps(block: ptr<function, Block>, left: f32, right: vec4<f32>, next_left: f32, next_right: vec4<f32>) {
  (*block)[0] += subgroupBroadcast(left, 0u) * right + subgroupBroadcast(next_left, 0u) * next_right;
  (*block)[1] += subgroupBroadcast(left, 1u) * right + subgroupBroadcast(next_left, 1u) * next_right;
  (*block)[2] += subgroupBroadcast(left, 2u) * right + subgroupBroadcast(next_left, 2u) * next_right;
  (*block)[3] += subgroupBroadcast(left, 3u) * right + subgroupBroadcast(next_left, 3u) * next_right;
}

fn right_at(at: vec4<u32>) -> vec4<f32> {
  return vec4(b[at.x], b[at.y], b[at.z], b[at.w]);
}

fn finish_block(item: Item, row: u32, column: u32, block: Block) {
  finish_row(item, row, column, block[0]);
  finish_row(item, row + 1u, column, block[1]);
  finish_row(item, row + 2u, column, block[2]);
  finish_row(item, row + 3u, column, block[3]);
}

fn finish_row(item: Item, row: u32, column: u32, sums: vec4<f32>) {
  if (row >= p.m) {
    return;
  }
  for (var j = 0u; j < 4u; j++) {
    if (column + j < p.n) {
      finish(item.c + row * p.ldc + column + j, sums[j]);
    }
  }
}

@compute @workgroup_size(BELOW * BESIDE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let tiles_n = (p.n + 4u * BESIDE - 1u) / (4u * BESIDE);
  let tiles = (p.m + 16u * BELOW - 1u) / (16u * BELOW) * tiles_n;
  let flat = flat_group(group, groups);
  let item = item_of(flat / tiles);
  let row = (flat % tiles / tiles_n * BELOW + thread / BESIDE) * 16u;
  let column = (flat % tiles_n * BESIDE + thread % BESIDE) * 4u;
  let along_a = strides_a();
  let along_b = strides_b();
  let rows = item.a + min(row + lane + vec4(0u, 4u, 8u, 12u), vec4(p.m - 1u)) * along_a.x;
  let columns = item.b + min(column + vec4(0u, 1u, 2u, 3u), vec4(p.n - 1u)) * along_b.x;
  var s0 = Block();
  var s1 = Block();
  var s2 = Block();
  var s3 = Block();
  var k = 0u;
  for (; k + 1u < p.k; k += 2u) {
    let at = rows + k * along_a.y;
    let next_at = rows + (k + 1u) * along_a.y;
    let right = right_at(columns + k * along_b.y);
    let next_right = right_at(columns + (k + 1u) * along_b.y);
    add_steps(&s0, a[at.x], right, a[next_at.x], next_right);
    add_steps(&s1, a[at.y], right, a[next_at.y], next_right);
    add_steps(&s2, a[at.z], right, a[next_at.z], next_right);
    add_steps(&s3, a[at.w], right, a[next_at.w], next_right);
  }
  if (k < p.k) {
    let at = rows + k * along_a.y;
    let right = right_at(columns + k * along_b.y);
    add_steps(&s0, a[at.x], right, 0.0, vec4<f32>());
    add_steps(&s1, a[at.y], right, 0.0, vec4<f32>());
    add_steps(&s2, a[at.z], right, 0.0, vec4<f32>());
    add_steps(&s3, a[at.w], right, 0.0, vec4<f32>());
  }
  if (!item.exists || row >= p.m || column >= p.n) {
    return;
  }
  finish_block(item, row, column, s0);
  finish_block(item, row + 4u, column, s1);
  finish_block(item, row + 8u, column, s2);
  finish_block(item, row + 12u, column, s3);
}
