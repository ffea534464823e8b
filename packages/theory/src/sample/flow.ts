/**
 * A normalising flow of affine couplings (L. Dinh, J. Sohl-Dickstein, S. Bengio, "Density estimation using Real NVP", ICLR 2017, 3.2) that bends the noise of a
 * Gaussian approximation: half of the coordinates stretch and shift the other half, in turns. It begins as the identity, so it starts from the Gaussian's
 * own bound, and climbs it by Adam on fresh draws (D. J. Rezende, S. Mohamed, ICML 2015). A few hundred weights: written out, because a call of the density costs more.
 */
import { TetradError } from "@tetrad/engine";
import { type Gaussian, gaussianPush, type Push } from "./approximation.js";
import { ChainRandom } from "./chain-random.js";
import type { LogDensity } from "./log-density.js";

const LAYERS = 6;
const HIDDEN = 16;
const STEPS = 2000;
/** Draws a step. */
const BATCH = 32;
const RATE = 0.01;

/** One coupling: coordinates `from` decide what happens to coordinates `to`. Weights lie in the flow's one vector from `at` on. */
interface Coupling {
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly at: number;
}

interface Kept {
  readonly x: Float64Array;
  readonly hidden: Float64Array;
  readonly stretch: Float64Array;
}

export class Flow {
  readonly #couplings: readonly Coupling[];
  readonly weights: Float64Array;
  readonly gradient: Float64Array;
  /** What each coupling's backward pass needs: its input, hidden units and logarithms of stretches. */
  readonly #kept: readonly Kept[];
  readonly #pull = new Float64Array(HIDDEN);

  constructor(dim: number, random: ChainRandom) {
    let at = 0;
    this.#couplings = Array.from({ length: LAYERS }, (_, layer) => {
      const all = Array.from({ length: dim }, (_, i) => i);
      const coupling = { from: all.filter((i) => i % 2 === layer % 2), to: all.filter((i) => i % 2 !== layer % 2), at };
      at += HIDDEN * (coupling.from.length + 1) + 2 * coupling.to.length * (HIDDEN + 1);
      return coupling;
    });
    this.weights = new Float64Array(at);
    this.gradient = new Float64Array(at);
    // Only the inner weights are random: with outer weights of zero every coupling is the identity.
    for (const { from, at: begin } of this.#couplings) {
      const inner = new Float64Array(HIDDEN * from.length);
      random.normals(inner);
      this.weights.set(
        inner.map((value) => value / Math.sqrt(from.length)),
        begin,
      );
    }
    this.#kept = this.#couplings.map(({ to }) => ({
      x: new Float64Array(dim),
      hidden: new Float64Array(HIDDEN),
      stretch: new Float64Array(to.length),
    }));
  }

  /** Bends x in place. @returns ln |dy/dx| */
  forward(x: Float64Array): number {
    const w = this.weights;
    let logStretch = 0;
    this.#couplings.forEach(({ from, to, at }, layer) => {
      const kept = this.#kept[layer] as Kept;
      kept.x.set(x);
      const bias = at + HIDDEN * from.length;
      for (let h = 0; h < HIDDEN; h++) {
        let sum = w[bias + h] as number;
        for (let i = 0; i < from.length; i++) sum += (w[at + h * from.length + i] as number) * (x[from[i] as number] as number);
        kept.hidden[h] = Math.tanh(sum);
      }
      let row = bias + HIDDEN;
      for (let o = 0; o < to.length; o++, row += 2 * (HIDDEN + 1)) {
        let stretch = w[row + HIDDEN] as number;
        let shift = w[row + 2 * HIDDEN + 1] as number;
        for (let h = 0; h < HIDDEN; h++) {
          stretch += (w[row + h] as number) * (kept.hidden[h] as number);
          shift += (w[row + HIDDEN + 1 + h] as number) * (kept.hidden[h] as number);
        }
        const limited = Math.tanh(stretch); // a factor between 1/e and e each time keeps the first steps sane
        kept.stretch[o] = limited;
        logStretch += limited;
        const i = to[o] as number;
        x[i] = (x[i] as number) * Math.exp(limited) + shift;
      }
    });
    return logStretch;
  }

  /** Adds to `gradient` that of L(y) + ln |dy/dx|, given ∂L/∂y, which becomes ∂/∂x; follows `forward` of the same point. */
  backward(slope: Float64Array): void {
    const { weights: w, gradient: g } = this;
    const pull = this.#pull;
    for (let layer = this.#couplings.length - 1; layer >= 0; layer--) {
      const { from, to, at } = this.#couplings[layer] as Coupling;
      const { x, hidden, stretch } = this.#kept[layer] as Kept;
      const bias = at + HIDDEN * from.length;
      pull.fill(0);
      let row = bias + HIDDEN;
      for (let o = 0; o < to.length; o++, row += 2 * (HIDDEN + 1)) {
        const i = to[o] as number;
        const limited = stretch[o] as number;
        const factor = Math.exp(limited);
        const shift = slope[i] as number;
        const raw = (shift * (x[i] as number) * factor + 1) * (1 - limited * limited);
        for (let h = 0; h < HIDDEN; h++) {
          g[row + h] = (g[row + h] as number) + raw * (hidden[h] as number);
          g[row + HIDDEN + 1 + h] = (g[row + HIDDEN + 1 + h] as number) + shift * (hidden[h] as number);
          pull[h] = (pull[h] as number) + raw * (w[row + h] as number) + shift * (w[row + HIDDEN + 1 + h] as number);
        }
        g[row + HIDDEN] = (g[row + HIDDEN] as number) + raw;
        g[row + 2 * HIDDEN + 1] = (g[row + 2 * HIDDEN + 1] as number) + shift;
        slope[i] = shift * factor;
      }
      for (let h = 0; h < HIDDEN; h++) {
        const inner = (pull[h] as number) * (1 - (hidden[h] as number) ** 2);
        g[bias + h] = (g[bias + h] as number) + inner;
        for (let i = 0; i < from.length; i++) {
          const j = from[i] as number;
          const at1 = at + h * from.length + i;
          g[at1] = (g[at1] as number) + inner * (x[j] as number);
          slope[j] = (slope[j] as number) + inner * (w[at1] as number);
        }
      }
    }
  }
}

