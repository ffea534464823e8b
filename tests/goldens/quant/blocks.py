"""Blocks of GGUF formats and what the gguf package (llama.cpp's own Python reader) makes of them: `pip install gguf numpy`, then `python blocks.py > blocks.json`."""
import json

import numpy as np
from gguf import GGMLQuantizationType as Q
from gguf import quants

rng = np.random.default_rng(7)
cases = {}
for name, kind, columns, block_bytes in [("q8_0", Q.Q8_0, 64, 34), ("q4_0", Q.Q4_0, 64, 18), ("q4_1", Q.Q4_1, 64, 20), ("q6_K", Q.Q6_K, 512, 210)]:
    blocks = columns // (256 if name == "q6_K" else 32)
    raw = rng.integers(0, 256, size=(3, blocks, block_bytes), dtype=np.uint8)
    # Scales that are plain numbers: an f16 of exponent 2^-6 … 2^-3, either sign.
    scales = (rng.uniform(0.02, 0.2, size=(3, blocks, 2)) * rng.choice([-1, 1], size=(3, blocks, 2))).astype(np.float16)
    if name == "q6_K":
        raw[..., 208:210] = scales[..., :1].view(np.uint8)
    else:
        raw[..., 0:2] = scales[..., :1].view(np.uint8)
        if name == "q4_1":
            raw[..., 2:4] = np.ascontiguousarray(scales[..., 1:]).view(np.uint8)
    rows = raw.reshape(3, blocks * block_bytes)
    cases[name] = {"columns": columns, "bytes": rows.tolist(), "values": quants.dequantize(rows, kind).astype(float).tolist()}
# What the package writes, for the formats that it can write.
numbers = rng.normal(size=(2, 64)).astype(np.float32)
written = {name: quants.quantize(numbers, kind).tolist() for name, kind in [("q8_0", Q.Q8_0), ("q4_0", Q.Q4_0), ("q4_1", Q.Q4_1)]}
print(json.dumps({"read": cases, "write": {"numbers": numbers.astype(float).tolist(), "bytes": written}}))
