from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import date
from pathlib import Path

import pytest

from index.build import build
from service.contracts.answers import Answer, AskRequest, FilterRequest, SearchRequest, Turn
from service.errors import ArticleNotFound, DeadlineExceeded, GeneratorUnavailable, IndexUnavailable
from service.events import Done, Released, Sources
from service.generators import Delta, Prompt, Token
from service.search.calibration import DEFAULTS
from service.search.evidence import Evidence
from service.settings import Quoting
from service.verification.confidence import Confidence
from tests.service.collection import ARTICLES, ScriptedGenerator, WordEmbedder, pipeline_over, running

pytestmark = pytest.mark.anyio

BRIDGE_COST = "The bridge cost 14.3 million euros and is 420 metres long."
COST = "How much did the harbour bridge in Porthaven cost?"
LONG = "How long is the harbour bridge in Porthaven?"


async def ask(index: Path, said: str, question: str = COST, **request: object) -> Answer:
    async with running(pipeline_over(index, ScriptedGenerator(said))) as pipeline:
        return await pipeline.ask(AskRequest(question=question, **request))  # type: ignore[arg-type]


async def test_a_supported_sentence_is_released_with_the_characters_that_bear_it_out(index: Path) -> None:
    answer = await ask(index, "The bridge in Porthaven cost 14.3 million euros [2].")
    assert answer.status == "answered"
    assert answer.answer == "The bridge in Porthaven cost 14.3 million euros."
    (citation,) = answer.citations
    assert citation.quote == "The bridge cost 14.3 million euros and is 420 metres long."
    body = ARTICLES["harbour.md"].split("---\n", 2)[2]
    assert body[citation.start : citation.end] == citation.quote
    assert answer.sentences[0].citations == (citation.label,)
    assert answer.usage.cached_tokens == 40


async def test_of_an_answer_that_was_cut_off_the_unfinished_sentence_is_dropped_and_the_response_says_so(
    index: Path,
) -> None:
    said = "The bridge in Porthaven cost 14.3 million euros [2]. It is 420 metres"
    for cut_off, finish_reason in ((True, "length"), (False, "stop")):
        async with running(pipeline_over(index, ScriptedGenerator(said, cut_off=cut_off))) as pipeline:
            answer, again = [await pipeline.ask(AskRequest(question=COST)) for _ in range(2)]
        assert answer.usage.finish_reason == again.usage.finish_reason == finish_reason
        assert answer.sentences[0].text == "The bridge in Porthaven cost 14.3 million euros."
        dropped = [(one.text, one.reason) for one in answer.dropped if one.reason.startswith("cut off:")]
        assert dropped == [("It is 420 metres", "cut off: the limit of tokens came before its end")] * cut_off
        assert len(answer.sentences) == 1 + (not cut_off)


async def test_the_citation_is_what_was_checked_and_not_what_the_model_wrote(index: Path) -> None:
    answer = await ask(index, "The bridge in Porthaven cost 14.3 million euros [7].")
    assert [citation.quote[:15] for citation in answer.citations] == ["The bridge cost"]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("The bridge in Porthaven cost 15 million euros [1].", "quantity"),
        ("The bridge in Porthaven was built by Hallstrom [1].", "name"),
        ("Lovely weather yesterday [1].", "meaning"),
        ("The bridge in Porthaven was designed by Brunvald [1].", "type"),
    ],
)
async def test_what_no_source_bears_out_is_dropped_and_the_answer_refused(index: Path, said: str, reason: str) -> None:
    answer = await ask(index, said)
    assert (answer.status, answer.reason) == ("refused", "unsupported")
    assert answer.sentences == ()
    assert [item.reason.split(":")[0] for item in answer.dropped] == [reason]
    (nearest,) = answer.citations
    told = f"I could not give an answer that the articles bear out. What comes nearest: “{nearest.quote}” [1]"
    assert answer.answer == told
    assert nearest.quote in ARTICLES["harbour.md"]


