from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.answering.parts import MOST_PARTS, parts_of, split
from service.contracts.answers import Answer, AnswerPart, AskRequest, Turn
from service.errors import DeadlineExceeded
from service.events import Done, Released, Sources
from service.generators import Delta, Prompt
from tests.service.collection import ScriptedGenerator, pipeline_over, running

APART = [
    (
        "de",
        "Wie viel kostete die Brücke, und wann wurde sie eröffnet?",
        ["Wie viel kostete die Brücke?", "wann wurde sie eröffnet?"],
    ),
    (
        "en",
        "Who leads Brunvald and how many people work there?",
        ["Who leads Brunvald?", "how many people work there?"],
    ),
    ("en", "What did the bridge cost and is it long?", ["What did the bridge cost?", "is it long?"]),
    ("de", "Wann wurde das Museum eröffnet und von wem?", ["Wann wurde das Museum eröffnet?", "von wem?"]),
    ("en", "How long is the bridge? And who designed it?", ["How long is the bridge?", "who designed it?"]),
    (
        "de",
        "Wann und wo wurde die Brücke gebaut und wer bezahlte sie?",
        ["Wann und wo wurde die Brücke gebaut?", "wer bezahlte sie?"],
    ),
    (
        "en",
        "Did the ferries stop and does the museum stay open?",
        ["Did the ferries stop?", "does the museum stay open?"],
    ),
    (
        "en",
        "What did it cost, when was it opened and who paid?",
        ["What did it cost?", "when was it opened?", "who paid?"],
    ),
    (
        "en",
        "What did it cost, when was it opened, why was it built and where does it end?",
        ["What did it cost?", "when was it opened?", "why was it built, where does it end?"],
    ),
    (
        "de",
        "Wie viele Besucher hatte das Museum und welche Reederei stiftete die Schiffe?",
        ["Wie viele Besucher hatte das Museum?", "welche Reederei stiftete die Schiffe?"],
    ),
]
WHOLE = [
    ("de", "Welche Reedereien nutzen Porthaven und Hallstrom?"),
    ("en", "When and where was the bridge opened?"),
    ("en", "How high and how long is the bridge?"),
    ("de", "Wer sagte, was passiert ist und wer entlassen wurde?"),
    ("de", "Weiß man, wann und wo das Treffen stattfindet?"),
    ("en", "Who explained why the ferries stopped and how much the bridge cost?"),
    ("en", "Do the articles say who leads Brunvald and how many people work there?"),
    ("en", "Who bought what and when?"),
    ("de", "Wer leitet das Museum und hat es gegründet?"),
    ("en", "Was Coyle hired and is now at Brunvald?"),
    ("de", "Was bedeutet „Wer zahlt? Und warum?“ im Text?"),
    ("de", "Die Brücke ist neu. Was kostete sie?"),
    ("de", "Was plant Brunvald und was Castellmar?"),
    ("en", "Is it a bridge or is it a ferry?"),
    ("fr", "Qui dirige le musée et quand a-t-il ouvert ?"),
]


@pytest.mark.parametrize(("language", "question", "parts"), APART)
def test_questions_that_are_asked_at_once_are_taken_apart(language: str, question: str, parts: list[str]) -> None:
    assert list(split(question, language)) == parts


@pytest.mark.parametrize(("language", "question"), WHOLE)
def test_one_question_stays_as_it_stands(language: str, question: str) -> None:
    assert split(question, language) == (question,)


_PIECES = [
    "Who",
    "what",
    "and",
    "und",
    "wann",
    "wurde",
    "is",
    "it",
    ",",
    "?",
    " ",
    "Brunvald",
    "„",
    "“",
    "wie viel",
    "the",
]


@settings(deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=14).map(" ".join), st.sampled_from(["de", "en"]))
def test_no_word_is_added_and_there_are_never_too_many_parts(question: str, language: str) -> None:
    parts = split(question, language)
    assert len(parts) <= MOST_PARTS
    words = question.replace("?", " ").replace(",", " ").split()
    left = iter(words)
    assert all(word in left for part in parts for word in part.replace("?", " ").replace(",", " ").split())


def test_a_later_part_that_names_nothing_leans_on_what_stands_before_it() -> None:
    first, second, third = parts_of(AskRequest("Who leads Brunvald, how many people work there and since when?"))
    assert (first.query, first.names) == ("Who leads Brunvald?", ("brunvald",))
    assert second.query == "Who leads Brunvald? how many people work there?"
    assert second.names == ("brunvald",)
    assert third.query == "Who leads Brunvald? how many people work there? since when?"
    assert third.request.history == (Turn("user", "Who leads Brunvald? how many people work there?"),)


