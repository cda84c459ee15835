from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from service.evaluation import parallel
from service.evaluation.errors import GoldError

COUNT = 40


def _write(folder: Path, language: str, paragraphs: list[str], question: str) -> None:
    """Two paragraphs a document, one question a paragraph; the answer is the first word."""
    data = []
    for start in range(0, len(paragraphs), 2):
        entries = [
            {
                "context": text,
                "qas": [
                    {
                        "id": f"q{start + i}",
                        "question": f"{question} {start + i}?",
                        "answers": [{"text": text.split()[0], "answer_start": 0}],
                    }
                ],
            }
            for i, text in enumerate(paragraphs[start : start + 2])
        ]
        data.append({"title": f"Document {start // 2}", "paragraphs": entries})
    (folder / f"made.{language}.dev.json").write_text(json.dumps({"data": data}), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    _write(tmp_path, "en", [f"Ferry number {i} sails." for i in range(COUNT)], "Where does the ferry sail, number")
    _write(tmp_path, "de", [f"Fähre Nummer {i} fährt." for i in range(COUNT)], "Wohin fährt die Fähre mit der Nummer")
    return tmp_path


def test_patchwork_holds_each_paragraph_once_and_one_means_the_second_language(folder: Path) -> None:
    benchmark = parallel.read(folder, ["en", "de"])
    patchwork = {c.name: c for c in parallel.collections(benchmark)}["patchwork"]
    drawn = np.random.default_rng(0).integers(0, 2, COUNT)

    languages = [parallel.language_of(article) for article in patchwork.texts]
    assert languages == ["de" if number else "en" for number in drawn]
    assert [parallel.paragraph_of(article) for article in patchwork.texts] == list(benchmark.texts["en"])
    for article, text in patchwork.texts.items():
        assert text == benchmark.texts[parallel.language_of(article)][parallel.paragraph_of(article)]


def test_mixed_holds_each_paragraph_in_both_languages(folder: Path) -> None:
    benchmark = parallel.read(folder, ["en", "de"])
    english, german, mixed, _ = parallel.collections(benchmark)

    assert (english.name, german.name, mixed.name) == ("en", "de", "mixed")
    assert dict(mixed.texts) == {**english.texts, **german.texts}
    assert mixed.texts["de/Document 0#2"] == "Fähre Nummer 1 fährt."


def test_questions_name_their_paragraph_and_document(folder: Path) -> None:
    question = parallel.read(folder, ["en", "de"]).questions["de"][3]

    assert (question.id, question.language) == ("q3", "de")
    assert (question.paragraph, question.document) == ("Document 1#2", "Document 1")


def test_questions_of_a_language_without_texts_are_read_too(folder: Path) -> None:
    benchmark = parallel.read(folder, ["de"])

    assert list(benchmark.texts) == ["de"]
    assert sorted(benchmark.questions) == ["de", "en"]


def test_a_language_that_is_missing_is_named(folder: Path) -> None:
    with pytest.raises(GoldError, match=r"xquad\.fr\.json"):
        parallel.read(folder, ["en", "fr"])


def test_files_whose_paragraphs_do_not_correspond_are_refused(folder: Path) -> None:
    _write(folder, "de", ["Fähre eins fährt."], "Wohin fährt die Fähre")

    with pytest.raises(GoldError, match="don't hold the same paragraphs"):
        parallel.read(folder, ["en", "de"])
