"""`python -m service` over the index of the settings, with an embedder of words and a generator that quotes."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator

import service.app
from service.__main__ import main
from service.generators import Delta, Prompt
from service.pipeline import Pipeline
from service.settings import Settings
from tests.service.collection import ScriptedGenerator, pipeline_over


class Quoting(ScriptedGenerator):
    """Says the first source that tells of a price, slowly enough for the snapshot to be exchanged meanwhile."""

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Delta, None]:
        said = next((text for text in prompt.evidence if "cost" in text), "NOT STATED")
        for start in range(0, len(said), 20):
            await asyncio.sleep(0.01)
            yield Delta(said[start : start + 20])


def compose(settings: Settings) -> Pipeline:
    return pipeline_over(settings.index, Quoting(), reload_seconds=settings.reload_seconds)


service.app.compose = compose
sys.exit(main())
