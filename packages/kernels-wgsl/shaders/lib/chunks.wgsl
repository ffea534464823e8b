// Sums over long arrays go by chunks of so many elements, a workgroup of 256 threads each.
const CHUNK = 4096u;

fn chunks_of(n: u32) -> u32 {
  return (n + CHUNK - 1u) / CHUNK;
}