async def test_a_fragment_is_understood_as_an_answer_to_its_question(index: Path) -> None:
    answer = await ask(index, "14.3 million euros.")
    assert answer.answer == "14.3 million euros."
    assert [citation.quote[:15] for citation in answer.citations] == ["The bridge cost"]


async def test_a_bad_sentence_does_not_take_the_good_one_with_it(index: Path) -> None:
    answer = await ask(index, "The bridge is 420 metres long [1]. It cost 99 million euros [2].", LONG)
    assert answer.answer == "The bridge is 420 metres long."
    assert [item.text for item in answer.dropped] == ["It cost 99 million euros."]


async def test_a_model_that_finds_nothing_ends_as_a_refusal_in_the_language_asked(index: Path) -> None:
    answer = await ask(index, "NOT STATED.", "Wie viel kostet der Eintritt in das Museum in Porthaven?")
    assert (answer.status, answer.reason, answer.language) == ("refused", "not_in_sources", "de")
    assert answer.answer == (
        "Die Artikel behandeln das Thema, nennen aber keine Antwort auf diese Frage. "
        "Am nächsten kommt: „Der Eintritt kostet neun Euro.“ [1]"
    )
    assert [(c.label, c.quote) for c in answer.citations] == [(1, "Der Eintritt kostet neun Euro.")]
    assert answer.sentences == ()


async def test_a_question_about_a_name_that_no_source_mentions_is_refused_without_asking_the_model(index: Path) -> None:
    generator = ScriptedGenerator("Brunvald designed it.")
    async with running(pipeline_over(index, generator)) as pipeline:
        answer = await pipeline.ask(AskRequest(question="Which bridge did Hallstrom design in Porthaven?"))
    assert (answer.status, answer.reason) == ("refused", "not_in_sources")
    assert generator.prompts == []


async def test_a_question_far_from_every_source_is_refused_without_asking_the_model(index: Path) -> None:
    generator = ScriptedGenerator("Six.")
    async with running(pipeline_over(index, generator, calibrated=DEFAULTS)) as pipeline:
        answer = await pipeline.ask(AskRequest(question="does chocolate melt above forty degrees?"))
    assert (answer.status, answer.reason) == ("refused", "no_relevant_source")
    assert generator.prompts == []


async def test_events_come_in_order_and_agree_with_the_answer(index: Path) -> None:
    said = "The bridge is 420 metres long [1]. It cost 14.3 million euros [1]."
    async with (
        running(pipeline_over(index, ScriptedGenerator(said))) as pipeline,
        aclosing(pipeline.answer(AskRequest(question=LONG))) as stream,
    ):
        events = [event async for event in stream]
    assert [type(event) for event in events] == [Sources, Released, Released, Done]
    done = events[-1]
    assert isinstance(done, Done)
    texts = [event.sentence.text for event in events if isinstance(event, Released)]
    assert " ".join(texts) == done.answer.answer
    assert isinstance(events[0], Sources)
    assert events[0].passages == done.answer.passages


async def test_extract_mode_quotes_the_best_sentence_without_a_model(index: Path) -> None:
    generator = ScriptedGenerator("never said")
    async with running(pipeline_over(index, generator)) as pipeline:
        answer = await pipeline.ask(
            AskRequest(question="What did the bridge cost and is it 420 metres long?", mode="extract")
        )
    assert answer.answer == "The bridge cost 14.3 million euros and is 420 metres long."
    assert answer.models.generator == "extractive"
    assert generator.prompts == []


async def test_a_follow_up_is_searched_with_the_conversation_and_reports_it(index: Path) -> None:
    history = (Turn("user", COST), Turn("assistant", "It cost 14.3 million euros."))
    answer = await ask(index, "The bridge is 420 metres long.", "And how long is it?", history=history)
    assert answer.query == f"{COST} It cost 14.3 million euros. And how long is it?"
    assert answer.answer == "The bridge is 420 metres long."


