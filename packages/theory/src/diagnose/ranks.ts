/** Draws of several chains, their halves, their ranks: what convergence diagnostics are made of. */
import { normalQuantile } from "./normal.js";

/** Draws of one quantity, a chain each, all of one length. */
export type Chains = readonly Float64Array[];

/** Each chain as two: a chain that drifts differs from itself. The middle draw of an odd number is left out. */
export function splitChains(chains: Chains): Chains {
  return chains.flatMap((chain) => {
    const half = chain.length >> 1;
    return [chain.subarray(0, half), chain.subarray(chain.length - half)];
  });
}

export function pooled(chains: Chains): Float64Array {
  const all = new Float64Array(chains.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chain of chains) {
    all.set(chain, at);
    at += chain.length;
  }
  return all;
}

/** Ranks from 1 among all draws, ties by their mean. */
export function ranks(chains: Chains): Chains {
  const all = pooled(chains);
  const order = Uint32Array.from(all, (_, i) => i).sort((a, b) => (all[a] as number) - (all[b] as number));
  const result = new Float64Array(all.length);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && all[order[to] as number] === all[order[from] as number]) to++;
    for (let i = from; i < to; i++) result[order[i] as number] = (from + to + 1) / 2;
    from = to;
  }
  let at = 0;
  return chains.map(({ length }) => {
    at += length;
    return result.subarray(at - length, at);
  });
}

/** Ranks r of S draws as normal quantiles of (r − 3/8)/(S + 1/4) (G. Blom 1958): of finite variance whatever the draws'. */
export function rankNormalised(chains: Chains): Chains {
  const count = chains.reduce((sum, { length }) => sum + length, 0);
  return ranks(chains).map((own) => own.map((rank) => normalQuantile((rank - 0.375) / (count + 0.25))));
}

/** Quantile of sorted values between its neighbours (type 7 of R. J. Hyndman, Y. Fan, Am. Stat. 50 (1996) 361). */
export function quantile(sorted: ArrayLike<number>, probability: number): number {
  const at = (sorted.length - 1) * probability;
  const below = Math.floor(at);
  const low = sorted[below] as number;
  return below + 1 < sorted.length ? low + (at - below) * ((sorted[below + 1] as number) - low) : low;
}
