"""PyTorch's side of the benchmarks: answers one line of JSON for each line of JSON on standard input, until it ends (the protocol of lib/wire.mjs)."""
import base64
import json
import math
import sys
import time

import torch

DTYPES = {"f32": torch.float32, "f64": torch.float64}
# Calls are batched until one timing takes this long (seconds), as lib/measure.mjs does.
SHORTEST = 2e-4
tasks = []


def decode(message):
    """Typed arrays as flat tensors; for json.loads."""
    for name, dtype in DTYPES.items():
        if isinstance(message.get(name), str):
            return torch.frombuffer(bytearray(base64.b64decode(message[name])), dtype=dtype)
    return message


def encode(x):
    name = next(name for name, dtype in DTYPES.items() if dtype == x.dtype)
    return {name: base64.b64encode(x.detach().contiguous().numpy().tobytes()).decode()}


class Gemm:
    def __init__(self, r):
        self.a = r["a"].reshape(r["m"], r["k"])
        self.b = r["b"].reshape(r["k"], r["n"])
        self.c = torch.empty(r["m"], r["n"], dtype=DTYPES[r["dtype"]])

    def call(self):
        torch.matmul(self.a, self.b, out=self.c)

    def result(self):
        self.call()
        return encode(self.c)


class Mlp:
    def __init__(self, r):
        layers = []
        for i, (fan_in, fan_out) in enumerate(zip(r["sizes"], r["sizes"][1:])):
            layer = torch.nn.Linear(fan_in, fan_out)
            with torch.no_grad():
                layer.weight.copy_(r["weights"][f"layers.{i}.weight"].reshape(fan_out, fan_in))
                layer.bias.copy_(r["weights"][f"layers.{i}.bias"])
            layers.append(layer)
            if i + 2 < len(r["sizes"]):
                layers.append({"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh}[r["activation"]]())
        self.model = torch.nn.Sequential(*layers)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=r["lr"])
        self.batches = [(b["x"].reshape(r["rows"], -1), b["y"].reshape(r["rows"], -1)) for b in r["batches"]]
        self.agreed = r["agreed"]
        self.step = 0

    def call(self):
        x, y = self.batches[self.step % len(self.batches)]
        self.step += 1
        self.optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(self.model(x), y)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def result(self):
        return [self.call() for _ in range(self.agreed)]


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
        return encode(torch.tensor([value, *gradient], dtype=torch.float64))


def sample(call, milliseconds):
    start = time.perf_counter()
    call()
    batch = max(1, math.ceil(SHORTEST / (time.perf_counter() - start)))
    times = []
    end = time.perf_counter() + milliseconds / 1000
    while len(times) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        for _ in range(batch):
            call()
        times.append((time.perf_counter() - start) / batch * 1000)
    return times


def answer(r):
    method = r["method"]
    if method == "describe":
        return {"name": "torch", "describe": f"PyTorch {torch.__version__}, eager, native"}
    if method == "open":
        problem = r["problem"]
        tasks.append((problem["threads"], {"gemm": Gemm, "mlp": Mlp, "theory": Theory}[r["task"]](problem)))
        return len(tasks) - 1
    threads, task = tasks[r["id"]]
    torch.set_num_threads(threads)
    if method == "sample":
        return sample(task.call, r["milliseconds"])
    if method == "result":
        return task.result()
    if method == "close":
        tasks[r["id"]] = None
        return None
    raise ValueError(f"unknown request {method}")


for line in sys.stdin:
    try:
        reply = {"value": answer(json.loads(line, object_hook=decode))}
    except Exception as error:  # told to the other side, which decides
        reply = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(reply), flush=True)