async def test_filters_keep_other_articles_out(index: Path) -> None:
    async with running(pipeline_over(index, ScriptedGenerator())) as pipeline:
        everything = await pipeline.search(SearchRequest(question="Porthaven"))
        filtered = await pipeline.search(
            SearchRequest(question="Porthaven", filters=FilterRequest(article_ids=("museum.md",)))
        )
        none = await pipeline.search(SearchRequest(question="Porthaven", filters=FilterRequest(languages=("fr",))))
    assert {passage.article_id for passage in everything.passages} == {"harbour.md", "museum.md"}
    assert {passage.article_id for passage in filtered.passages} == {"museum.md"}
    assert none.passages == ()


async def test_as_of_a_day_later_articles_are_not_known(index: Path) -> None:
    answer = await ask(index, "Nine euros.", "Was kostet der Eintritt in das Museum?", as_of=date(2025, 7, 1))
    assert answer.status == "refused"
    assert {passage.article_id for passage in answer.passages} == {"harbour.md"}


async def test_a_model_that_dies_is_an_error_and_never_a_refusal(index: Path) -> None:
    async with running(
        pipeline_over(index, ScriptedGenerator("The bridge is 420 metres long.", fails=True))
    ) as pipeline:
        with pytest.raises(GeneratorUnavailable, match="died"):
            await pipeline.ask(AskRequest(question=COST))


class SlowGenerator(ScriptedGenerator):
    async def stream(self, prompt: Prompt) -> AsyncGenerator[Delta, None]:
        await asyncio.sleep(30 if prompt.evidence else 0)  # the start waits for what has none
        yield Delta("too late")


async def test_an_answer_that_takes_too_long_is_given_up(index: Path) -> None:
    async with running(pipeline_over(index, SlowGenerator(), seconds=0.1)) as pipeline:
        with pytest.raises(DeadlineExceeded, match=r"0\.1 s"):
            await pipeline.ask(AskRequest(question=COST))


async def test_an_article_is_read_verbatim_and_an_unknown_one_is_an_error(index: Path) -> None:
    async with running(pipeline_over(index, ScriptedGenerator())) as pipeline:
        article = pipeline.article("museum.md")
        with pytest.raises(ArticleNotFound, match=r"nowhere\.md"):
            pipeline.article("nowhere.md")
    assert article.text == ARTICLES["museum.md"].split("---\n", 2)[2]
    assert article.language == "de"


async def test_before_the_index_is_open_there_is_an_error_that_says_so(index: Path) -> None:
    pipeline = pipeline_over(index, ScriptedGenerator())
    assert pipeline.ready() == {"index": False, "generator": True}
    with pytest.raises(IndexUnavailable, match="not open yet"):
        await pipeline.ask(AskRequest(question=COST))
    await pipeline.close()


def _told(not_stated: float) -> Token:
    """A first token in whose place the model would have begun to say that nothing is stated."""
    return Token("x", -0.1, (("NOT", math.log(not_stated)),))


async def test_a_model_that_is_not_sure_that_nothing_is_stated_is_asked_for_an_answer(index: Path) -> None:
    generator = ScriptedGenerator("NOT STATED", again="It cost 14.3 million euros [1].", first=_told(0.1))
    async with running(pipeline_over(index, generator)) as pipeline:
        answer = await pipeline.ask(AskRequest(question=COST))
    assert answer.answer == "It cost 14.3 million euros."
    assert [asked.never for asked in generator.prompts] == [(), ("NOT",)]
    assert generator.prompts[0].messages == generator.prompts[1].messages


@pytest.mark.parametrize("first", [_told(0.6), None])
async def test_a_model_that_is_sure_of_it_or_tells_nothing_is_believed(index: Path, first: Token | None) -> None:
    generator = ScriptedGenerator("NOT STATED", again="It cost 14.3 million euros [1].", first=first)
    async with running(pipeline_over(index, generator)) as pipeline:
        answer = await pipeline.ask(AskRequest(question=COST))
    assert (answer.status, answer.reason) == ("refused", "not_in_sources")
    assert len(generator.prompts) == 1


