"""The retrieval bench over a collection whose every rank is known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import bilingual
import msgspec
import numpy as np
import pytest
from bilingual import CONCEPTS, ConceptEmbedder

from index.embedding_cache import CachedEmbedder
from service.evaluation import parallel
from service.evaluation.bootstrap import mean_interval

bench = bilingual.script("bench/retrieval.py")
QUESTIONS = len(CONCEPTS) + 1

Cells = dict[tuple[str, str], Any]
"""By cell and configuration."""


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Cells:
    folder = bilingual.write(tmp_path_factory.mktemp("benchmark"))
    measured = bench.measure(parallel.read(folder, ["en", "de"]), ConceptEmbedder(), ["passages", "default"])
    return {(cell.cell, cell.configuration): cell for cell in measured}


def test_cells_come_in_order_and_for_every_configuration(cells: Cells) -> None:
    names = ["de->de", "en->en", "de->en", "en->de", "mixed de", "mixed en"]
    names += ["patchwork de", "patchwork en", "patchwork de other", "patchwork en other"]

    assert list(cells) == [(name, configuration) for name in names for configuration in ("passages", "default")]


@pytest.mark.parametrize("cell", ["en->en", "de->de", "en->de", "de->en"])
@pytest.mark.parametrize("configuration", ["passages", "default"])
def test_the_one_misled_question_is_found_second(cells: Cells, cell: str, configuration: str) -> None:
    found = cells[cell, configuration]

    assert found.questions == QUESTIONS
    assert found.figures["recall@1"].mean == pytest.approx((QUESTIONS - 1) / QUESTIONS)
    assert found.figures["recall@3"].mean == 1.0
    assert found.figures["MRR@10"].mean == pytest.approx((QUESTIONS - 0.5) / QUESTIONS)


def test_intervals_are_those_of_the_bootstrap(cells: Cells) -> None:
    figure = cells["en->en", "passages"].figures["recall@1"]

    assert (figure.low, figure.high) == mean_interval([1.0] * (QUESTIONS - 1) + [0.0])


def test_either_translation_counts_where_both_are_indexed(cells: Cells) -> None:
    found = cells["mixed en", "passages"].figures

    assert found["recall@1"].mean == pytest.approx((QUESTIONS - 1) / QUESTIONS)
    # The bridge comes first in English and in German, or the ferry between them: the second or third place.
    assert found["recall@3"].mean == 1.0


def test_patchwork_counts_the_questions_whose_paragraph_is_in_the_other_language(cells: Cells) -> None:
    german = np.random.default_rng(0).integers(0, 2, len(CONCEPTS)).astype(bool)
    asked = np.ones(len(CONCEPTS), dtype=int)
    asked[0] += 1

    assert cells["patchwork en", "passages"].questions == asked.sum()
    assert cells["patchwork en other", "passages"].questions == asked[german].sum()
    assert cells["patchwork de other", "passages"].questions == asked[~german].sum()


def test_a_paragraph_in_several_passages_counts_once() -> None:
    question = parallel.Question("q", "en", "?", "Town#2")
    collection = parallel.Collection("en", {"en/Town#1": "", "en/Town#2": ""})
    found = ["en/Town#1"] * 9 + ["en/Town#2"]

    (ranked,) = bench.ranks([question], collection, lambda text, k: found, bench.Silence())

    assert ranked.rank == 2


def test_what_comes_after_the_tenth_article_is_not_found() -> None:
    question = parallel.Question("q", "en", "?", "Town#10")
    collection = parallel.Collection("en", {f"en/Town#{i}": "" for i in range(11)})

    (ranked,) = bench.ranks([question], collection, lambda text, k: list(collection.texts), bench.Silence())

    assert ranked.rank is None


def test_the_first_configuration_is_what_others_are_tested_against(cells: Cells) -> None:
    assert cells["en->en", "passages"].p is None
    assert cells["en->en", "default"].p == 1.0


def test_a_second_run_embeds_nothing_and_finds_the_same(tmp_path: Path) -> None:
    benchmark = parallel.read(bilingual.write(tmp_path / "benchmark"), ["en", "de"])
    first = bench.measure(benchmark, CachedEmbedder(ConceptEmbedder(), tmp_path / "cache"), ["default"])
    second = CachedEmbedder(ConceptEmbedder(), tmp_path / "cache")

    assert bench.measure(benchmark, second, ["default"]) == first
    assert second.misses == 0


def test_the_table_has_a_line_a_cell_with_mean_and_interval(cells: Cells) -> None:
    head, *lines = bench.table(list(cells.values()))

    assert head.split() == ["cell", "n", "recall@1", "recall@3", "recall@5", "MRR@10"]
    figure = cells["en->en", "passages"].figures["recall@1"]
    (line,) = [line for line in lines if line.startswith("en->en") and "passages" in line]
    assert f"{figure.mean:.3f} ({figure.low:.3f}-{figure.high:.3f})" in line
    assert json.loads(msgspec.json.encode(list(cells.values())))[0]["cell"] == "de->de"


def test_a_folder_without_the_benchmark_ends_with_a_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["--xquad", str(tmp_path)]) == 2
    assert "xquad.en.json" in capsys.readouterr().err
