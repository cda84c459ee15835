"""Ask a gold question set and print what share of the answers is right, refused where it should be, and exactly cited.

    python scripts/evaluate.py --gold examples/gold.jsonl [--url http://127.0.0.1:8000] [--only ID ...]

Without `--url` the pipeline runs in this process, on the index and models that the FUNDSTELLE_* settings name.
The gold format is described in docs/evaluation.md.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from urllib.parse import quote

import httpx
import msgspec
from tqdm import tqdm

from service.contract import Answer, ArticleResponse, AskRequest, Turn
from service.errors import ServiceError
from service.opening import open_pipeline
from service.settings import load_settings


class Place(msgspec.Struct, frozen=True):
    """A quote of an article that bears the answer out."""

    article: str
    quote: str


class Gold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One question with what a right answer holds. DESIGN of the fields: docs/evaluation.md."""

    id: str
    lang: str
    kind: str
    question: str
    answerable: bool
    nuggets: tuple[tuple[str, ...], ...]
    evidence: tuple[tuple[Place, ...], ...]
    history: tuple[Turn, ...] = ()
    conflict: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class System:
    """What is evaluated: how to ask it and how to read an article of it."""

    ask: Callable[[AskRequest], Awaitable[Answer]]
    article: Callable[[str], Awaitable[ArticleResponse]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question, its answer (None where the request failed, `failure` says how) and what was right about it."""

    gold: Gold
    answer: Answer | None
    failure: str
    right: bool
    quotes: int
    exact: int


def main() -> int:
    """Run the evaluation; the exit code is 1 where a request failed or a quote is not exact."""
    parser = argparse.ArgumentParser(description="Evaluate answers against a gold question set.")
    parser.add_argument("--gold", type=Path, required=True)
    parser.add_argument("--url", help="a running service; without it the pipeline runs in this process")
    parser.add_argument("--only", nargs="*", help="ids of questions; all by default")
    arguments = parser.parse_args()
    gold = [item for item in read_gold(arguments.gold) if not arguments.only or item.id in arguments.only]
    outcomes = asyncio.run(evaluate(gold, arguments.url))
    report(outcomes)
    return int(any(outcome.failure or outcome.exact < outcome.quotes for outcome in outcomes))


def read_gold(path: Path) -> list[Gold]:
    """The questions of a gold file. Exits with file and line where one is broken."""
    questions = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            questions.append(msgspec.json.decode(line, type=Gold))
        except msgspec.DecodeError as error:
            sys.exit(f"{path}:{number}: {error}")
    return questions


async def evaluate(gold: Sequence[Gold], url: str | None) -> list[Outcome]:
    """Ask every question, one after the other."""
    async with _remote(url) if url else _local() as system:
        return [await _outcome(item, system) for item in tqdm(gold, desc="Asking", unit="question", disable=None)]


async def _outcome(gold: Gold, system: System) -> Outcome:
    try:
        answer = await system.ask(AskRequest(question=gold.question, history=gold.history))
    except (ServiceError, httpx.HTTPError) as error:
        return Outcome(gold, None, f"{type(error).__name__}: {error}", False, 0, 0)
    exact = 0
    for citation in answer.citations:
        text = (await system.article(citation.article_id)).text
        exact += text[citation.start : citation.end] == citation.quote
    return Outcome(gold, answer, "", is_right(gold, answer), len(answer.citations), exact)


def is_right(gold: Gold, answer: Answer) -> bool:
    """A refusal where there is no answer; else an answer that holds one alternative of every nugget."""
    if not gold.answerable:
        return answer.status == "refused"
    text = answer.answer.casefold()
    nuggets = (any(alternative.casefold() in text for alternative in nugget) for nugget in gold.nuggets)
    return answer.status == "answered" and all(nuggets)


def report(outcomes: Sequence[Outcome]) -> None:
    """Print a line a question, then the figures."""
    for outcome in outcomes:
        print(_line(outcome))
    answerable = [outcome for outcome in outcomes if outcome.gold.answerable]
    single = [outcome for outcome in answerable if not outcome.gold.history]
    others = [outcome for outcome in outcomes if not outcome.gold.answerable]
    answers = [outcome.answer for outcome in outcomes if outcome.answer]
    asked = [answer for answer in answers if answer.usage.prompt_tokens]
    print(f"right, single-turn answerable   {sum(o.right for o in single)} of {len(single)}")
    print(
        f"right, follow-ups               {sum(o.right for o in answerable) - sum(o.right for o in single)} of {len(answerable) - len(single)}"
    )
    print(f"refused, unanswerable           {sum(o.right for o in others)} of {len(others)}")
    print(f"quotes byte-exact               {sum(o.exact for o in outcomes)} of {sum(o.quotes for o in outcomes)}")
    print(f"failed requests                 {sum(bool(o.failure) for o in outcomes)}")
    if asked:
        print(f"median prompt                   {median(a.usage.prompt_tokens for a in asked):.0f} tokens")
    if answers:
        print(f"median answer                   {median(a.timings_ms['total'] for a in answers) / 1000:.1f} s")
        print(
            f"median search                   {median(a.timings_ms['embed'] + a.timings_ms['search'] for a in answers):.0f} ms"
        )


def _line(outcome: Outcome) -> str:
    head = f"{'+' if outcome.right else '-'} {outcome.gold.id} {outcome.gold.question}\n    "
    if outcome.answer is None:
        return f"{head}FAILED {outcome.failure}"
    answer = outcome.answer
    dropped = "".join(f"\n    dropped: {item.text} ({item.reason})" for item in answer.dropped)
    reason = f"[{answer.reason}] " if answer.reason else ""
    return f"{head}{reason}{answer.answer} ({answer.confidence:.2f}){dropped}"


@asynccontextmanager
async def _local() -> AsyncIterator[System]:
    pipeline = open_pipeline(load_settings())
    await pipeline.start()

    async def article(article_id: str) -> ArticleResponse:
        return pipeline.article(article_id)

    try:
        yield System(pipeline.ask, article)
    finally:
        await pipeline.close()


@asynccontextmanager
async def _remote(url: str) -> AsyncIterator[System]:
    async with httpx.AsyncClient(base_url=url, timeout=300.0, trust_env=False) as client:

        async def ask(request: AskRequest) -> Answer:
            body = msgspec.json.encode(request)
            response = await client.post("/v1/ask", content=body, headers={"Content-Type": "application/json"})
            return msgspec.json.decode(response.raise_for_status().content, type=Answer)

        async def article(article_id: str) -> ArticleResponse:
            response = await client.get("/v1/articles/" + quote(article_id, safe=""))
            return msgspec.json.decode(response.raise_for_status().content, type=ArticleResponse)

        yield System(ask, article)


if __name__ == "__main__":
    sys.exit(main())
