"""`python -m service` in front of a fake pipeline: `serve_fake.py ok | slow | broken`."""

from __future__ import annotations

import asyncio
import sys

import service.app
from service.__main__ import main
from service.errors import GeneratorUnavailable
from service.pipeline import Pipeline
from service.settings import Settings
from tests.service.fakes import FakePipeline, nothing


async def for_ever() -> None:
    await asyncio.sleep(3600)


async def broken() -> None:
    raise GeneratorUnavailable("no such model: x.gguf")


STARTS = {"ok": nothing, "slow": for_ever, "broken": broken}


def compose(settings: Settings) -> Pipeline:
    return FakePipeline({"a.md": "Wörd"}, STARTS[sys.argv[1]])


service.app.compose = compose
sys.exit(main())
