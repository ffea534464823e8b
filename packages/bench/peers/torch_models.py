"""Language models in plain torch.nn, with the parameter names of Hugging Face's BERT and of nanoGPT, without dropout, so that losses can be compared."""
import torch
import torch.nn.functional as F
from torch import nn


def load(model, r):
    """Every weight of the problem into the parameter of its name; neither side may have one more."""
    state = {name: values.reshape(r["shapes"][name]) for name, values in r["weights"].items()}
    model.load_state_dict(state, strict=True)
    return model


def heads_first(x, heads):
    """(B, T, C) to (B, H, T, D)"""
    b, t, c = x.shape
    return x.view(b, t, heads, c // heads).transpose(1, 2)


def heads_last(x):
    """(B, H, T, D) to (B, T, C)"""
    return x.transpose(1, 2).flatten(2)


def module(**parts):
    """A module with these children, for names with a level that computes nothing."""
    made = nn.Module()
    for name, part in parts.items():
        setattr(made, name, part)
    return made


class BertLayer(nn.Module):
    def __init__(self, width, heads, intermediate, eps):
        super().__init__()
        self.heads = heads
        self.attention = module(
            self=module(query=nn.Linear(width, width), key=nn.Linear(width, width), value=nn.Linear(width, width)),
            output=module(dense=nn.Linear(width, width), LayerNorm=nn.LayerNorm(width, eps)),
        )
        self.intermediate = module(dense=nn.Linear(width, intermediate))
        self.output = module(dense=nn.Linear(intermediate, width), LayerNorm=nn.LayerNorm(width, eps))

    def forward(self, x):
        attention, projections = self.attention, getattr(self.attention, "self")
        q, k, v = (heads_first(project(x), self.heads) for project in (projections.query, projections.key, projections.value))
        mixed = heads_last(F.scaled_dot_product_attention(q, k, v))
        x = attention.output.LayerNorm(attention.output.dense(mixed) + x)
        return self.output.LayerNorm(self.output.dense(F.gelu(self.intermediate.dense(x))) + x)


class BertEncoder(nn.Module):
    """Hidden states of the last layer; token types are all 0, no token is padding."""

    def __init__(self, c, eps):
        super().__init__()
        width = c["width"]
        self.embeddings = module(
            word_embeddings=nn.Embedding(c["vocabulary"], width),
            position_embeddings=nn.Embedding(c["positions"], width),
            token_type_embeddings=nn.Embedding(2, width),
            LayerNorm=nn.LayerNorm(width, eps),
        )
        layers = [BertLayer(width, c["heads"], c["intermediate"], eps) for _ in range(c["layers"])]
        self.encoder = module(layer=nn.ModuleList(layers))
        self.pooler = module(dense=nn.Linear(width, width))

    def forward(self, ids):
        e = self.embeddings
        places = torch.arange(ids.shape[1])
        x = e.LayerNorm(e.word_embeddings(ids) + e.position_embeddings(places) + e.token_type_embeddings(torch.zeros_like(ids)))
        for layer in self.encoder.layer:
            x = layer(x)
        return x


class Bert(nn.Module):
    """BertForSequenceClassification: tanh of the first token's pooled state, then a linear classifier."""

    def __init__(self, r):
        super().__init__()
        self.bert = BertEncoder(r["config"], r["eps"])
        self.classifier = nn.Linear(r["config"]["width"], r["labels"])

    def forward(self, ids):
        return self.classifier(torch.tanh(self.bert.pooler.dense(self.bert(ids)[:, 0])))


class GptBlock(nn.Module):
    def __init__(self, width, heads, intermediate, eps):
        super().__init__()
        self.heads = heads
        self.ln_1 = nn.LayerNorm(width, eps)
        self.attn = module(c_attn=nn.Linear(width, 3 * width), c_proj=nn.Linear(width, width))
        self.ln_2 = nn.LayerNorm(width, eps)
        self.mlp = module(c_fc=nn.Linear(width, intermediate), c_proj=nn.Linear(intermediate, width))

    def forward(self, x):
        q, k, v = (heads_first(part, self.heads) for part in self.attn.c_attn(self.ln_1(x)).split(x.shape[-1], dim=-1))
        x = x + self.attn.c_proj(heads_last(F.scaled_dot_product_attention(q, k, v, is_causal=True)))
        return x + self.mlp.c_proj(F.gelu(self.mlp.c_fc(self.ln_2(x))))


class Gpt(nn.Module):
    """Logits of every place; the head is the word embedding."""

    def __init__(self, r):
        super().__init__()
        c = r["config"]
        blocks = [GptBlock(c["width"], c["heads"], c["intermediate"], r["eps"]) for _ in range(c["layers"])]
        self.transformer = module(
            wte=nn.Embedding(c["vocabulary"], c["width"]),
            wpe=nn.Embedding(c["positions"], c["width"]),
            h=nn.ModuleList(blocks),
            ln_f=nn.LayerNorm(c["width"], r["eps"]),
        )

    def forward(self, ids):
        t = self.transformer
        x = t.wte(ids) + t.wpe(torch.arange(ids.shape[1]))
        for block in t.h:
            x = block(x)
        return F.linear(t.ln_f(x), t.wte.weight)
