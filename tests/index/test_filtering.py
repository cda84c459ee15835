"""Filters that admit more passages than are all looked at: the best of them are found first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from index import retrieve
from index.build import build_articles
from index.retrieve import Retriever
from index.snapshot import Snapshot
from index.types import Filters
from tests.index.conftest import article_of
from tests.service.collection import WordEmbedder

ARTICLES, BOUND, CANDIDATES = 120, 20, 12
FIRST = date(2025, 1, 1)
SHIPS = [f"ship{number}x" for number in range(ARTICLES)]


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Retriever]:
    """An article a day, each about a ship of its own."""
    index: Path = tmp_path_factory.mktemp("filtering") / "index"
    articles = (
        article_of(
            f"{number:03}",
            f"The {ship} left the harbour. {'Ferries sail. ' * (1 + number % 7)}The crew of the {ship} slept.",
            published_at=day(number),
            language="en" if number % 2 else "de",
        )
        for number, ship in enumerate(SHIPS)
    )
    build_articles(articles, index, WordEmbedder(), on_error=lambda error: pytest.fail(str(error)))
    with Snapshot.open(index) as snapshot:
        yield Retriever(snapshot, WordEmbedder())


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrieve, "ALL_COMPARED", BOUND)
    monkeypatch.setattr(retrieve, "CANDIDATES", CANDIDATES)


def number_of(article_id: str) -> int:
    return int(article_id)


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("sought", [60, 75, 99, 119])
def test_the_best_of_many_that_are_admitted_is_found_and_nothing_else(retriever: Retriever, sought: int) -> None:
    found = retriever.search([f"Where did the crew of the {SHIPS[sought]} sleep?"], 10, Filters(published_from=day(60)))
    assert found.hits[0].passage.article_id == f"{sought:03}"
    assert found.sentences[0].sentence.article_id == f"{sought:03}"
    assert len(found.hits) == 10
    assert all(number_of(hit.passage.article_id) >= 60 for hit in found.hits)
    assert all(number_of(sentence.sentence.article_id) >= 60 for sentence in found.sentences)


@pytest.mark.usefixtures("few")
def test_what_is_not_admitted_takes_no_place_from_what_is(retriever: Retriever) -> None:
    """All of the nearest are on days that the filter leaves out."""
    wanted = retriever.search([f"Where did the crew of the {SHIPS[5]} sleep?"], 5, Filters(published_from=day(60)))
    assert len(wanted.hits) == 5
    assert all(number_of(hit.passage.article_id) >= 60 for hit in wanted.hits)


def test_more_than_are_all_looked_at_are_ranked_as_if_they_all_were(
    retriever: Retriever, monkeypatch: pytest.MonkeyPatch
) -> None:
    question, filters = [f"Where did the crew of the {SHIPS[80]} sleep?"], Filters(published_to=day(110))
    every = retriever.search(question, 5, filters)
    monkeypatch.setattr(retrieve, "ALL_COMPARED", BOUND)
    best = retriever.search(question, 5, filters)
    assert [hit.row for hit in best.hits] == [hit.row for hit in every.hits]
    np.testing.assert_allclose([hit.score for hit in best.hits], [hit.score for hit in every.hits], rtol=1e-5)


@pytest.mark.usefixtures("few")
def test_the_bound_decides_whether_all_are_looked_at(retriever: Retriever, monkeypatch: pytest.MonkeyPatch) -> None:
    masks: list[int] = []
    search = type(retriever.snapshot.passage_vectors).search

    def watched(vectors: object, queries: object, k: int, among: np.ndarray | None = None) -> object:
        masks.extend([] if among is None else [int(among.sum())])
        return search(vectors, queries, k, among)  # type: ignore[arg-type]

    monkeypatch.setattr(type(retriever.snapshot.passage_vectors), "search", watched)
    for admitted in (BOUND, BOUND + 1):
        retriever.search(["Where did the crew sleep?"], 5, Filters(published_to=day(admitted - 1)))
    assert masks == [BOUND + 1]
