/** Is a version of a kernel right? Every case against the float64 reference, between guards, run after run to the same bits. */
import { mismatch } from "../../../tests/support/tolerance.ts";

/**
 * @param {readonly (import("./placed.mjs").Placed | import("../../kernels-wgsl/lab/placed.mjs").Placed)[]} placed
 * @param version what `placed` loads launches with
 * @param {readonly number[]} runs threads of each
 * @param {string} again what a run is called whose bits differ from the first one's
 * @returns {Promise<{ cases: number, threads: readonly number[], failure?: { op: string, case: string, threads: number, where: string } }>} the first failure ends it
 */
export async function check(placed, version, runs, again) {
  for (const [index, each] of placed.entries()) {
    const { problem } = each;
    const fail = (threads, where) => ({ cases: index + 1, threads: runs, failure: { op: problem.op, case: problem.name, threads, where } });
    const loaded = await each.load(problem.launches, version);
    try {
      let first;
      for (const threads of runs) {
        each.plant();
        try {
          await each.run(loaded, 1, threads);
        } catch (error) {
          return fail(threads, error.message);
        }
        const trespass = each.trespass();
        if (trespass !== undefined) return fail(threads, trespass);
        const values = problem.outputs.map(({ tensor }) => each.view(tensor).slice());
        if (first === undefined) {
          first = values;
          const wrong = compare(problem, values);
          if (wrong !== undefined) return fail(threads, wrong);
        } else {
          const at = values.findIndex((value, i) => !sameBits(value, first[i]));
          if (at >= 0) return fail(threads, `${problem.outputs[at].label} has other bits ${again}`);
        }
      }
    } finally {
      loaded.release();
    }
  }
  return { cases: placed.length, threads: runs };
}

function compare({ outputs, reference }, values) {
  const wanted = reference();
  for (const [i, { label, tolerance }] of outputs.entries()) {
    const off = mismatch({ ...wanted[i], data: values[i] }, wanted[i], tolerance);
    if (off === undefined) continue;
    const place = coordinates(off.index, wanted[i].shape);
    const amount = Number.isFinite(off.difference)
      ? `, off by ${off.difference.toExponential(2)} where ${off.allowed.toExponential(2)} is allowed`
      : "";
    return `${label} of shape [${wanted[i].shape.join(", ")}]: element [${place.join(", ")}] is ${off.got}, expected ${off.want}${amount}`;
  }
  return undefined;
}

function sameBits(a, b) {
  const bytes = (x) => new Uint8Array(x.buffer, x.byteOffset, x.byteLength);
  return Buffer.compare(bytes(a), bytes(b)) === 0;
}

function coordinates(index, shape) {
  const place = [];
  let rest = index;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    place.unshift(rest % shape[axis]);
    rest = Math.floor(rest / shape[axis]);
  }
  return place;
}
