/** Special functions in float64 for the ops' references: accurate to a few units in the last place, and nothing to do with the kernels' own. */

/** Σ c[i] xⁱ. */
function polynomial(x: number, c: readonly number[]): number {
  let sum = 0;
  for (let i = c.length - 1; i >= 0; i--) sum = sum * x + (c[i] as number);
  return sum;
}

// Rational approximations of Sun's fdlibm, s_erf.c: below 1 ulp.
const ERF_SMALL_P = [1.28379167095512558561e-1, -3.25042107247001499370e-1, -2.84817495755985104766e-2, -5.77027029648944159157e-3, -2.37630166566501626084e-5];
const ERF_SMALL_Q = [1, 3.97917223959155352819e-1, 6.50222499887672944485e-2, 5.08130628187576562776e-3, 1.32494738004321644526e-4, -3.96022827877536812320e-6];
/** erf(1) to 24 bits, around which the next pair expands. */
const ERF_ONE = 8.45062911510467529297e-1;
const ERF_ONE_P = [-2.36211856075265944077e-3, 4.14856118683748331666e-1, -3.72207876035701323847e-1, 3.18346619901161753674e-1, -1.10894694282396677476e-1, 3.54783043256182359371e-2, -2.16637559486879084300e-3]; // prettier-ignore
const ERF_ONE_Q = [1, 1.06420880400844228286e-1, 5.40397917702171048937e-1, 7.18286544141962662868e-2, 1.26171219808761642112e-1, 1.36370839120290507362e-2, 1.19844998467991074170e-2]; // prettier-ignore
const ERFC_NEAR_P = [-9.86494403484714822705e-3, -6.93858572707181764372e-1, -1.05586262253232909814e1, -6.23753324503260060396e1, -1.62396669462573470355e2, -1.84605092906711035994e2, -8.12874355063065934246e1, -9.81432934416914548592]; // prettier-ignore
const ERFC_NEAR_Q = [1, 1.96512716674392571292e1, 1.37657754143519042600e2, 4.34565877475229228821e2, 6.45387271733267880336e2, 4.29008140027567833386e2, 1.08635005541779435134e2, 6.57024977031928170135, -6.04244152148580987438e-2]; // prettier-ignore
const ERFC_FAR_P = [-9.86494292470009928597e-3, -7.99283237680523006574e-1, -1.77579549177547519889e1, -1.60636384855821916062e2, -6.37566443368389627722e2, -1.02509513161107724954e3, -4.83519191608651397019e2]; // prettier-ignore
const ERFC_FAR_Q = [1, 3.03380607434824582924e1, 3.25792512996573918826e2, 1.53672958608443695994e3, 3.19985821950859553908e3, 2.55305040643316442583e3, 4.74528541206955367215e2, -2.24409524465858183362e1]; // prettier-ignore

/** erfc for x ≥ 1.25: e^(−x²) with x split so that the square of its upper half is exact. */
function erfcTail(x: number): number {
  const s = 1 / (x * x);
  const ratio = x < 1 / 0.35 ? polynomial(s, ERFC_NEAR_P) / polynomial(s, ERFC_NEAR_Q) : polynomial(s, ERFC_FAR_P) / polynomial(s, ERFC_FAR_Q);
  const z = Math.fround(x);
  return (Math.exp(-z * z - 0.5625) * Math.exp((z - x) * (z + x) + ratio)) / x;
}

/** Error function, 2/√π ∫₀ˣ e^(−t²) dt. */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (a < 0.84375) {
    const z = x * x;
    return x + x * (polynomial(z, ERF_SMALL_P) / polynomial(z, ERF_SMALL_Q));
  }
  if (a < 1.25) return Math.sign(x) * (ERF_ONE + polynomial(a - 1, ERF_ONE_P) / polynomial(a - 1, ERF_ONE_Q));
  return a >= 6 ? Math.sign(x) : Math.sign(x) * (1 - erfcTail(a));
}

/** 1 − erf(x) without cancellation in the right tail. */
export function erfc(x: number): number {
  const a = Math.abs(x);
  if (a < 0.84375) {
    const z = x * x;
    const y = polynomial(z, ERF_SMALL_P) / polynomial(z, ERF_SMALL_Q);
    return x < 0.25 ? 1 - (x + x * y) : 0.5 - (x - 0.5 + x * y);
  }
  if (a < 1.25) {
    const y = polynomial(a - 1, ERF_ONE_P) / polynomial(a - 1, ERF_ONE_Q);
    return x >= 0 ? 1 - ERF_ONE - y : 1 + (ERF_ONE + y);
  }
  if (a >= 28) return x > 0 ? 0 : 2;
  return x > 0 ? erfcTail(a) : 2 - erfcTail(a);
}

/** ζ(k) − 1 for k = 2, 3, …: they fall by half each, so |z| ≤ 1/2 needs 25 of them. */
const ZETA_LESS_ONE = [
  0.64493406684822643647, 0.2020569031595942854, 0.082323233711138191516, 0.036927755143369926331, 0.017343061984449139715, 0.0083492773819228268398,
  0.0040773561979443393787, 0.0020083928260822144179, 0.00099457512781808533715, 0.0004941886041194645587, 0.00024608655330804829864, 0.00012271334757848914675,
  6.1248135058704829259e-5, 3.0588236307020493552e-5, 1.5282259408651871733e-5, 7.6371976378997622736e-6, 3.8172932649998398565e-6, 1.9082127165539389257e-6,
  9.5396203387279611315e-7, 4.7693298678780646312e-7, 2.3845050272773299e-7, 1.1921992596531107307e-7, 5.9608189051259479612e-8, 2.9803503514652280186e-8,
  1.4901554828365041235e-8, 7.450711789835429492e-9, 3.7253340247884570548e-9, 1.8626597235130490064e-9, 9.3132743241966818287e-10, 4.656629065033784073e-10,
]; // prettier-ignore
/** Terms z^k of ln Γ(2 + z), k = 1, 2, …: 1 − γ, then (−1)^k (ζ(k) − 1)/k. */
const LGAMMA_AT_TWO = [0.4227843350984671393934879, ...ZETA_LESS_ONE.map((zeta, i) => (i % 2 === 0 ? zeta : -zeta) / (i + 2))];
/** Bernoulli numbers B₂, B₄, …, which every asymptotic series of this family is made of. */
const BERNOULLI = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330];
/** From here the asymptotic series reach full precision. */
const ASYMPTOTIC = 10;
const LOG_SQRT_TWO_PI = 0.9189385332046727417803297;

