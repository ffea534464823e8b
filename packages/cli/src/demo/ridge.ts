/** The linear theory in closed form, to hold gradient descent against: (2/n XᵀX + λ 1) w = 2/n Xᵀy, in float64 by the engine's own operations. */
import { add, type Engine, eye, matmul, mul, type Preprocessing, solve, type Tensor, TetradError } from "@tetrad/engine";

/** @param x (n, k) and y (n), both standardised: then the intercept is the mean of y, which is 0 */
export async function closedForm(engine: Engine, x: Float32Array, y: Float32Array, lambda: number): Promise<Float64Array> {
  const n = y.length;
  const k = x.length / n;
  const { data } = await engine.run(
    (inputs) => {
      const [design, target] = [inputs["x"] as Tensor, inputs["y"] as Tensor];
      const gram = mul(matmul(design, design, { transposeA: true }), 2 / n);
      return solve(add(gram, mul(eye(k, k, "f64"), lambda)), mul(matmul(design, target, { transposeA: true }), 2 / n));
    },
    { x: { data: Float64Array.from(x), shape: [n, k] }, y: { data: Float64Array.from(y), shape: [n, 1] } },
  );
  return Float64Array.from(data);
}

/** Coefficients in the table's own units, then the intercept, from those of standardised inputs and target. */
export function inOwnUnits({ inputs, target }: Preprocessing, weights: ArrayLike<number>, bias: number): number[] {
  if (target.kind !== "number") throw new TetradError("ARGUMENT", { op: "inOwnUnits", what: `the target ${target.name} is not a number` });
  const numbers = inputs.filter((input) => input.kind === "number");
  const slopes = numbers.map(({ scale }, i) => ((weights[i] as number) * target.scale) / scale);
  return [...slopes, target.mean + bias * target.scale - numbers.reduce((sum, { mean }, i) => sum + (slopes[i] as number) * mean, 0)];
}
