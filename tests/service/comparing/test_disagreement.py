from __future__ import annotations

from contextlib import aclosing
from datetime import date
from pathlib import Path

import pytest

from index.build import build
from service.contracts.answers import Answer, AskRequest
from service.events import Done, Released
from tests.service.collection import ScriptedGenerator, WordEmbedder, pipeline_over, running

pytestmark = pytest.mark.anyio

URL = "https://example.org/bridge"
ARTICLES = {
    "plan.md": (
        "---\ntitle: Porthaven plans\npublished_at: 2025-03-01\nlanguage: en\n---\n"
        "The harbour bridge in Porthaven could cost more than 10 million euros. "
        "Brunvald is drawing it."
    ),
    "opening.md": (
        f"---\ntitle: Porthaven opens\nurl: {URL}\npublished_at: 2025-06-03\nlanguage: en\n---\n"
        "The harbour bridge in Porthaven cost 14.3 million euros. "
        "The harbour bridge in Porthaven is 420 metres long."
    ),
    "length.md": (
        "---\ntitle: Porthaven counts\npublished_at: 2025-06-04\nlanguage: en\n---\n"
        "The harbour bridge in Porthaven is 440 metres long. "
        "The harbour bridge in Hallstrom cost 15 million euros."
    ),
    "copy.md": (
        "---\ntitle: Porthaven again\npublished_at: 2025-06-05\nlanguage: en\n---\n"
        "The harbour bridge in Porthaven is 440 metres long."
    ),
}
COST = "How much did the harbour bridge in Porthaven cost?"
LENGTH = "How long is the harbour bridge in Porthaven?"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("disagreeing")
    (folder / "articles").mkdir()
    for name, text in ARTICLES.items():
        (folder / "articles" / name).write_text(text, encoding="utf-8")

    def refuse(error: Exception) -> None:
        raise error

    build([folder / "articles"], folder / "index", WordEmbedder(), on_error=refuse)
    return folder / "index"


async def ask(index: Path, question: str, said: str, as_of: date | None = None, language: str = "auto") -> Answer:
    async with running(pipeline_over(index, ScriptedGenerator(said))) as pipeline:
        return await pipeline.ask(AskRequest(question=question, as_of=as_of, language=language))


def cited(answer: Answer) -> dict[int, str]:
    for citation in answer.citations:
        body = ARTICLES[citation.article_id].split("---\n", 2)[2]
        assert body[citation.start : citation.end] == citation.quote
        assert body[: citation.start].endswith(citation.prefix)
        assert body[citation.end :].startswith(citation.suffix)
    return {citation.label: citation.quote for citation in answer.citations}


async def test_sources_that_differ_are_told_with_a_citation_for_each_value(index: Path) -> None:
    answer = await ask(index, LENGTH, "The harbour bridge in Porthaven is 420 metres long.")
    assert answer.answer == (
        "The harbour bridge in Porthaven is 420 metres long. The sources disagree: they give 420 metres and 440 metres."
    )
    (conflict,) = answer.conflicts
    assert conflict.values == ("420 metres", "440 metres")
    assert conflict.status == ("disputed", "disputed")
    assert conflict.published_at == (date(2025, 6, 3), date(2025, 6, 4))
    quotes = cited(answer)
    assert [[quotes[label] for label in labels] for labels in conflict.citations] == [
        ["The harbour bridge in Porthaven is 420 metres long."],
        ["The harbour bridge in Porthaven is 440 metres long."],
    ]
    assert answer.sentences[1].citations == tuple(sorted(quotes))


async def test_a_copy_is_no_second_source_of_a_value(index: Path) -> None:
    answer = await ask(index, LENGTH, "The harbour bridge in Porthaven is 420 metres long.")
    (copied,) = [citation for citation in answer.citations if citation.article_id == "length.md"]
    assert [place.article_id for place in copied.also_at] == ["copy.md"]
    assert len(answer.citations) == 2


