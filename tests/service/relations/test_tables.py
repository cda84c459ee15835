"""The tables of the relations: what they hold, and that a broken line is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.relations import tables
from service.relations.lexicon import concepts, keys
from service.relations.tables import rows


@pytest.mark.parametrize("name", ["concepts.txt", "offices.txt", "units.txt"])
def test_every_meaning_stands_once_with_forms_in_both_languages(name: str) -> None:
    found = list(rows(name))
    assert len(found) > 40
    assert len({row.meaning for row in found}) == len(found)
    assert all(row.de and row.en for row in found)


def test_a_line_without_both_languages_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken.txt").write_text("# comment\n\nbuy: kauf*\n", encoding="utf-8")
    monkeypatch.setattr(tables, "HERE", tmp_path)
    with pytest.raises(ValueError, match=r"broken\.txt:3: expected"):
        list(rows("broken.txt"))


@pytest.mark.parametrize(
    ("german", "english"),
    [
        ("gekauft", "bought"),
        ("Krankenkasse", "insurer"),
        ("schließt", "closed"),
        ("Institut", "institute"),
        ("Zugverkehr", "trains"),
    ],
)
def test_words_that_mean_alike_share_a_key(german: str, english: str) -> None:
    assert keys(german, "de") & keys(english, "en")


@pytest.mark.parametrize(("german", "english"), [("gekauft", "sold"), ("gestiegen", "fell"), ("Brücke", "ferry")])
def test_words_that_mean_something_else_share_none(german: str, english: str) -> None:
    assert not keys(german, "de") & keys(english, "en")


def test_function_words_have_no_key() -> None:
    assert keys("außerdem", "de") == keys("The", "en") == frozenset()


def test_verbs_in_two_words_have_a_concept() -> None:
    assert "@give_up" in concepts("auf+gaben", "de")
    assert "@give_up" in concepts("gave~up", "en")