function lgammaPositive(x: number): number {
  if (x < 0.5) return lgammaPositive(x + 1) - Math.log(x);
  if (x < 1.5) return (x - 1) * polynomial(x - 1, LGAMMA_AT_TWO) - Math.log1p(x - 1);
  if (x <= 2.5) return (x - 2) * polynomial(x - 2, LGAMMA_AT_TWO);
  if (x < ASYMPTOTIC) {
    let product = 1;
    let y = x;
    while (y > 2.5) product *= --y;
    return lgammaPositive(y) + Math.log(product);
  }
  const series = polynomial(1 / (x * x), BERNOULLI.map((b, i) => b / ((2 * i + 2) * (2 * i + 1)))) / x;
  return (x - 0.5) * Math.log(x) - x + LOG_SQRT_TWO_PI + series;
}

/** x less the nearest integer, exactly. */
function fraction(x: number): number {
  return x - Math.round(x);
}

/** ln |Γ(x)|; +Inf at 0, −1, −2, …. */
export function lgamma(x: number): number {
  if (x === Infinity || x === -Infinity) return Infinity;
  if (!(x <= 0)) return lgammaPositive(x);
  if (Number.isInteger(x)) return Infinity;
  // Γ(x) Γ(−x) = −π / (x sin πx); below 2^−52 the product is −1/x² and Γ(−x) all of it.
  if (x > -1e-300) return -Math.log(-x);
  return Math.log(Math.PI / Math.abs(x * Math.sin(Math.PI * fraction(x)))) - lgammaPositive(-x);
}

/** The positive root of ψ in two parts, and ψ's Taylor series there: near the root a sum of larger terms would cancel. */
const DIGAMMA_ROOT = 1.4616321449683622;
const DIGAMMA_ROOT_REST = 9.549995429965697e-17;
const DIGAMMA_AT_ROOT = [
  0, 0.96767224544762117043, -0.44276316898359210609, 0.25849976095565101062, -0.1639427054424065275, 0.10782405069126236576, -0.072199561256454710926, 0.048804288164143107225,
  -0.033161126474847359292, 0.02259764823221810466, -0.015424765904948959139, 0.010538791616612175388, -0.007204534386356868241, 0.0049267813957298534464, -0.0033698016554393280828,
  0.0023051263267349278369, -0.0015769367714301972593, 0.0010788252019162965807, -0.00073807093899600512957, 0.00050495326583460203518, -0.00034546802510630769956,
  0.00023635601564027052792, -0.00016170622091974803449,
]; // prettier-ignore

/** ψ(x) = d ln Γ(x) / dx; ∓Inf at ±0, NaN at −1, −2, …. */
export function digamma(x: number): number {
  if (x === 0) return Object.is(x, -0) ? Infinity : -Infinity;
  if (x < 0) return Number.isInteger(x) || x === -Infinity ? NaN : digamma(1 - x) - Math.PI / Math.tan(Math.PI * fraction(x));
  if (Math.abs(x - DIGAMMA_ROOT) < 0.3) return polynomial(x - DIGAMMA_ROOT - DIGAMMA_ROOT_REST, DIGAMMA_AT_ROOT);
  if (x < ASYMPTOTIC) {
    const steps = Math.ceil(ASYMPTOTIC - x);
    let shift = 0;
    for (let i = steps - 1; i >= 0; i--) shift += 1 / (x + i);
    return digamma(x + steps) - shift;
  }
  const w = 1 / (x * x);
  return Math.log(x) - 0.5 / x - w * polynomial(w, BERNOULLI.map((b, i) => b / (2 * i + 2)));
}

/** ψ′(x); +Inf at 0, −1, −2, …. */
export function trigamma(x: number): number {
  if (x === -Infinity) return NaN;
  if (x <= 0) {
    if (Number.isInteger(x)) return Infinity;
    const sine = Math.sin(Math.PI * fraction(x));
    return (Math.PI / sine) * (Math.PI / sine) - trigamma(1 - x);
  }
  if (x < ASYMPTOTIC) {
    const steps = Math.ceil(ASYMPTOTIC - x);
    let shift = 0;
    for (let i = steps - 1; i >= 0; i--) shift += 1 / (x + i) / (x + i);
    return trigamma(x + steps) + shift;
  }
  const w = 1 / (x * x);
  return 1 / x + w * 0.5 + (w / x) * polynomial(w, BERNOULLI);
}

/** 1/(1 + e^(−x)), accurate in both tails. */
export function sigmoid(x: number): number {
  const e = Math.exp(-Math.abs(x));
  return (x < 0 ? e : 1) / (1 + e);
}

/** ln(1 + e^(βx))/β; x itself where βx exceeds the threshold. */
export function softplus(x: number, beta: number, threshold: number): number {
  const z = beta * x;
  return z > threshold ? x : (Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)))) / beta;
}
