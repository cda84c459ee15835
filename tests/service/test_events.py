"""What a stream tells is what the whole answer says, whichever way the answer went."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

import msgspec
import pytest

from index.build import build
from service.contracts.answers import Answer, AskRequest
from service.events import Done, Event, Released, Sources
from tests.service.answering.test_parts import BOTH, DESIGN, NOT_STATED, Saying
from tests.service.collection import ARTICLES as COLLECTION
from tests.service.collection import WordEmbedder, pipeline_over
from tests.service.comparing.test_disagreement import ARTICLES, COST, LENGTH, SUMS

PRICE = "The harbour bridge in Porthaven cost 14.3 million euros."
PLAN = "The harbour bridge in Porthaven could cost more than 10 million euros."


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("told")
    (folder / "articles").mkdir()
    for name, text in {**ARTICLES, **COLLECTION}.items():
        (folder / "articles" / name).write_text(text, encoding="utf-8")

    def refuse(error: Exception) -> None:
        raise error

    build([folder / "articles"], folder / "index", WordEmbedder(), on_error=refuse)
    return folder / "index"


async def twice(index: Path, request: AskRequest, texts: Sequence[str]) -> list[list[Event]]:
    """The events of `request`, and those when it is asked again and its answer is known."""
    pipeline = pipeline_over(index, Saying(*texts))
    await pipeline.start()
    try:
        told = []
        for _ in range(2):
            async with aclosing(pipeline.answer(request)) as events:
                told.append([event async for event in events])
        return told
    finally:
        await pipeline.close()


@pytest.mark.parametrize(
    ("request_", "texts", "sentences"),
    [
        (AskRequest(COST), [PRICE], 1),
        (AskRequest(LENGTH), ["The harbour bridge in Porthaven is 420 metres long."], 2),
        (AskRequest(LENGTH, mode="extract"), [], 2),
        (AskRequest(SUMS), [NOT_STATED], 1),
        (AskRequest(SUMS), [PRICE], 2),
        (AskRequest(COST), [PLAN], 1),
        (AskRequest(COST), [NOT_STATED], 1),
        (AskRequest("Who designed the harbour bridge in Porthaven?"), [NOT_STATED], 0),
        (AskRequest("Who is Zanzibrand?"), [PRICE], 0),
        (AskRequest(BOTH), [PRICE, DESIGN], 2),
        (AskRequest(BOTH), [PRICE, NOT_STATED], 2),
        (AskRequest("Who paid for the museum in Porthaven, and what did the bridge cost?"), [NOT_STATED, PRICE], 2),
        (AskRequest(BOTH), [NOT_STATED, NOT_STATED], 2),
        (AskRequest(BOTH), [PRICE, PRICE], 1),
    ],
)
def test_events_and_answer_say_the_same(
    index: Path, request_: AskRequest, texts: Sequence[str], sentences: int
) -> None:
    first, again = asyncio.run(twice(index, request_, texts))
    answer = consistent(first)
    assert len(answer.sentences) == sentences
    known = consistent(again)
    assert again[1:-1] == first[1:-1]
    assert msgspec.structs.replace(known, id=answer.id, timings_ms=answer.timings_ms, usage=answer.usage) == answer


def consistent(told: Sequence[Event]) -> Answer:
    """The answer of `told`, after what is so of all events of an answer."""
    sources, *released, done = told
    assert isinstance(sources, Sources)
    assert isinstance(done, Done)
    answer = done.answer
    assert (sources.id, sources.query, sources.snapshot) == (answer.id, answer.query, answer.snapshot)
    assert sources.passages == answer.passages
    citations = {citation.label: citation for citation in answer.citations}
    shown: set[int] = set()
    for event in released:
        assert isinstance(event, Released)
        for citation in event.citations:
            assert citation.label not in shown
            assert citation == citations[citation.label]
            shown.add(citation.label)
        assert set(event.sentence.citations) <= shown
    texts = [event.sentence.text for event in released if isinstance(event, Released)]
    assert texts == [sentence.text for sentence in answer.sentences]
    assert (" ".join(texts) == answer.answer) is (answer.status == "answered")
    return answer
