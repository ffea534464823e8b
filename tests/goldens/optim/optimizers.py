"""Writes optimizers.json: 25-step trajectories of optimisers as torch, transformers, lion-pytorch and timm take them.

Each case: problem, class, options (all that matter, defaults included), trajectory (the start and after each step), loss, and f32_error:
the largest deviation of the same run in f32 over the largest value. Everything is float64 all the way through, also Muon's orthogonal
updates, which torch makes in bfloat16, and Adafactor's eps1, which torch takes from the parameter's type, is f32's.
Usage: python3 optimizers.py   (torch 2.13, transformers 5.23, lion-pytorch 0.2.5, timm 1.0)
"""
import contextlib
import importlib
import inspect
import json
import pathlib
import sys
import types

import torch
from lion_pytorch import Lion
from torch.overrides import TorchFunctionMode
from transformers import Adafactor as TransformersAdafactor

SEED, STEPS = 90, 25
torch.set_num_threads(1)


class Widen(TorchFunctionMode):
    """Every request for a dtype in `low` becomes one for `high`, and any result in `low` raises."""

    def __init__(self, low, high):
        super().__init__()
        self.low, self.high = low, high
        self.casts = [{torch.float32: torch.Tensor.float, torch.bfloat16: torch.Tensor.bfloat16}[dtype] for dtype in low]

    def __torch_function__(self, func, types, args=(), kwargs=None):
        widen = lambda v: self.high if isinstance(v, torch.dtype) and v in self.low else v
        args, kwargs = tuple(map(widen, args)), {k: widen(v) for k, v in (kwargs or {}).items()}
        # A cast copies, as one to another type does: Muon scales what it has cast in place, and that may be its momentum.
        result = args[0].to(self.high, copy=True) if func in self.casts else func(*args, **kwargs)
        if isinstance(result, torch.Tensor) and result.dtype in self.low:
            raise TypeError(f"{func} gave {result.dtype}")
        return result


@contextlib.contextmanager
def float64():
    """Real float64 all the way through."""
    torch.set_default_dtype(torch.float64)
    try:
        with Widen((torch.float32, torch.bfloat16), torch.float64):
            yield
    finally:
        torch.set_default_dtype(torch.float32)


def import_lamb():
    """timm's optimisers alone: the whole package asks for torchvision."""
    root = pathlib.Path(importlib.util.find_spec("timm").origin).parent
    for name, path in {"timm": root, "timm.optim": root / "optim"}.items():
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__path__ = [str(path)]
    return importlib.import_module("timm.optim.lamb").Lamb


Lamb = import_lamb()


def rel(low, high):
    return (low.double() - high.double()).abs().max().item() / high.double().abs().max().item()


def make_problems():
    g = torch.Generator().manual_seed(SEED)
    draw = lambda *shape: torch.randn(*shape, generator=g)
    return {
        "vector": {"A": draw(11, 7), "b": draw(11), "start": draw(7)},
        "matrix": {"A": draw(13, 5), "b": draw(13, 3), "start": draw(5, 3)},
        "rosenbrock": {"start": 0.5 * draw(7)},
        "wide": {"A": draw(13, 3), "b": draw(13, 5), "start": draw(3, 5)},
        "stack": {"A": draw(9, 4), "b": draw(2, 9, 3), "start": draw(2, 4, 3)},
    }


