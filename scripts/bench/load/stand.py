"""What is measured: a service in a process of its own, and what it holds."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import httpx

from scripts.bench.load.model import FakeModel, fake_model
from scripts.bench.load.serve import TASKS
from scripts.bench.load.wire import STREAM, connected, request
from scripts.bench.serving import resident, served
from service.access.key_file import add
from service.access.keys import make

COMMAND = (sys.executable, str(Path(__file__).with_name("serve.py")))
CLIENTS = 6
QUESTIONS = 5
LIMIT = 20
"""Requests a day of the key that has a limit."""
PACE = 0.005
"""Seconds between two looks at what the service does."""
IDLE_SECONDS = 120.0
CLOSING_SECONDS = 2.0
_SAMPLE = re.compile(r"^fundstelle_(\w+) (\S+)$", re.MULTILINE)
_FAILED = re.compile(r"(?: ERROR fundstelle: (?:unforeseen|failed)|Traceback|Warning: ).*")


@dataclass(frozen=True, slots=True)
class Ground:
    """What all parts are measured over: an index, questions that it answers, and the command that starts a service.

    `llm` is the language model of the settings' generator, None for the fake one.
    """

    index: Path
    questions: Sequence[str]
    articles: Sequence[str]
    command: Sequence[str] = COMMAND
    llm: str | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """What the service holds: bytes of resident memory, and numbers of the rest."""

    memory: int
    threads: int
    files: int
    tasks: int


@dataclass(slots=True)
class Stand:
    """A running service. `keys` are those of clients without a limit, `limited` has one."""

    ground: Ground
    pid: int
    client: httpx.Client
    model: FakeModel | None
    folder: Path
    keys: Sequence[str]
    limited: str
    questions: Sequence[str] = ()
    """Those that the language model is asked, once they were chosen."""
    _numbers: Iterator[int] = field(default_factory=count)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.client.base_url.port or 80

    @property
    def articles(self) -> Sequence[str]:
        """Ids of articles."""
        return self.ground.articles

    @property
    def log(self) -> Path:
        """What it logged."""
        return self.folder / "log"

    def question(self) -> dict[str, str]:
        """The body of a question that was not asked before, so that no answer is kept for it."""
        number, questions = next(self._numbers), self.questions or self.ground.questions
        return {"question": f"{questions[number % len(questions)]} ({number})"}

    def choose(self) -> None:
        """Go on with questions that the language model is asked: others are refused before. Raises ValueError."""
        asked = []
        for _ in self.ground.questions:
            body = self.question()
            answer = self.client.post("/v1/ask", json=body).raise_for_status().json()
            if answer["usage"]["completion_tokens"]:
                asked.append(body["question"].rpartition(" (")[0])
            if len(asked) == QUESTIONS:
                break
        if not asked:
            raise ValueError("the language model is asked none of the questions: others are needed for this index")
        self.questions = asked

    def stream(self, key: str = "") -> bytes:
        """The request for such an answer as a stream."""
        return request("POST", "/v1/ask", self.question(), STREAM, key=key)

    def gauges(self) -> Mapping[str, float]:
        """The metrics that have no labels, without `fundstelle_`."""
        return {name: float(value) for name, value in _SAMPLE.findall(self.client.get("/metrics").text)}

    async def until(self, **wanted: float) -> float:
        """Wait until these gauges have these values; seconds that took. Raises TimeoutError."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        asked = request("GET", "/metrics")
        async with connected(self.port) as connection, asyncio.timeout(IDLE_SECONDS):
            while True:
                now = dict(_SAMPLE.findall((await connection.exchange(asked)).body.decode()))
                if all(float(now[name]) == value for name, value in wanted.items()):
                    return loop.time() - began
                await asyncio.sleep(PACE)

    async def idle(self) -> None:
        """Wait until nothing is under way but the question whether that is so."""
        await self.until(model_running=0, model_waiting=0, questions_in_progress=0, http_requests_in_progress=1)

    async def held(self) -> Held:
        """What the idle service holds, without the connection that has asked whether it is idle.

        Of open files the fewest within `CLOSING_SECONDS`: a busy machine closes what clients have left a little later.
        """
        await self.idle()
        told = self.folder / "tasks"
        told.unlink(missing_ok=True)
        self.client.close()
        process = Path(f"/proc/{self.pid}")
        files, until = _entries(process / "fd"), time.monotonic() + CLOSING_SECONDS
        while time.monotonic() < until:
            await asyncio.sleep(0.2)
            files = min(files, _entries(process / "fd"))
        os.kill(self.pid, signal.SIGUSR1)
        async with asyncio.timeout(IDLE_SECONDS):
            while not told.exists() or not told.read_text():
                await asyncio.sleep(PACE)
        self.client = httpx.Client(base_url=self.client.base_url, timeout=300.0, trust_env=False)
        return Held(resident(self.pid), _entries(process / "task"), files, int(told.read_text()))

    def unforeseen(self) -> list[str]:
        """Lines of the log that nobody wants to see."""
        return _FAILED.findall(self.log.read_text(encoding="utf-8"))


def _entries(directory: Path) -> int:
    return len(list(directory.iterdir()))


@contextmanager
def stand(ground: Ground, folder: Path, settings: Mapping[str, str]) -> Iterator[Stand]:
    """A service over `ground` with these settings, as long as the block lasts. What it writes is in `folder`."""
    folder.mkdir()
    keys = [_key(folder, f"client {number}", None) for number in range(CLIENTS)]
    limited = _key(folder, "limited", LIMIT)
    with _model(ground) as (model, chosen), (folder / "log").open("wb") as log:
        own = {
            "KEYS": str(folder / "keys.json"),
            "KEY_PER_MINUTE": "0",
            "KEY_PER_DAY": "0",
            "FEEDBACK": str(folder / "feedback.sqlite"),
            **chosen,
            **settings,
        }
        variables = {**{f"FUNDSTELLE_{name}": value for name, value in own.items()}, TASKS: str(folder / "tasks")}
        with served(ground.index, variables, ground.command, log) as (client, process, _):
            yield Stand(ground, process.pid, client, model, folder, keys, limited)


@contextmanager
def _model(ground: Ground) -> Iterator[tuple[FakeModel | None, Mapping[str, str]]]:
    if ground.llm is not None:
        yield None, {"LLM": ground.llm}
        return
    with fake_model() as model:
        yield model, {"GENERATOR": "openai_compatible", "LLM": "fake", "LLM_BASE_URL": model.url}


def _key(folder: Path, name: str, per_day: int | None) -> str:
    secret, key = make(name, "key", ("ask", "search"), datetime.now(UTC), per_day=per_day)
    add(folder / "keys.json", key)
    return secret
