/** The build fails here when a kernel of the CPU has no shader. */

import type { BaseKernel, IntegerKernel, StripName } from "@tetrad/kernels-wasm";
import type { WgslFunctionName, WgslIntegerKernelName, WgslKernelName } from "@tetrad/kernels-wgsl";

/** What a GPU has no need of: how plans are run on the CPU, weights as its products read them, and its probes. */
type CpuOnly = "gemm_packed" | "loop" | "probe_fma" | "probe_read" | "run" | "run_steps" | "run_traced";

/** Kernels without a shader, element-wise functions aside. */
export type MissingKernels = Exclude<BaseKernel, StripName | WgslKernelName | CpuOnly>;
/** Element-wise functions without one; `ew` and `ew_range` are what runs them. */
export type MissingFunctions = Exclude<StripName, WgslFunctionName | "ew" | "ew_range">;

/** Kernels of integers whose shader knows floats alone. */
export type MissingIntegers = Exclude<IntegerKernel, WgslIntegerKernelName>;

type None<T> = [T] extends [never] ? true : T;

/** Does not compile while one is missing, and the error names it. */
export const everyKernelHasItsShader: [None<MissingKernels>, None<MissingFunctions>, None<MissingIntegers>] = [true, true, true];
