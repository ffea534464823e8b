"""NumPyro's NUTS on the w0-wa posterior of 40 supernova bins (statistics and systematics) and 31 cosmic chronometers: effective samples a second.

usage: numpyro_w0wa.py SN.txt SYSTEMATICS.txt HZ.csv [--workers 1] [--chains 4] [--warmup 1000] [--draws 1000] [--target 0.8] [--dense] [--seed 0]

Each worker is a process with a core of its own and runs its chains one after another, compiled before the clock starts. Prints one JSON object.
"""
import argparse
import json
import multiprocessing
import os
import time

PRIOR = {"Om": (0.05, 0.7), "w0": (-3.0, 0.0), "wa": (-5.0, 3.0), "H0": (50.0, 90.0)}
ORDER = 8  # Gauss-Legendre nodes between neighbouring redshifts


def likelihood(options):
    import jax.numpy as jnp
    import numpy as np

    table = np.loadtxt(options.sn, usecols=(1, 2, 4, 5))
    flat = np.loadtxt(options.systematics)
    covariance = np.diag(table[:, 3] ** 2) + flat[1:].reshape(len(table), len(table))
    order = np.argsort(table[:, 0], kind="stable")
    z, z_hel, magnitude = table[order, :3].T
    inverse = np.linalg.inv(covariance[np.ix_(order, order)])
    weights_of_mean = inverse.sum(1) / inverse.sum()
    edges = np.unique(np.concatenate([[0.0], z, np.arange(0.05, z.max(), 0.05)]))
    x, w = np.polynomial.legendre.leggauss(ORDER)
    half = np.diff(edges) / 2
    nodes = (edges[:-1] + half)[:, None] + half[:, None] * x
    weights = half[:, None] * w
    pick = np.searchsorted(edges, z) - 1
    cc = np.loadtxt(options.cc, delimiter=",", skiprows=1, usecols=(0, 1, 2))

    def e2(z, Om, w0, wa):
        dark = jnp.exp(3 * (1 + w0 + wa) * jnp.log1p(z) - 3 * wa * z / (1 + z))
        return Om * (1 + z) ** 3 + (1 - Om) * dark

    def loglike(p):
        Om, w0, wa, H0 = p
        distance = jnp.cumsum((weights / jnp.sqrt(e2(nodes, Om, w0, wa))).sum(1))[pick]
        residual = magnitude - 5 * jnp.log10((1 + z_hel) * distance)
        residual = residual - weights_of_mean @ residual
        pull = (cc[:, 1] - H0 * jnp.sqrt(e2(cc[:, 0], Om, w0, wa))) / cc[:, 2]
        return -0.5 * (residual @ (inverse @ residual) + pull @ pull)

    return loglike


def work(options, chains):
    """Draws of these chains [chain, draw, parameter], with seconds of sampling (without compiling) and of one call of value and gradient."""
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    import jax
    import jax.numpy as jnp
    import numpy as np
    import numpyro
    from numpyro.infer import MCMC, NUTS

    jax.config.update("jax_enable_x64", True)
    loglike = likelihood(options)

    def model():
        numpyro.factor("data", loglike([numpyro.sample(name, numpyro.distributions.Uniform(*box)) for name, box in PRIOR.items()]))

    kernel = NUTS(model, target_accept_prob=options.target, dense_mass=options.dense)
    mcmc = MCMC(kernel, num_warmup=options.warmup, num_samples=options.draws, progress_bar=False)
    mcmc.run(jax.random.PRNGKey(12345))  # compiles
    draws, steps, diverging, seconds, processor = [], 0, 0, 0.0, 0.0
    for chain in chains:
        begin, begin_processor = time.perf_counter(), time.process_time()
        mcmc.run(jax.random.PRNGKey(1000 * options.seed + chain), extra_fields=("num_steps", "diverging"))
        samples = mcmc.get_samples()
        draws.append(np.stack([np.asarray(samples[name]) for name in PRIOR], -1))
        seconds += time.perf_counter() - begin
        processor += time.process_time() - begin_processor
        fields = mcmc.get_extra_fields()
        steps += int(fields["num_steps"].sum())
        diverging += int(fields["diverging"].sum())
    call = jax.jit(jax.value_and_grad(lambda p: loglike(p)))
    at = jnp.array([0.33, -1.0, -0.5, 68.5])
    call(at)[0].block_until_ready()
    begin = time.perf_counter()
    for _ in range(2000):
        call(at)[0].block_until_ready()
    return draws, seconds, steps, diverging, (time.perf_counter() - begin) / 2000, processor


def main():
    parser = argparse.ArgumentParser()
    for name in ("sn", "systematics", "cc"):
        parser.add_argument(name)
    for name, value in (("workers", 1), ("chains", 4), ("warmup", 1000), ("draws", 1000), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--target", type=float, default=0.8)
    parser.add_argument("--dense", action="store_true")
    options = parser.parse_args()
    parts = [range(worker, options.chains, options.workers) for worker in range(options.workers)]
    with multiprocessing.get_context("spawn").Pool(options.workers) as pool:
        results = pool.starmap(work, [(options, part) for part in parts])
    import arviz
    import numpy as np

    draws = np.stack([chain for result in results for chain in result[0]])
    seconds = max(result[1] for result in results)
    summary = {
        name: {
            "mean": float(draws[..., i].mean()),
            "sd": float(draws[..., i].std(ddof=1)),
            "r_hat": float(arviz.rhat(draws[..., i])),
            "ess_bulk": float(arviz.ess(draws[..., i])),
        }
        for i, name in enumerate(PRIOR)
    }
    least = min(one["ess_bulk"] for one in summary.values())
    print(
        json.dumps(
            {
                "workers": options.workers,
                "seconds": seconds,
                # what a machine that others use, too, does not stretch
                "processor_seconds": sum(result[5] for result in results),
                "least_ess_bulk": least,
                "ess_per_second": least / seconds,
                "microseconds_per_call": 1e6 * float(np.mean([result[4] for result in results])),
                "leapfrogs_in_draws": sum(result[2] for result in results),
                "divergences": sum(result[3] for result in results),
                "parameters": summary,
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
