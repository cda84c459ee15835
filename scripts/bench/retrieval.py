#!/usr/bin/env python3
"""Measure retrieval across languages: recall@1/3/5 and MRR@10 with bootstrap 95 % intervals.

    python scripts/bench/retrieval.py --xquad DIR --cache DIR
    python scripts/bench/retrieval.py --xquad DIR --cache DIR --ablate default no-tokens no-words passages

DIR holds one SQuAD-style file a language with the same paragraphs (XQuAD: xquad.en.json, xquad.de.json). Each paragraph
is one article, and what counts is at which rank the question's own paragraph is found. Cells:

    en->de       English questions, an index of the German paragraphs; so for every pair
    mixed en     English questions, one index of all languages; either translation counts
    patchwork en English questions, one index that holds each paragraph once, in a language drawn at random
    ... other    those of them whose paragraph is in another language than the question

Questions may be in further languages than the texts (`xquad.es.json`). With several configurations, each is held
against the first one by a paired permutation test of recall@1. With `--cache`, vectors are kept on disk between runs.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import msgspec

from index.embedding import Embedder, SentenceTransformerEmbedder
from index.models import resolve
from index.progress import Bars, Progress, Silence
from index.ranking import load
from index.retrieve import Retriever
from index.snapshot import Snapshot
from index.token_cache import cached as remembering
from service.evaluation import parallel
from service.evaluation.bootstrap import mean_interval, paired_p
from service.evaluation.command import exit_status
from service.evaluation.metrics.ranking import recall_at, reciprocal_rank
from service.evaluation.parallel import MIXED, PATCHWORK, Benchmark, Collection, Question
from service.settings import load_settings

DEPTH = 10
PASSAGES_PER_ARTICLE = 8
"""Passages that are asked for, per article that is wanted: a paragraph may have been split."""
CUTOFFS = (1, 3, 5)

Search = Callable[[str, int], Sequence[str]]
"""A question and a number of passages -> the ids of these passages' articles, best first, repeated as they come."""


def by(*without: str, centring: float = 1.0) -> Callable[[Snapshot, Embedder], Search]:
    """The retriever as the service uses it, but for features of passages that count nothing."""

    def opened(snapshot: Snapshot, embedder: Embedder) -> Search:
        fitted = load()
        weights = {name: weight for name, weight in fitted.passage.items() if name not in without}
        ranking = msgspec.structs.replace(fitted, passage=weights)
        retriever = Retriever(snapshot, embedder, ranking, centring=centring)

        def search(question: str, k: int) -> list[str]:
            return [hit.passage.article_id for hit in retriever.search([question], k).hits]

        return search

    return opened


def by_passage_vectors(snapshot: Snapshot, embedder: Embedder) -> Search:
    """The cosine of question and passage and nothing else: the floor that any retriever starts from."""

    def search(question: str, k: int) -> list[str]:
        _, rows = snapshot.passage_vectors.search(embedder.embed_queries([question]), k)
        return [snapshot.article_ids[snapshot.passage_article[row]] for row in rows[0]]

    return search


TOKENS = ("tokens", "worst_met", "sentence_tokens")

CONFIGURATIONS: Mapping[str, Callable[[Snapshot, Embedder], Search]] = {
    "default": by(),
    "no-tokens": by(*TOKENS),
    "no-sentence-tokens": by("sentence_tokens"),
    "no-worst-met": by("worst_met"),
    "no-words": by("words_same_language"),
    "no-sentences": by("sentence"),
    "no-passages": by("vector"),
    "no-language": by("same_language"),
    "no-centring": by(centring=0.0),
    "passages": by_passage_vectors,
}
"""What `--ablate` names: the default with one ingredient switched off, and the floor. An ablation is one line here."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """At which rank (None: not among the first `DEPTH`) a question's paragraph was found, and in which language."""

    question: Question
    rank: int | None
    languages: frozenset[str]


class Figure(msgspec.Struct, frozen=True):
    """A mean over questions with its 95 % interval."""

    mean: float
    low: float
    high: float


