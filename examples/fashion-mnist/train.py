"""The recipe of train.mjs in PyTorch, to hold the two loss curves against each other. Usage: python3 train.py [FOLDER]"""
import gzip
import math
import sys

import numpy as np
import torch
from torch import nn

FOLDER = sys.argv[1] if len(sys.argv) > 1 else "/usr/share/datasets/fashion-mnist"
BATCH, EPOCHS = 64, 5


def load(part):
    with gzip.open(f"{FOLDER}/{part}-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 1, 28, 28)
    with gzip.open(f"{FOLDER}/{part}-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8).astype(np.int64)
    return torch.from_numpy(((pixels / 255 - 0.286) / 0.353).astype(np.float32)), torch.from_numpy(labels)


torch.manual_seed(0)
x, y = load("train")
test_x, test_y = load("t10k")
net = nn.Sequential(
    nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(64 * 7 * 7, 128), nn.ReLU(), nn.Dropout(0.25), nn.Linear(128, 10),
)
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
steps = EPOCHS * math.ceil(len(x) / BATCH)
schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.5 * (1 + math.cos(math.pi * step / steps)))
for epoch in range(EPOCHS):
    net.train()
    losses = []
    for rows in torch.randperm(len(x)).split(BATCH):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    net.eval()
    with torch.no_grad():
        scores = torch.cat([net(part) for part in test_x.split(1000)])
    test_loss = nn.functional.cross_entropy(scores, test_y).item()
    accuracy = (scores.argmax(1) == test_y).float().mean().item()
    print(f"epoch {epoch + 1}: loss {np.mean(losses):.4f}, test loss {test_loss:.4f}, test accuracy {accuracy:.4f}", flush=True)
