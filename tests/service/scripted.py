"""A service of `serve_scripted.py` in a process of its own, and clients that read its streams."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.service.processes import ROOT, environment, ready_url

SECONDS = 20.0
BRIDGE = "What did the bridge cost?"
STREAM = {"Accept": "text/event-stream"}


@dataclass(frozen=True)
class Service:
    """A running service. `log` is where it tells when an answer or its model begins and ends."""

    url: str
    process: subprocess.Popen[str]
    log: Path

    def times(self, line: str) -> list[float]:
        """When `line` was logged, in seconds of the monotonic clock."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [float(logged.rpartition(" ")[2]) for logged in lines if logged.startswith(line)]

    def wait_for(self, line: str, count: int) -> float:
        """When `line` was logged for the `count`th time."""
        deadline = time.monotonic() + SECONDS
        while len(found := self.times(line)) < count:
            assert time.monotonic() < deadline, f"{line} was logged {len(found)} times, not {count}"
            time.sleep(0.01)
        return found[count - 1]


@contextmanager
def serving(folder: Path, **settings: str) -> Iterator[Service]:
    """A service with an index in `folder` and the `FUNDSTELLE_*` variables that `settings` name."""
    log = folder / "scripted.log"
    variables = environment(**{"INDEX": str(folder / "index"), "LOG_LEVEL": "error", **settings})
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).parent / "serve_scripted.py")],
        env={**variables, "SCRIPTED_LOG": str(log)},
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield Service(ready_url(process), process, log)
    finally:
        process.kill()
        process.communicate()


def question(script: dict[str, Any] | None = None, asked: str = BRIDGE) -> dict[str, str]:
    """The body of a question that tells the language model what to do."""
    return {"question": f"{asked} {json.dumps(script)}" if script else asked}


def opened(client: httpx.Client, script: dict[str, Any] | None = None, asked: str = BRIDGE) -> httpx.Response:
    """A stream whose head has arrived."""
    request = client.build_request("POST", "/v1/ask", json=question(script, asked), headers=STREAM)
    return client.send(request, stream=True)


@dataclass(frozen=True)
class Told:
    """One event, or a comment, whose name is `:`. `at` is when it arrived, by the monotonic clock."""

    name: str
    content: Any
    at: float


def events(response: httpx.Response) -> Iterator[Told]:
    """The events of a stream, as they come. Comments fill any silence, which on a busy machine is anywhere."""
    return (told for told in all_told(response) if told.name != ":")


def all_told(response: httpx.Response) -> Iterator[Told]:
    """What a stream tells, comments and all, as it comes."""
    name = ""
    for line in response.iter_lines():
        field, _, value = line.partition(": ")
        match field:
            case "event":
                name = value
            case "data":
                yield Told(name, json.loads(value), time.monotonic())
            case "" if value:
                yield Told(":", value, time.monotonic())
