"""Outputs and every gradient of PyTorch's transformer layers in float64: `pip install torch==2.13.0`, then `python transformer.py > transformer.json`."""
import json

import torch
from torch import nn

torch.set_default_dtype(torch.float64)
WIDTH, HEADS, INNER, BATCH, TOKENS, KEYS = 12, 3, 20, 2, 5, 4


def numbers(tensor):
    return [float(f"{v:.17g}") for v in tensor.detach().flatten().tolist()]


def run(layer, call, inputs):
    # Values that float32 holds exactly, so that both precisions start from the same bits.
    with torch.no_grad():
        for p in layer.parameters():
            p.copy_((p + 0.1 * torch.randn_like(p)).float().double())
    inputs = {name: x.float().double().requires_grad_() for name, x in inputs.items()}
    y = call(layer, inputs)
    weights = torch.linspace(-1, 1, y.numel()).float().double().reshape(y.shape)
    (y * weights).sum().backward()
    return {
        "params": {name: numbers(p) for name, p in layer.named_parameters()},
        "inputs": {name: numbers(x) for name, x in inputs.items()},
        "output": numbers(y),
        "gradients": {**{name: numbers(p.grad) for name, p in layer.named_parameters()}, **{f"in.{name}": numbers(x.grad) for name, x in inputs.items()}},
    }


torch.manual_seed(3)
x, memory = torch.randn(BATCH, TOKENS, WIDTH), torch.randn(BATCH, KEYS, WIDTH)
mask = nn.Transformer.generate_square_subsequent_mask(TOKENS)
cases = {"attention": run(nn.MultiheadAttention(WIDTH, HEADS, batch_first=True), lambda m, i: m(i["x"], i["x"], i["x"], need_weights=False)[0], {"x": x})}
for norm_first in (False, True):
    options = {"dropout": 0.0, "activation": "gelu", "batch_first": True, "norm_first": norm_first}
    name = "pre" if norm_first else "post"
    cases[f"encoder_{name}"] = run(nn.TransformerEncoderLayer(WIDTH, HEADS, INNER, **options), lambda m, i: m(i["x"]), {"x": x})
    cases[f"decoder_{name}"] = run(
        nn.TransformerDecoderLayer(WIDTH, HEADS, INNER, **options), lambda m, i: m(i["x"], i["memory"], tgt_mask=mask, tgt_is_causal=True), {"x": x, "memory": memory}
    )
print(json.dumps({"torch": torch.__version__, "width": WIDTH, "heads": HEADS, "inner": INNER, "batch": BATCH, "tokens": TOKENS, "keys": KEYS, "cases": cases}))
