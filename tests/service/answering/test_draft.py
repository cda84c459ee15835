from __future__ import annotations

from dataclasses import replace
from datetime import date

import msgspec

from index.types import ArticleInfo, Span
from service.answering.draft import Draft
from service.comparing.conflicts import FoundConflict, FoundValue
from service.comparing.stated import stated
from service.contracts.answers import Citation, Copy
from service.quoting.spans import cut
from service.search.evidence import Evidence, Place

AGENCY = ArticleInfo("agency", "Agency", "https://agency.example/1", date(2025, 6, 1), "en", "a" * 64)
DAILY = ArticleInfo("daily", "Daily", None, date(2025, 6, 2), "en", "d" * 64)
FERRY = Evidence(
    row=4,
    article=AGENCY,
    start=30,
    end=56,
    text="The ferry carries 300 cars",
    language="en",
    context="",
    passage="",
    cosine=0.8,
    also_at=(Place(DAILY, 7, 37, "The new ferry carries 300 cars"),),
)


def test_a_citation_names_the_places_of_its_copies() -> None:
    draft = Draft()
    draft.release("It carries 300 cars.", [FERRY], 0.9)
    (citation,) = draft.citations
    assert (citation.article_id, citation.start, citation.end, citation.quote) == ("agency", 30, 56, FERRY.text)
    assert citation.also_at == (
        Copy("daily", "Daily", None, date(2025, 6, 2), 7, 37, "The new ferry carries 300 cars", "d" * 64),
    )


def test_copies_are_one_citation_with_one_label() -> None:
    draft = Draft()
    draft.release("It carries 300 cars.", [FERRY], 0.9)
    draft.release("300 cars fit.", [FERRY], 0.9)
    assert [sentence.citations for sentence in draft.sentences] == [(1,), (1,)]
    assert len(draft.citations) == 1


def test_a_citation_of_a_service_that_knows_no_copies_is_understood() -> None:
    old = b'{"label":1,"article_id":"a","title":"A","url":null,"published_at":null,"language":"en","start":0,"end":1,'
    citation = msgspec.json.decode(old + b'"quote":"x","article_sha256":""}', type=Citation)
    assert citation.also_at == ()


def test_of_a_sentence_that_bears_out_two_claims_each_shows_its_own_part() -> None:
    draft = Draft()
    part = cut(FERRY, Span(18, 26))
    draft.release("300 cars fit.", [FERRY], 0.9, [part])
    draft.release("The ferry carries 300 cars.", [FERRY], 0.9)
    assert [sentence.citations for sentence in draft.sentences] == [(1,), (2,)]
    assert [(citation.start, citation.end, citation.quote) for citation in draft.citations] == [
        (48, 56, "300 cars"),
        (30, 56, FERRY.text),
    ]


def test_a_part_of_what_is_cited_already_has_its_label() -> None:
    draft = Draft()
    draft.release("The ferry carries 300 cars.", [FERRY], 0.9)
    draft.release("300 cars fit.", [FERRY], 0.9, [cut(FERRY, Span(18, 26))])
    assert [sentence.citations for sentence in draft.sentences] == [(1,), (1,)]


def test_a_conflict_cites_what_was_quoted_of_a_sentence_already() -> None:
    draft = Draft()
    draft.release("300 cars fit.", [FERRY], 0.9, [cut(FERRY, Span(18, 26))])
    other = replace(FERRY, row=9, article=DAILY, text="The ferry carries 280 cars", also_at=())
    values = tuple(FoundValue(tuple(stated(item)), "disputed") for item in (FERRY, other))
    sentence = draft.disagree(FoundConflict(values, listed=False), "en")
    assert sentence is not None
    assert (sentence.text, sentence.citations) == ("The sources disagree: they give 300 and 280.", (1, 2))
    assert [citation.quote for citation in draft.citations] == ["300 cars", "The ferry carries 280 cars"]
