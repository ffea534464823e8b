"""What PyTorch is asked to do, as its users write it. A task is made from a problem; call() is what is timed, result() what is compared."""
import math
import time

import torch
import torch.nn.functional as F
from torch import nn

from torch_models import Bert, Gpt, load

DTYPES = {"f32": torch.float32, "f64": torch.float64}


class Gemm:
    def __init__(self, r):
        self.a = r["a"].reshape(r["m"], r["k"])
        self.b = r["b"].reshape(r["k"], r["n"])
        self.c = torch.empty(r["m"], r["n"], dtype=DTYPES[r["dtype"]])

    def call(self):
        torch.matmul(self.a, self.b, out=self.c)

    def result(self):
        self.call()
        return self.c


class Theory:
    """-log likelihood of flat LCDM, H = H0 sqrt(Om (1+z)^3 + 1 - Om), and its gradient by (Om, H0)."""

    def __init__(self, r):
        self.z, self.h, self.sigma, self.theta = (r[name] for name in ("z", "h", "sigma", "theta"))
        self.norm = torch.log(self.sigma * math.sqrt(2 * math.pi)).sum()

    def call(self):
        theta = self.theta.detach().requires_grad_()
        om, h0 = theta
        model = h0 * torch.sqrt(om * (1 + self.z) ** 3 + 1 - om)
        value = 0.5 * (((model - self.h) / self.sigma) ** 2).sum() + self.norm
        value.backward()
        return value.item(), theta.grad.tolist()

    def result(self):
        value, gradient = self.call()
        return torch.tensor([value, *gradient], dtype=torch.float64)


class Steps:
    """Optimiser steps, batch after batch; the result is the losses of the first ones."""

    def __init__(self, optimizer, batches, agreed, loss):
        self.optimizer, self.batches, self.agreed, self.loss = optimizer, batches, agreed, loss
        self.step = 0

    def call(self):
        batch = self.batches[self.step % len(self.batches)]
        self.step += 1
        self.optimizer.zero_grad()
        loss = self.loss(*batch)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def result(self):
        return [self.call() for _ in range(self.agreed)]


def mlp(r):
    layers = []
    for i, (fan_in, fan_out) in enumerate(zip(r["sizes"], r["sizes"][1:])):
        layer = nn.Linear(fan_in, fan_out)
        with torch.no_grad():
            layer.weight.copy_(r["weights"][f"layers.{i}.weight"].reshape(fan_out, fan_in))
            layer.bias.copy_(r["weights"][f"layers.{i}.bias"])
        layers.append(layer)
        if i + 2 < len(r["sizes"]):
            layers.append({"relu": nn.ReLU, "tanh": nn.Tanh}[r["activation"]]())
    model = nn.Sequential(*layers)
    batches = [(b["x"].reshape(r["rows"], -1), b["y"].reshape(r["rows"], -1)) for b in r["batches"]]
    optimizer = torch.optim.Adam(model.parameters(), lr=r["lr"])
    return Steps(optimizer, batches, r["agreed"], lambda x, y: F.mse_loss(model(x), y))


class Cnn(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, padding=1)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.fc1 = nn.Linear(64 * 7 * 7, 128)
        self.fc2 = nn.Linear(128, classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


def cnn(r):
    model = load(Cnn(r["classes"]), r)
    batches = [(b["x"].reshape(r["rows"], 1, r["side"], r["side"]), b["y"].long()) for b in r["batches"]]
    optimizer = torch.optim.Adam(model.parameters(), lr=r["lr"])
    return Steps(optimizer, batches, r["agreed"], lambda x, y: F.cross_entropy(model(x), y))


class BertForward:
    """Result: the last hidden states (rows, tokens, width)."""

    def __init__(self, r):
        self.model = load(Bert(r), r)
        self.ids = r["batches"][0]["ids"].reshape(r["rows"], r["tokens"]).long()

    def call(self):
        with torch.inference_mode():
            return self.model.bert(self.ids)

    def result(self):
        return self.call()


def bert_step(r):
    model = load(Bert(r), r)
    batches = [(b["ids"].reshape(r["rows"], r["tokens"]).long(), b["labels"].long()) for b in r["batches"]]
    return Steps(adamw(model, r["optimizer"]), batches, r["agreed"], lambda ids, labels: F.cross_entropy(model(ids), labels))


def gpt_step(r):
    model = load(Gpt(r), r)
    batches = [tuple(b[name].reshape(r["rows"], r["tokens"]).long() for name in ("ids", "targets")) for b in r["batches"]]
    loss = lambda ids, targets: F.cross_entropy(model(ids).flatten(0, 1), targets.flatten())
    return Steps(adamw(model, r["optimizer"]), batches, r["agreed"], loss)


def adamw(model, o):
    """Matrices decay, vectors do not, as language models are trained."""
    matrices = [p for p in model.parameters() if p.dim() >= 2]
    vectors = [p for p in model.parameters() if p.dim() < 2]
    groups = [{"params": matrices, "weight_decay": o["weightDecay"]}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=o["lr"], betas=tuple(o["betas"]), eps=o["eps"])


class Text:
    """transformers' model of a folder, with a cache. Result of `decode`: ids, one after another; of `prompt`: the one after it."""

    def __init__(self, r):
        from transformers import AutoModelForCausalLM

        self.model = AutoModelForCausalLM.from_pretrained(r["widened"], dtype=torch.float32).eval()
        self.prompt = torch.tensor([list(r["prompt"])])
        self.length = r["length"]

    def begin(self):
        out = self.model(self.prompt, use_cache=True, logits_to_keep=1)
        return out.logits[0, -1].argmax(), out.past_key_values


class Decode(Text):
    def run(self):
        with torch.inference_mode():
            token, cache = self.begin()
            ids = [token]
            begin = time.perf_counter()
            while len(ids) < self.length:
                out = self.model(ids[-1].view(1, 1), past_key_values=cache, use_cache=True)
                cache = out.past_key_values
                ids.append(out.logits[0, -1].argmax())
            return ids, (time.perf_counter() - begin) * 1000 / (self.length - 1)

    def sample(self, milliseconds):
        times = []
        end = time.perf_counter() + milliseconds / 1000
        while not times or time.perf_counter() < end:
            times.append(self.run()[1])
        return times

    def result(self):
        return torch.stack(self.run()[0]).int()


class Prompt(Text):
    def call(self):
        with torch.inference_mode():
            return self.begin()[0]

    def result(self):
        return self.call().view(1).int()


TASKS = {"gemm": Gemm, "theory": Theory, "mlp": mlp, "cnn": cnn, "bertForward": BertForward, "bertStep": bert_step, "gptStep": gpt_step, "decode": Decode, "prompt": Prompt}
