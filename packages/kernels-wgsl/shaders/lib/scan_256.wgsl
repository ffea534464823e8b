// Sums of what the threads before each of 256 have, and of all of them (Hillis and Steele 1986), in whole numbers.
var<workgroup> scan_sums: array<u32, 256>;

// x: the sum of those before; y: of all.
fn scan_256(lane: u32, value: u32) -> vec2<u32> {
  workgroupBarrier();
  scan_sums[lane] = value;
  for (var step = 1u; step < 256u; step <<= 1u) {
    workgroupBarrier();
    var sum = scan_sums[lane];
    if (lane >= step) {
      sum += scan_sums[lane - step];
    }
    workgroupBarrier();
    scan_sums[lane] = sum;
  }
  workgroupBarrier();
  return vec2<u32>(scan_sums[lane] - value, scan_sums[255]);
}
