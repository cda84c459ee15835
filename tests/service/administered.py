"""A service over the small collection that can be administered: the real pipeline and a real building process."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from litestar.testing import TestClient

from service.app import create_app
from service.builder import Builder, ChildBuilder
from service.settings import Settings
from tests.service.collection import ScriptedGenerator, pipeline_over

KEY = "a-key-of-the-tests-0123456789"
COMMAND = (sys.executable, str(Path(__file__).with_name("publish_words.py")))


def settings_of(index: Path, key: str | None = KEY) -> Settings:
    return Settings(index=index, admin_key=key)


@contextmanager
def administered(
    index: Path, builder: Builder | None = None, text: str = "", key: str | None = KEY
) -> Iterator[TestClient[Any]]:
    """A client that sends the key; the model says `text`."""
    settings = settings_of(index, key)
    app = create_app(settings, pipeline_over(index, ScriptedGenerator(text)), builder or ChildBuilder(settings, COMMAND))
    with TestClient(app, raise_server_exceptions=False) as client:
        client.headers["Authorization"] = f"Bearer {KEY}"
        yield client
