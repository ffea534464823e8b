// Our own side of every comparison, through the public API of the built packages.
import { adam, createEngine, matmul, mlp, mse } from "@tetrad/engine";
import { local } from "../lib/measure.mjs";

/** @param {{ threads?: number, build?: "relaxed" | "baseline" }} options */
export async function open(options = {}) {
  const engine = await createEngine(options);
  const { build } = engine.describe();
  const label = `tetrad ${build}${options.threads === undefined ? "" : `, ${options.threads} thread${options.threads === 1 ? "" : "s"}`}`;
  return {
    label,
    engine,
    describe: engine.describe().why,
    close: () => engine.close(),

    async gemm({ m, n, k, dtype, a, b }) {
      const program = await engine.compileFunction(({ a, b }) => ({ c: matmul(a, b) }), {
        a: { shape: [m, k], dtype },
        b: { shape: [k, n], dtype },
      });
      program.set({ a, b });
      return {
        name: label,
        sample: local(() => program.callSync()),
        result: async () => program.callSync().c.slice(),
        close: () => program.close(),
      };
    },

    /** Result: the losses of the first steps. */
    async mlp({ sizes, activation, rows, weights, batches, lr, agreed }) {
      const model = mlp(sizes, { activation });
      const store = engine.store(model.params);
      for (const name of store.names) store.set(name, weights[name]);
      const inputs = { x: [rows, sizes[0]], y: [rows, sizes.at(-1)] };
      const program = await engine.compile(store, inputs, (params, { x, y }) => mse(model.apply(params, x, { training: true }), y), {
        optimizer: adam({ lr }),
      });
      let step = 0;
      const call = () => program.stepSync(batches[step++ % batches.length]);
      return {
        name: label,
        sample: local(call),
        result: async () => Array.from({ length: agreed }, () => call().loss),
        close() {
          program.close();
          store.release();
        },
      };
    },
  };
}
