"""A cross-encoder that tests can make: two small random layers over a handful of words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = [
    *SPECIAL,
    "the",
    "bridge",
    "cost",
    "million",
    "euros",
    "trams",
    "cross",
    "it",
    "rain",
    "what",
    "did",
    "?",
    "14",
]


def tiny_cross_encoder(folder: Path, *, labels: Sequence[str] = ("score",)) -> Path:
    """A cross-encoder of two small random layers, the same every time, saved as sentence-transformers does."""
    import torch
    from sentence_transformers import CrossEncoder
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    source = folder / "source"
    source.mkdir(parents=True)
    (source / "vocab.txt").write_text("\n".join(WORDS), encoding="utf-8")
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
        num_labels=len(labels),
        id2label=dict(enumerate(labels)),
        label2id={label: number for number, label in enumerate(labels)},
        initializer_range=0.5,
    )
    BertForSequenceClassification(config).save_pretrained(source)
    BertTokenizerFast(str(source / "vocab.txt"), model_max_length=64).save_pretrained(source)
    CrossEncoder(str(source)).save_pretrained(str(folder / "tiny"))
    return folder / "tiny"
