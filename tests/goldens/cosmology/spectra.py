"""Writes spectra.json: linear power today and sigma8, from the papers' equations alone: J. M. Bardeen et al., ApJ 304 (1986) 15, eq. G3, with the shape
of N. Sugiyama, ApJS 100 (1995) 281, eq. 3.9; D. J. Eisenstein, W. Hu, ApJ 496 (1998) 605, eqs. 2-24 and 26-31. Normalised by As: the matter density that
curvature perturbations of that power make deep in the matter era, grown by scipy's DOP853 on a second-order equation. pip install numpy scipy."""
import json
from pathlib import Path

import numpy as np
from scipy.integrate import quad, solve_ivp

C = 299792.458
K = [1e-4, 1e-3, 0.005, 0.02, 0.05, 0.08, 0.15, 0.3, 0.8, 2.0, 10.0]
UNIVERSES = [
    dict(H0=67.36, Om=0.3153, Ob=0.0493, ns=0.9649, As=2.1e-9, Tcmb=2.7255),
    dict(H0=72.0, Om=0.26, Ob=0.05, ns=1.02, As=1.7e-9, Tcmb=2.7255, w0=-0.9, wa=-0.3),
    dict(H0=62.0, Om=0.34, Ob=0.03, ns=0.93, As=2.6e-9, Tcmb=2.7255, Ode=0.6),
    dict(H0=70.0, Om=0.3, Ob=0.045, ns=0.96, As=2e-9, Ode=0.8),  # curved, without radiation
]


def bbks(k, h, om, ob, t27):
    q = k * t27**2 / (om * h * np.exp(-ob * (1 + np.sqrt(2 * h) / om)))
    return np.log(1 + 2.34 * q) / (2.34 * q) / (1 + 3.89 * q + (16.1 * q) ** 2 + (5.46 * q) ** 3 + (6.71 * q) ** 4) ** 0.25


def eh(k, h, om, ob, t27):
    om0, ob0, fb, fc = om * h * h, ob * h * h, ob / om, 1 - ob / om
    k = k * h  # in 1/Mpc from here on
    z_eq = 2.50e4 * om0 / t27**4  # 2
    k_eq = 7.46e-2 * om0 / t27**2  # 3
    b1 = 0.313 * om0**-0.419 * (1 + 0.607 * om0**0.674)  # 4
    b2 = 0.238 * om0**0.223
    z_d = 1291 * om0**0.251 / (1 + 0.659 * om0**0.828) * (1 + b1 * ob0**b2)
    r_eq, r_d = (31.5 * ob0 / t27**4 / (z / 1e3) for z in (z_eq, z_d))  # 5
    s = 2 / (3 * k_eq) * np.sqrt(6 / r_eq) * np.log((np.sqrt(1 + r_d) + np.sqrt(r_d + r_eq)) / (1 + np.sqrt(r_eq)))  # 6
    k_silk = 1.6 * ob0**0.52 * om0**0.73 * (1 + (10.4 * om0) ** -0.95)  # 7
    q = k / (13.41 * k_eq)  # 10
    a1 = (46.9 * om0) ** 0.670 * (1 + (32.1 * om0) ** -0.532)  # 11
    a2 = (12.0 * om0) ** 0.424 * (1 + (45.0 * om0) ** -0.582)
    alpha_c = a1**-fb * a2 ** (-(fb**3))
    c1 = 0.944 / (1 + (458 * om0) ** -0.708)  # 12
    c2 = (0.395 * om0) ** -0.0266
    beta_c = 1 / (1 + c1 * (fc**c2 - 1))

    def t0(alpha, beta):  # 19, 20
        c = 14.2 / alpha + 386 / (1 + 69.9 * q**1.08)
        log = np.log(np.e + 1.8 * beta * q)
        return log / (log + c * q * q)

    f = 1 / (1 + (k * s / 5.4) ** 4)  # 18
    t_c = f * t0(1, beta_c) + (1 - f) * t0(alpha_c, beta_c)  # 17
    y = (1 + z_eq) / (1 + z_d)
    g = y * (-6 * np.sqrt(1 + y) + (2 + 3 * y) * np.log((np.sqrt(1 + y) + 1) / (np.sqrt(1 + y) - 1)))  # 15
    alpha_b = 2.07 * k_eq * s * (1 + r_d) ** -0.75 * g  # 14
    beta_node = 8.41 * om0**0.435  # 23
    beta_b = 0.5 + fb + (3 - 2 * fb) * np.sqrt((17.2 * om0) ** 2 + 1)  # 24
    s_tilde = s / (1 + (beta_node / (k * s)) ** 3) ** (1 / 3)  # 22
    t_b = t0(1, 1) / (1 + (k * s / 5.2) ** 2) + alpha_b / (1 + (beta_b / (k * s)) ** 3) * np.exp(-((k / k_silk) ** 1.4))  # 21
    return fb * t_b * np.sin(k * s_tilde) / (k * s_tilde) + fc * t_c  # 16


