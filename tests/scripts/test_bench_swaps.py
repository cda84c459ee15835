"""The swaps bench for a few seconds over a real server, and whether it would notice a response that is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import bilingual
import pytest

from scripts.bench.towns import COLLECTIONS, text_of, towns
from tests.service.collection import WordEmbedder

bench = bilingual.script("bench/swaps.py")

NAMES = towns(5)
CLIENTS = 8
SWAPS = 10
SECONDS = 5.0


@contextmanager
def served(index: Path) -> Iterator[tuple[str, int]]:
    """A service that counts words, over `index`: its address and the id of its process."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("FUNDSTELLE_")}
    chosen = {"PORT": "0", "INDEX": str(index), "RELOAD_SECONDS": "0.05", "LOG_LEVEL": "warning"}
    settings = {f"FUNDSTELLE_{name}": value for name, value in chosen.items()}
    process = subprocess.Popen(
        [sys.executable, bilingual.ROOT / "tests" / "service" / "serve_swaps.py"],
        env={**clean, **settings, "PYTHONPATH": str(bilingual.ROOT)},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        said, _, url = process.stdout.readline().rstrip().partition(": ")
        assert said == "Fundstelle is ready"
        yield url, process.pid
    finally:
        process.terminate()
        _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, ""), "nothing was worth a warning"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Any:
    index = tmp_path_factory.mktemp("swaps")
    publish = bench.publisher(index, NAMES, WordEmbedder())
    first = {publish(name): name for name in COLLECTIONS}
    with served(index) as (url, process), bench.Memory(process) as memory:
        return bench.observed(bench.Asking(url, NAMES, CLIENTS), publish, first, SWAPS, SECONDS, memory)


def test_while_snapshots_are_exchanged_every_response_is_right_for_the_one_that_it_names(course: Any) -> None:
    assert bench.faults_of(course, NAMES) == []
    assert len(course.swap_seconds) == SWAPS
    assert {seen.client for seen in course.seen} == set(range(CLIENTS))
    assert {seen.kind for seen in course.seen} == set(bench.KINDS)
    assert len({seen.body["snapshot"] for seen in course.seen}) > SWAPS / 2
    answers = [seen.body for seen in course.seen if seen.kind == "ask"]
    assert [body["status"] for body in answers] == ["answered"] * len(answers)


def of_another_snapshot(course: Any, kind: str) -> Any:
    """A response of this kind that names a snapshot of the other collection, the next one."""
    seen = next(one for one in course.seen if one.kind == kind and one.body["snapshot"] != list(course.published)[-1])
    ids = list(course.published)
    return replace(seen, body={**seen.body, "snapshot": ids[ids.index(seen.body["snapshot"]) + 1]})


@pytest.mark.parametrize(
    ("kind", "said"),
    [("ask", {"no such quote", "not the figure"}), ("search", {"no such passage"}), ("read", {"another text"})],
)
def test_a_response_of_another_snapshot_than_it_names_is_noticed(course: Any, kind: str, said: set[str]) -> None:
    wrong = replace(course, seen=[of_another_snapshot(course, kind)])
    faults = bench.faults_of(wrong, NAMES)
    assert {part for part in said if any(part in fault for fault in faults)} == said


def test_a_client_that_is_taken_back_an_error_and_a_broken_connection_are_noticed(course: Any) -> None:
    seen = next(one for one in course.seen if one.kind == "read")
    earliest, *_, latest = course.published
    first, last = (
        replace(seen, body={**seen.body, "snapshot": name, "text": text_of(course.published[name], seen.town)})
        for name in (earliest, latest)
    )
    failed = replace(seen, status=503, body={"detail": "no index"})
    where = f"client {seen.client}, read {seen.town}"
    assert bench.faults_of(replace(course, seen=[first, last]), NAMES) == []
    assert bench.faults_of(replace(course, seen=[last, first, failed], broken_off=["gone"]), NAMES) == [
        "gone",
        f"{where}: taken back to {earliest}",
        f"{where}: status 503, snapshot None: no index",
    ]
