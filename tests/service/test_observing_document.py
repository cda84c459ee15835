"""docs/observing.md lists every metric as the service has it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from service.contracts.admin import PendingChanges
from service.contracts.answers import AnswerSentence, Dropped
from service.index_status import Contents
from service.observing.metrics import Metrics
from service.observing.observed import Outcome, Stage
from service.observing.readings import Reading
from tests.service.fakes import FakePipeline, refused

TEXT = (Path(__file__).parents[2] / "docs" / "observing.md").read_text(encoding="utf-8")
SUFFIXES = {"counter": "_total", "info": "_info"}


def metrics() -> Metrics:
    """Every metric with every label."""
    made, pipeline, now = Metrics("1"), FakePipeline(), datetime(2025, 9, 2, tzinfo=UTC)
    index = replace(pipeline.index, contents=Contents(now, 1, 2, 3))
    made.readings.take(Reading({"index": True}, pipeline.load(), index, PendingChanges(0, 0, None)))
    made.begin_request()
    made.end_request("/v1/ask", "POST", 500, 0.1, "internal")
    answer = msgspec.structs.replace(
        refused("Who?"), sentences=(AnswerSentence("A.", (1,)),), dropped=(Dropped("B.", "name: no"),), timings_ms={}
    )
    outcome = Outcome("ask", "", "", "answered", "", 1.0, 0.1, 0.5, (Stage("embed", 0.0, 0.1),), answer)
    made.begin("ask")(outcome)
    made.begin("search")(replace(outcome, kind="search", result="found", answer=None))
    return made


def rows() -> list[str]:
    """The table of the document, in the order of names."""
    made = []
    for family in metrics().registry.collect():
        name = family.name + SUFFIXES.get(family.type, "")
        labels = dict.fromkeys(label for sample in family.samples for label in sample.labels if label != "le")
        shown = ", ".join(f"`{label}`" for label in labels)
        made.append(f"| `{name}` | {family.type} | {shown} | {family.documentation} |")
    return sorted(made)


def test_every_metric_is_listed_as_it_is() -> None:
    assert re.findall(r"^\| `(?:fundstelle|process)_.*\|$", TEXT, re.MULTILINE) == rows()


def test_alerts_ask_for_metrics_that_there_are() -> None:
    known = {re.sub(r"_(?:bucket|sum|count)$", "", name) for name in re.findall(r"\b(?:fundstelle|process)_\w+", TEXT)}
    assert known == {row.split("`")[1] for row in rows()}


def test_names_are_as_prometheus_wants_them() -> None:
    for family in metrics().registry.collect():
        assert re.fullmatch(r"(?:fundstelle|process)_[a-z_]+", family.name), family.name
        if family.type == "histogram":
            assert family.name.endswith("_seconds"), family.name
