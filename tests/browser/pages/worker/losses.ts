/** Losses of networks that are small enough for the calling thread and large enough to be tried on several, the same wherever they are trained. */
import { type ApplyContext, adam, createEngine, layerNorm, mlp, mse, type Tensor } from "@tetrad/engine";

const ROWS = 32;
const INPUTS = 64;
/** More than the steps that thread counts are chosen by */
const STEPS = 24;

/** @param sync by `stepSync`, on the thread that asks */
export async function losses(sync: boolean): Promise<number[]> {
  const engine = await createEngine({ backend: "wasm" });
  const net = mlp([INPUTS, 256, 128, 1], { activation: "relu" });
  const context: ApplyContext = { training: true };
  const x = Float32Array.from({ length: ROWS * INPUTS }, (_, i) => Math.fround(((i * 7919) % 1000) / 500 - 1));
  const y = Float32Array.from({ length: ROWS }, (_, i) => x[i * INPUTS] as number);
  const all: number[] = [];
  // The second network has kernels of its own, which workers that were started for the first must learn of.
  for (const normal of [false, true]) {
    const store = engine.store(net.params, { seed: 3 });
    const program = await engine.compile(
      store,
      { x: [ROWS, INPUTS], y: [ROWS, 1] },
      (params, { x: given, y: wanted }) =>
        mse(net.apply(params, (normal ? layerNorm(given as Tensor) : given) as Tensor, context), wanted as Tensor),
      { optimizer: adam({ lr: 1e-3 }) },
    );
    for (let i = 0; i < STEPS; i++) all.push((sync ? program.stepSync({ x, y }) : await program.step({ x, y })).loss);
    program.close();
  }
  await engine.close();
  return all;
}
