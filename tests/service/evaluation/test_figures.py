"""The list of figures, and that its documentation knows each of them."""

from __future__ import annotations

import re
from pathlib import Path

from service.evaluation.figures import CURVE_FIGURES, FIGURES

DOCUMENT = Path(__file__).parents[3] / "docs" / "evaluation.md"


def test_every_figure_is_documented_and_no_other() -> None:
    [table] = re.findall(r"^\| figure \|.*?\n\n", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    documented = re.findall(
        r"`([a-z_]+\.[a-z0-9_.@]+)`", "".join(line.split("|")[1] for line in table.splitlines() if line)
    )

    assert documented == list(FIGURES)


def test_figures_of_a_run_are_figures() -> None:
    assert set(CURVE_FIGURES) <= set(FIGURES)
    assert [name for name in FIGURES if name.startswith("confidence")] == list(CURVE_FIGURES)
