"""Shared by this folder's generators: a JSON writer, versions."""
import json, platform
from importlib.metadata import version
from pathlib import Path
import numpy as np

GOLDEN = Path(__file__).resolve().parent


def plain(x):
    """numpy -> plain Python, complex -> {re, im}; floats keep all 64 bits (shortest round-trip decimal)."""
    if isinstance(x, dict):
        return {str(k): plain(v) for k, v in x.items()}
    if isinstance(x, (list, tuple)):
        return [plain(v) for v in x]
    if isinstance(x, np.ndarray):
        if np.iscomplexobj(x):
            return {"re": x.real.tolist(), "im": x.imag.tolist()}
        return x.tolist()
    if isinstance(x, np.generic):
        return plain(x.item())
    if isinstance(x, complex):
        return {"re": x.real, "im": x.imag}
    return x


def _text(x, indent, width):
    flat = json.dumps(x, allow_nan=False, ensure_ascii=False)
    if len(flat) + indent <= width or not isinstance(x, (dict, list)) or not x:
        return flat
    pad = " " * (indent + 1)
    if isinstance(x, dict):
        body = [f"{pad}{json.dumps(k)}: {_text(v, indent + 1, width)}" for k, v in x.items()]
        return "{\n" + ",\n".join(body) + "\n" + " " * indent + "}"
    if all(not isinstance(v, (dict, list)) for v in x):
        return flat                                    # long flat vectors stay on one line
    return "[\n" + ",\n".join(pad + _text(v, indent + 1, width) for v in x) + "\n" + " " * indent + "]"


def write(name, obj, packages):
    obj = {"about": obj.pop("about"),
           "versions": {"python": platform.python_version(), **{p: version(p) for p in packages}}, **obj}
    path = GOLDEN / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_text(plain(obj), 0, 160) + "\n")
    print(f"{name}: {path.stat().st_size} bytes")
