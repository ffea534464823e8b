/** Units that a theory may name, by their SI value. Sources: SI Brochure, 9th ed. (2019); IAU 2012 B2 (au), IAU 2015 B2 (parsec), IAU 2015 B3 (nominal solar mass parameter). */

/** Value in SI base units and powers of the base symbols. */
export interface SiValue {
  readonly factor: number;
  readonly powers: Readonly<Record<string, number>>;
}

const AU = 149597870700;
const YEAR = 365.25 * 86400;
const ENERGY = { kg: 1, m: 2, s: -2 };

/** These take prefixes. */
const PREFIXED: Readonly<Record<string, SiValue>> = {
  m: { factor: 1, powers: { m: 1 } },
  g: { factor: 1e-3, powers: { kg: 1 } },
  s: { factor: 1, powers: { s: 1 } },
  K: { factor: 1, powers: { K: 1 } },
  A: { factor: 1, powers: { A: 1 } },
  Hz: { factor: 1, powers: { s: -1 } },
  N: { factor: 1, powers: { kg: 1, m: 1, s: -2 } },
  Pa: { factor: 1, powers: { kg: 1, m: -1, s: -2 } },
  J: { factor: 1, powers: ENERGY },
  W: { factor: 1, powers: { kg: 1, m: 2, s: -3 } },
  C: { factor: 1, powers: { A: 1, s: 1 } },
  V: { factor: 1, powers: { kg: 1, m: 2, s: -3, A: -1 } },
  T: { factor: 1, powers: { kg: 1, s: -2, A: -1 } },
  eV: { factor: 1.602176634e-19, powers: ENERGY },
  pc: { factor: (648000 / Math.PI) * AU, powers: { m: 1 } },
  yr: { factor: YEAR, powers: { s: 1 } },
};

const PLAIN: Readonly<Record<string, SiValue>> = {
  au: { factor: AU, powers: { m: 1 } },
  AU: { factor: AU, powers: { m: 1 } },
  min: { factor: 60, powers: { s: 1 } },
  day: { factor: 86400, powers: { s: 1 } },
  Msun: { factor: 1.3271244e20 / 6.6743e-11, powers: { kg: 1 } },
  erg: { factor: 1e-7, powers: ENERGY },
  rad: { factor: 1, powers: {} },
  sr: { factor: 1, powers: {} },
  mag: { factor: 1, powers: {} },
  dex: { factor: 1, powers: {} },
  deg: { factor: Math.PI / 180, powers: {} },
  arcmin: { factor: Math.PI / 10800, powers: {} },
  arcsec: { factor: Math.PI / 648000, powers: {} },
  "%": { factor: 0.01, powers: {} },
};

const PREFIXES: Readonly<Record<string, number>> = {
  f: 1e-15,
  p: 1e-12,
  n: 1e-9,
  u: 1e-6,
  µ: 1e-6,
  μ: 1e-6,
  m: 1e-3,
  c: 1e-2,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
};

/** A symbol that is not listed, such as `counts` or cosmologists' `h`, is a unit of its own. */
export function siValueOf(symbol: string): SiValue {
  if (Object.hasOwn(PLAIN, symbol)) return PLAIN[symbol] as SiValue;
  if (Object.hasOwn(PREFIXED, symbol)) return PREFIXED[symbol] as SiValue;
  const [first = ""] = symbol;
  const rest = symbol.slice(first.length);
  if (Object.hasOwn(PREFIXES, first) && Object.hasOwn(PREFIXED, rest)) {
    const { factor, powers } = PREFIXED[rest] as SiValue;
    return { factor: (PREFIXES[first] as number) * factor, powers };
  }
  return { factor: 1, powers: { [symbol]: 1 } };
}