def loss_of(problem, x):
    if "A" in problem:
        return ((problem["A"] @ x - problem["b"]) ** 2).mean()
    return (10 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


O = torch.optim
F32_EPS = (torch.finfo(torch.float32).eps, 1e-3)  # torch's default is the parameter's own epsilon, other in float64
CASES = {  # name: (problem, class, options)
    "sgd": ("vector", O.SGD, dict(lr=0.1)),
    "sgd_momentum": ("vector", O.SGD, dict(lr=0.05, momentum=0.9)),
    "sgd_momentum_dampening": ("vector", O.SGD, dict(lr=0.05, momentum=0.9, dampening=0.5)),
    "sgd_nesterov": ("vector", O.SGD, dict(lr=0.05, momentum=0.9, nesterov=True)),
    "sgd_weight_decay": ("vector", O.SGD, dict(lr=0.1, weight_decay=0.1)),
    "sgd_momentum_weight_decay": ("vector", O.SGD, dict(lr=0.05, momentum=0.9, weight_decay=0.1)),
    "adam": ("vector", O.Adam, dict(lr=0.1)),
    "adam_weight_decay": ("vector", O.Adam, dict(lr=0.1, weight_decay=0.1)),
    "adam_amsgrad": ("vector", O.Adam, dict(lr=0.1, betas=(0.9, 0.95), amsgrad=True)),
    "adamw": ("vector", O.AdamW, dict(lr=0.1, weight_decay=0.1)),
    "adamw_matrix": ("matrix", O.AdamW, dict(lr=0.1, weight_decay=0.1)),
    "rmsprop": ("vector", O.RMSprop, dict(lr=0.05)),
    "rmsprop_centered_momentum": ("vector", O.RMSprop, dict(lr=0.05, centered=True, momentum=0.9)),
    "adagrad": ("vector", O.Adagrad, dict(lr=0.3)),
    "adagrad_lr_decay": ("vector", O.Adagrad, dict(lr=0.3, lr_decay=0.05, initial_accumulator_value=0.1)),
    "adadelta": ("vector", O.Adadelta, dict(lr=1.0)),
    "adadelta_weight_decay": ("vector", O.Adadelta, dict(lr=0.5, weight_decay=0.1)),
    "nadam": ("vector", O.NAdam, dict(lr=0.1)),
    "nadam_decoupled": ("vector", O.NAdam, dict(lr=0.1, weight_decay=0.1, decoupled_weight_decay=True)),
    "nadam_weight_decay": ("vector", O.NAdam, dict(lr=0.1, betas=(0.8, 0.99), weight_decay=0.1, momentum_decay=0.1)),
    "radam": ("vector", O.RAdam, dict(lr=0.1)),
    "radam_weight_decay": ("vector", O.RAdam, dict(lr=0.1, betas=(0.8, 0.99), weight_decay=0.1)),
    "radam_decoupled": ("vector", O.RAdam, dict(lr=0.1, weight_decay=0.1, decoupled_weight_decay=True)),
    "adamax": ("vector", O.Adamax, dict(lr=0.1)),
    "adamax_weight_decay": ("vector", O.Adamax, dict(lr=0.1, betas=(0.8, 0.9), weight_decay=0.1)),
    "lion": ("vector", Lion, dict(lr=0.02, betas=(0.9, 0.99), weight_decay=0.1)),
    "adafactor_transformers_vector": ("vector", TransformersAdafactor, dict()),
    "adafactor_transformers_matrix": ("matrix", TransformersAdafactor, dict()),
    "adafactor_transformers_fixed_lr": ("matrix", TransformersAdafactor, dict(
        lr=0.05, relative_step=False, scale_parameter=False, beta1=0.9, weight_decay=0.1)),
    "adafactor_transformers_warmup": ("wide", TransformersAdafactor, dict(warmup_init=True)),
    "adafactor_transformers_stack": ("stack", TransformersAdafactor, dict(lr=0.1, relative_step=False, beta1=0.8)),
    "adafactor_torch_vector": ("vector", O.Adafactor, dict(lr=0.1, eps=F32_EPS)),
    "adafactor_torch_matrix": ("matrix", O.Adafactor, dict(lr=0.1, eps=F32_EPS)),
    "adafactor_torch_stack": ("stack", O.Adafactor, dict(lr=0.3, eps=F32_EPS, weight_decay=0.1)),
    "lamb": ("matrix", Lamb, dict(lr=0.1, max_grad_norm=None)),
    "lamb_always_adapt": ("vector", Lamb, dict(lr=0.05, weight_decay=0.0, always_adapt=True, max_grad_norm=None)),
    "lamb_no_decay": ("vector", Lamb, dict(lr=0.1, betas=(0.8, 0.95), weight_decay=0.0, max_grad_norm=None)),
    "muon_wide": ("wide", O.Muon, dict(lr=0.05, momentum=0.9)),
    "muon": ("matrix", O.Muon, dict(lr=0.05)),
    "muon_no_nesterov_match_rms_adamw": ("matrix", O.Muon, dict(lr=0.1, nesterov=False, weight_decay=0.0, adjust_lr_fn="match_rms_adamw")),
    "lbfgs_strong_wolfe": ("vector", O.LBFGS, dict(lr=1, max_iter=1, line_search_fn="strong_wolfe")),
    "lbfgs_strong_wolfe_rosenbrock": ("rosenbrock", O.LBFGS, dict(lr=1, max_iter=5, line_search_fn="strong_wolfe")),
    "lbfgs_fixed_step_rosenbrock": ("rosenbrock", O.LBFGS, dict(lr=0.1, max_iter=2, history_size=3)),
}


def trajectory(problem, cls, options, dtype):
    problem = {k: v.to(dtype) for k, v in problem.items()}
    x = torch.nn.Parameter(problem["start"].clone())
    optimizer = cls([x], **options)

    def closure():
        optimizer.zero_grad()
        loss = loss_of(problem, x)
        loss.backward()
        return loss

    points, losses = [x.detach().clone()], [loss_of(problem, x).item()]
    for _ in range(STEPS):
        closure()
        optimizer.step(closure) if cls is O.LBFGS else optimizer.step()
        points.append(x.detach().clone())
        losses.append(loss_of(problem, x).item())
    return torch.stack(points), losses


def all_options(cls, options):
    """Every number that shapes the result, defaults included."""
    shown = {n: p.default for n, p in inspect.signature(cls.__init__).parameters.items() if p.default is not p.empty}
    skip = ("foreach", "fused", "capturable", "differentiable", "maximize", "use_triton", "decoupled_weight_decay" if cls is Lion else "")
    return {k: v for k, v in {**shown, **options}.items() if k not in skip}


def optimizers():
    problems, cases = make_problems(), {}
    for name, (problem, cls, options) in CASES.items():
        with float64():
            points, losses = trajectory(problems[problem], cls, options, torch.float64)
        with Widen((torch.bfloat16,), torch.float32):
            low, _ = trajectory(problems[problem], cls, options, torch.float32)
        cases[name] = {"problem": problem, "class": f"{cls.__module__.split('.')[0]}.{cls.__name__}", "options": all_options(cls, options),
                       "trajectory": points.tolist(), "loss": losses, "f32_error": float(f"{rel(low, points):.1e}")}
        print(f"{name:40s} {losses[0]:.4f} -> {losses[-1]:.6f}  {cases[name]['f32_error']}")
    problems = {n: {k: v.double().tolist() for k, v in p.items()} for n, p in problems.items()}
    pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps({"problems": problems, "cases": cases}, allow_nan=False) + "\n")


if __name__ == "__main__":
    optimizers()
