"""The page at /status."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from service.app import create_app
from service.errors import GeneratorTimeout
from service.index_status import Contents
from service.observing.observed import Outcome
from service.observing.recent import PERIOD, Recent
from service.pages.status_page import span
from service.pages.status_words import STATUS_WORDS
from service.settings import Settings
from tests.service.fakes import FakePipeline

QUESTION = {"question": "Who built the Zwetschgenturm?"}


@pytest.fixture
def pipeline() -> FakePipeline:
    return FakePipeline()


@pytest.fixture
def client(pipeline: FakePipeline, tmp_path: Path) -> Iterator[TestClient[Any]]:
    with TestClient(create_app(Settings(index=tmp_path), pipeline), raise_server_exceptions=False) as made:
        while made.get("/readyz").status_code != 200:
            pass
        yield made


def shown(client: TestClient[Any]) -> str:
    """The words of the page."""
    response = client.get("/status")
    assert response.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", response.text.partition("<main")[2].partition(">")[2]).split())


def test_it_tells_how_the_service_is_and_what_became_of_questions(
    client: TestClient[Any], pipeline: FakePipeline
) -> None:
    pipeline.index = replace(pipeline.index, contents=Contents(datetime.now(UTC) - timedelta(days=2), 5, 1_234, 160))
    client.post("/v1/ask", json=QUESTION)
    client.post("/v1/search", json=QUESTION)
    pipeline.fault = GeneratorTimeout("slow over the Zwetschgenturm")
    client.post("/v1/ask", json=QUESTION)
    text = shown(client)
    assert text.startswith("Ready Version ")
    assert "Index 5 articles id snapshot-1 served for " in text
    assert "built 2 d 0 h ago passages 1,234 exchanged 0 times, 0 failed to be published 0 changes" in text
    assert "refused not in sources 1 1 50%" in text
    assert "failed generator timeout 1 1 50%" in text
    assert "questions 2 searches 1" in text
    assert "Errors since the start type times last generator-timeout 1 " in text
    assert "Zwetschgenturm" not in text


def test_it_is_german_for_who_reads_german(client: TestClient[Any], pipeline: FakePipeline) -> None:
    pipeline.index = replace(pipeline.index, contents=Contents(datetime.now(UTC) - timedelta(days=2), 5, 1_234, 160))
    client.post("/v1/ask", json=QUESTION)
    client.headers["accept-language"] = "de"
    text = shown(client)
    assert text.startswith("Bereit Version ")
    assert "gebaut vor 2 d 0 h Abschnitte 1.234 ausgetauscht 0-mal, 0 misslungen" in text
    assert "abgelehnt steht nicht in den Artikeln 1 1 100 %" in text
    assert set(STATUS_WORDS["en"]) <= set(STATUS_WORDS["de"])


def test_it_shows_what_readyz_warns_of(client: TestClient[Any], pipeline: FakePipeline) -> None:
    pipeline.index = replace(pipeline.index, warning="<b>vectors</b> are torn")
    assert "<li>&lt;b&gt;vectors&lt;/b&gt; are torn</li>" in client.get("/status").text


def test_it_says_where_the_service_is_not_ready(client: TestClient[Any], pipeline: FakePipeline) -> None:
    pipeline.parts = {"index": False, "generator": True}
    assert shown(client).startswith("Not ready Version ")
    assert "Not up: index." in shown(client)


def test_a_model_that_is_down_is_told(client: TestClient[Any], pipeline: FakePipeline) -> None:
    pipeline.parts = {"index": True, "generator": False}
    assert shown(client).startswith("Degraded Version ")


def test_it_has_no_script_and_every_file_that_it_names_is_there(client: TestClient[Any]) -> None:
    response = client.get("/status")
    assert response.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self';")

    class Page(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.tags: list[str] = []
            self.files: list[str] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.tags.append(tag)
            self.files += [value for name, value in attrs if name in ("href", "src") and value]
            assert not any(name.startswith("on") or name == "style" for name, _ in attrs)

    page = Page()
    page.feed(response.text)
    assert "script" not in page.tags
    page.files.remove("./")
    assert {path: client.get(f"/{path}").status_code for path in page.files} == dict.fromkeys(page.files, 200)


def outcome(result: str, seconds: float, reason: str = "") -> Outcome:
    return Outcome("ask", "", "", result, reason, seconds, 0.1, None, (), None)  # type: ignore[arg-type]


def test_an_hour_is_forgotten_when_it_is_over() -> None:
    now = [0.0]
    recent = Recent(lambda: now[0])
    recent.begin("ask")(outcome("answered", 8.0))
    now[0] = 1800.0
    for seconds in (1.0, 2.0, 6.0):
        recent.begin("ask")(outcome("answered", seconds))
    recent.begin("ask")(outcome("failed", 60.0, "generator-timeout"))
    assert recent.summary().questions == (("answered", "", 4), ("failed", "generator-timeout", 1))
    assert recent.summary().answered_seconds == 4.0
    now[0] = PERIOD + 1
    assert recent.summary().questions == (("answered", "", 3), ("failed", "generator-timeout", 1))
    assert (recent.summary().answered_seconds, recent.summary().first_sentence_seconds) == (2.0, None)
    now[0] = 2 * PERIOD + 1
    assert (recent.summary().asked, recent.summary().answered_seconds) == (0, None)
    assert [(fault.kind, fault.count) for fault in recent.faults()] == [("generator-timeout", 1)]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (59.4, "59 s"), (61, "1 min 1 s"), (7_260, "2 h 1 min"), (90_000, "1 d 1 h"), (-5, "0 s")],
)
def test_times_are_told_in_two_units(seconds: float, said: str) -> None:
    assert span(timedelta(seconds=seconds)) == said
