"""What the tests of the service share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.service.collection import published


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The service runs on asyncio, and session-wide generators need one loop for all their tests."""
    return "asyncio"


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published index of `tests.service.collection`, to be read only."""
    return published(tmp_path_factory.mktemp("collection"))
