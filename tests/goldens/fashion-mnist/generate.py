"""Writes losses.json: the loss of each of the first 20 Adam steps of the example's network on Fashion-MNIST, as PyTorch computes them.

The network is that of examples/fashion-mnist without dropout; batch i is training images 64 i … 64 i + 63. Weights are drawn from the
same linear congruential generator as in tests/models/fashion-mnist.test.ts (Numerical Recipes), one stream a parameter in the order below.
`f32_error` is the largest relative difference of PyTorch's own f32 losses: what rounding alone costs.
Usage: python3 generate.py > losses.json   (torch 2.13.0, the Debian package dataset-fashion-mnist)
"""
import gzip
import json
import math

import numpy as np
import torch
from torch import nn

DATA = "/usr/share/datasets/fashion-mnist/train-"
STEPS, BATCH = 20, 64


def randoms(seed, count):
    state = (seed * 2654435761 + 12345) % 2**32
    values = np.empty(count)
    for i in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        values[i] = state / 2**32
    return values


def network(dtype):
    net = nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(64 * 7 * 7, 128), nn.ReLU(), nn.Linear(128, 10),
    ).to(dtype)
    parameters = list(net.parameters())
    for seed, parameter in enumerate(parameters):
        fan_in = math.prod(parameters[seed - seed % 2].shape[1:])
        drawn = (2 * randoms(seed + 1, parameter.numel()) - 1) / math.sqrt(fan_in)
        parameter.data = torch.from_numpy(drawn.astype(np.float32).reshape(parameter.shape)).to(dtype)
    return net


def losses(dtype):
    with gzip.open(DATA + "images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(), np.uint8, offset=16, count=STEPS * BATCH * 784)
    with gzip.open(DATA + "labels-idx1-ubyte.gz") as file:
        labels = torch.from_numpy(np.frombuffer(file.read(), np.uint8, offset=8, count=STEPS * BATCH).astype(np.int64))
    pixels = ((images / 255 - 0.286) / 0.353).astype(np.float32).reshape(-1, 1, 28, 28)
    x = torch.from_numpy(pixels).to(dtype)
    net = network(dtype)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    result = []
    for step in range(STEPS):
        rows = slice(step * BATCH, (step + 1) * BATCH)
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x[rows]), labels[rows])
        loss.backward()
        optimizer.step()
        result.append(loss.item())
    return result


exact, rounded = losses(torch.float64), losses(torch.float32)
error = max(abs(a - b) / a for a, b in zip(exact, rounded))
print(json.dumps({"torch": torch.__version__, "f32_error": float(f"{error:.2g}"), "losses": exact}, indent=1))
