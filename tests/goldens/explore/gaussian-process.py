"""A Gaussian process by NumPy's general solver and SciPy's optimiser: `python3 gaussian-process.py > gaussian-process.json`.

Matérn 5/2 from SciPy's Bessel function (Rasmussen & Williams 2006, eq. 4.14), a nugget of 1e-8, mean and amplitude at their maximum likelihood.
"""

import json

import numpy as np
import scipy
from scipy.optimize import minimize
from scipy.special import gamma, kv

rng = np.random.default_rng(7)
x = rng.random((9, 2))
y = np.sin(4 * x[:, 0]) + x[:, 1] ** 2
at = rng.random((3, 2))


def matern(a, b, lengths):
    r = np.sqrt(((a[:, None] - b[None]) ** 2 / np.square(lengths)).sum(-1))
    s = np.sqrt(5) * np.where(r == 0, 1e-12, r)
    return np.where(r == 0, 1.0, 2**-1.5 / gamma(2.5) * s**2.5 * kv(2.5, s))


def condition(lengths):
    c = matern(x, x, lengths) + 1e-8 * np.eye(len(x))
    one = np.ones(len(x))
    mean = one @ np.linalg.solve(c, y) / (one @ np.linalg.solve(c, one))
    variance = (y - mean) @ np.linalg.solve(c, y - mean) / len(x)
    log_likelihood = -0.5 * (len(x) * np.log(2 * np.pi * variance) + len(x) + np.linalg.slogdet(c)[1])
    r = matern(at, x, lengths)
    sd = np.sqrt(variance * (1 - np.einsum("ij,ij->i", r, np.linalg.solve(c, r.T).T)))
    return {"mean": (mean + r @ np.linalg.solve(c, y - mean)).tolist(), "sd": sd.tolist(), "logLikelihood": log_likelihood}


fixed = [0.3, 0.7]
best = minimize(lambda q: -condition(np.exp(q))["logLikelihood"], np.log([0.5, 0.5]), method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-12})
print(
    json.dumps(
        {
            "scipy": scipy.__version__,
            "x": x.tolist(),
            "y": y.tolist(),
            "at": at.tolist(),
            "fixed": {"lengths": fixed, **condition(fixed)},
            "fitted": {"lengths": np.exp(best.x).tolist(), "logLikelihood": -best.fun},
        },
        indent=1,
    )
)