async def test_an_earlier_plan_is_listed_as_superseded_and_not_said(index: Path) -> None:
    answer = await ask(index, COST, "The harbour bridge in Porthaven cost 14.3 million euros.")
    assert answer.answer == "The harbour bridge in Porthaven cost 14.3 million euros."
    (conflict,) = answer.conflicts
    assert conflict.values == ("14.3 million euros", "more than 10 million euros")
    assert conflict.status == ("current", "superseded")
    assert conflict.published_at == (date(2025, 6, 3), date(2025, 3, 1))
    assert set(cited(answer)) == {label for labels in conflict.citations for label in labels}


async def test_a_plan_whose_outcome_is_known_is_no_answer_but_the_outcome_is(index: Path) -> None:
    answer = await ask(index, COST, "The harbour bridge in Porthaven could cost more than 10 million euros.")
    assert answer.answer == "The harbour bridge in Porthaven cost 14.3 million euros."
    assert [item.reason.split(":")[0] for item in answer.dropped] == ["quantity"]


async def test_as_of_an_earlier_day_there_is_nothing_to_put_right(index: Path) -> None:
    said = "The harbour bridge in Porthaven could cost more than 10 million euros."
    answer = await ask(index, COST, said, as_of=date(2025, 4, 1))
    assert (answer.answer, answer.conflicts) == (said, ())


async def test_who_asks_for_all_values_gets_the_list_in_the_language_of_the_answer(index: Path) -> None:
    question = "Welche Kosten wurden für die harbour bridge in Porthaven genannt?"
    said = "The harbour bridge in Porthaven cost 14.3 million euros."
    answer = await ask(index, question, said, language="de")
    assert answer.sentences[-1].text == (
        "Die Artikel nennen verschiedene Werte: 14,3 Millionen Euro, "
        "in vorläufigen Berichten mehr als 10 Millionen Euro."
    )
    assert len(answer.sentences[-1].citations) == 2


SUMS = "Which sums were reported for the cost of the harbour bridge in Porthaven?"


async def test_values_that_the_model_did_not_see_are_listed_from_the_sources(index: Path) -> None:
    answer = await ask(index, SUMS, "NOT STATED")
    assert answer.answer == (
        "The articles give different values: 14.3 million euros, and in preliminary reports more than 10 million euros."
    )
    assert answer.status == "answered"
    assert [cited(answer)[label] for label in answer.sentences[0].citations] == [
        "The harbour bridge in Porthaven cost 14.3 million euros.",
        "The harbour bridge in Porthaven could cost more than 10 million euros.",
    ]
    assert answer.conflicts[0].citations == ((1,), (2,))


@pytest.mark.parametrize(
    ("question", "as_of"), [(SUMS, date(2025, 4, 1)), (SUMS.replace("Porthaven", "Hallstrom"), None)]
)
async def test_without_two_values_of_what_was_asked_a_refusal_stays_one(
    index: Path, question: str, as_of: date | None
) -> None:
    answer = await ask(index, question, "NOT STATED", as_of=as_of)
    assert (answer.status, answer.reason, answer.conflicts) == ("refused", "not_in_sources", ())


async def test_what_is_told_of_sources_comes_as_events_too(index: Path) -> None:
    generator = ScriptedGenerator("The harbour bridge in Porthaven is 420 metres long.")
    async with (
        running(pipeline_over(index, generator)) as pipeline,
        aclosing(pipeline.answer(AskRequest(question=LENGTH))) as stream,
    ):
        events = [event async for event in stream]
    done = events[-1]
    assert isinstance(done, Done)
    released = [event.sentence for event in events if isinstance(event, Released)]
    assert tuple(released) == done.answer.sentences
    assert len(released) == 2


async def test_a_citation_of_a_page_leads_to_the_words_themselves(index: Path) -> None:
    answer = await ask(index, COST, "The harbour bridge in Porthaven cost 14.3 million euros.")
    links = {citation.article_id: citation.fragment_url for citation in answer.citations}
    words = "The%20harbour%20bridge%20in%20Porthaven%20cost%2014.3%20million%20euros."
    assert links == {"opening.md": f"{URL}#:~:text={words}", "plan.md": None}