async def test_an_answer_that_the_model_nearly_did_not_give_is_dropped(index: Path) -> None:
    generator = ScriptedGenerator("It cost 14.3 million euros [1].", first=_told(0.6))
    async with running(pipeline_over(index, generator)) as pipeline:
        answer = await pipeline.ask(AskRequest(question=COST))
    assert (answer.status, answer.reason) == ("refused", "not_in_sources")
    assert [item.reason for item in answer.dropped] == ["guess: the model took it for not stated with chance 0.60"]


@pytest.mark.parametrize(
    ("said", "doubt", "status"),
    [
        ("The bridge cost 14.3 million euros [1].", 0.3, "answered"),
        ("The bridge cost 14.3 million euros [1].", 0.6, "refused"),
        ("Porthaven finally paid builders 14.3 million euros, experts think [1].", 0.3, "refused"),
    ],
)
async def test_an_answer_in_doubt_is_given_in_the_words_of_one_source(
    index: Path, said: str, doubt: float, status: str
) -> None:
    async with running(pipeline_over(index, ScriptedGenerator(said, first=_told(doubt)))) as pipeline:
        answer = await pipeline.ask(AskRequest(question=COST))
    assert answer.status == status


async def test_an_answer_in_another_language_than_the_question_is_written_once_more(index: Path) -> None:
    generator = ScriptedGenerator(
        "Die neue Brücke in Porthaven hat 14,3 Millionen Euro gekostet [1].", again="It cost 14.3 million euros [1]."
    )
    async with running(pipeline_over(index, generator)) as pipeline:
        answer = await pipeline.ask(AskRequest(question=COST))
    assert answer.answer == "It cost 14.3 million euros."
    assert [item.reason for item in answer.dropped] == ["language: the answer is wanted in English"]
    first, second = (asked.evidence for asked in generator.prompts)
    assert len(second) == 3 < len(first)
    assert set(second) < set(first)


@pytest.mark.parametrize(
    ("said", "told"),
    [(BRIDGE_COST, f"In einem englischen Artikel steht: „{BRIDGE_COST}“"), ("The bridge is 99 metres long.", "")],
)
async def test_what_a_model_says_in_the_language_of_its_source_alone_is_quoted_from_that(
    index: Path, said: str, told: str
) -> None:
    question = "Wie lang ist die bridge in Porthaven?"
    answer = await ask(index, said, question, language="de")
    assert " ".join(sentence.text for sentence in answer.sentences) == told


async def test_a_model_that_wrote_what_does_not_hold_is_not_asked_again(index: Path) -> None:
    generator = ScriptedGenerator("It cost 99 million euros [1].", again="It cost 14.3 million euros [1].")
    async with running(pipeline_over(index, generator)) as pipeline:
        answer = await pipeline.ask(AskRequest(question=COST))
    assert (answer.status, answer.reason) == ("refused", "unsupported")
    assert [item.text for item in answer.dropped] == ["It cost 99 million euros."]
    assert len(generator.prompts) == 1


@pytest.mark.parametrize(("quoting", "told"), [("unsure", BRIDGE_COST), ("never", "")])
async def test_the_one_value_that_was_asked_for_is_told_by_its_source_where_the_model_says_another(
    index: Path, quoting: Quoting, told: str
) -> None:
    generator = ScriptedGenerator("It cost 99 million euros [1].")
    async with running(pipeline_over(index, generator, quoting=quoting)) as pipeline:
        answer = await pipeline.ask(AskRequest(question="How much did the bridge in Porthaven cost?"))
    assert " ".join(sentence.text for sentence in answer.sentences) == told
    assert [citation.quote for citation in answer.citations] == [BRIDGE_COST]
    assert len(generator.prompts) == 1


async def test_a_question_that_was_asked_before_is_answered_without_asking_the_model_again(index: Path) -> None:
    generator = ScriptedGenerator("The bridge is 420 metres long [1]. It cost 14.3 million euros [1].")
    async with running(pipeline_over(index, generator)) as pipeline:
        request = AskRequest(question=LONG)
        first = await pipeline.ask(request)
        async with aclosing(pipeline.answer(request)) as stream:
            events = [event async for event in stream]
    assert len(generator.prompts) == 1
    assert [type(event) for event in events] == [Sources, Released, Released, Done]
    assert isinstance(events[-1], Done)
    again = events[-1].answer
    assert (again.answer, again.citations, again.passages) == (first.answer, first.citations, first.passages)
    assert again.usage.prompt_tokens == 0
    assert again.id != first.id


