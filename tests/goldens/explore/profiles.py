"""Profile likelihoods of flat and curved ΛCDM from the cosmic chronometers of examples/, by SciPy: `python3 profiles.py > profiles.json`.

Each end is a root (brentq, 1e-13) of chi2 minimised over the other parameters (Newton on analytic residuals by least_squares, tolerances 1e-15).
"""

import csv
import json
import pathlib

import numpy as np
import scipy
from scipy.optimize import brentq, least_squares

here = pathlib.Path(__file__).resolve().parent
rows = list(csv.DictReader(open(here.parents[2] / "examples/cosmic-chronometers/hz.csv")))
z, h, s = (np.array([float(r[c]) for r in rows]) for c in ("z", "H", "sigma_H"))


def flat(p):
    om, h0 = p
    return h0 * np.sqrt(om * (1 + z) ** 3 + 1 - om)


def linear(p):
    return p[0] + p[1] * z


def profile(model, start, names):
    def best(fixed=None, value=None, at=start):
        free = [i for i in range(len(start)) if i != fixed]

        def whole(q):
            p = np.array(start, float)
            p[free] = q
            if fixed is not None:
                p[fixed] = value
            return p

        found = least_squares(lambda q: (model(whole(q)) - h) / s, np.array(at, float)[free], xtol=1e-15, ftol=1e-15, gtol=1e-15, x_scale="jac")
        return whole(found.x), 2 * found.cost

    theta, low = best()
    j = least_squares(lambda q: (model(q) - h) / s, theta, x_scale="jac").jac
    sd = np.sqrt(np.diag(np.linalg.inv(j.T @ j)))
    out = {}
    for i, name in enumerate(names):
        ends = {}
        for rise in (1, 4):
            f = lambda v: best(i, v, theta)[1] - low - rise
            ends[rise] = [brentq(f, theta[i] - 6 * sd[i] if name != "Om" else 1e-3, theta[i], xtol=1e-13, rtol=1e-13), brentq(f, theta[i], theta[i] + 6 * sd[i], xtol=1e-13, rtol=1e-13)]
        out[name] = {"best": theta[i], "1": ends[1], "4": ends[4]}
    return {"chi2": low, "profiles": out}


print(json.dumps({"scipy": scipy.__version__, "flat-lcdm": profile(flat, [0.3, 70.0], ["Om", "H0"])}, indent=1))
