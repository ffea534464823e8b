/** Special functions in float64 for the ops' references: accurate to a few units in the last place, and nothing to do with the kernels' own. */

/** Σ c[i] xⁱ. */
function polynomial(x: number, c: readonly number[]): number {
  let sum = 0;
  for (let i = c.length - 1; i >= 0; i--) sum = sum * x + (c[i] as number);
  return sum;
}

// Rational approximations of Sun's fdlibm, s_erf.c: below 1 ulp.
const ERF_SMALL_P = [0.12837916709551256, -0.3250421072470015, -0.02848174957559851, -0.005770270296489442, -2.3763016656650163e-5];
const ERF_SMALL_Q = [1, 0.39791722395915535, 0.0650222499887673, 0.005081306281875766, 0.00013249473800432164, -3.960228278775368e-6];
/** erf(1) to 24 bits, around which the next pair expands. */
const ERF_ONE = 0.8450629115104675;
const ERF_ONE_P = [
  -0.0023621185607526594, 0.41485611868374833, -0.3722078760357013, 0.31834661990116175, -0.11089469428239668, 0.035478304325618236,
  -0.002166375594868791,
];
const ERF_ONE_Q = [
  1, 0.10642088040084423, 0.540397917702171, 0.07182865441419627, 0.12617121980876164, 0.01363708391202905, 0.011984499846799107,
];
const ERFC_NEAR_P = [
  -0.009864944034847148, -0.6938585727071818, -10.558626225323291, -62.375332450326006, -162.39666946257347, -184.60509290671104,
  -81.2874355063066, -9.814329344169145,
];
const ERFC_NEAR_Q = [
  1, 19.651271667439257, 137.65775414351904, 434.56587747522923, 645.3872717332679, 429.00814002756783, 108.63500554177944,
  6.570249770319282, -0.0604244152148581,
];
const ERFC_FAR_P = [
  -0.0098649429247001, -0.799283237680523, -17.757954917754752, -160.63638485582192, -637.5664433683896, -1025.0951316110772,
  -483.5191916086514,
];
const ERFC_FAR_Q = [
  1, 30.33806074348246, 325.7925129965739, 1536.729586084437, 3199.8582195085955, 2553.0504064331644, 474.52854120695537,
  -22.44095244658582,
];

/** erfc for x ≥ 1.25: e^(−x²) with x split so that the square of its upper half is exact. */
function erfcTail(x: number): number {
  const s = 1 / (x * x);
  const ratio =
    x < 1 / 0.35 ? polynomial(s, ERFC_NEAR_P) / polynomial(s, ERFC_NEAR_Q) : polynomial(s, ERFC_FAR_P) / polynomial(s, ERFC_FAR_Q);
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
  0.6449340668482264, 0.2020569031595943, 0.08232323371113819, 0.03692775514336993, 0.01734306198444914, 0.008349277381922827,
  0.00407735619794434, 0.0020083928260822143, 0.0009945751278180853, 0.0004941886041194645, 0.0002460865533080483, 0.00012271334757848915,
  6.124813505870483e-5, 3.058823630702049e-5, 1.528225940865187e-5, 7.637197637899763e-6, 3.81729326499984e-6, 1.908212716553939e-6,
  9.539620338727962e-7, 4.769329867878064e-7, 2.38450502727733e-7, 1.1921992596531106e-7, 5.960818905125948e-8, 2.980350351465228e-8,
  1.4901554828365043e-8, 7.45071178983543e-9, 3.725334024788457e-9, 1.862659723513049e-9, 9.313274324196682e-10, 4.656629065033784e-10,
];
/** Terms z^k of ln Γ(2 + z), k = 1, 2, …: 1 − γ, then (−1)^k (ζ(k) − 1)/k. */
const LGAMMA_AT_TWO = [0.42278433509846713, ...ZETA_LESS_ONE.map((zeta, i) => (i % 2 === 0 ? zeta : -zeta) / (i + 2))];
/** Bernoulli numbers B₂, B₄, …, which every asymptotic series of this family is made of. */
const BERNOULLI = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330];
/** From here the asymptotic series reach full precision. */
const ASYMPTOTIC = 10;
const LOG_SQRT_TWO_PI = 0.9189385332046728;

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
  const series =
    polynomial(
      1 / (x * x),
      BERNOULLI.map((b, i) => b / ((2 * i + 2) * (2 * i + 1))),
    ) / x;
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
  0, 0.9676722454476212, -0.4427631689835921, 0.258499760955651, -0.16394270544240652, 0.10782405069126237, -0.07219956125645471,
  0.04880428816414311, -0.03316112647484736, 0.022597648232218104, -0.01542476590494896, 0.010538791616612175, -0.007204534386356869,
  0.004926781395729853, -0.003369801655439328, 0.002305126326734928, -0.0015769367714301972, 0.0010788252019162967, -0.0007380709389960052,
  0.000504953265834602, -0.0003454680251063077, 0.00023635601564027053, -0.00016170622091974803,
];

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
  return (
    Math.log(x) -
    0.5 / x -
    w *
      polynomial(
        w,
        BERNOULLI.map((b, i) => b / (2 * i + 2)),
      )
  );
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
