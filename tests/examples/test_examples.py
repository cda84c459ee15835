"""The example collection and its gold set: what their README promises, and that every gold quote is in its article."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import msgspec
import pytest

from index.articles import read_collection
from index.errors import ArticleError
from index.passages import split
from index.types import Article
from service.contracts.answers import AskRequest, Turn

EXAMPLES = Path(__file__).parents[2] / "examples"
LANGUAGES = ("de", "en")
PROMISED_QUESTIONS = {
    "fact": 15,
    "why": 6,
    "multi": 4,
    "conflict": 3,
    "yesno": 4,
    "list": 3,
    "follow-up": 5,
    "unanswerable": 8,
    "false-premise": 4,
}


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    article: str
    quote: str


class Gold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    lang: str
    kind: str
    question: str
    answerable: bool
    nuggets: list[list[str]]
    evidence: list[list[Place]]
    history: list[Turn] = []
    conflict: list[str] = []

    def places(self) -> list[Place]:
        return [place for group in self.evidence for place in group]


def read_gold() -> list[Gold]:
    lines = (EXAMPLES / "gold.jsonl").read_bytes().splitlines()
    return [msgspec.json.decode(line, type=Gold) for line in lines]


@pytest.fixture(scope="module")
def articles() -> dict[str, Article]:
    errors: list[ArticleError] = []
    found = {article.id: article for article in read_collection([EXAMPLES / "articles"], errors.append)}
    assert errors == []
    return found


GOLD = read_gold()
ANSWERABLE = [gold for gold in GOLD if gold.answerable]
UNANSWERABLE = [gold for gold in GOLD if not gold.answerable]


def quotes_in_its_language(gold: Gold, articles: dict[str, Article]) -> str:
    quotes = [place.quote for place in gold.places() if articles[place.article].language == gold.lang]
    return " ".join(quotes).casefold()


def words_of_each(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def by_id(gold: Gold) -> str:
    return gold.id


def test_half_of_the_articles_are_german_and_half_english(articles: dict[str, Article]) -> None:
    assert Counter(article.language for article in articles.values()) == {"de": 8, "en": 8}


def test_an_article_is_known_by_its_file_name(articles: dict[str, Article]) -> None:
    assert sorted(articles) == sorted(path.name for path in (EXAMPLES / "articles").iterdir())


def test_front_matter_gives_title_address_and_the_date_of_the_file_name(articles: dict[str, Article]) -> None:
    for name, article in articles.items():
        assert article.published_at == date.fromisoformat(name[:10]), name
        assert date(2025, 5, 1) <= article.published_at <= date(2025, 9, 30), name
        month = article.published_at.strftime("%Y/%m")
        assert article.url == f"https://example.org/{article.language}/{month}/{name[11:-3]}"
        assert f'title: "{article.title}"\n' in (EXAMPLES / "articles" / name).read_text(encoding="utf-8")


def test_articles_are_short_and_their_text_begins_after_the_front_matter(articles: dict[str, Article]) -> None:
    for name, article in articles.items():
        assert 120 <= len(re.findall(r"\w+", article.text)) <= 300, name
        assert "published_at" not in article.text
        assert (EXAMPLES / "articles" / name).read_text(encoding="utf-8").endswith(f"---\n{article.text}")


def test_question_ids_run_from_the_first_to_the_last() -> None:
    assert [gold.id for gold in GOLD] == [f"e{number:02d}" for number in range(1, len(GOLD) + 1)]


def test_no_question_is_asked_twice() -> None:
    repeated = [question for question, times in Counter(gold.question for gold in GOLD).items() if times > 1]
    assert repeated == []


def test_every_kind_of_question_is_there_as_often_as_promised() -> None:
    counts = Counter(gold.kind for gold in GOLD)
    assert set(counts) == set(PROMISED_QUESTIONS)
    assert {kind: counts[kind] for kind, least in PROMISED_QUESTIONS.items() if counts[kind] < least} == {}


def test_about_half_of_the_questions_are_asked_in_each_language() -> None:
    counts = Counter(gold.lang for gold in GOLD)
    assert set(counts) == set(LANGUAGES)
    assert abs(counts["de"] - counts["en"]) <= 4


def test_a_dozen_questions_want_a_refusal_and_no_other_kind_does() -> None:
    assert len(UNANSWERABLE) >= 12
    assert {gold.kind for gold in UNANSWERABLE} == {"unanswerable", "false-premise"}
    assert {gold.kind for gold in ANSWERABLE}.isdisjoint({"unanswerable", "false-premise"})


def test_six_questions_a_language_are_borne_out_only_by_articles_in_the_other(articles: dict[str, Article]) -> None:
    crossing = Counter(gold.lang for gold in ANSWERABLE if not quotes_in_its_language(gold, articles))
    assert min(crossing[language] for language in LANGUAGES) >= 6


def test_quotes_in_the_language_of_the_question_hold_every_nugget(articles: dict[str, Article]) -> None:
    missing = {
        gold.id: nugget
        for gold in ANSWERABLE
        if gold.kind != "yesno" and (quotes := quotes_in_its_language(gold, articles))
        for nugget in gold.nuggets
        if not any(alternative.casefold() in quotes for alternative in nugget)
    }
    assert missing == {}


def test_every_article_bears_out_some_answer(articles: dict[str, Article]) -> None:
    assert {place.article for gold in GOLD for place in gold.places()} == set(articles)


@pytest.mark.parametrize("gold", ANSWERABLE, ids=by_id)
def test_a_quote_occurs_exactly_once_in_the_text_of_its_article(gold: Gold, articles: dict[str, Article]) -> None:
    counts = {place.quote: articles[place.article].text.count(place.quote) for place in gold.places()}
    assert set(counts.values()) == {1}, counts
    assert all(quote == quote.strip() for quote in counts)


@pytest.mark.parametrize("gold", ANSWERABLE, ids=by_id)
def test_a_quote_overlaps_a_sentence_that_can_be_cited(gold: Gold, articles: dict[str, Article]) -> None:
    for place in gold.places():
        article = articles[place.article]
        start = article.text.index(place.quote)
        _, sentences = split(article, words_of_each)
        assert any(each.start < start + len(place.quote) and start < each.end for each in sentences), place.quote


@pytest.mark.parametrize("gold", ANSWERABLE, ids=by_id)
def test_an_answerable_question_has_nuggets_and_evidence_in_every_group(gold: Gold) -> None:
    assert gold.nuggets
    assert gold.evidence
    assert all(gold.evidence)
    assert all(alternative for nugget in gold.nuggets for alternative in nugget)
    assert all(gold.nuggets)


@pytest.mark.parametrize("gold", UNANSWERABLE, ids=by_id)
def test_an_unanswerable_question_has_neither_nuggets_nor_evidence(gold: Gold) -> None:
    assert (gold.nuggets, gold.evidence, gold.conflict) == ([], [], [])


@pytest.mark.parametrize("gold", [gold for gold in GOLD if gold.kind == "multi"], ids=by_id)
def test_a_question_of_two_parts_has_a_nugget_and_a_group_for_each(gold: Gold) -> None:
    assert (len(gold.nuggets), len(gold.evidence)) == (2, 2)


def test_only_conflict_questions_name_values_and_they_name_at_least_two() -> None:
    assert {gold.kind for gold in GOLD if gold.conflict} == {"conflict"}
    assert all(len(set(gold.conflict)) >= 2 for gold in GOLD if gold.kind == "conflict")


@pytest.mark.parametrize("gold", [gold for gold in GOLD if gold.kind == "conflict"], ids=by_id)
def test_a_conflict_is_between_articles(gold: Gold) -> None:
    assert len({place.article for place in gold.places()}) >= 2


def test_every_follow_up_has_the_turn_that_it_refers_to() -> None:
    alone = [gold.id for gold in GOLD if gold.kind == "follow-up" and not gold.history]
    assert alone == []


@pytest.mark.parametrize("gold", GOLD, ids=by_id)
def test_a_question_can_be_sent_to_the_service_as_it_is(gold: Gold) -> None:
    request = msgspec.convert(
        {"question": gold.question, "history": msgspec.to_builtins(gold.history), "language": gold.lang}, AskRequest
    )
    assert [turn.role for turn in request.history] in ([], ["user", "assistant"])


def test_a_later_report_overtakes_the_first_one(articles: dict[str, Article]) -> None:
    talks, closing = articles["2025-06-09-meta-in-talks-with-scale.md"], articles["2025-06-13-meta-closes-deal.md"]
    assert "The amount could go beyond $10 billion." in talks.text
    assert "pays $14.3 billion for 49 per cent" in closing.text
    assert "replaces them all" in closing.text
