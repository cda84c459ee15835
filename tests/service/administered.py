"""A service over the small collection that can be administered: the real pipeline and a real building process."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from litestar.testing import TestClient

from index.build import DEFAULTS, BuildOptions
from index.errors import IndexingError
from index.republish import republish
from service.administration.builder import Builder
from service.administration.publish_child import Reports
from service.administration.publish_messages import Built, Step
from service.app import create_app
from service.errors import PublishFailed
from service.settings import Settings
from tests.service.collection import ScriptedGenerator, WordEmbedder, pipeline_over
from tests.service.waiting import until

KEY = "a-key-of-the-tests-0123456789"
START = (
    f"import runpy, sys; sys.path.insert(0, {str(Path(__file__).parents[2])!r}); "
    "runpy.run_module('tests.service.publish_words', run_name='__main__')"
)
COMMAND = (sys.executable, "-c", START)


class ThreadBuilder:
    """Builds like the process, in a thread: without the seconds that starting one takes."""

    def __init__(self, index: Path, options: BuildOptions = DEFAULTS) -> None:
        self.index = index
        self.options = options

    async def build(self, on_step: Callable[[Step], None]) -> Built:
        left_out: list[str] = []
        reports = Reports(lambda message: on_step(message) if isinstance(message, Step) else None)
        try:
            done = await asyncio.to_thread(
                republish,
                self.index,
                WordEmbedder(),
                on_error=lambda error: left_out.append(str(error)),
                progress=reports,
                options=self.options,
            )
        except IndexingError as error:
            raise PublishFailed(str(error)) from error
        return Built(done.snapshot, done.sequence, tuple(left_out), done.warning)


class NoBuilder:
    """Says that what is served is published."""

    async def build(self, on_step: Callable[[Step], None]) -> Built:
        on_step(Step("Reading", "article", 3, 3))
        return Built("snapshot-1", 0)


def settings_of(index: Path, key: str | None = KEY) -> Settings:
    return Settings(index=index, admin_key=key)


@contextmanager
def administered(
    index: Path, builder: Builder | None = None, text: str = "", key: str | None = KEY
) -> Iterator[TestClient[Any]]:
    """A client that sends the key, once the service is ready; the model says `text`."""
    settings = settings_of(index, key)
    pipeline = pipeline_over(index, ScriptedGenerator(text), reload_seconds=0.02)
    app = create_app(settings, pipeline, builder or ThreadBuilder(index))
    with TestClient(app, raise_server_exceptions=False) as client:
        client.headers["Authorization"] = f"Bearer {KEY}"
        until(lambda: client.get("/readyz").status_code == 200)
        yield client
