"""Writes library.json: transfer functions by colossus 1.4.0 (no fits of its own), growth by scipy's DOP853 on Peebles' second-order equation,
sigma8 and sound horizons by adaptive quadrature. pip install colossus scipy."""
import json
import warnings

import numpy as np
from colossus.cosmology import power_spectrum as ps
from scipy.integrate import quad, solve_ivp

warnings.simplefilter("ignore")
C = 299792.458
K = [1e-4, 1e-3, 0.01, 0.03, 0.07, 0.1, 0.2, 0.5, 1.0, 5.0, 20.0]
Z = [0.0, 0.3, 0.5, 1.0, 2.0, 6.0, 10.0]
SPECTRA = [
    dict(H0=67.36, Om=0.3153, Ob=0.0493, ns=0.9649, Tcmb=2.7255),
    dict(H0=70.0, Om=0.25, Ob=0.06, ns=1.0, Tcmb=2.728),
]
GROWTH = [
    dict(H0=70.0, Om=0.3),
    dict(H0=70.0, Om=0.3, Ode=0.6),
    dict(H0=70.0, Om=0.3, Ode=0.8),
    dict(H0=70.0, Om=0.31, w0=-0.8, wa=-0.4),
    dict(H0=67.4, Om=0.315, Tcmb=2.7255),
]


def densities(c):
    og = 4 * 5.6703744191844314e-08 * c.get("Tcmb", 0) ** 4 / 299792458.0**3 / (3 * (c["H0"] / 3.085677581491367e19) ** 2 / (8 * np.pi * 6.6743e-11))
    orad = og * (1 + 7 / 8 * (4 / 11) ** (4 / 3) * 3.046)
    ode = c.get("Ode", 1 - c["Om"] - orad)
    return orad, ode, 1 - c["Om"] - ode - orad


def expansion(c):
    """E^2 and d ln E / d ln a at a."""
    orad, ode, ok = densities(c)
    if "Ode" not in c:
        ok = 0.0
    w0, wa = c.get("w0", -1.0), c.get("wa", 0.0)

    def both(a):
        de = ode * a ** (-3 * (1 + w0 + wa)) * np.exp(-3 * wa * (1 - a))
        e2 = orad * a**-4 + c["Om"] * a**-3 + ok * a**-2 + de
        slope = -4 * orad * a**-4 - 3 * c["Om"] * a**-3 - 2 * ok * a**-2 + de * (-3 * (1 + w0 + wa) + 3 * wa * a)
        return e2, slope / (2 * e2)

    return both


def growth(c):
    both = expansion(c)
    orad = densities(c)[0]
    a0 = np.exp(-14.0)

    def rhs(x, y):
        e2, slope = both(np.exp(x))
        return [y[1], -(2 + slope) * y[1] + 1.5 * c["Om"] * np.exp(-3 * x) / e2 * y[0]]

    xs = [-np.log1p(z) for z in Z][::-1]
    start = [a0 + 2 / 3 * orad / c["Om"], a0]
    s = solve_ivp(rhs, (-14.0, 0.0), start, method="DOP853", rtol=1e-13, atol=1e-25, t_eval=xs)
    d, dd = s.y[0][::-1], s.y[1][::-1]
    return dict(parameters=c, growth=list(d / d[0]), rate=list(dd / d))


def spectrum(p):
    h = p["H0"] / 100
    k = np.array(K)
    args = (h, p["Om"], p["Ob"], p["Tcmb"])
    models = dict(bbks=ps.modelSugiyama95, eh=ps.modelEisenstein98, eh_nowiggle=ps.modelEisenstein98ZeroBaryon)
    out = dict(parameters=p, transfer={name: list(f(k, *args)) for name, f in models.items()}, ratio={})
    for name, f in models.items():
        # sigma8^2 of k^ns T^2, the unit of which cancels in P/sigma8^2
        def integrand(u, f=f):
            x = 8 * np.exp(u)
            w = 3 * (np.sin(x) - x * np.cos(x)) / x**3
            return float(np.exp((3 + p["ns"]) * u) * f(np.array([np.exp(u)]), *args)[0] ** 2 * w**2 / (2 * np.pi**2))
        edges = np.concatenate([np.linspace(-9, -1, 9), np.log(np.linspace(np.exp(-1), 60, 600))])
        total = sum(quad(integrand, a, b, epsabs=0, epsrel=1e-10, limit=200)[0] for a, b in zip(edges, edges[1:]))
        out["ratio"][name] = list(k ** p["ns"] * f(k, *args) ** 2 / total)
    orad = densities(p)[0]
    r = lambda z: 31500 * p["Ob"] * h**2 / (p["Tcmb"] / 2.7) ** 4 / (1 + z)
    e2 = expansion(p)
    sound = lambda a: 1 / (a * a * np.sqrt(e2(a)[0] * 3 * (1 + r(1 / a - 1))))
    out["sound_horizon"] = {"z": [1020.0, 1060.0], "Mpc": [C / p["H0"] * quad(sound, 1e-14, 1 / (1 + z), epsabs=0, epsrel=1e-12, limit=500)[0] for z in (1020.0, 1060.0)]}
    return out


json.dump(
    dict(about="See library.py", k=K, z=Z, spectra=[spectrum(p) for p in SPECTRA], growth=[growth(c) for c in GROWTH]),
    open("library.json", "w"), indent=1,
)
