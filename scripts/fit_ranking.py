#!/usr/bin/env python3
"""Fit how much each thing that is known of a passage or sentence counts: `index/ranking.json`.

    python scripts/fit_ranking.py --xquad DIR --cache DIR
    python scripts/fit_ranking.py --xquad DIR --cache DIR --check

Every question of DIR is asked of each index that scripts/bench/retrieval.py builds of it. What should come first is a
passage of the question's own paragraph, and the sentence that the answer stands in. Weights maximise the probability of
that under a softmax over the candidates (Cao et al., "Learning to rank: from pairwise approach to listwise approach",
ICML 2007), all cells together, so that no language is preferred.

Figures are recall@1 of paragraphs by cell: in the sample, and cross-validated, from weights that were fitted without
the document that the question is about. `--check` fits and prints, and writes nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from index import durable, ranking
from index.checksums import sha256_of
from index.embedding import Embedder, SentenceTransformerEmbedder
from index.models import resolve
from index.progress import Bars, Progress
from index.ranking import PASSAGE, SENTENCE, FittedOn, Ranking
from index.retrieve import Looked, Retriever, sentence_matrix
from index.snapshot import Snapshot
from index.token_cache import cached
from service.evaluation import gold_file, parallel
from service.evaluation.command import exit_status
from service.evaluation.errors import GoldError
from service.evaluation.parallel import MIXED, PATCHWORK, Benchmark, Question
from service.settings import load_settings

FOLDS = 6
PENALTY = 1e-3
"""Of the squared weights, beside the mean negative log likelihood of a question."""
STEPS = 50
PRECISION = 1e-5
"""Of a weight: smaller steps end the fitting."""
CUTOFFS = (1, 3, 5, 8)
GIVEN = {"vector": 0.9, "passage": 1.2, "predecessor": 0.2, "words": 0.7, "tokens": 0.9}
"""Weights of sentences that are not fitted. XQuAD's paragraphs tell unrelated stories and have no titles, so that
tokens seem to be nearly all; where articles tell one story, they are not (docs/retrieval.md)."""

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Indices = NDArray[np.int64]
Spans = Mapping[tuple[str, str], int]
"""Where the answer begins in its paragraph, by language and question."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question asked of one index, and which candidates should have come first."""

    cell: str
    document: str
    looked: Looked
    passages: Flags
    sentences: Flags


