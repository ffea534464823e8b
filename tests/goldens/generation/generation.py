"""Texts by beam search and under rules, as transformers 5 gives them for the tiny models of ../shared/golden: `python3 generation.py > generation.json`.

Weights are widened to float64; transformers itself narrows logits to float32 before it takes logarithms.
"""
import json
import pathlib

import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM

torch.set_num_threads(1)
SHARED = pathlib.Path(__file__).resolve().parents[4] / "shared" / "golden"
NEW = 12
# Options in transformers' names.
BEAMS = [
    {"num_beams": 2, "num_return_sequences": 2},
    {"num_beams": 3, "num_return_sequences": 3, "length_penalty": 2.0},
    {"num_beams": 4, "num_return_sequences": 4, "length_penalty": 0.0, "early_stopping": "never"},
    {"num_beams": 4, "num_return_sequences": 2, "early_stopping": True},
    {"num_beams": 4, "num_return_sequences": 1, "length_penalty": -1.0},
    {"num_beams": 3, "num_return_sequences": 3, "length_penalty": 0.7, "early_stopping": "never"},
    {"num_beams": 3, "num_return_sequences": 3, "no_repeat_ngram_size": 2, "min_new_tokens": 5},
]


def rules(greedy):
    """Each forbids something that greedy decoding would do."""
    return [
        {"no_repeat_ngram_size": 1},
        {"no_repeat_ngram_size": 2},
        {"repetition_penalty": 1.3},
        {"bad_words_ids": [[greedy[0]], greedy[2:4]]},
        {"min_new_tokens": 8, "repetition_penalty": 1.2, "no_repeat_ngram_size": 3},
        {"num_beams": 3, "num_return_sequences": 3, "bad_words_ids": [[greedy[1]], greedy[3:5]], "repetition_penalty": 1.1},
    ]


def cases(name, kind, prompts):
    model = kind.from_pretrained(SHARED / name, dtype=torch.float64).eval()
    pair = model.config.is_encoder_decoder
    for prompt in prompts:
        ids = torch.tensor([prompt])

        def run(ends, **options):
            out = model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=NEW,
                eos_token_id=ends or None,
                pad_token_id=0,
                do_sample=False,
                return_dict_in_generate=True,
                output_scores=True,
                **options,
            )
            begin = 1 if pair else len(prompt)
            rows = []
            for row in out.sequences[:, begin:].tolist():
                at = next((i for i, token in enumerate(row) if token in ends), len(row))
                rows.append(row[:at])
            scores = out.sequences_scores.tolist() if "sequences_scores" in out and out.sequences_scores is not None else None
            return {"ends": ends, "options": options, "ids": rows, "scores": scores}

        greedy = run([])["ids"][0]
        # Tokens that greedy decoding comes to, so that some beams end early and others do not.
        for ends in ([], [greedy[4]], [greedy[6], greedy[9]]):
            for options in BEAMS:
                yield {"model": name, "prompt": prompt, **run(ends, **options)}
        for options in rules(greedy):
            yield {"model": name, "prompt": prompt, **run([greedy[5]], **options)}


def prompts_of(name):
    file = load_file(SHARED / name / "expected.safetensors")
    return [file[f"prompt.{i}"].tolist() for i in (0, 1)]


sources = load_file(SHARED / "t5-tiny" / "inputs.safetensors")
lengths = sources["attention_mask"].sum(1).tolist()
print(
    json.dumps(
        {
            "maxNewTokens": NEW,
            "cases": [
                *cases("gpt2-tiny", AutoModelForCausalLM, prompts_of("gpt2-tiny")),
                *cases("llama-tiny", AutoModelForCausalLM, prompts_of("llama-tiny")),
                *cases("t5-tiny", AutoModelForSeq2SeqLM, [sources["input_ids"][i, : lengths[i]].tolist() for i in (0, 1)]),
            ],
        }
    )
)
