"""Who reads which snapshot: a request leases one for its whole life, however often that is replaced meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from service.errors import IndexUnavailable
from service.search.finding import Finder
from service.verification.abstain import Abstention


@dataclass(frozen=True, slots=True)
class Opened:
    """A snapshot that was opened and verified: how it is searched, and when its evidence is too little."""

    finder: Finder
    abstention: Abstention

    @property
    def id(self) -> str:
        """The id of the snapshot."""
        return self.finder.snapshot.id

    def close(self) -> None:
        """Close its files."""
        self.finder.snapshot.close()


@dataclass(slots=True, eq=False)
class _Held:
    opened: Opened
    leases: int = 0


class Leases:
    """The served snapshot, and those before it that are still read. For one event loop."""

    def __init__(self, free: Callable[[Opened], None]) -> None:
        """`free` is called once for each snapshot that was replaced, when the last lease of it has ended."""
        self._free = free
        self._served: _Held | None = None
        self._replaced: list[_Held] = []
        self._alone = asyncio.Event()
        self._alone.set()

    @contextmanager
    def lease(self) -> Iterator[Opened]:
        """The served snapshot, which stays open as long as the block lasts. Raises `IndexUnavailable`."""
        held = self._served
        if held is None:
            raise IndexUnavailable("The index is not open yet; try again in a moment.")
        held.leases += 1
        try:
            yield held.opened
        finally:
            held.leases -= 1
            self._free_unused()

    @property
    def served(self) -> Opened | None:
        """What a request that comes now would lease."""
        return self._served.opened if self._served else None

    def ids(self) -> tuple[str, ...]:
        """The snapshots that are open, the served one last."""
        held = [*self._replaced, *([self._served] if self._served else [])]
        return tuple(one.opened.id for one in held)

    async def alone(self) -> None:
        """Return when no other snapshot is open than the served one."""
        await self._alone.wait()

    def replace(self, opened: Opened | None) -> None:
        """Serve `opened` from now on, None for nothing."""
        if self._served is not None:
            self._replaced.append(self._served)
            self._alone.clear()
        self._served = _Held(opened) if opened else None
        self._free_unused()

    def _free_unused(self) -> None:
        unused = [held for held in self._replaced if not held.leases]
        self._replaced = [held for held in self._replaced if held.leases]
        if not self._replaced:
            self._alone.set()
        for held in unused:
            self._free(held.opened)
