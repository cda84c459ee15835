from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Any

import pytest
from litestar.testing import TestClient

from index.errors import SnapshotCorrupt
from service.app import create_app
from service.errors import GeneratorUnavailable
from service.settings import Settings
from tests.service.fakes import FakePipeline


async def for_ever() -> None:
    await asyncio.sleep(3600)


def until_ready(client: TestClient[Any]) -> dict[str, Any]:
    deadline = time.monotonic() + 5
    while (response := client.get("/readyz")).status_code != 200 and time.monotonic() < deadline:
        time.sleep(0.01)
    ready: dict[str, Any] = response.json()
    return ready


def test_a_started_service_is_alive_and_ready() -> None:
    with TestClient(create_app(Settings(), FakePipeline())) as client:
        assert client.get("/healthz").json() == {"status": "alive"}
        assert until_ready(client) == {
            "status": "ready",
            "parts": {"index": True, "generator": True},
            "snapshot": "snapshot-1",
            "warnings": [],
        }


def test_a_service_whose_published_snapshot_can_not_be_served_is_ready_with_a_warning() -> None:
    pipeline = FakePipeline()
    said = "the published snapshot can't be served, snapshot-1 is served instead: articles.sqlite: the file is missing"
    pipeline.index = replace(pipeline.index, warning=said)
    with TestClient(create_app(Settings(), pipeline)) as client:
        ready = until_ready(client)
    assert (ready["status"], ready["snapshot"], ready["warnings"]) == ("ready", "snapshot-1", [said])


def test_a_service_that_is_starting_is_alive_and_names_what_is_missing() -> None:
    pipeline = FakePipeline(starting=for_ever)
    with TestClient(create_app(Settings(), pipeline)) as client:
        assert client.get("/healthz").status_code == 200
        response = client.get("/readyz")
        assert (response.status_code, response.json()["type"]) == (503, "urn:fundstelle:problem:not-ready")
        assert response.json()["detail"] == "Not up yet: index, generator."
        assert response.json()["errors"] == ["index", "generator"]
    assert pipeline.closed == 1


def test_a_start_that_names_no_parts_is_not_ready() -> None:
    pipeline = FakePipeline(starting=for_ever)
    pipeline.parts = {}
    with TestClient(create_app(Settings(), pipeline)) as client:
        assert client.get("/readyz").json()["detail"] == "Not up yet: still starting."


def test_an_index_that_goes_down_later_is_named() -> None:
    pipeline = FakePipeline()
    with TestClient(create_app(Settings(), pipeline)) as client:
        until_ready(client)
        pipeline.parts = {"index": False, "generator": True}
        response = client.get("/readyz")
    assert (response.status_code, response.json()["detail"]) == (503, "Not up: index.")
    assert response.json()["errors"] == ["index"]


def test_a_language_model_that_goes_down_later_leaves_what_can_search_and_quote_in_service() -> None:
    pipeline = FakePipeline()
    with TestClient(create_app(Settings(), pipeline)) as client:
        until_ready(client)
        pipeline.parts = {"index": True, "generator": False}
        response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {
        "status": "degraded",
        "parts": {"index": True, "generator": False},
        "snapshot": "snapshot-1",
        "warnings": ["the language model is being started again: only searching and quoting work"],
    }


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (GeneratorUnavailable("no such file: x.gguf"), "Starting failed: no such file: x.gguf"),
        (SnapshotCorrupt("vectors: wrong checksum"), "Starting failed: vectors: wrong checksum"),
        (
            ExceptionGroup(
                "parts", [SnapshotCorrupt("a is torn"), ExceptionGroup("", [GeneratorUnavailable("b is off")])]
            ),
            "Starting failed: a is torn; b is off",
        ),
        (ExceptionGroup("parts", [SnapshotCorrupt("a"), KeyError("b")]), "Starting failed: an internal error"),
        (RuntimeError("where the body is buried"), "Starting failed: an internal error"),
    ],
)
def test_a_start_that_failed_says_why_as_far_as_that_is_for_clients(error: Exception, said: str) -> None:
    async def fail() -> None:
        raise error

    pipeline = FakePipeline(starting=fail)
    with TestClient(create_app(Settings(), pipeline)) as client:
        response = client.get("/readyz")
    assert (response.status_code, response.json()["detail"]) == (503, said)
    assert pipeline.closed == 1
