#!/usr/bin/env python3
"""Compare the embedding step of building with a plain `SentenceTransformer.encode`, in tokens a second.

    python scripts/bench/embedding.py ARTICLES... [--threads N] [--texts N]

Both embed the texts that building embeds: passages, sentences, and sentences with their predecessors, each text once.
The plain one gets them sorted by length in tokens, so that it pads as little as it can. Texts are dealt into portions;
each is embedded both ways in turn, so that what else the machine does meets both alike. The same model, the same number
of threads. Tokens are those of the texts, prompts and special tokens not counted.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from sentence_transformers import SentenceTransformer

from index.articles import read_collection
from index.cores import available_cores
from index.embedding import SentenceTransformerEmbedder, Vectors
from index.inputs import passages_alone, sentences_alone, sentences_in_context
from index.models import resolve
from index.passages import split
from service.settings import load_settings

PORTION = 256
"""Texts that are embedded one way and then the other."""
WANTED = 0.9


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; its exit status."""
    chosen = _parser().parse_args(arguments)
    folder = resolve(chosen.embedding, chosen.models)
    ours = SentenceTransformerEmbedder(folder, threads=chosen.threads)
    theirs = SentenceTransformer(str(folder), local_files_only=True)
    prompt = str(ours.identity()["document_prompt"])

    def plain(texts: Sequence[str]) -> Vectors:
        torch.set_num_threads(chosen.threads)
        return theirs.encode(list(texts), prompt=prompt, normalize_embeddings=True, show_progress_bar=False)

    texts = _texts(chosen.articles, ours)[: chosen.texts]
    portions = [texts[start : start + PORTION] for start in range(0, len(texts), PORTION)]
    ratios, totals = [], np.zeros(3)
    for number, portion in enumerate(portions):
        tokens = ours.count_tokens(portion)
        ordered = [text for _, text in sorted(zip(tokens, portion, strict=True), reverse=True)]
        ways = [(ours.embed_documents, portion), (plain, ordered)]
        seconds = dict(_seconds(way, some) for way, some in (ways if number % 2 else ways[::-1]))
        own, other = seconds[ours.embed_documents], seconds[plain]
        ratios.append(other / own)
        totals += (sum(tokens), own, other)
    tokens_embedded, own, other = totals
    print(f"{ours.name}, {len(texts)} texts, {tokens_embedded:,.0f} tokens, {chosen.threads} threads")
    print(f"building {tokens_embedded / own:,.0f} tokens a second, plain encode {tokens_embedded / other:,.0f}")
    print(f"ratio {other / own:.3f} (wanted {WANTED}), of portions {min(ratios):.3f} to {max(ratios):.3f}", end="")
    print(f", median {statistics.median(ratios):.3f}")
    return 0


def _seconds(
    embed: Callable[[Sequence[str]], Vectors], texts: Sequence[str]
) -> tuple[Callable[[Sequence[str]], Vectors], float]:
    started = time.perf_counter()
    embed(texts)
    return embed, time.perf_counter() - started


def _texts(paths: Sequence[Path], embedder: SentenceTransformerEmbedder) -> list[str]:
    """What building embeds, each text once, in a random order (seed 0)."""
    found: dict[str, None] = {}
    for article in read_collection(paths, lambda error: print(error, file=sys.stderr)):
        passages, sentences = split(article, embedder.count_tokens)
        for texts in (
            passages_alone(article, passages),
            sentences_alone(article, sentences),
            sentences_in_context(article, sentences),
        ):
            found.update(dict.fromkeys(texts))
    texts = list(found)
    random.Random(0).shuffle(texts)  # noqa: S311 - no secret
    return texts


def _parser() -> argparse.ArgumentParser:
    settings = load_settings()
    parser = argparse.ArgumentParser(description="Compare the embedding step of building with a plain encode.")
    parser.add_argument("articles", nargs="+", type=Path, metavar="ARTICLES")
    parser.add_argument("--threads", type=int, default=available_cores(), metavar="N")
    parser.add_argument("--texts", type=int, metavar="N", help="of the articles' texts, at the most")
    parser.add_argument("--models", type=Path, default=settings.models, metavar="DIR")
    parser.add_argument("--embedding", default=settings.embedding, metavar="NAME")
    return parser


if __name__ == "__main__":
    sys.exit(main())
