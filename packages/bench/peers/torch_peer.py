"""PyTorch's side of the benchmarks: answers one line of JSON for each line of JSON on standard input, until it ends (the protocol of src/peers/wire.ts)."""
import base64
import json
import math
import sys
import time

import torch

from torch_tasks import TASKS

DTYPES = {"f32": torch.float32, "f64": torch.float64, "i32": torch.int32}
# Calls are batched until one timing takes this long (seconds), as src/measure/contender.ts does.
SHORTEST = 2e-4
tasks = []


def decode(message):
    """Typed arrays as flat tensors, from the line or from a file; for json.loads."""
    if len(message) != 1:
        return message
    [(name, content)] = message.items()
    if name not in DTYPES:
        return message
    if isinstance(content, str):
        return torch.frombuffer(bytearray(base64.b64decode(content)), dtype=DTYPES[name])
    with open(content["path"], "rb") as file:
        return torch.frombuffer(bytearray(file.read()), dtype=DTYPES[name])


def encode(x):
    """A tensor as a typed array, anything else as it is."""
    if not isinstance(x, torch.Tensor):
        return x
    name = next(name for name, dtype in DTYPES.items() if dtype == x.dtype)
    return {name: base64.b64encode(x.detach().contiguous().numpy().tobytes()).decode()}


def sample(call, milliseconds):
    start = time.perf_counter()
    call()
    once = time.perf_counter() - start
    if once > milliseconds / 1000:
        return [once * 1000]
    batch = max(1, math.ceil(SHORTEST / once))
    times = []
    end = time.perf_counter() + milliseconds / 1000
    while not times or time.perf_counter() < end:
        start = time.perf_counter()
        for _ in range(batch):
            call()
        times.append((time.perf_counter() - start) / batch * 1000)
    return times


def peak_bytes():
    import resource  # Windows has none

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def answer(r):
    method = r["method"]
    if method == "describe":
        capability = torch.backends.cpu.get_cpu_capability()
        return f"PyTorch {torch.__version__}, eager, native, {capability}"
    if method == "open":
        task = TASKS.get(r["task"])
        if task is None:
            return None
        tasks.append(task(r["problem"]))
        return len(tasks) - 1
    if method == "sample":
        task = tasks[r["id"]]
        return task.sample(r["milliseconds"]) if hasattr(task, "sample") else sample(task.call, r["milliseconds"])
    if method == "result":
        return encode(tasks[r["id"]].result())
    if method == "peak":
        return peak_bytes()
    if method == "close":
        tasks[r["id"]] = None
        return None
    raise ValueError(f"unknown request {method}")


torch.set_num_threads(int(sys.argv[1]))
for line in sys.stdin:
    try:
        reply = {"value": answer(json.loads(line, object_hook=decode))}
    except Exception as error:  # told to the other side, which decides
        reply = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(reply), flush=True)
