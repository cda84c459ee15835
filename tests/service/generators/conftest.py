"""What the tests of the generators share."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The service runs on asyncio, and session-wide generators need one loop for all their tests."""
    return "asyncio"
