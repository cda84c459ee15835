#!/usr/bin/env python3
"""Measure the verifier on claims that are known to be right or wrong: what it lets through, and what it stops.

    python scripts/bench/claims.py tests/service/data/claims.dev.jsonl --verbose
    python scripts/bench/claims.py tests/service/data/claims.jsonl

The whole pipeline runs, with a language model in it that says the claim: each claim's evidence is indexed as an article
of its own (one a title), and the question is asked of that article alone. What is left out is the decision to refuse
before a model is asked. A claim is let through where the answer has a sentence.

`claims.jsonl` is the test set: never tune on it, and never list its pairs (`--verbose`) to work on the verifier. Claims
of one story share their sources, so that the intervals are a little too narrow.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from index.build import build
from index.embedding import Embedder, SentenceTransformerEmbedder
from index.errors import IndexingError
from index.models import resolve
from index.progress import Bars, Progress, Silence
from index.publish import current_directory
from index.retrieve import Retriever
from index.snapshot import Snapshot
from index.token_cache import cached
from service.answering.answer import AnswerPipeline
from service.answering.leases import Opened
from service.answering.writing import Limits
from service.contracts.answers import Answer, AskRequest, FilterRequest, Reason, Usage
from service.errors import ServiceError, SettingsError
from service.evaluation.claims import FAULTS, Claim, Proportion, SourceSentence, read
from service.evaluation.errors import GoldError
from service.generators import Delta, Health, Prompt
from service.search.calibration import Calibration
from service.search.finding import Finder, Finding
from service.settings import load_settings
from service.verification.abstain import Abstention
from service.verification.checking import worded

ALL_EVIDENCE = 100_000
"""Tokens: more than the evidence of any claim has."""
LIMITS = Limits(answer_tokens=300, answer_seconds=60.0, quoting="never")


@dataclass(frozen=True, slots=True)
class Judged:
    """A claim, whether it was let through, and where not, why."""

    claim: Claim
    let_through: bool
    reason: str

    @property
    def right(self) -> bool:
        """Whether that is what should have happened."""
        return self.let_through == self.claim.supported


class Saying:
    """Stands in for a language model: says `sentence`, whatever is asked, and keeps what it was shown."""

    name = "saying"

    def __init__(self) -> None:
        self.sentence = ""
        self.shown: tuple[str, ...] = ()

    async def start(self) -> None:
        """Nothing to do."""

    async def close(self) -> None:
        """Nothing to do."""

    def ready(self) -> bool:
        """Always."""
        return True

    def health(self) -> Health:
        """Never ill."""
        return Health()

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Delta, None]:
        """The sentence in one piece; nothing when asked once more with less evidence: the claim is judged by all."""
        if self.shown or not prompt.evidence:
            yield Delta("", Usage())
            return
        self.shown = prompt.evidence
        yield Delta(self.sentence, Usage())


class NeverBefore(Abstention):
    """Leaves every refusal to what is checked after generation."""

    def before_generation(self, finding: Finding) -> Reason | None:
        """None: the model is asked."""
        return None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; its exit status."""
    chosen = _parser().parse_args(arguments)
    try:
        return _run(chosen)
    except (SettingsError, GoldError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except (IndexingError, ServiceError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _run(chosen: argparse.Namespace) -> int:
    started = time.perf_counter()
    settings = load_settings()
    claims = read(chosen.claims)
    model = resolve(chosen.embedding or settings.embedding, chosen.models or settings.models)
    embedder: Embedder = SentenceTransformerEmbedder(model, threads=1)
    if chosen.cache:
        embedder = cached(embedder, chosen.cache)
    judged = judge(claims, embedder, Bars())
    print(f"{chosen.claims}: {len(claims)} claims, embedding model {embedder.name}")
    print("\n".join(table(judged)))
    if chosen.verbose:
        print("\n".join(misjudged(judged)))
    print(f"{time.perf_counter() - started:.0f} s")
    if chosen.json:
        chosen.json.write_bytes(msgspec.json.format(msgspec.json.encode(judged), indent=1) + b"\n")
    return 0


def judge(claims: Sequence[Claim], embedder: Embedder, progress: Progress | None = None) -> list[Judged]:
    """What the pipeline does with every claim, in their order.

    Raises `GoldError` where a claim's evidence does not reach the model as it stands in the file.
    """
    with indexed(claims, embedder, progress) as index:
        return asyncio.run(_judge(claims, index, embedder, progress or Silence()))


async def _judge(claims: Sequence[Claim], index: Path, embedder: Embedder, progress: Progress) -> list[Judged]:
    model, judged = Saying(), []
    pipeline = AnswerPipeline(AllEvidence(index, embedder), model, LIMITS)
    await pipeline.start()
    try:
        with progress.step("Judging", "claim") as step:
            step.expect(len(claims))
            for claim in claims:
                model.sentence, model.shown = claim.sentence, ()
                answer = await pipeline.ask(_request(claim))
                _expect_evidence(claim, model.shown)
                judged.append(Judged(claim, _is_released(claim, answer), _reason(answer)))
                step.advance()
    finally:
        await pipeline.close()
    return judged


@dataclass(frozen=True, slots=True)
class AllEvidence:
    """The `Source` of an index all of whose sentences reach the model."""

    index: Path
    embedder: Embedder

    def named(self) -> str:
        """The id in CURRENT."""
        return current_directory(self.index).name

    def open(self) -> Opened:
        """The published snapshot."""
        snapshot = Snapshot.open(self.index, expect=self.embedder.identity())
        finder = Finder(Retriever(snapshot, self.embedder), self.embedder, evidence_tokens=ALL_EVIDENCE)
        return Opened(finder, NeverBefore(Calibration(schema=1, intercept=0.0, weights={}, points=())))

    recover = open


def _request(claim: Claim) -> AskRequest:
    return AskRequest(
        question=claim.question,
        language=claim.sentence_language,
        filters=FilterRequest(article_ids=tuple(_articles(claim))),
    )


def _expect_evidence(claim: Claim, shown: Sequence[str]) -> None:
    if sorted(shown) != sorted(source.text for source in claim.evidence):
        raise GoldError([f"{claim.id}: the model was shown other evidence than the claim has: {list(shown)}"])


def _is_released(claim: Claim, answer: Answer) -> bool:
    """Whether the claim itself is in the answer, perhaps behind "Yes": a part of it or a corrected scale is not it."""
    said = worded(claim.sentence, claim.sentence_language).casefold()
    return any(said in sentence.text.casefold() for sentence in answer.sentences)


def _reason(answer: Answer) -> str:
    return "; ".join(dropped.reason for dropped in answer.dropped) or (answer.reason or "")


@contextmanager
def indexed(claims: Sequence[Claim], embedder: Embedder, progress: Progress | None = None) -> Iterator[Path]:
    """An index of the evidence of all claims, each on its own; gone afterwards."""

    def refuse(error: Exception) -> None:
        raise error

    with tempfile.TemporaryDirectory() as directory:
        articles, out = Path(directory) / "evidence.jsonl", Path(directory) / "index"
        articles.write_bytes(b"\n".join(record for claim in claims for record in _records(claim)))
        build([articles], out, embedder, on_error=refuse, progress=progress)
        yield out


def _records(claim: Claim) -> Iterator[bytes]:
    for name, sources in _articles(claim).items():
        text = " ".join(source.text for source in sources)
        record = {"id": name, "title": sources[0].title, "text": text, "language": sources[0].language}
        yield msgspec.json.encode(record)


def _articles(claim: Claim) -> dict[str, list[SourceSentence]]:
    """The evidence by the id of the article that it becomes: one for each title."""
    by_title: dict[str, list[SourceSentence]] = {}
    for source in claim.evidence:
        by_title.setdefault(source.title, []).append(source)
    return {f"{claim.id}/{number}": sources for number, sources in enumerate(by_title.values())}


def table(judged: Sequence[Judged]) -> Iterator[str]:
    """The figures in lines of text: all claims, by languages, wrong ones by error, then why right ones were stopped."""
    yield f"{'':12}{'claims':>8}  {'judged rightly':20}  {'wrong let through':20}  {'right stopped':20}"
    yield _row("all", judged)
    for languages in sorted({item.claim.languages for item in judged}):
        yield _row(languages, [item for item in judged if item.claim.languages == languages])
    for fault in FAULTS:
        if found := [item for item in judged if item.claim.error == fault]:
            yield _row(fault, found)
    for name, supported in (("right", True), ("wrong", False)):
        stopped = [item for item in judged if item.claim.supported == supported and not item.let_through]
        kinds = Counter(item.reason.partition(":")[0] for item in stopped).most_common()
        yield f"why {name} ones were stopped: " + (", ".join(f"{kind} {n}" for kind, n in kinds) or "none was")


def _row(name: str, judged: Sequence[Judged]) -> str:
    wrong = [item.let_through for item in judged if not item.claim.supported]
    right = [not item.let_through for item in judged if item.claim.supported]
    cells = [_shown([item.right for item in judged]), _shown(wrong), _shown(right)]
    return f"{name:12}{len(judged):>8}  " + "  ".join(f"{cell:20}" for cell in cells).rstrip()


def _shown(happened: Sequence[bool]) -> str:
    if not happened:
        return "-"
    found = Proportion(sum(happened), len(happened))
    low, high = found.interval()
    return f"{found.share:.3f} ({low:.3f}-{high:.3f})"


def misjudged(judged: Sequence[Judged]) -> Iterator[str]:
    """Each claim that was judged wrongly, with its evidence."""
    for item in judged:
        if item.right:
            continue
        claim = item.claim
        happened = f"wrong ({claim.error}), let through" if item.let_through else f"right, stopped by {item.reason}"
        yield f"\n{claim.id}  {claim.languages}  {happened}\n    {claim.note}"
        yield f"    ? {claim.question}\n    > {claim.sentence}"
        yield from (f"    - {source.text}" for source in claim.evidence)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure the verifier on claims that are known to be right or wrong.")
    parser.add_argument("claims", type=Path, metavar="CLAIMS.jsonl")
    parser.add_argument("--verbose", action="store_true", help="list each claim that was judged wrongly")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="keep vectors here between runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what happened to each claim here")
    parser.add_argument("--models", type=Path, metavar="DIR", help="models directory (FUNDSTELLE_MODELS)")
    parser.add_argument("--embedding", metavar="NAME", help="embedding model (FUNDSTELLE_EMBEDDING)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
