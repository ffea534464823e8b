/** Host's view of the control block: byte addresses in the first 1024 bytes of memory; mirrors assembly/lib/control.ts. */

export const BARRIER_ARRIVED = 64;
export const BARRIER_SLEEPERS = 68;
export const BARRIER_GENERATION = 128;
export const STOP_LATCHED = 132;
export const ABORT = 192;
export const STOP = 196;
export const SPIN = 256;
export const SCRATCH_BASE = 260;
export const SHARED_SCRATCH_BASE = 264;
export const DOT_IMITATED = 268;
export const STEPS_DONE = 320;
export const JOB_KIND = 384;
export const JOB_PLAN = 388;
export const JOB_COUNT = 392;
export const JOB_STEPS = 396;
export const JOB_THREADS = 400;
export const JOB_CLOCK = 404;
export const JOB_STAMPS = 408;
export const JOB_PENDING = 448;
export const CONTROL_BYTES = 1024;

/** Bytes of private scratch per thread; the last quarter, from EPILOGUE_SCRATCH, belongs to the element-wise interpreter. */
export const SCRATCH_BYTES = 1 << 20;
export const EPILOGUE_SCRATCH = 768 << 10;
export const SHARED_SCRATCH_BYTES = 2 << 20;

/** Values of the ABORT word. */
export const ABORT_NONE = 0;
export const ABORT_CANCELLED = 1;
export const ABORT_TRAPPED = 2;

/** Reasons that kernels store in the STOP word. */
export const STOP_DIVERGED = 1;
export const STOP_BAD_INDEX = 2;

/** Launch header: [slot, flags, words]. */
export const LAUNCH_HEADER_WORDS = 3;
/** Launch flag: all threads meet before this launch. */
export const LAUNCH_BARRIER = 1;
/** Launch flag: thread 0 does the whole launch, the others pass by. */
export const LAUNCH_SINGLE = 2;