@dataclass(frozen=True, slots=True)
class Lists:
    """Candidates of many questions, one after the other: float64 `(candidates, features)`, bool `(candidates,)`.

    `starts` is where those of each question begin, int64 `(questions,)`; each has a candidate that is `right`.
    """

    values: Floats
    right: Flags
    starts: Indices

    @classmethod
    def of(cls, lists: Sequence[tuple[Floats, Flags]]) -> Lists:
        """The lists of those questions that have a right candidate. Raises GoldError where there is none."""
        usable = [(values, right) for values, right in lists if right.any()]
        if not usable:
            raise GoldError(
                ["nothing to fit to: questions about at least two documents must find their paragraph and its sentence"]
            )
        sizes = np.cumsum([0, *(len(right) for _, right in usable)])[:-1]
        return cls(np.concatenate([v for v, _ in usable]), np.concatenate([r for _, r in usable]), sizes)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its exit status."""
    chosen = _parser().parse_args(arguments)
    return exit_status(lambda: _run(chosen))


def _run(chosen: argparse.Namespace) -> int:
    benchmark = parallel.read(chosen.xquad, chosen.texts)
    settings = load_settings()
    embedder: Embedder = SentenceTransformerEmbedder(resolve(settings.embedding, settings.models))
    if chosen.cache:
        embedder = cached(embedder, chosen.cache)
    files = sorted(chosen.xquad.glob("*.json"))
    asked = list(ask(benchmark, answer_spans(files), embedder, Bars()))
    fitted = fit(asked)
    in_sample, validated = recalled(asked, [fitted] * len(asked)), recalled(asked, cross_validated(asked))
    print("\n".join(table(fitted, in_sample, validated)))
    documents = len({item.document for item in asked})
    sources = {path.name: sha256_of(path) for path in files}
    figures = (_by_cell(asked, found) for found in (in_sample, validated))
    fitted_on = FittedOn(embedder.name, sources, len(asked), documents, *figures)
    if not chosen.check:
        content = msgspec.json.encode(msgspec.structs.replace(fitted, fitted_on=fitted_on))
        durable.replace(chosen.out, msgspec.json.format(content, indent=2) + b"\n")
        print(f"written to {chosen.out}")
    return 0


def answer_spans(files: Sequence[Path]) -> Spans:
    """Where the answers begin, in every language that there is a file of."""
    return {
        (gold.lang, gold.id): place.start
        for path in files
        for gold in gold_file.read(path).questions
        if gold.evidence and (place := gold.evidence[0][0]).start is not None
    }


def ask(benchmark: Benchmark, spans: Spans, embedder: Embedder, progress: Progress) -> Iterator[Asked]:
    """Every question of every collection, but those that find nothing."""
    for collection in parallel.collections(benchmark):
        with parallel.indexed(collection, embedder, progress) as snapshot:
            retriever = Retriever(snapshot, embedder, Ranking(ranking.SCHEMA, {}, {}))
            with progress.step(f"Asking {collection.name}", "question") as step:
                for language, questions in benchmark.questions.items():
                    named = collection.name in (MIXED, PATCHWORK)
                    cell = f"{collection.name} {language}" if named else f"{language}->{collection.name}"
                    step.expect(len(questions))
                    for question in questions:
                        looked = retriever.look(question.text)
                        if looked is not None:
                            yield _asked(question, cell, looked, snapshot, spans)
                        step.advance()


def _asked(question: Question, cell: str, looked: Looked, snapshot: Snapshot, spans: Spans) -> Asked:
    articles = [snapshot.article_ids[row] for row in snapshot.passage_article[looked.rows]]
    wanted = np.array([parallel.paragraph_of(article) == question.paragraph for article in articles])
    begins = np.array([spans.get((parallel.language_of(article), question.id), -1) for article in articles])
    starts, ends = snapshot.sentence_start[looked.sentence_rows], snapshot.sentence_end[looked.sentence_rows]
    begin = begins[looked.owner]
    return Asked(cell, question.document, looked, wanted, wanted[looked.owner] & (starts <= begin) & (begin < ends))


def fit(asked: Sequence[Asked]) -> Ranking:
    """Weights for passages, and then for sentences, whose passages are scored by those."""
    passages = weights(Lists.of([(item.looked.passages.astype(np.float64), item.passages) for item in asked]))
    found = Ranking(ranking.SCHEMA, _named(PASSAGE, passages), {})
    given = np.array([GIVEN.get(name, 0.0) for name in SENTENCE])
    sentences = weights(Lists.of([(_sentences(item, found), item.sentences) for item in asked]), given)
    return msgspec.structs.replace(found, sentence=_named(SENTENCE, sentences))


def cross_validated(asked: Sequence[Asked]) -> list[Ranking]:
    """For each question, weights that were fitted to other documents."""
    documents = {name: number % FOLDS for number, name in enumerate(dict.fromkeys(item.document for item in asked))}
    fold = [documents[item.document] for item in asked]
    fitted = {
        each: fit([item for item, own in zip(asked, fold, strict=True) if own != each]) for each in sorted(set(fold))
    }
    return [fitted[own] for own in fold]


def weights(lists: Lists, given: Floats | None = None) -> Floats:
    """What maximises the likelihood that a right candidate is drawn, less `PENALTY`, float64 `(features,)`.

    Steps are Newton's, halved until they gain; the curvature is that of the candidates, without what right ones among
    themselves take away from it. What is `given` and not 0 stays as it is.
    """
    found = np.zeros(lists.values.shape[1]) if given is None else given.copy()
    fixed = found != 0
    loss, gradient, curvature = _loss(lists, found)
    for _ in range(STEPS):
        step = np.zeros_like(found)
        step[~fixed] = np.linalg.solve(curvature[~fixed][:, ~fixed], gradient[~fixed])
        while np.abs(step).max() > PRECISION:
            tried = _loss(lists, found - step)
            if tried[0] < loss:
                break
            step /= 2
        else:
            return found
        found -= step
        loss, gradient, curvature = tried
    return found


def _loss(lists: Lists, tried: Floats) -> tuple[float, Floats, Floats]:
    """What is to be minimised, its gradient and its curvature."""
    count = len(lists.starts)
    question = np.repeat(np.arange(count), np.diff([*lists.starts, len(lists.values)]))
    scores = lists.values @ tried
    odds = np.exp(scores - np.maximum.reduceat(scores, lists.starts)[question])
    right = odds * lists.right
    of_all, of_right = np.add.reduceat(odds, lists.starts), np.maximum(np.add.reduceat(right, lists.starts), 1e-300)
    drawn = odds / of_all[question]
    gradient = lists.values.T @ (drawn - right / of_right[question]) / count + 2 * PENALTY * tried
    expected = np.add.reduceat(drawn[:, None] * lists.values, lists.starts)
    curvature = (lists.values.T @ (drawn[:, None] * lists.values) - expected.T @ expected) / count
    loss = -float(np.log(of_right / of_all).mean()) + PENALTY * float(tried @ tried)
    return loss, gradient, curvature + 2 * PENALTY * np.eye(len(tried))


def recalled(asked: Sequence[Asked], fitted: Sequence[Ranking]) -> list[tuple[int, int | None]]:
    """The ranks of the first right passage and of the first right sentence of each question, from 1.

    Passages are articles here as far as `asked` goes; a sentence's rank is None where none of the candidates is right.
    """
    found = []
    for item, each in zip(asked, fitted, strict=True):
        scores = ranking.scores(item.looked.passages, each.passage, PASSAGE)
        of_sentences = _sentences(item, each) @ np.array([each.sentence[name] for name in SENTENCE])
        found.append((_rank(scores, item.passages) or len(scores) + 1, _rank(of_sentences, item.sentences)))
    return found


def _rank(scores: Floats | NDArray[np.float32], right: Flags) -> int | None:
    return 1 + int((scores > scores[right].max()).sum()) if right.any() else None


def _sentences(item: Asked, fitted: Ranking) -> Floats:
    passage_scores = ranking.scores(item.looked.passages, fitted.passage, PASSAGE)
    return sentence_matrix(item.looked, passage_scores).astype(np.float64)


def _named(names: Sequence[str], values: Floats) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in zip(names, values, strict=True)}


def _by_cell(asked: Sequence[Asked], found: Sequence[tuple[int, int | None]]) -> dict[str, float]:
    """Recall@1 of paragraphs."""
    cells = list(dict.fromkeys(item.cell for item in asked))
    first: dict[str, list[bool]] = {cell: [] for cell in cells}
    for item, (rank, _) in zip(asked, found, strict=True):
        first[item.cell].append(rank == 1)
    return {cell: round(sum(own) / len(own), 4) for cell, own in first.items()}


def table(
    fitted: Ranking, in_sample: Sequence[tuple[int, int | None]], validated: Sequence[tuple[int, int | None]]
) -> Iterator[str]:
    """Weights, and recall of right sentences among all questions that have one."""
    for kind, own in (("passages", fitted.passage), ("sentences", fitted.sentence)):
        yield f"{kind}: " + ", ".join(f"{name} {weight:+.3f}" for name, weight in own.items())
    for name, found in (("in the sample", in_sample), ("cross-validated", validated)):
        ranks = [rank for _, rank in found if rank is not None]
        of_sentences = " ".join(f"@{k} {sum(rank <= k for rank in ranks) / max(1, len(ranks)):.3f}" for k in CUTOFFS)
        passages = sum(rank == 1 for rank, _ in found) / len(found)
        yield f"{name}: recall@1 of paragraphs {passages:.4f}; sentences {of_sentences} ({len(ranks)} questions)"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Fit what counts how much in ranking.")
    parser.add_argument("--xquad", required=True, type=Path, metavar="DIR", help="one SQuAD-style file a language")
    parser.add_argument("--texts", nargs="+", default=["en", "de"], metavar="LANGUAGE", help="languages of the indexes")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="keep vectors here between runs")
    parser.add_argument("--out", type=Path, default=ranking.FILE, metavar="FILE", help="the file (%(default)s)")
    parser.add_argument("--check", action="store_true", help="write nothing")
    return parser


if __name__ == "__main__":
    sys.exit(main())
