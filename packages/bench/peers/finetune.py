"""
PyTorch's side of fine-tuning as its users run it: an epoch of a file of texts with transformers and peft, or some steps of it, in batches padded to their longest
text. Prints one JSON line: seconds of the steps alone (loading and tokenising apart), tokens with padding, losses; with --test of entities also seqeval's F1.
  python finetune.py classify MODEL train.csv --text text --label category [--peft lora] [--steps 60] [--pad 64] [--threads 2]
  python finetune.py ner MODEL train.conll --test test.conll --epochs 4 --rate 1e-4 --max-tokens 128 [--seed 1]
  python finetune.py lm MODEL texts.jsonl --peft lora --rows 4 --pad 128 --steps 10
MODEL is a folder that transformers opens. Hold it to AVX2 by ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2 MKL_CBWR=AVX2 MKL_ENABLE_INSTRUCTIONS=AVX2.
"""
import argparse
import csv
import json
import random
import time

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
    get_linear_schedule_with_warmup,
)

parser = argparse.ArgumentParser()
parser.add_argument("job", choices=["classify", "ner", "lm"])
parser.add_argument("model")
parser.add_argument("train")
parser.add_argument("--text", default="text")
parser.add_argument("--label", default="label")
parser.add_argument("--peft", choices=["lora"])
parser.add_argument("--rows", type=int, default=16)
parser.add_argument("--pad", type=int, help="every batch is this long; else as long as its longest text")
parser.add_argument("--max-tokens", type=int, default=64)
parser.add_argument("--steps", type=int)
parser.add_argument("--epochs", type=int, default=1)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--test", help="entities to measure on afterwards")
parser.add_argument("--rate", type=float, default=2e-4)
parser.add_argument("--threads", type=int, default=2)
options = parser.parse_args()
torch.set_num_threads(options.threads)
torch.manual_seed(options.seed)
random.seed(options.seed)


def conll(path):
    """Sentences of a file of columns, as (words, labels): the first column and the last."""
    with open(path, encoding="utf-8-sig") as lines:
        rows = [line.split() for line in lines] + [[]]
    starts = [i for i, row in enumerate(rows) if not row]
    parts = [rows[first:end] for first, end in zip([0] + [i + 1 for i in starts], starts)]
    return [([row[0] for row in part], [row[-1] for row in part]) for part in parts if part]


def of_words(sentences):
    """Tokens of each sentence, and of each token the label if it is the first of its word, else -100."""
    given = tokenizer([words for words, _ in sentences], is_split_into_words=True, truncation=True, max_length=longest)
    labels = []
    for i, (_, own) in enumerate(sentences):
        places = given.word_ids(i)
        labels.append([names.index(own[w]) if w is not None and w != before else -100 for w, before in zip(places, [None] + places)])
    return given["input_ids"], labels


if options.job == "ner":
    table = conll(options.train)
else:
    with open(options.train, newline="", encoding="utf-8") as file:
        table = [json.loads(line) for line in file] if options.train.endswith("l") else list(csv.DictReader(file))
tokenizer = AutoTokenizer.from_pretrained(options.model)
tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
longest = options.pad or options.max_tokens
if options.job == "ner":
    names = sorted({label for _, own in table for label in own})
    encoded, labels = of_words(table)
    model = AutoModelForTokenClassification.from_pretrained(options.model, num_labels=len(names), dtype=torch.float32)
else:
    encoded = tokenizer([row[options.text] for row in table], truncation=True, max_length=longest)["input_ids"]
if options.job == "classify":
    names = sorted({row[options.label] for row in table})
    labels = [names.index(row[options.label]) for row in table]
    model = AutoModelForSequenceClassification.from_pretrained(options.model, num_labels=len(names), dtype=torch.float32)
elif options.job == "lm":
    model = AutoModelForCausalLM.from_pretrained(options.model, dtype=torch.float32)
if options.peft:
    from peft import LoraConfig, get_peft_model

    kind = {"classify": "SEQ_CLS", "ner": "TOKEN_CLS", "lm": "CAUSAL_LM"}[options.job]
    targets = ["q_proj", "v_proj"] if options.job == "lm" else ["query", "value"]
    model = get_peft_model(model, LoraConfig(task_type=kind, r=8, lora_alpha=16, target_modules=targets))
plain = lambda name: name.endswith("bias") or "LayerNorm" in name
parameters = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
optimizer = torch.optim.AdamW(
    [
        {"params": [p for name, p in parameters if not plain(name)], "weight_decay": 0.0 if options.peft else 0.01},
        {"params": [p for name, p in parameters if plain(name)], "weight_decay": 0.0},
    ],
    lr=options.rate,
)
orders = [random.sample(range(len(encoded)), len(encoded)) for _ in range(options.epochs)]
batches = [order[i : i + options.rows] for order in orders for i in range(0, len(order), options.rows)][: options.steps]
schedule = get_linear_schedule_with_warmup(optimizer, len(batches) // 10, len(batches))
model.train()
losses, seconds, tokens = [], [], 0
for rows in batches:
    start = time.perf_counter()
    length = options.pad or max(len(encoded[i]) for i in rows)
    ids = torch.tensor([encoded[i] + [tokenizer.pad_token_id] * (length - len(encoded[i])) for i in rows])
    # Texts of a fixed length count whole, as if they were that long.
    mask = torch.tensor([[1] * (length if options.pad else len(encoded[i])) + [0] * (0 if options.pad else length - len(encoded[i])) for i in rows])
    if options.job == "classify":
        target = torch.tensor([labels[i] for i in rows])
    elif options.job == "ner":
        target = torch.tensor([labels[i] + [-100] * (length - len(labels[i])) for i in rows])
    else:
        target = ids.masked_fill(mask == 0, -100)
    loss = model(input_ids=ids, attention_mask=mask, labels=target).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_([p for _, p in parameters], 1.0)
    optimizer.step()
    schedule.step()
    optimizer.zero_grad()
    losses.append(loss.item())
    seconds.append(time.perf_counter() - start)
    tokens += ids.numel()
scores = {}
if options.job == "ner" and options.test:
    from seqeval.metrics import f1_score

    sentences = conll(options.test)
    model.eval()
    found = []
    with torch.no_grad():
        for (_, own), ids, places in zip(sentences, *of_words([(words, ["O"] * len(words)) for words, _ in sentences])):
            best = model(input_ids=torch.tensor([ids])).logits[0].argmax(-1).tolist()
            said = [names[b] for b, place in zip(best, places) if place != -100]
            # Words that were cut off are none.
            found.append(said + ["O"] * (len(own) - len(said)))
    scores = {"f1": f1_score([own for _, own in sentences], found)}
middle = sorted(seconds)[len(seconds) // 2]
print(json.dumps({"steps": len(batches), "seconds": sum(seconds), "median_step": middle, "tokens": tokens, "first": losses[0], "last": sum(losses[-10:]) / len(losses[-10:]), **scores}))
