/** Functions of functions: derivatives, batching, recomputation. */

export { checkGradient, type GradientCheck } from "./checkGradient.js";
export { checkpoint } from "./checkpoint.js";
export { customGradient } from "./customGradient.js";
export { grad, hessian, hvp, jacobian, jvp, valueAndGrad } from "./grad.js";
export type { Tree } from "./tree.js";
export { type MappedAxis, vmap } from "./vmap.js";
