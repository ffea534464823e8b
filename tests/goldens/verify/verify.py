"""Checks of theories against SciPy, statsmodels, ArviZ and exact counting; run in this folder with arviz < 1: python verify.py"""
import itertools, sys
from fractions import Fraction
from math import comb
from pathlib import Path
import numpy as np
from scipy import stats
from statsmodels.stats.diagnostic import normal_ad
from statsmodels.sandbox.stats.runs import runstest_1samp
import arviz as az

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "science"))
import common
common.GOLDEN = Path(__file__).resolve().parent

rng = np.random.default_rng(20)


def exact_runs(signs):
    """Two-sided and lower tail over all orders of the same signs, counted one by one."""
    n, a = len(signs), int(np.sum(signs))
    seen = 1 + int(np.sum(signs[1:] != signs[:-1]))
    fewer = more = 0
    for places in itertools.combinations(range(n), a):
        order = np.zeros(n, bool)
        order[list(places)] = True
        r = 1 + int(np.sum(order[1:] != order[:-1]))
        fewer += r <= seen
        more += r >= seen
    total = comb(n, a)
    return seen, float(Fraction(fewer, total)), float(min(1, 2 * Fraction(min(fewer, more), total)))


runs = []
for x in [np.sin(np.arange(16) / 2.5) + 0.1, rng.normal(size=14), np.array([1.0, -1] * 7), np.array([1.0, 2, 3, 4, -1])]:
    seen, fewer, two = exact_runs(x > 0)
    runs.append({"x": x, "runs": seen, "pFewer": fewer, "pValue": two})
# Longer ones by the formula in whole numbers, beside statsmodels' normal limit.
long = rng.normal(size=400) + np.sin(np.arange(400) / 20) / 2
a, b = int(np.sum(long > 0)), int(np.sum(long <= 0))
seen = 1 + int(np.sum((long[1:] > 0) != (long[:-1] > 0)))
ways = lambda r: 2 * comb(a - 1, r // 2 - 1) * comb(b - 1, r // 2 - 1) if r % 2 == 0 else comb(a - 1, r // 2) * comb(b - 1, r // 2 - 1) + comb(a - 1, r // 2 - 1) * comb(b - 1, r // 2)
fewer = Fraction(sum(ways(r) for r in range(2, seen + 1)), comb(a + b, a))
z, p = runstest_1samp(long, cutoff=0, correction=False)
long_runs = {"signs": "".join("+" if v > 0 else "-" for v in long), "runs": seen, "pFewer": float(fewer), "z": z, "pNormal": p}

anderson = []
for x in [rng.normal(size=8), rng.normal(3, 2, size=31), rng.standard_t(2, size=60), rng.uniform(size=100), rng.exponential(size=25)]:
    x = np.round(x, 6)
    a, p = normal_ad(x)
    anderson.append({"x": x, "statistic": a, "pValue": p})

outliers = [{"pull": pull, "n": n, "pValue": -np.expm1(n * np.log1p(-2 * stats.norm.sf(pull)))} for pull, n in [(2.0, 31), (4.5, 40), (7.0, 1048)]]

# A straight line with one datum far off, so that some shapes k are large.
n, chains, size = 12, 2, 150
x = np.linspace(-1, 1, n)
y = np.round(1 + 2 * x + rng.normal(size=n) * 0.5, 4)
y[-1] += 4
design = np.stack([np.ones(n), x], 1)
cov = np.linalg.inv(design.T @ design) * 0.25
mean = cov @ design.T @ y / 0.25
draws = np.round(rng.multivariate_normal(mean, cov, size=(chains, size)), 6)
ll = stats.norm.logpdf(y, draws @ design.T, 0.5)
data = az.from_dict(posterior={"a": draws[..., 0], "b": draws[..., 1]}, log_likelihood={"y": ll})
loo, own_loo, w = az.loo(data, pointwise=True, reff=1.0), az.loo(data, pointwise=True), az.waic(data, pointwise=True)
ess = az.ess(data, method="mean")
pareto = np.sort(np.round(stats.genpareto.rvs(0.4, scale=2, size=50, random_state=3), 6))
k, sigma = az.stats.stats._gpdfit(pareto)
information = {
    "x": x, "y": y, "sigma": 0.5, "chains": chains, "draws": draws.reshape(-1, 2).ravel(),
    "loo": {"elpd": loo.elpd_loo, "error": loo.se, "parameters": loo.p_loo, "pointwise": loo.loo_i.values, "k": loo.pareto_k.values, "trustBelow": loo.good_k},
    "ownEfficiency": {"efficiency": np.mean([ess["a"].item(), ess["b"].item()]) / (chains * size), "elpd": own_loo.elpd_loo},
    "waic": {"elpd": w.elpd_waic, "error": w.se, "parameters": w.p_waic},
    "pareto": {"excesses": pareto, "k": k, "sigma": sigma},
}

# Correlated data: each datum given the others, by conditioning the joint normal itself. A flat offset is the limit of a wide one; y_i given others has a proper limit.
m = 6
root = rng.normal(size=(m, m))
c = np.round(root @ root.T + m * np.eye(m), 3)
yc, mc = np.round(rng.normal(size=m) * 3, 3), np.round(rng.normal(size=m), 3)


def conditional(cov, y, mean):
    out = []
    for i in range(len(y)):
        o = [j for j in range(len(y)) if j != i]
        gain = np.linalg.solve(cov[np.ix_(o, o)], cov[o, i])
        out.append(stats.norm.logpdf(y[i], mean[i] + gain @ (y[o] - mean[o]), np.sqrt(cov[i, i] - gain @ cov[o, i])))
    return np.array(out)


import mpmath as mp
mp.mp.dps = 60


def flat(cov, y, mean, columns):
    """The same with precision C^-1 - C^-1 B (B^T C^-1 B)^-1 B^T C^-1, in 60 digits."""
    C = mp.matrix(cov.tolist())
    P = C ** -1
    if columns:
        B = mp.matrix(np.stack(columns, 1).tolist())
        P = P - P * B * ((B.T * P * B) ** -1) * B.T * P
    r = mp.matrix((y - mean).tolist())
    g = P * r
    return [float(mp.log(P[i, i] / (2 * mp.pi)) / 2 - g[i] ** 2 / (2 * P[i, i])) for i in range(len(y))]


one = np.ones(m)
correlated = {
    "covariance": c.ravel(), "y": yc, "model": mc,
    "plain": conditional(c, yc, mc),
    "offset": flat(c, yc, mc, [one]),
    "scale": flat(c, yc, 0 * mc, [mc]),
    "both": flat(c, yc, 0 * mc, [one, mc]),
}
assert np.allclose(correlated["plain"], flat(c, yc, mc, []), rtol=1e-12)
assert np.allclose(correlated["offset"], conditional(c + 1e7, yc, mc), rtol=1e-5)

common.write("verify.json", {
    "about": "Runs, normality, outliers, PSIS-LOO, WAIC and conditional densities: see verify.py beside it.",
    "runs": runs, "longRuns": long_runs, "anderson": anderson, "outliers": outliers, "information": information, "correlated": correlated,
}, ["numpy", "scipy", "statsmodels", "arviz"])
