/**
 * The control block: the first 1024 bytes of memory, the only words that kernels, host and workers agree on without a plan.
 * Words that one thread writes while others spin on them have a 64-byte line of their own. Mirrored by src/control.ts.
 */

/** Bytes 0..63 stay zero, so that a null pointer in a plan reads zeros rather than control words. */
export const BARRIER_ARRIVED: usize = 64;
export const BARRIER_SLEEPERS: usize = 68;
export const BARRIER_GENERATION: usize = 128;
/** Copy of STOP taken by the last thread to arrive at a barrier: the value on which all threads agree. */
export const STOP_LATCHED: usize = 132;
/** 0 while a job may go on; see src/control.ts for the reasons. Whoever sets it must then advance BARRIER_GENERATION. */
export const ABORT: usize = 192;
/** A kernel stores a non-zero reason here (divergence, say) and the job ends after the present step. */
export const STOP: usize = 196;
/** Polls at a barrier before a thread sleeps; the host sets it short when threads exceed cores. */
export const SPIN: usize = 256;
export const SCRATCH_BASE: usize = 260;
export const SHARED_SCRATCH_BASE: usize = 264;
/** Not 0: the dot instruction of bytes is several instructions here, and the ways around it are faster. */
export const DOT_IMITATED: usize = 268;
/** Finished steps of the present job, written by thread 0. */
export const STEPS_DONE: usize = 320;
/** Job words that the host fills before it rings the workers. */
export const JOB_KIND: usize = 384;
export const JOB_PLAN: usize = 388;
export const JOB_COUNT: usize = 392;
export const JOB_STEPS: usize = 396;
export const JOB_THREADS: usize = 400;
/** Of a traced job: table slot of the clock, address of the stamps. */
export const JOB_CLOCK: usize = 404;
export const JOB_STAMPS: usize = 408;
/** Workers that have not finished the present job. */
export const JOB_PENDING: usize = 448;
export const CONTROL_BYTES: usize = 1024;

/** Three quarters of it belong to the kernel, the last to the element-wise interpreter that a kernel may call as its epilogue. */
export const SCRATCH_BYTES: usize = 1 << 20;
export const EPILOGUE_SCRATCH: usize = 768 << 10;
export const SHARED_SCRATCH_BYTES: usize = 2 << 20;

/** This thread's own SCRATCH_BYTES; contents do not survive the launch. */
// @ts-ignore: decorator
@inline
export function scratch(thread: i32): usize {
  return load<usize>(SCRATCH_BASE) + <usize>thread * SCRATCH_BYTES;
}

/** SHARED_SCRATCH_BYTES common to all threads of the job; a barrier must precede its first use in a launch. */
// @ts-ignore: decorator
@inline
export function shared_scratch(): usize {
  return load<usize>(SHARED_SCRATCH_BASE);
}