/** @throws ARGUMENT for a single coordinate, which has no other half */
export function fitFlow(density: LogDensity, gaussian: Gaussian, seed: number): { readonly push: Push; readonly elbo: number } {
  const k = density.dim;
  if (k < 2) {
    throw new TetradError("ARGUMENT", {
      op: "variational",
      what: "a flow needs two parameters",
      got: `${k}`,
      hint: "use full-rank, or nuts",
    });
  }
  const random = new ChainRandom(seed, 2);
  random.begin(0);
  const flow = new Flow(k, random);
  const { weights, gradient } = flow;
  const first = new Float64Array(weights.length);
  const second = new Float64Array(weights.length);
  const [x, u, slope, back] = [new Float64Array(k), new Float64Array(k), new Float64Array(k), new Float64Array(k)];
  const affine = gaussianPush(gaussian);
  let elbo = 0;
  const counted = Math.floor(STEPS / 4);
  for (let step = 1; step <= STEPS; step++) {
    random.begin(step);
    gradient.fill(0);
    let bound = 0;
    let inside = 0;
    for (let draw = 0; draw < BATCH; draw++) {
      random.normals(x);
      let value = (k / 2) * Math.log(2 * Math.PI);
      for (let i = 0; i < k; i++) value += (x[i] as number) ** 2 / 2;
      value += flow.forward(x) + affine(x, u);
      const here = density.logDensity(u, slope);
      if (here === -Infinity) continue; // no slope there: the others pull the flow back
      inside++;
      bound += value + here;
      // ∂/∂y of ln p(mean + root y) is rootᵀ ∂ ln p.
      for (let j = 0; j < k; j++) {
        let sum = 0;
        for (let i = j; i < k; i++) sum += (gaussian.root[i * k + j] as number) * (slope[i] as number);
        back[j] = sum;
      }
      flow.backward(back);
    }
    if (step > STEPS - counted) elbo += bound / Math.max(1, inside) / counted;
    const rate = RATE * 0.5 * (1 + Math.cos((Math.PI * step) / STEPS));
    for (let i = 0; i < weights.length; i++) {
      const own = (gradient[i] as number) / Math.max(1, inside);
      first[i] = 0.9 * (first[i] as number) + 0.1 * own;
      second[i] = 0.999 * (second[i] as number) + 0.001 * own * own;
      const size = Math.sqrt((second[i] as number) / (1 - 0.999 ** step)) + 1e-8;
      weights[i] = (weights[i] as number) + (rate * (first[i] as number)) / (1 - 0.9 ** step) / size;
    }
  }
  const bent = new Float64Array(k);
  return {
    elbo,
    push(z, out) {
      bent.set(z);
      return flow.forward(bent) + affine(bent, out);
    },
  };
}