async def test_an_answer_that_failed_is_not_kept(index: Path) -> None:
    generator = ScriptedGenerator("It cost 14.3 million euros [1].", fails=True)
    async with running(pipeline_over(index, generator)) as pipeline:
        with pytest.raises(GeneratorUnavailable):
            await pipeline.ask(AskRequest(question=COST))
        generator.fails = False
        answer = await pipeline.ask(AskRequest(question=COST))
    assert answer.answer == "It cost 14.3 million euros."


async def test_a_plan_that_was_told_as_done_is_left_out_when_the_model_is_asked_once_more(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "talks.md").write_text(
        "Porthaven plans to buy the ferry Marlin for 14 million euros. The harbour is old. The sea is rough in winter. "
        "Porthaven bought the ferry Marlin for 15 million euros."
    )
    build([tmp_path / "articles"], tmp_path / "index", WordEmbedder(), on_error=_refuse)
    generator = ScriptedGenerator(
        "Porthaven bought the ferry Marlin for 14 million euros [1].",
        again="Porthaven bought the ferry Marlin for 15 million euros [1].",
    )
    async with running(pipeline_over(tmp_path / "index", generator)) as pipeline:
        answer = await pipeline.ask(AskRequest(question="What became of Porthaven and the ferry Marlin?"))
    assert answer.sentences[0].text == "Porthaven bought the ferry Marlin for 15 million euros."
    assert answer.dropped[0].reason.startswith("modality")
    assert not any("plans to buy" in text for text in generator.prompts[1].evidence)


async def test_where_one_value_is_asked_for_the_plan_is_left_out_from_the_start(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "talks.md").write_text(
        "Porthaven plans to buy the ferry Marlin for 14 million euros. The harbour is old. "
        "Porthaven bought the ferry Marlin for 15 million euros."
    )
    build([tmp_path / "articles"], tmp_path / "index", WordEmbedder(), on_error=_refuse)
    generator = ScriptedGenerator("Porthaven bought the ferry Marlin for 15 million euros [1].")
    async with running(pipeline_over(tmp_path / "index", generator)) as pipeline:
        await pipeline.ask(AskRequest(question="How much did Porthaven pay for the ferry Marlin?"))
        await pipeline.ask(AskRequest(question="How much did Porthaven plan to pay for the ferry Marlin?"))
    about_outcome, about_plan = (prompt.evidence for prompt in generator.prompts)
    assert not any("plans to buy" in text for text in about_outcome)
    assert any("plans to buy" in text for text in about_plan)


LENGTH = "The new harbour bridge is 420 metres long, as everybody in Zorbenthal says [1]."
IN_ITS_OWN_WORDS = "The bridge cost 14.3 million euros and is 420 metres long."


@pytest.mark.parametrize(("quoting", "status"), [("unsure", "answered"), ("never", "refused")])
async def test_a_source_answers_in_its_own_words_where_the_model_s_do_not_hold(
    index: Path, quoting: Quoting, status: str
) -> None:
    async with running(pipeline_over(index, ScriptedGenerator(LENGTH), quoting=quoting)) as pipeline:
        answer = await pipeline.ask(AskRequest(question="How long is the new harbour bridge?"))
    assert answer.status == status
    assert [item.reason for item in answer.dropped] == ["name: no source mentions zorbenthal"]
    if status == "answered":
        assert answer.answer == IN_ITS_OWN_WORDS
        assert [citation.quote for citation in answer.citations] == [IN_ITS_OWN_WORDS]


