// Workgroups beyond 65,535, the most along one axis, are folded over x and y: this is a group's number along the one axis that kernels think in.
fn flat_group(id: vec3<u32>, count: vec3<u32>) -> u32 {
  return id.y * count.x + id.x;
}