def eh_nowiggle(k, h, om, ob, t27):
    om0, ob0, fb = om * h * h, ob * h * h, ob / om
    s = 44.5 * np.log(9.83 / om0) / np.sqrt(1 + 10 * ob0**0.75)  # 26
    alpha = 1 - 0.328 * np.log(431 * om0) * fb + 0.38 * np.log(22.3 * om0) * fb**2  # 31
    gamma = om * h * (alpha + (1 - alpha) / (1 + (0.43 * k * h * s) ** 4))  # 30
    q = k * t27**2 / gamma  # 28
    l0 = np.log(2 * np.e + 1.8 * q)  # 29
    return l0 / (l0 + (14.2 + 731 / (1 + 62.5 * q)) * q * q)


def growth_today(u):
    """D today, a deep in the matter era; with radiation, as a + 2/3 a_eq grows there. It begins where curvature is 1e-11 of matter."""
    h0 = u["H0"] / 3.085677581491367e19
    photons = 4 * 5.6703744191844314e-08 * u.get("Tcmb", 0) ** 4 / 299792458.0**3 / (3 * h0**2 / (8 * np.pi * 6.6743e-11))
    radiation = photons * (1 + 7 / 8 * (4 / 11) ** (4 / 3) * 3.046)
    dark = u.get("Ode", 1 - u["Om"] - radiation)
    curvature = 1 - u["Om"] - dark - radiation if "Ode" in u else 0.0
    w0, wa = u.get("w0", -1.0), u.get("wa", 0.0)

    def e2(a):
        return radiation * a**-4 + u["Om"] * a**-3 + curvature * a**-2 + dark * a ** (-3 * (1 + w0 + wa)) * np.exp(-3 * wa * (1 - a))

    def slope(a, step=1e-4):
        """d ln E / d ln a by four-point differences, whose error is 1e-16."""
        f = lambda n: 0.5 * np.log(e2(a * np.exp(n * step)))
        return (8 * (f(1) - f(-1)) - (f(2) - f(-2))) / (12 * step)

    def rhs(x, y):
        a = np.exp(x)
        return [y[1], -(2 + slope(a)) * y[1] + 1.5 * u["Om"] * a**-3 / e2(a) * y[0]]

    a0 = np.exp(-25.0)
    start = [a0 + 2 / 3 * radiation / u["Om"], a0]
    return float(solve_ivp(rhs, (-25.0, 0.0), start, method="DOP853", rtol=1e-12, atol=1e-25).y[0][-1])


def spectra(u):
    h, om, ns = u["H0"] / 100, u["Om"], u["ns"]
    args = (h, om, u["Ob"], u.get("Tcmb", 2.7255) / 2.7)
    d = growth_today(u)

    def power(t, k):
        """In (Mpc/h)^3: the potential is 3/5 of the curvature perturbation, and k^2 of it 3/2 Om (H0/c)^2 delta/a (Poisson)."""
        curvature = 2 * np.pi**2 * u["As"] * (k * h / 0.05) ** (ns - 1) / k**3
        return (3 / 5 * t(k, *args) * d * k**2 / (1.5 * om * (100 / C) ** 2)) ** 2 * curvature

    def sigma8(t):
        def integrand(x):
            k = np.exp(x)
            y = 8 * k
            w = 3 * (np.sin(y) - y * np.cos(y)) / y**3
            return k**3 * power(t, k) * w * w / (2 * np.pi**2)

        edges = np.concatenate([np.linspace(-9, -1, 9), np.log(np.linspace(np.exp(-1), 60, 600))])
        return float(np.sqrt(sum(quad(integrand, a, b, epsabs=0, epsrel=1e-10, limit=200)[0] for a, b in zip(edges, edges[1:]))))

    kinds = dict(bbks=bbks, eh=eh, eh_nowiggle=eh_nowiggle)
    return dict(
        parameters=u,
        power={name: [float(power(t, k)) for k in K] for name, t in kinds.items()},
        sigma8={name: sigma8(t) for name, t in kinds.items()},
    )


if __name__ == "__main__":
    result = dict(about="See spectra.py", k=K, universes=[spectra(u) for u in UNIVERSES])
    Path(__file__).with_name("spectra.json").write_text(json.dumps(result, indent=1) + "\n")
