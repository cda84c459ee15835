"""Gold files of each format: what is read, and that a broken one is refused whole with every broken line."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import ARTICLES, GOLD, write_gold

from service.contracts.answers import Turn
from service.evaluation.errors import GoldError
from service.evaluation.formats import squad
from service.evaluation.gold import Gold, Place
from service.evaluation.gold_file import article_ids, read, resolve
from service.evaluation.results import SourceArticle

EXAMPLES = Path(__file__).parents[3] / "examples" / "gold.jsonl"

SQUAD = {
    "version": "2.0",
    "data": [
        {
            "title": "Holm_Island",
            "paragraphs": [
                {
                    "context": "The ferry carries forty cars. Forty is enough.",
                    "qas": [
                        {
                            "id": "s1",
                            "question": "How many cars does the ferry carry?",
                            "answers": [
                                {"text": "forty", "answer_start": 18},
                                {"text": "forty cars", "answer_start": 18},
                            ],
                        }
                    ],
                },
                {
                    "context": "Nobody lives there now.",
                    "qas": [
                        {"id": "s2", "question": "Who owns it?", "answers": [], "is_impossible": True},
                    ],
                },
            ],
        }
    ],
}


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="")
    return path


def problems(path: Path) -> tuple[str, ...]:
    with pytest.raises(GoldError) as caught:
        read(path)
    return caught.value.problems


def test_our_format_comes_back_as_it_was_written(tmp_path: Path) -> None:
    full = Gold(
        "q9",
        "en",
        "conflict",
        "And how many cars?",
        True,
        nuggets=(("forty", "40"),),
        evidence=((Place("ferry.md", "forty cars", 91),),),
        history=(Turn("user", "What about the ferry?"),),
        conflict=("40", "50"),
        answers=("forty",),
        as_of=date(2025, 6, 1),
    )

    assert read(write_gold(tmp_path, (*GOLD, full))).questions == (*GOLD, full)
    assert full.request().as_of == date(2025, 6, 1)
    assert full.request().history == (Turn("user", "What about the ferry?"),)
    assert full.search("cars", 10).filters.published_to == date(2025, 6, 1)


def test_the_example_gold_is_read() -> None:
    assert len(read(EXAMPLES).questions) == 67


def test_every_broken_line_is_named_and_nothing_is_read(tmp_path: Path) -> None:
    good = msgspec.json.encode(GOLD[0]).decode()
    path = write(
        tmp_path / "gold.jsonl",
        "\n".join(
            [
                good,
                "{not json",
                "",
                good.replace('"q1"', '"q2"').replace('"lang"', '"language"'),
                good,
                '{"id":"q5","lang":"en","kind":"fact","question":" ","answerable":false}',
                '{"id":"q6","lang":"en","kind":"fact","question":"Who?","answerable":true}',
                '{"id":"q7","lang":"en","kind":"fact","question":"Who?","answerable":true,"nuggets":[[]]}',
                '{"id":"q8","lang":"en","kind":"fact","question":"Who?","answerable":false,"nuggets":[["x"]]}',
            ]
        ),
    )

    assert [problem.split(":")[1] for problem in problems(path)] == ["2", "4", "6", "7", "8", "9", "5"]
    assert problems(path)[-1] == "gold.jsonl:5: the id q1 was used before, at gold.jsonl:1"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("gold.jsonl", b'{"id": "\xff"}', "gold.jsonl:1: not UTF-8"),
        ("gold.jsonl", b"\n\n", "holds no question"),
        ("gold.txt", b"", "a gold file ends in .jsonl, .json, .csv"),
        ("gold.json", b"[]", "gold.json: not SQuAD-style JSON"),
        ("gold.json", b"[" * 100_000, "gold.json: not SQuAD-style JSON"),
        ("gold.csv", b"name,question\n", "gold.csv:1: has no column id"),
        ("gold.csv", b"id,question,colour\n", "gold.csv:1: unknown column colour"),
    ],
)
def test_what_is_no_gold_file_is_refused(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)

    [problem] = problems(tmp_path / name)
    assert said in problem


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    assert problems(tmp_path / "none.jsonl") == (f"{tmp_path / 'none.jsonl'}: No such file or directory",)


def test_squad_questions_point_at_their_paragraph(tmp_path: Path) -> None:
    first, second = read(write(tmp_path / "gold.json", json.dumps(SQUAD))).questions

    assert first == Gold(
        "s1",
        "en",
        "fact",
        "How many cars does the ferry carry?",
        True,
        nuggets=(("forty", "forty cars"),),
        evidence=((Place("Holm_Island#1", "forty", 18), Place("Holm_Island#1", "forty cars", 18)),),
        answers=("forty", "forty cars"),
    )
    assert (second.answerable, second.kind, second.evidence) == (False, "unanswerable", ())


def test_squad_paragraphs_make_a_collection_in_which_the_evidence_is_found(tmp_path: Path) -> None:
    records = list(squad.articles(json.dumps(SQUAD)))
    questions = read(write(tmp_path / "gold.json", json.dumps(SQUAD))).questions
    articles = {record["id"]: SourceArticle(record["title"], None, None, "en", record["text"]) for record in records}

    spans = resolve(questions, articles)["s1"][0]

    assert [record["id"] for record in records] == ["Holm_Island#1", "Holm_Island#2"]
    assert records[0]["title"] == "Holm Island"
    assert [(span.start, span.end) for span in spans] == [(18, 23), (18, 28)]


def test_csv_rows_of_one_question_add_up(tmp_path: Path) -> None:
    path = write(
        tmp_path / "gold.csv",
        "\ufeffid,lang,question,answerable,nuggets,answers,article,quote,start,group,as_of\r\n"
        'c1,en,"When, and why?",yes,March|spring; rust ,March|in March,ferry.md,sold in March,,1,2025-06-01\r\n'
        "c1,,,,,,bridge.md,Rost,,2,\r\n"
        'c1,,,,,,bridge.md,"Busse\nfahren",3,2,\r\n'
        "c2,de,Wer hat sie gekauft?,no,,,,,,,\r\n",
    )

    first, second = read(path).questions

    assert first == Gold(
        "c1",
        "en",
        "fact",
        "When, and why?",
        True,
        nuggets=(("March", "spring"), ("rust",)),
        evidence=(
            (Place("ferry.md", "sold in March"),),
            (Place("bridge.md", "Rost"), Place("bridge.md", "Busse\nfahren", 3)),
        ),
        answers=("March", "in March"),
        as_of=date(2025, 6, 1),
    )
    assert second == Gold("c2", "de", "unanswerable", "Wer hat sie gekauft?", False)


def test_csv_needs_no_more_than_a_question_and_its_answer(tmp_path: Path) -> None:
    [gold] = read(write(tmp_path / "gold.csv", "id,question,answers\nc1,When was the ferry sold?,in March\n")).questions

    assert (gold.lang, gold.kind, gold.nuggets) == ("en", "fact", (("in March",),))


def test_broken_csv_rows_are_named(tmp_path: Path) -> None:
    path = write(
        tmp_path / "gold.csv",
        "id,question,answerable,answers,article,quote,start,as_of\n"
        "c1,When?,maybe,x,,,,\n"
        "c2,When?,yes,x,,,,soon\n"
        "c3,When?,yes,x,a.md,q,first,\n"
        "c4,When?,yes,x,,,,\n"
        "c4,Again?,,,a.md,q,,\n"
        "c5,When?,yes,x,,,,,,\n",
    )

    assert [problem.split(":")[1] for problem in problems(path)] == ["4", "6", "7", "2", "3"]
    assert "must leave question empty" in problems(path)[1]


def test_quotes_are_found_wherever_they_occur(tmp_path: Path) -> None:
    article = SourceArticle("t", None, None, "en", "aXa aXa")
    anywhere = Gold("g", "en", "fact", "?", True, (("a",),), ((Place("a", "aXa"),),))
    there = Gold("h", "en", "fact", "?", True, (("a",),), ((Place("a", "aXa", 4), Place("a", "aXa")),))

    found = resolve([anywhere, there], {"a": article})

    assert [(span.start, span.end) for span in found["g"][0]] == [(0, 3), (4, 7)]
    assert [(span.start, span.end) for span in found["h"][0]] == [(4, 7), (0, 3)]


def test_a_quote_that_is_not_in_its_article_is_refused() -> None:
    wrong = Gold(
        "g",
        "en",
        "fact",
        "?",
        True,
        (("a",),),
        ((Place("ferry.md", "The Ferry"), Place("ferry.md", "The ferry", 3)), (Place("none.md", "x"),)),
    )

    with pytest.raises(GoldError) as caught:
        resolve([*GOLD, wrong], ARTICLES)

    assert caught.value.problems == (
        "g: not in ferry.md: 'The Ferry'",
        "g: not in ferry.md at 3: 'The ferry'",
        "g: there is no article none.md",
    )


def test_the_language_of_a_quote_is_its_own_where_it_can_be_told() -> None:
    text = "Die Brücke war zu und der Bus fuhr nicht. The bridge was closed and the bus did not run."
    article = SourceArticle("t", None, None, "de", text)
    quotes = ("The bridge was closed and the bus did not run.", "der Bus fuhr nicht", "run")
    gold = Gold("g", "en", "fact", "?", True, (("a",),), tuple((Place("a", quote),) for quote in quotes))

    assert [group[0].language for group in resolve([gold], {"a": article})["g"]] == ["en", "de", "de"]


def test_articles_are_named_once() -> None:
    assert article_ids(GOLD) == ["ferry.md", "bridge.md"]


@given(st.text(min_size=1, max_size=30), st.data())
def test_every_span_is_its_quote(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    quote = text[start : data.draw(st.integers(start + 1, len(text)))]
    if not quote.strip():
        return
    gold = Gold("g", "en", "fact", "?", True, (("a",),), ((Place("a", quote),),))

    [spans] = resolve([gold], {"a": SourceArticle("t", None, None, "en", text)})["g"]

    assert start in [span.start for span in spans]
    assert {text[span.start : span.end] for span in spans} == {quote}
