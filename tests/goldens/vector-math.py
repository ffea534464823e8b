"""Writes vector-math.json: hostile and random f64 points of the element-wise functions with their values by mpmath.

Per function `in` and `out` are the bits of the arguments (pairs one after the other) and of the rounded values, 16 hexadecimal digits
each, and `off` is what the true value has above `out`, in thousandths of its ulp.
Usage: python3 vector-math.py > vector-math.json   (Python 3.10 or later, mpmath 1.3)
"""
import json
import math
import random
import struct

from mpmath import mp, mpf

mp.prec = 1400  # sin(1.8e308) needs 1,100 bits for the reduction alone
INF, NAN = math.inf, math.nan
TINY, LEAST, HUGE = 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308
random.seed(20111126)


def hexes(values):
    return "".join(struct.pack(">d", v).hex() for v in values)


def ulp(x):
    return mpf(2) ** max(math.frexp(abs(x))[1] - 53, -1074) if x else mpf(2) ** -1074


def rounded(v):
    """Nearest double, subnormals included, and the rest in ulp."""
    if isinstance(v, float):
        return v, 0.0
    if abs(v) >= mpf(2) ** 1024 - mpf(2) ** 970:
        return math.copysign(INF, v), 0.0
    if v == 0:
        return 0.0, 0.0
    exponent = max(int(mp.floor(mp.log(abs(v), 2))) - 52, -1074)
    y = math.ldexp(int(mp.nint(v / mpf(2) ** exponent)), exponent)
    if y == 0.0:
        y = math.copysign(0.0, v)
    return y, float((v - mpf(y)) / ulp(y))


def uniform(lo, hi, n):
    return [random.uniform(lo, hi) for _ in range(n)]


def logarithmic(lo, hi, n, signed=True):
    return [2 ** random.uniform(lo, hi) * (random.choice((-1, 1)) if signed else 1) for _ in range(n)]


SPECIAL = [0.0, -0.0, INF, -INF, NAN, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, TINY, -TINY, LEAST, -LEAST, HUGE, -HUGE, 1e-300, 1e-20, -1e-20, 1e-8, -1e-8, 1e16, -1e16]


def odd(f):
    """f with f(±0) = ±0."""
    return lambda x: x if x == 0 else f(mpf(x))


def sigmoid(x):
    return 1 / (1 + mp.exp(-mpf(x)))


def tail_nan(f):
    """NaN at −Inf, where x · 0 has it."""
    return lambda x: NAN if x == -INF else (x if x in (0.0, INF) else f(mpf(x)))


def lgamma(x):
    if math.isinf(x) or (x <= 0 and x == math.floor(x)):
        return INF
    return mp.log(abs(mp.gamma(mpf(x)))) if abs(x) < 1000 else mp.loggamma(mpf(x)).real if x > 0 else NAN


def digamma(x):
    if x == 0:
        return math.copysign(INF, -math.copysign(1.0, x))
    if math.isinf(x):
        return INF if x > 0 else NAN
    return NAN if x < 0 and x == math.floor(x) else mp.digamma(mpf(x))


def trigamma(x):
    if math.isinf(x):
        return 0.0 if x > 0 else NAN
    return INF if x <= 0 and x == math.floor(x) else mp.psi(1, mpf(x))


def logarithm(shift, f):
    return lambda x: NAN if x < shift else -INF if x == shift else INF if x == INF else x if x == 0 else f(mpf(x))


def circular(f):
    return lambda x: NAN if math.isinf(x) else f(x)


def bounded(lo, hi, f):
    return lambda x: f(mpf(x)) if lo <= x <= hi else NAN


def gelu_tanh(x):
    u = 2 * mp.sqrt(2 / mp.pi) * (x + mpf("0.044715") * x**3)
    return x / (1 + mp.exp(-u))


def mish(x):
    e = mp.exp(min(x, mpf(2000)))
    return x * e * (e + 2) / (e * (e + 2) + 2)


def near_multiples(n):
    """Doubles beside k π/2, and the hardest of all (W. Kahan, J.-M. Muller)."""
    ks = [1, 2, 3, 4, 22, 1000003, 1048575, 1048576, 123456789012]
    return [float(mp.pi / 2 * k) for k in ks][:n] + [6381956970095103 * 2.0**797, 5.319372648326541e255, 1e22, 1e300, 1647099.0, 1647100.0, 823549.66]


