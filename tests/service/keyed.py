"""A service with keys, in front of a pipeline that answers at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from httpx import Response
from litestar.testing import TestClient

from service.access.key_file import add
from service.access.keys import SITE_SCOPES, Key, Scope, make
from service.app import create_app
from service.contracts.answers import Problem
from service.settings import Anonymous, Settings
from tests.service.fakes import FakePipeline

SITE = "https://intranet.example"
JSON = {"Content-Type": "application/json"}
QUESTION = b'{"question": "Wer?"}'


@dataclass(frozen=True)
class Ring:
    """A file of keys."""

    path: Path

    def key(self, *scopes: Scope, expires_at: datetime | None = None) -> tuple[str, Key]:
        """A new API key, and what is stored of it."""
        return self._add(make("a program", "key", scopes, datetime.now(UTC), expires_at=expires_at))

    def site(self, *origins: str, scopes: tuple[Scope, ...] = SITE_SCOPES) -> tuple[str, Key]:
        """A new site key, and what is stored of it."""
        return self._add(make("a site", "site", scopes, datetime.now(UTC), origins=origins or (SITE,)))

    def _add(self, made: tuple[str, Key]) -> tuple[str, Key]:
        add(self.path, made[1])
        return made


@contextmanager
def serving(
    ring: Ring, *, host: str = "127.0.0.1", anonymous: Anonymous = "loopback", admin_key: str | None = None
) -> Iterator[TestClient[Any]]:
    """A client of a service that is asked as 127.0.0.1:8000, and listens on `host`."""
    settings = Settings(
        keys=ring.path, host=host, anonymous=anonymous, admin_key=admin_key, index=ring.path.parent / "index"
    )
    app = create_app(settings, FakePipeline({"a.md": "Wörd"}))
    with TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as client:
        yield client


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def ask(client: TestClient[Any], headers: dict[str, str] | None = None) -> Response:
    return client.post("/v1/ask", content=QUESTION, headers={**JSON, **(headers or {})})


def outcome(response: Response) -> tuple[int, str]:
    """The status, and the kind of problem where it is one."""
    if response.status_code < 400:
        return response.status_code, ""
    assert response.headers["content-type"] == "application/problem+json"
    kind = msgspec.json.decode(response.content, type=Problem).type
    return response.status_code, kind.removeprefix("urn:fundstelle:problem:")
