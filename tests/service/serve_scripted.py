"""`python -m service` over the small collection, with a language model that says what the question tells it to.

A question may end with a JSON object, which is taken off before the question is asked (`Script` has its fields):

    What did the bridge cost? {"say": "The bridge cost 14.3 million euros.", "pause": 0.1}

Without one, the model says the two sentences of `SAID`. `FUNDSTELLE_INDEX` is built where it is not there yet; without
it, a temporary index is. To the file that `SCRIPTED_LOG` names, a line is added whenever an answer or the model begins
and ends: `answer begun 12.3`, in seconds of the system's monotonic clock. `SCRIPTED_SLOTS` is how many answers the
model writes at once, 64 by default; as many again may wait.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Literal

import msgspec

import service.app
from service.__main__ import leave, main
from service.answering.admission import Admission
from service.answering.answer import AnswerPipeline
from service.answering.writing import Limits
from service.contracts.answers import Answer, AskRequest
from service.errors import GeneratorUnavailable
from service.events import Event
from service.generators import Delta, Prompt
from service.pipeline import Pipeline
from service.settings import Settings
from service.verification.abstain import Abstention
from tests.service.collection import NEVER, ScriptedGenerator, WordIndex, published

SAID = "The bridge cost 14.3 million euros. It was designed by the engineering office Brunvald."
PIECE = 7


class Script(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the model says and how. Seconds: `find` before anything is found, `before` the first piece of 7 characters,
    `pause` before each. Half way, the model `dies`, `hangs` for ever, or has a `bug`. Only with `kept` is an answer
    that was given before given again.
    """

    say: str = SAID
    find: float = 0.0
    before: float = 0.0
    pause: float = 0.001
    fault: Literal["", "dies", "hangs", "bug"] = ""
    kept: bool = False


SCRIPT: ContextVar[Script] = ContextVar("SCRIPT")


def taken_off(question: str) -> tuple[str, Script]:
    """The question itself and its script."""
    asked, brace, script = question.partition(" {")
    return asked, msgspec.json.decode(brace + script, type=Script) if brace else Script()


@contextmanager
def logged(what: str) -> Iterator[None]:
    log(f"{what} begun")
    try:
        yield
    finally:
        log(f"{what} ended")


def log(line: str) -> None:
    if path := os.environ.get("SCRIPTED_LOG"):
        with Path(path).open("a") as file:
            file.write(f"{line} {time.monotonic()}\n")


class DirectedGenerator(ScriptedGenerator):
    """Says what the script of the question says."""

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Delta, None]:
        script = SCRIPT.get()
        with logged("model"):
            await asyncio.sleep(script.before)
            for start in range(0, len(script.say), PIECE):
                if start >= len(script.say) // 2:
                    await fail(script)
                await asyncio.sleep(script.pause)
                yield Delta(script.say[start : start + PIECE])


async def fail(script: Script) -> None:
    match script.fault:
        case "dies":
            raise GeneratorUnavailable("the scripted model died")
        case "hangs":
            await asyncio.sleep(3600)
        case "bug":
            raise KeyError("where the body is buried")


class DirectedPipeline(AnswerPipeline):
    """Reads the script of each question."""

    def kept(self, request: AskRequest, client: str = "") -> Answer | None:
        """Nothing: whether an answer is given again is for its script to say."""
        return None

    async def answer(self, request: AskRequest, client: str = "") -> AsyncGenerator[Event, None]:
        question, script = taken_off(request.question)
        SCRIPT.set(script)
        with logged("answer"):
            await asyncio.sleep(script.find)
            if not script.kept:
                self._cache.forget(self.index_status().snapshot or "")
            asked = msgspec.structs.replace(request, question=question)
            async with aclosing(super().answer(asked, client)) as events:
                async for event in events:
                    yield event


def compose(settings: Settings) -> Pipeline:
    source = WordIndex(settings.index, Abstention(NEVER))
    limits = Limits(200, settings.answer_timeout, settings.cached_answers)
    slots = int(os.environ.get("SCRIPTED_SLOTS", "64"))
    admission = Admission(slots, slots, 2 * slots)
    return DirectedPipeline(source, DirectedGenerator(), limits, settings.reload_seconds, admission)


def run() -> int:
    with tempfile.TemporaryDirectory() as folder:
        index = Path(os.environ.setdefault("FUNDSTELLE_INDEX", f"{folder}/index"))
        if not index.exists():
            published(index.parent)
        service.app.compose = compose
        return main()


if __name__ == "__main__":
    leave(run())
