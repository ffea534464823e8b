/** WebGPU's bit flags, whose values the specification fixes (https://www.w3.org/TR/webgpu): Dawn in Node has no globals for them, and we make none. */

export const MAP_READ = 0x0001;
export const COPY_SRC = 0x0004;
export const COPY_DST = 0x0008;
export const UNIFORM = 0x0040;
export const STORAGE = 0x0080;
export const QUERY_RESOLVE = 0x0200;
export const STAGE_COMPUTE = 0x4;
export const MAP_MODE_READ = 0x0001;