class Cell(msgspec.Struct, frozen=True):
    """The figures of one configuration in one cell, over `questions` questions. `p` is None for the first one."""

    configuration: str
    cell: str
    questions: int
    figures: dict[str, Figure]
    p: float | None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; its exit status."""
    chosen = _parser().parse_args(arguments)
    return exit_status(lambda: _run(chosen))


def _run(chosen: argparse.Namespace) -> int:
    started = time.perf_counter()
    settings = load_settings()
    benchmark = parallel.read(chosen.xquad, chosen.texts)
    embedder = cached(
        SentenceTransformerEmbedder(resolve(chosen.embedding or settings.embedding, chosen.models or settings.models)),
        chosen.cache,
    )
    cells = measure(benchmark, embedder, chosen.ablate, Bars())
    print(f"embedding model {embedder.name}, texts in {', '.join(benchmark.texts)}")
    print("\n".join(table(cells)))
    print(f"{time.perf_counter() - started:.0f} s")
    if chosen.json:
        chosen.json.write_bytes(msgspec.json.format(msgspec.json.encode(cells), indent=1) + b"\n")
    return 0


def cached(embedder: Embedder, directory: Path | None) -> Embedder:
    """`embedder`, remembering in `directory` where one is named."""
    return remembering(embedder, directory) if directory else embedder


def measure(
    benchmark: Benchmark, embedder: Embedder, configurations: Sequence[str], progress: Progress | None = None
) -> list[Cell]:
    """Every cell of every configuration, by cell."""
    found: dict[str, dict[str, list[Ranked]]] = {}
    for collection in parallel.collections(benchmark):
        with parallel.indexed(collection, embedder, progress) as snapshot:
            for name in configurations:
                search = CONFIGURATIONS[name](snapshot, embedder)
                for cell, ranked in _cells(collection, benchmark, search, progress or Silence()):
                    found.setdefault(cell, {})[name] = ranked
    return [cell for name, runs in sorted(found.items(), key=_order) for cell in _figures(name, runs)]


def _cells(
    collection: Collection, benchmark: Benchmark, search: Search, progress: Progress
) -> Iterator[tuple[str, list[Ranked]]]:
    for language, questions in benchmark.questions.items():
        ranked = list(ranks(questions, collection, search, progress))
        if collection.name in (MIXED, PATCHWORK):
            yield f"{collection.name} {language}", ranked
        else:
            yield f"{language}->{collection.name}", ranked
        other = [item for item in ranked if language not in item.languages]
        if collection.name == PATCHWORK and 0 < len(other) < len(ranked):
            yield f"{PATCHWORK} {language} other", other


def ranks(
    questions: Sequence[Question], collection: Collection, search: Search, progress: Progress
) -> Iterator[Ranked]:
    """Ask every question; articles count, so only the first passage of each does."""
    languages: dict[str, set[str]] = {}
    for article in collection.texts:
        languages.setdefault(parallel.paragraph_of(article), set()).add(parallel.language_of(article))
    with progress.step(f"Asking {collection.name}", "question") as step:
        step.expect(len(questions))
        for question in questions:
            articles = dict.fromkeys(search(question.text, DEPTH * PASSAGES_PER_ARTICLE))
            paragraphs = [parallel.paragraph_of(article) for article in articles][:DEPTH]
            rank = paragraphs.index(question.paragraph) + 1 if question.paragraph in paragraphs else None
            yield Ranked(question, rank, frozenset(languages[question.paragraph]))
            step.advance()


def _figures(cell: str, runs: Mapping[str, Sequence[Ranked]]) -> Iterator[Cell]:
    first: list[float] | None = None
    for name, ranked in runs.items():
        values = {f"recall@{k}": [recall_at([item.rank], k) for item in ranked] for k in CUTOFFS}
        values[f"MRR@{DEPTH}"] = [reciprocal_rank([item.rank], DEPTH) for item in ranked]
        figures = {figure: Figure(fmean(each), *mean_interval(each)) for figure, each in values.items()}
        right = values[f"recall@{CUTOFFS[0]}"]
        yield Cell(name, cell, len(ranked), figures, None if first is None else paired_p(first, right))
        first = first or right


def _order(found: tuple[str, object]) -> tuple[bool, bool, bool, bool, str]:
    """Within one language first, then across, then mixed, then patchwork."""
    cell = found[0]
    question, _, texts = cell.partition("->")
    return cell.startswith(PATCHWORK), "other" in cell, cell.startswith(MIXED), bool(texts) and question != texts, cell


def table(cells: Sequence[Cell]) -> Iterator[str]:
    """The figures in lines of text, one a cell and configuration."""
    width = max(len(cell.configuration) for cell in cells)
    names = list(cells[0].figures)
    yield f"{'cell':20} {'':{width}} {'n':>5}  " + "  ".join(f"{name:18}" for name in names)
    for cell in cells:
        shown = "  ".join(f"{_shown(cell.figures[name]):18}" for name in names)
        against = "" if cell.p is None else f"p = {cell.p:.3g}"
        yield f"{cell.cell:20} {cell.configuration:{width}} {cell.questions:5}  {shown}  {against}".rstrip()


def _shown(figure: Figure) -> str:
    return f"{figure.mean:.3f} ({figure.low:.3f}-{figure.high:.3f})"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure retrieval across languages.")
    parser.add_argument("--xquad", required=True, type=Path, metavar="DIR", help="one SQuAD-style file a language")
    parser.add_argument("--texts", nargs="+", default=["en", "de"], metavar="LANGUAGE", help="languages of the indexes")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="keep vectors here between runs")
    parser.add_argument("--ablate", nargs="+", default=["default"], choices=CONFIGURATIONS, metavar="NAME")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here, too")
    parser.add_argument("--models", type=Path, metavar="DIR", help="models directory (FUNDSTELLE_MODELS)")
    parser.add_argument("--embedding", metavar="NAME", help="embedding model (FUNDSTELLE_EMBEDDING)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
