"""Bottleneck adapters of Python's `adapters` 1.3.0 (with transformers 4.57) on the goldens' tiny models, in float64: folders as it writes them, and logits,
loss and gradients of every tensor of theirs.

    python -m venv venv && venv/bin/pip install adapters==1.3.0 torch safetensors
    venv/bin/python tests/goldens/bottleneck/generate.py ../shared/golden tests/goldens/bottleneck
"""

import json
import os
import sys

import adapters
import torch
from adapters import DoubleSeqBnConfig, SeqBnConfig
from safetensors.torch import load_file, save_file
from torch.nn.functional import cross_entropy
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification
from transformers.models.llama.modeling_llama import LlamaRMSNorm, LlamaRotaryEmbedding

golden, out = sys.argv[1:]


def rms_norm(self, x):
    return self.weight * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.variance_epsilon)


def rotary(self, x, position_ids):
    rate = 1 / self.config.rope_theta ** (torch.arange(0, self.config.head_dim, 2, dtype=torch.float64) / self.config.head_dim)
    angles = position_ids[..., None].double() * torch.cat([rate, rate])
    return angles.cos(), angles.sin()


# transformers narrows both to float32, whatever the weights.
LlamaRMSNorm.forward = rms_norm
LlamaRotaryEmbedding.forward = rotary
CASES = {
    "bert-pfeiffer": SeqBnConfig(reduction_factor=4, non_linearity="gelu"),
    "bert-houlsby": DoubleSeqBnConfig(reduction_factor=6, scaling=0.5),
    "llama-houlsby": DoubleSeqBnConfig(reduction_factor=8),
    "llama-pfeiffer": SeqBnConfig(reduction_factor=8),
}
for name, config in CASES.items():
    bert = name.startswith("bert")
    base = f"{golden}/bert-tiny/sequence-classification" if bert else f"{golden}/llama-tiny"
    inputs = load_file(f"{golden}/{'bert-tiny' if bert else 'llama-tiny'}/inputs.safetensors")
    model = (AutoModelForSequenceClassification if bert else AutoModelForCausalLM).from_pretrained(base)
    adapters.init(model)
    model.add_adapter("tiny", config=config)
    model.train_adapter("tiny")
    torch.manual_seed(6)
    trained = {n: p for n, p in model.named_parameters() if p.requires_grad}
    with torch.no_grad():
        for n, p in trained.items():
            # Far enough from where adapters begin that every gradient counts
            if ".adapters." in n:
                p.copy_(0.2 * torch.randn_like(p))
    folder = f"{out}/{name}"
    os.makedirs(folder, exist_ok=True)
    # A causal model's head is not trained, and adapters does not save tied or frozen ones as part of an adapter.
    model.save_adapter(folder, "tiny", with_head=bert, use_safetensors=True)
    # Where the base model lay is nobody's business.
    for described in ("adapter_config.json", "head_config.json"):
        path = f"{folder}/{described}"
        if os.path.exists(path):
            fields = json.load(open(path))
            json.dump(fields | {"model_name": "../base"}, open(path, "w"), indent=2)
    model = model.double().eval()
    keys = ("input_ids", "attention_mask", "token_type_ids")
    batch = {k: v.long() for k, v in inputs.items() if k in keys}
    labels = inputs["sequence_labels" if bert else "labels"].long()
    logits = model(**batch).logits
    # Each token's label is its successor's; -100 does not count.
    loss = cross_entropy(logits, labels) if bert else cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten())
    loss.backward()
    values = {"logits": logits.detach(), "loss": loss.detach()}
    for n, p in model.named_parameters():
        if p.requires_grad and (".adapters." in n or bert):
            values[f"grad.{n}"] = p.grad
    save_file({k: v.contiguous() for k, v in values.items()}, f"{folder}/expected.safetensors")
    print(name, loss.item(), sorted(os.listdir(folder)))