GAMMA_POINTS = SPECIAL + [1.0, 2.0, 1 + 2.0**-40, 1 - 2.0**-40, 2 + 2.0**-40, 1.4616321449683622, 7.999, 8.0, 8.5, -0.5, -1.5, -2.75, -3.0, -17.5, 171.6, 1e5, 1e300] + uniform(0, 12, 60) + uniform(-12, 0, 40)
EXP_POINTS = SPECIAL + [709.7827128933840, 709.78271289338409, -708.4, -745.13321910194122, -745.2, 0.34657359027997264, -0.34657359027997264] + uniform(-745, 709, 60) + uniform(-1, 1, 50)
HYPERBOLIC = SPECIAL + [710.4758600739439, 711.0, -710.4, 0.625, 1.0, 22.0] + uniform(-3, 3, 80) + uniform(-700, 700, 20)
CIRCULAR = SPECIAL + near_multiples(9) + uniform(-10, 10, 60) + logarithmic(4, 1023, 40)
UNIT = SPECIAL + [1.0 - 2.0**-53, -1 + 2.0**-53, 0.49999999999999994, 1.0000000000000002] + uniform(-1, 1, 100)
ANY = SPECIAL + uniform(-3, 3, 70) + logarithmic(-60, 60, 50)
ERF_POINTS = SPECIAL + [0.8125, 0.25, 0.4999, 27.2, 26.6, 27.3, -6.0, 5.9] + uniform(-6, 6, 80) + uniform(6, 27, 30)
ACTIVATION = SPECIAL + [-708.3, -36.0, 20.5, 36.0, 39.5] + uniform(-8, 8, 80) + uniform(-37, 0, 30)

UNARY = {
    "exp": (lambda x: INF if x == INF else 0.0 if x == -INF else mp.exp(mpf(x)), EXP_POINTS),
    "expm1": (odd(lambda x: INF if x == INF else -1.0 if x == -INF else mp.expm1(x)), EXP_POINTS),
    "log": (logarithm(0, mp.log), SPECIAL + uniform(0.5, 2, 60) + logarithmic(-1070, 1023, 40, False)),
    "log1p": (logarithm(-1, mp.log1p), SPECIAL + [-1 + 2.0**-53, -0.2928932188134524, 0.41421356237309503] + uniform(-1, 2, 80) + logarithmic(-60, 1000, 30, False)),
    "sin": (odd(circular(lambda x: mp.sin(mpf(x)))), CIRCULAR),
    "cos": (circular(lambda x: mp.cos(mpf(x))), CIRCULAR),
    "tan": (odd(circular(lambda x: mp.tan(mpf(x)))), CIRCULAR),
    "asin": (odd(bounded(-1, 1, mp.asin)), UNIT),
    "acos": (bounded(-1, 1, mp.acos), UNIT),
    "atan": (odd(mp.atan), ANY + [0.41421356237309503, 2.414213562373095]),
    "sinh": (odd(mp.sinh), HYPERBOLIC),
    "cosh": (lambda x: mp.cosh(mpf(x)), HYPERBOLIC),
    "tanh": (odd(mp.tanh), HYPERBOLIC),
    "asinh": (odd(lambda x: mp.asinh(x) if x > 0 else -mp.asinh(-x)), ANY),
    "acosh": (lambda x: INF if x == INF else NAN if x < 1 else mp.acosh(mpf(x)), SPECIAL + [1.0000000000000002, 1 + 1e-9] + uniform(1, 4, 60) + logarithmic(1, 1000, 40, False)),
    "atanh": (odd(lambda x: NAN if abs(x) > 1 else math.copysign(INF, x) if abs(x) == 1 else mp.atanh(x)), UNIT),
    "erf": (odd(mp.erf), ERF_POINTS),
    "erfc": (lambda x: mp.erfc(mpf(x)) if abs(x) < 40 else 0.0 if x > 0 else 2.0, ERF_POINTS),
    "lgamma": (lgamma, [x for x in GAMMA_POINTS if x > -1000 or x == -INF]),
    "digamma": (digamma, GAMMA_POINTS),
    "trigamma": (trigamma, GAMMA_POINTS),
    "sigmoid": (lambda x: 0.0 if x == -INF else sigmoid(x) if abs(x) < 2000 else (1.0 if x > 0 else 0.0), ACTIVATION),
    "gelu_erf": (tail_nan(lambda x: x * mp.erfc(-x / mp.sqrt(2)) / 2 if x > -50 else -0.0), ACTIVATION),
    "gelu_tanh": (tail_nan(lambda x: gelu_tanh(x) if x > -50 else -0.0), ACTIVATION),
    "silu": (tail_nan(lambda x: x * sigmoid(x) if x > -2000 else -0.0), ACTIVATION),
    "mish": (tail_nan(lambda x: mish(x) if x > -2000 else -0.0), ACTIVATION),
    "rsqrt": (lambda x: math.copysign(INF, x) if x == 0 else 0.0 if x == INF else NAN if x < 0 else 1 / mp.sqrt(mpf(x)), SPECIAL + logarithmic(-1074, 1023, 60, False)),
}


