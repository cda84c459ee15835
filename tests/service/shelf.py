"""Snapshots that are nothing but an id, and a place that publishes them: what serving does, without an index."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

from index.errors import IndexingError, SnapshotCorrupt, SnapshotMissing
from index.manifest import Counts
from service.answering.leases import Opened
from service.verification.abstain import Abstention
from tests.service.collection import NEVER

MANIFEST = SimpleNamespace(created_at="2025-09-01T12:00:00.000+00:00", counts=Counts(3, 20, 90), vectors={})


@dataclass(eq=False)
class Volume:
    """A snapshot. `closed` counts how often it was closed."""

    id: str
    closed: int = 0
    manifest: Any = field(default_factory=lambda: MANIFEST)

    def close(self) -> None:
        self.closed += 1


def opened(volume: Volume) -> Opened:
    return Opened(cast(Any, SimpleNamespace(snapshot=volume)), Abstention(NEVER))


@dataclass
class Shelf:
    """A `Source`. `current` is what CURRENT says, or what reading it raises; `broken` is what opening an id raises.

    Opening waits until `allowed` is set; `opening` tells that it has begun.
    """

    current: str | IndexingError = "a"
    broken: dict[str, Exception] = field(default_factory=dict)
    sound: str = ""
    volumes: list[Volume] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    allowed: threading.Event = field(default_factory=threading.Event)
    opening: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.allowed.set()

    def named(self) -> str:
        if isinstance(self.current, IndexingError):
            raise self.current
        return self.current

    def open(self) -> Opened:
        name = self.named()
        self.tried.append(name)
        self.opening.set()
        assert self.allowed.wait(10)
        if name in self.broken:
            raise self.broken[name]
        return self._taken(name)

    def recover(self) -> Opened:
        if not self.sound:
            raise SnapshotMissing("nothing is sound")
        return self._taken(self.sound)

    def publish(self, name: str, broken: Exception | None = None) -> None:
        self.current = name
        if broken:
            self.broken[name] = broken

    def _taken(self, name: str) -> Opened:
        self.volumes.append(Volume(name))
        return opened(self.volumes[-1])


def torn(name: str) -> SnapshotCorrupt:
    return SnapshotCorrupt(f"{name}/articles.sqlite: the file is missing")