@pytest.mark.parametrize(
    ("question", "later"),
    [
        ("When did Castellmar invest and how much?", "How much did Castellmar invest?"),
        ("Wann hat Castellmar investiert und wie viel?", "Wie viel hat Castellmar investiert?"),
        ("When was Brunvald founded, and by whom?", "By whom was Brunvald founded?"),
        ("Wer leitet Brunvald und seit wann?", "seit wann?"),
        ("What did Castellmar buy and when?", "when?"),
        ("How many people work for Brunvald and where?", "where?"),
    ],
)
def test_mere_question_words_ask_of_the_clause_before_them_unless_that_asks_for_its_subject_or_object(
    question: str, later: str
) -> None:
    assert [part.request.question for part in parts_of(AskRequest(question))][1:] == [later]


def test_a_part_that_leans_on_two_names_is_about_neither_for_certain() -> None:
    _, second = parts_of(AskRequest("How much did Castellmar pay Brunvald, and when was it founded?"))
    assert second.names == ()


def test_a_part_that_stands_alone_is_searched_alone_and_in_the_language_of_all() -> None:
    first, second = parts_of(AskRequest("Was kostet der Eintritt ins Museum, und wann wurde Castellmar gegründet?"))
    assert (second.query, second.names, second.language) == ("wann wurde Castellmar gegründet?", ("castellmar",), "de")
    assert first.request.history == ()


def test_a_question_of_one_part_is_understood_as_ever() -> None:
    (only,) = parts_of(AskRequest("And when was that?", (Turn("user", "Who designed the bridge?"),)))
    assert only.query == "Who designed the bridge? And when was that?"
    assert only.request.language == "auto"


BOTH = "How much did the harbour bridge in Porthaven cost, and who designed it?"
COST, DESIGN = "The bridge in Porthaven cost 14.3 million euros [1].", "It was designed by the office Brunvald [1]."
NOT_STATED = "NOT STATED"


class Saying(ScriptedGenerator):
    """Says one text a part, in order."""

    def __init__(self, *texts: str) -> None:
        super().__init__()
        self.texts = list(texts)


async def told(index: Path, question: str, *texts: str, **request: object) -> tuple[Answer, list[str], Saying]:
    generator = Saying(*texts)
    asked = AskRequest(question, **request)  # type: ignore[arg-type]
    async with running(pipeline_over(index, generator)) as pipeline, aclosing(pipeline.answer(asked)) as stream:
        events = [event async for event in stream]
    assert isinstance(events[0], Sources)
    done = events[-1]
    assert isinstance(done, Done)
    assert events[0].passages == done.answer.passages
    released = [event.sentence.text for event in events[1:-1] if isinstance(event, Released)]
    assert len(released) == len(events) - 2
    assert released == [sentence.text for sentence in done.answer.sentences]
    return done.answer, released, generator


@pytest.mark.anyio
async def test_each_part_is_answered_in_order_with_one_sequence_of_citations(index: Path) -> None:
    answer, released, generator = await told(index, BOTH, COST, DESIGN)
    assert released == ["The bridge in Porthaven cost 14.3 million euros.", "It was designed by the office Brunvald."]
    assert answer.answer == " ".join(released)
    assert [sentence.citations for sentence in answer.sentences] == [(1,), (2,)]
    assert [citation.label for citation in answer.citations] == [1, 2]
    assert answer.citations[1].quote == "It was designed by the engineering office Brunvald."
    assert answer.parts == (
        AnswerPart("How much did the harbour bridge in Porthaven cost?", "answered", None),
        AnswerPart("who designed it?", "answered", None),
    )
    assert answer.query == BOTH
    assert answer.usage.prompt_tokens == 200
    assert len(generator.prompts) == 2
    asked = [message.content for message in generator.prompts[1].messages[-3:]]
    assert "How much did the harbour bridge in Porthaven cost?" in asked[0]
    assert asked[1] == "The bridge in Porthaven cost 14.3 million euros."
    assert "who designed it?" in asked[2]


@pytest.mark.anyio
async def test_a_part_without_an_answer_is_refused_by_itself(index: Path) -> None:
    answer, released, _ = await told(index, BOTH, COST, NOT_STATED)
    assert answer.status == "answered"
    assert released[1] == "The sources give no answer to “who designed it?”."
    assert answer.sentences[1].citations == ()
    assert [(part.status, part.reason) for part in answer.parts] == [("answered", None), ("refused", "not_in_sources")]
    assert answer.confidence > 0


@pytest.mark.anyio
async def test_a_part_that_an_earlier_sentence_answers_has_an_answer(index: Path) -> None:
    question = "How long is the bridge in Porthaven, and how much did the bridge in Porthaven cost?"
    said = "The bridge in Porthaven cost 14.3 million euros and is 420 metres long."
    answer, released, _ = await told(index, question, f"{said} [1]", NOT_STATED)
    assert released == [said]
    assert [part.status for part in answer.parts] == ["answered", "answered"]
    assert answer.confidence > 0


