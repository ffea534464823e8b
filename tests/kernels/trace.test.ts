// A traced run on every thread count: all stamps are there and in order, and the program goes on as if it had never been looked at.
import { adam, createEngine, type Engine, mlp, mse, type Tensor, type TrainProgram } from "@tetrad/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

describe.each([1, 2, 4])("on %i threads", (threads) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createEngine({ threads });
  });
  afterAll(() => engine.close());

  async function compiled(): Promise<TrainProgram> {
    const model = mlp([4, 64, 32, 1]);
    const store = engine.store(model.params, { seed: 3 });
    const program = await engine.compile(
      store,
      { x: [32, 4], y: [32, 1] },
      (params, { x, y }) => mse(model.apply(params, x as Tensor, { training: true }), y as Tensor),
      { optimizer: adam() },
    );
    program.set({
      x: Float32Array.from({ length: 128 }, (_, i) => Math.sin(i)),
      y: Float32Array.from({ length: 32 }, (_, i) => Math.cos(i)),
    });
    return program;
  }

  test("stamps are complete and in order", async () => {
    const program = await compiled();
    program.stepSync();
    const { launches, threads: lanes } = await program.trace(3);
    expect(lanes).toHaveLength(threads);
    expect(launches.map(({ title }) => title)).toEqual(program.profile().map(({ title }) => title));
    for (const steps of lanes) {
      expect(steps).toHaveLength(3);
      let last = 0;
      for (const step of steps) {
        expect(step.launches).toHaveLength(launches.length);
        const stamps = [...step.launches.flatMap(({ arrived, began, ended }) => [arrived, began, ended]), step.arrived, step.ended];
        for (const stamp of stamps) {
          expect(stamp).toBeGreaterThanOrEqual(last);
          last = stamp;
        }
      }
    }
    // A step ends for all when the last has arrived.
    for (let s = 0; s < 3; s++) {
      const arrived = Math.max(...lanes.map((steps) => steps[s]?.arrived ?? NaN));
      const left = Math.min(...lanes.map((steps) => steps[s]?.ended ?? NaN));
      expect(left).toBeGreaterThanOrEqual(arrived - 1e-3);
    }
    program.close();
  });

  test("training goes on to the same bits", async () => {
    const [plain, traced] = [await compiled(), await compiled()];
    const losses = Array.from({ length: 6 }, () => plain.stepSync().loss);
    const watched: number[] = [];
    for (let step = 0; step < 6; step++) {
      watched.push(traced.stepSync().loss);
      await traced.trace(2);
    }
    expect(watched).toEqual(losses);
    expect(traced.steps).toBe(6);
    plain.close();
    traced.close();
  });
});