def power(x, y):
    if y == 0 or x == 1:
        return 1.0
    if math.isnan(x) or math.isnan(y):
        return NAN
    if math.isinf(x) or math.isinf(y) or x == 0:
        try:
            return math.pow(x, y)
        except ValueError:  # 0 to a negative power
            return math.copysign(INF, x) if y == math.floor(y) and y % 2 == 1 else INF
    if x < 0 and y != math.floor(y):
        return NAN
    sign = -1 if x < 0 and y % 2 == 1 else 1
    exponent = mpf(y) * mp.log(abs(mpf(x)))
    if exponent > 720:
        return sign * INF
    return sign * mp.exp(exponent) if exponent > -760 else sign * 0.0


def angle(y, x):
    if y == 0 or x == 0 or math.isinf(x) or math.isinf(y) or math.isnan(x) or math.isnan(y):
        exact = math.atan2(y, x)
        table = {math.pi: mp.pi, math.pi / 2: mp.pi / 2, math.pi / 4: mp.pi / 4, 3 * math.pi / 4: 3 * mp.pi / 4}
        value = table.get(abs(exact))
        return exact if value is None else value * (1 if exact > 0 else -1)
    return mp.atan2(mpf(y), mpf(x))


EDGES = [0.0, -0.0, INF, -INF, NAN, 1.0, -1.0, 0.5, -2.0, 3.0, -3.0, TINY, HUGE]
BINARY = {
    "pow": (power, [(x, y) for x in EDGES for y in EDGES]
            + [(3.0, 33.0), (10.0, 22.0), (-3.0, 33.0), (7.0, -3.0), (0.9999999999999999, 1e17), (1.0000000000000002, -1e17), (-2.0, 2.0**53), (-1.0, 2.0**53 + 2), (2.0, -1074.0), (2.0, 1023.5), (TINY, 0.5), (-8.0, 1 / 3)]
            + [(x, random.uniform(-700, 700) / math.log(x)) for x in logarithmic(-20, 20, 60, False)] + list(zip(logarithmic(-1000, 1000, 20, False), uniform(-1, 1, 20)))),
    "atan2": (angle, [(y, x) for y in EDGES for x in EDGES] + list(zip(uniform(-2, 2, 60), uniform(-2, 2, 60))) + list(zip(logarithmic(-1000, 1000, 20), logarithmic(-1000, 1000, 20)))),
}


def main():
    table = {}
    for name, (f, points) in UNARY.items():
        points = list(dict.fromkeys(hexes([p]) for p in points))
        points = [struct.unpack(">d", bytes.fromhex(p))[0] for p in points]
        values = [rounded(NAN if math.isnan(x) else f(x)) for x in points]
        table[name] = {"in": hexes(points), "out": hexes(v for v, _ in values), "off": [round(1000 * off) for _, off in values]}
    for name, (f, points) in BINARY.items():
        values = [rounded(f(*pair)) for pair in points]
        table[name] = {"in": hexes(x for pair in points for x in pair), "out": hexes(v for v, _ in values), "off": [round(1000 * off) for _, off in values]}
    print("{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(row, separators=(',', ':'))}" for name, row in table.items()) + "\n}")


main()
