/** Units as products of powers of symbols: `km/s/Mpc`, `km s^-1 Mpc^-1`, `(Mpc/h)^3`, `1`. */

import { siValueOf } from "./table.js";

/** Powers of symbols as they were written, so that messages speak as the theory does. Names that begin with ? stand for units not known yet. */
export interface Unit {
  readonly powers: ReadonlyMap<string, number>;
}

export const PURE: Unit = { powers: new Map() };

/** Powers are sums and products of small fractions; less than this is zero. */
const NOTHING = 1e-9;

export function unitOf(symbol: string): Unit {
  return { powers: new Map([[symbol, 1]]) };
}

export function times(a: Unit, b: Unit, power = 1): Unit {
  const powers = new Map(a.powers);
  for (const [symbol, exponent] of b.powers) {
    const sum = (powers.get(symbol) ?? 0) + exponent * power;
    if (Math.abs(sum) < NOTHING) powers.delete(symbol);
    else powers.set(symbol, sum);
  }
  return { powers };
}

export function toPower(a: Unit, power: number): Unit {
  return times(PURE, a, power);
}

/** True where numbers in this unit are pure numbers: km/km, but neither km/m nor km. */
export function isPure(unit: Unit): boolean {
  const { factor, powers } = inSi(unit);
  return powers.size === 0 && Math.abs(factor - 1) < NOTHING;
}

/** SI factor and powers of base symbols. */
export function inSi(unit: Unit): { readonly factor: number; readonly powers: ReadonlyMap<string, number> } {
  let factor = 1;
  let base = PURE;
  for (const [symbol, exponent] of unit.powers) {
    const si = siValueOf(symbol);
    factor *= si.factor ** exponent;
    base = times(base, { powers: new Map(Object.entries(si.powers)) }, exponent);
  }
  return { factor, powers: base.powers };
}

export function formatUnit(unit: Unit): string {
  const part = ([symbol, exponent]: [string, number]): string => {
    const size = Math.abs(exponent);
    return size === 1 ? symbol : `${symbol}^${Number(size.toFixed(4))}`;
  };
  const entries = [...unit.powers].filter(([symbol]) => !symbol.startsWith("?"));
  const over = entries.filter(([, exponent]) => exponent > 0).map(part);
  const under = entries.filter(([, exponent]) => exponent < 0).map(part);
  if (entries.length === 0) return "a pure number";
  return `${over.join("·") || "1"}${under.map((one) => `/${one}`).join("")}`;
}

/** @returns undefined for text that is no unit */
export function parseUnit(text: string): Unit | undefined {
  const plain = text.replaceAll("**", "^").replaceAll("²", "^2").replaceAll("³", "^3").replaceAll("⁻¹", "^-1").replaceAll("·", "*").trim();
  const tokens = plain.match(/\s*([\p{L}_%°][\p{L}_°]*|[+-]?\d+(?:\.\d+)?|[*/^()])/gu);
  if (tokens === null || tokens.join("").length !== plain.length) return undefined;
  const parser = new UnitParser(tokens.map((token) => token.trim()));
  return parser.whole();
}

/** product := power { ("*" | "/" | juxtaposition) power }; power := (symbol | 1 | "(" product ")") [ "^" number ]. */
class UnitParser {
  #at = 0;

  constructor(readonly tokens: readonly string[]) {}

  whole(): Unit | undefined {
    const unit = this.#product();
    return this.#at === this.tokens.length ? unit : undefined;
  }

  #product(): Unit | undefined {
    let unit = this.#power();
    for (;;) {
      const next = this.tokens[this.#at];
      if (unit === undefined || next === undefined || next === ")" || next === "^") return unit;
      const sign = next === "/" ? -1 : 1;
      if (next === "*" || next === "/") this.#at++;
      const factor = this.#power();
      unit = factor === undefined ? undefined : times(unit, factor, sign);
    }
  }

  #power(): Unit | undefined {
    const token = this.tokens[this.#at++];
    let unit: Unit | undefined;
    if (token === "(") {
      unit = this.#product();
      if (this.tokens[this.#at++] !== ")") return undefined;
    } else if (token === "1") unit = PURE;
    else if (token !== undefined && /^[\p{L}_%°]/u.test(token)) unit = unitOf(token === "°" ? "deg" : token);
    if (unit === undefined || this.tokens[this.#at] !== "^") return unit;
    this.#at++;
    const exponent = this.#exponent();
    return exponent === undefined ? undefined : toPower(unit, exponent);
  }

  #exponent(): number | undefined {
    const token = this.tokens[this.#at++];
    if (token === "(") {
      const top = Number(this.tokens[this.#at++]);
      let bottom = 1;
      if (this.tokens[this.#at] === "/") {
        bottom = Number(this.tokens[this.#at + 1]);
        this.#at += 2;
      }
      return this.tokens[this.#at++] === ")" && Number.isFinite(top / bottom) ? top / bottom : undefined;
    }
    const exponent = Number(token);
    return Number.isFinite(exponent) ? exponent : undefined;
  }
}