@pytest.mark.parametrize(
    ("quoting", "chance", "told"),
    [
        ("unsure", 0.5, IN_ITS_OWN_WORDS),
        ("unsure", 0.9, "The bridge is 420 metres long."),
        ("always", 0.9, IN_ITS_OWN_WORDS),
        ("never", 0.5, "The bridge is 420 metres long."),
    ],
)
async def test_the_words_of_the_source_stand_for_those_of_which_the_model_was_unsure(
    index: Path, quoting: Quoting, chance: float, told: str
) -> None:
    said = ScriptedGenerator("The bridge is 420 metres long [1].", first=Token("The", math.log(chance)))
    async with running(pipeline_over(index, said, quoting=quoting)) as pipeline:
        answer = await pipeline.ask(AskRequest(question="How long is the new harbour bridge?"))
    assert answer.answer == told


def _refuse(error: Exception) -> None:
    raise error


async def test_an_answer_that_is_likely_wrong_is_dropped_as_a_doubt(index: Path) -> None:
    generator = ScriptedGenerator("It cost 14.3 million euros [1].", first=Token("It", -0.1, ()))
    never = Confidence(schema=1, intercept=-5.0, weights={})
    async with running(pipeline_over(index, generator, quoting="never", confidence=never)) as pipeline:
        answer = await pipeline.ask(AskRequest(question=COST))
    assert (answer.status, answer.reason) == ("refused", "unsupported")
    assert answer.dropped[0].reason == "doubt: right with a chance of 0.01"


@pytest.mark.parametrize(("no", "status"), [(0.1, "answered"), (0.3, "refused")])
async def test_a_yes_that_might_as_well_have_been_a_no_is_dropped_as_a_doubt(
    index: Path, no: float, status: str
) -> None:
    yes = Token("Yes", math.log(0.5), (("Yes", math.log(0.5)), ("No", math.log(no))))
    generator = ScriptedGenerator("Yes, the harbour bridge had a price of 14.3 million euros [1].", first=yes)
    async with running(pipeline_over(index, generator)) as pipeline:
        answer = await pipeline.ask(AskRequest(question="Was the price of the new harbour bridge 14.3 million euros?"))
    assert answer.status == status
    assert [item.reason for item in answer.dropped] == ["doubt: right with a chance of 0.62"] * (status == "refused")


async def test_the_reason_that_was_written_in_circles_is_told_by_its_source(index: Path) -> None:
    said = "Ferries stopped running because the bridge replaces them" + ", because the bridge replaces them" * 3 + "."
    async with running(pipeline_over(index, ScriptedGenerator(said))) as pipeline:
        answer = await pipeline.ask(AskRequest(question="Why did ferries stop running?"))
    assert answer.answer == "Ferries stopped running because the bridge replaces them."
    assert [item.reason for item in answer.dropped] == ["form: it goes round in circles"]


class Judge:
    """Finds every sentence borne out with one chance, and keeps what it was asked."""

    name = "judge"

    def __init__(self, chance: float) -> None:
        self.chance = chance
        self.asked: list[tuple[str, str]] = []

    async def agreement(self, sentence: str, cited: Sequence[Evidence]) -> float:
        self.asked.append((sentence, " ".join(item.shown() for item in cited)))
        return self.chance


@pytest.mark.parametrize(("chance", "status"), [(0.51, "answered"), (0.49, "refused")])
async def test_a_second_judge_has_the_last_word_on_what_the_rules_have_passed(
    index: Path, chance: float, status: str
) -> None:
    judge = Judge(chance)
    said = "It cost 14.3 million euros [1]. It cost 99 million euros [1]."
    async with running(pipeline_over(index, ScriptedGenerator(said), quoting="never", second=judge)) as pipeline:
        answer = await pipeline.ask(AskRequest(question=COST))
    assert answer.status == status
    assert set(judge.asked) == {("It cost 14.3 million euros.", IN_ITS_OWN_WORDS)}
    reasons = {item.text: item.reason for item in answer.dropped}
    if status == "refused":
        assert reasons["It cost 14.3 million euros."] == "check: judge finds it borne out with a chance of 0.49"
    assert "second_check" in answer.timings_ms