@pytest.mark.anyio
async def test_a_first_part_without_an_answer_is_told_before_the_others(index: Path) -> None:
    question = "Was kostet die Überfahrt nach Porthaven, und was kostet der Eintritt in das Museum in Porthaven?"
    answer, released, _ = await told(index, question, NOT_STATED, "Der Eintritt in das Museum kostet neun Euro [1].")
    assert released == [
        "Auf „Was kostet die Überfahrt nach Porthaven?“ geben die Quellen keine Antwort.",
        "Der Eintritt in das Museum kostet neun Euro.",
    ]
    assert [part.status for part in answer.parts] == ["refused", "answered"]
    assert [citation.quote for citation in answer.citations] == ["Der Eintritt kostet neun Euro."]


@pytest.mark.anyio
async def test_behind_a_part_without_an_answer_the_model_is_told_the_topic_alone(index: Path) -> None:
    question = "Who painted the Porthaven Bridge, and how long is it?"
    answer, _, generator = await told(index, question, NOT_STATED, "The bridge is 420 metres long [1].")
    assert (
        generator.prompts[1]
        .messages[-1]
        .content.endswith("Question: Porthaven Bridge: how long is it?\nAnswer in English:")
    )
    assert [part.status for part in answer.parts] == ["refused", "answered"]


@pytest.mark.anyio
async def test_where_no_part_has_an_answer_the_question_is_refused_for_the_first_reason(index: Path) -> None:
    said = "The bridge in Porthaven cost 99 million euros [1]."
    answer, released, _ = await told(index, BOTH, said, NOT_STATED)
    assert (answer.status, answer.reason, released, answer.sentences) == ("refused", "unsupported", [], ())
    assert [part.reason for part in answer.parts] == ["unsupported", "not_in_sources"]
    assert answer.answer.startswith("I could not give an answer that the articles bear out. What comes nearest: “The ")
    assert answer.confidence == 0.0


@pytest.mark.anyio
async def test_what_was_said_already_is_not_said_again(index: Path) -> None:
    question = "What did the bridge in Porthaven cost and is it 420 metres long?"
    answer, released, _ = await told(index, question, mode="extract")
    assert released == ["The bridge cost 14.3 million euros and is 420 metres long."]
    assert [part.status for part in answer.parts] == ["answered", "answered"]


@pytest.mark.anyio
async def test_an_answer_in_parts_is_told_again_from_the_cache(index: Path) -> None:
    generator = Saying(COST, DESIGN)
    async with running(pipeline_over(index, generator)) as pipeline:
        first = await pipeline.ask(AskRequest(BOTH))
        again = await pipeline.ask(AskRequest(BOTH))
    assert (again.answer, again.parts) == (first.answer, first.parts)
    assert len(generator.prompts) == 2


@pytest.mark.anyio
async def test_a_single_question_has_no_parts(index: Path) -> None:
    answer, _, _ = await told(index, "How much did the harbour bridge in Porthaven cost?", COST)
    assert answer.parts == ()


LONG = "Is the harbour bridge in Porthaven 420 metres long?"


@pytest.mark.anyio
async def test_an_answer_to_a_question_for_yes_or_no_begins_with_that(index: Path) -> None:
    said = "The harbour bridge in Porthaven is 420 metres long [1]. It cost 14.3 million euros [1]."
    answer, released, _ = await told(index, LONG, said)
    assert released == ["Yes, the harbour bridge in Porthaven is 420 metres long.", "It cost 14.3 million euros."]
    assert answer.citations[0].quote == "The bridge cost 14.3 million euros and is 420 metres long."


@pytest.mark.anyio
async def test_a_no_that_goes_on_to_affirm_is_dropped(index: Path) -> None:
    answer, _, _ = await told(index, LONG, "No, the harbour bridge in Porthaven is 420 metres long [1].")
    assert answer.status == "refused"
    assert answer.dropped[0].reason == "negation: what follows its yes or no says the opposite of it"


class Slow(Saying):
    async def stream(self, prompt: Prompt) -> AsyncGenerator[Delta, None]:
        await asyncio.sleep(0.3)
        async for delta in super().stream(prompt):
            yield delta


@pytest.mark.anyio
async def test_all_parts_together_have_the_time_of_one_answer(index: Path) -> None:
    async with running(pipeline_over(index, Slow(COST, DESIGN), seconds=0.5)) as pipeline:
        with pytest.raises(DeadlineExceeded, match=r"within 0\.5 s"):
            await pipeline.ask(AskRequest(BOTH))
