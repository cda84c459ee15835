"""What a long task is doing, shown to whoever waits for it."""

from __future__ import annotations

import sys
from typing import Protocol, Self

from tqdm import tqdm


class Step(Protocol):
    """One part of a task, counted in units. Use it with `with`."""

    def expect(self, more: int) -> None:
        """So many more units will come."""
        ...

    def advance(self, done: int = 1) -> None:
        """So many more units are done."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...


class Progress(Protocol):
    """Where a task tells of its steps; several may be open at once."""

    def step(self, what: str, unit: str) -> Step:
        """Begin a step: what is being done, and to what (`article`, `text`)."""
        ...


class Silence:
    """Shows nothing."""

    def step(self, what: str, unit: str) -> Step:
        """A step that nobody sees."""
        return _SilentStep()


class Bars:
    """A bar a step on standard error; nothing where that is no terminal."""

    def step(self, what: str, unit: str) -> Step:
        """A bar that says `what` and counts `unit`s."""
        return _Bar(what, unit)

    def say(self, message: str) -> None:
        """Print a line on standard error, above the bars."""
        tqdm.write(message, file=sys.stderr)


class _SilentStep:
    def expect(self, more: int) -> None:
        pass

    def advance(self, done: int = 1) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass


class _Bar:
    def __init__(self, what: str, unit: str) -> None:
        # `disable=None` is tqdm's word for "where the file is no terminal".
        self._bar = tqdm(desc=what, unit=f" {unit}s", disable=None, file=sys.stderr, dynamic_ncols=True)

    def expect(self, more: int) -> None:
        self._bar.total = (self._bar.total or 0) + more
        self._bar.refresh()

    def advance(self, done: int = 1) -> None:
        self._bar.update(done)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.close()
