/** Names of a theory's quantities as people read them: LaTeX as plain text, with units. SVG has no LaTeX, and a report loads no font. */
import type { DataColumns, Theory } from "@tetrad/theory";

/** https://unicode.org/charts: Greek as in LaTeX's own names. */
const SYMBOLS: Readonly<Record<string, string>> = {
  ...greek(
    "alpha beta gamma delta varepsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi chi psi omega",
  ),
  ...{ epsilon: "ε", vartheta: "ϑ", varphi: "φ", varrho: "ϱ", varsigma: "ς", ell: "ℓ", hbar: "ℏ", infty: "∞", partial: "∂", nabla: "∇" },
  ...{ odot: "⊙", oplus: "⊕", star: "⋆", ast: "*", cdot: "·", times: "×", pm: "±", mp: "∓", sum: "Σ", prime: "′", dagger: "†", circ: "°" },
  ...{ log: "log", ln: "ln", exp: "exp", sin: "sin", cos: "cos", tan: "tan", max: "max", min: "min", eff: "eff" },
  ...{ Gamma: "Γ", Delta: "Δ", Theta: "Θ", Lambda: "Λ", Xi: "Ξ", Pi: "Π", Sigma: "Σ", Upsilon: "Υ", Phi: "Φ", Psi: "Ψ", Omega: "Ω" },
};

const SUBSCRIPTS = { from: "0123456789+-=()aehijklmnoprstuvxβγρφχ", to: "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ" };
const SUPERSCRIPTS = { from: "0123456789+-=()in", to: "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁱⁿ" };
/** Combining characters stand behind the letter. */
const ACCENTS: Readonly<Record<string, string>> = {
  hat: "\u0302",
  bar: "\u0304",
  tilde: "\u0303",
  dot: "\u0307",
  ddot: "\u0308",
  vec: "\u20d7",
};

function greek(names: string): Record<string, string> {
  // The letters follow one another from α on; the place of ς, a form of σ, is left out.
  return Object.fromEntries(names.split(" ").map((name, i) => [name, String.fromCodePoint(0x3b1 + (i < 17 ? i : i + 1))]));
}

/** `\Omega_m` is Ωₘ, `\mathrm{d}H/\mathrm{d}z` is dH/dz; what Unicode cannot set lower or higher stays behind _ or ^. */
export function plainLatex(latex: string): string {
  let text = latex.replaceAll(/\\[,;:! ]|~/g, " ").replaceAll(/\$|\\left|\\right/g, "");
  text = text.replaceAll(/\\(?:mathrm|mathit|mathbf|mathcal|text|textrm|operatorname|rm)\s*\{([^{}]*)\}/g, "$1");
  text = text.replaceAll(
    /\\(hat|bar|tilde|dot|ddot|vec)\s*\{?(\\?\w+?)\}?(?![a-zA-Z])/g,
    (_, name: string, of: string) => `${plainLatex(of)}${ACCENTS[name]}`,
  );
  text = text.replaceAll(/\\([a-zA-Z]+) ?/g, (_, name: string) => SYMBOLS[name] ?? name);
  text = shifted(text, "_", SUBSCRIPTS);
  text = shifted(text, "^", SUPERSCRIPTS);
  return text.replaceAll(/[{}]/g, "").trim();
}

function shifted(text: string, sign: "_" | "^", { from, to }: { readonly from: string; readonly to: string }): string {
  const [letters, forms] = [[...from], [...to]];
  const pattern = sign === "_" ? /_(\{[^{}]*\}|.)/gu : /\^(\{[^{}]*\}|.)/gu;
  return text.replaceAll(pattern, (_, group: string) => {
    const inner = group.replaceAll(/[{}]/g, "");
    const places = [...inner.replaceAll(" ", "")].map((letter) => letters.indexOf(letter));
    return places.every((place) => place >= 0) ? places.map((place) => forms[place]).join("") : `${sign}${inner}`;
  });
}

export interface Labels {
  /** `H₀` */
  readonly plain: (name: string) => string;
  /** `H₀ (km/s/Mpc)`: for axes. */
  readonly axis: (name: string) => string;
}

/** Of parameters and derived quantities; other names stay as they are. */
export function labelsOf({ parameters, derived }: Pick<Theory, "parameters" | "derived">): Labels {
  const known = new Map([...parameters, ...derived].map((one) => [one.name, one]));
  const plain = (name: string): string => {
    const latex = known.get(name)?.latex;
    return latex === undefined ? name : plainLatex(latex);
  };
  return { plain, axis: (name) => withUnit(plain(name), known.get(name)?.unit) };
}

/** A column of a data set. */
export function columnLabel({ units }: DataColumns, name: string): string {
  return withUnit(name, units?.[name]);
}

function withUnit(name: string, unit: string | undefined): string {
  return unit === undefined || unit === "" ? name : `${name} (${unit})`;
}
