"""Changes of files are noticed, once they are over."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from index.watching import LOOKS_AT_MOST, Watch, fingerprint

TICK = 0.05
"""Seconds after which the time of a change is surely another one: file systems have clocks of a few milliseconds."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "articles"
    (made / "news").mkdir(parents=True)
    (made / "a.txt").write_text("one")
    (made / "news" / "b.md").write_text("two")
    return made


def written(folder: Path) -> None:
    (folder / "a.txt").write_text("longer")


def rewritten_at_the_same_time(folder: Path) -> None:
    path = folder / "a.txt"
    before = path.stat()
    new = folder / "new"
    new.write_text("two")
    os.utime(new, ns=(before.st_atime_ns, before.st_mtime_ns))
    new.replace(path)


def forbidden(folder: Path) -> None:
    time.sleep(TICK)
    (folder / "a.txt").chmod(0)


def rewritten_in_place_at_the_same_time(folder: Path) -> None:
    time.sleep(TICK)
    before = (folder / "a.txt").stat()
    (folder / "a.txt").write_text("two")
    os.utime(folder / "a.txt", ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize(
    "change",
    [
        written,
        rewritten_at_the_same_time,
        lambda folder: (folder / "news" / "c.txt").write_text("three"),
        lambda folder: (folder / "a.txt").unlink(),
        lambda folder: (folder / "a.txt").rename(folder / "d.txt"),
        lambda folder: os.utime(folder / "a.txt", ns=(1, 1)),
        forbidden,
        rewritten_in_place_at_the_same_time,
    ],
)
def test_every_change_is_noticed(folder: Path, change: Callable[[Path], object]) -> None:
    before = fingerprint([folder])
    change(folder)
    assert fingerprint([folder]) != before


def test_what_is_not_read_is_no_change(folder: Path) -> None:
    before = fingerprint([folder])
    (folder / ".a.txt.swp").write_text("hidden")
    (folder / "notes.odt").write_text("of another kind")
    (folder / "a.txt").read_text()
    assert fingerprint([folder]) == before


def test_places_that_are_missing_or_vanish_are_as_if_empty(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert fingerprint([folder / "none"]) == fingerprint([])
    (folder / "a.txt").unlink()
    without = fingerprint([folder])
    (folder / "a.txt").write_text("one")
    look = Path.stat
    looked: list[Path] = []

    def vanishing(path: Path, **options: bool) -> os.stat_result:
        looked.append(path)
        if path.name == "a.txt" and looked.count(path) > 2:
            raise FileNotFoundError(path)
        return look(path, **options)

    monkeypatch.setattr(Path, "stat", vanishing)
    assert fingerprint([folder]) == without


class Clock:
    """Does something at each look, instead of sleeping."""

    def __init__(self, *steps: Callable[[], object]) -> None:
        self.steps = list(steps)
        self.slept = 0

    def sleep(self, seconds: float) -> None:
        self.slept += 1
        if self.slept > 100:
            raise AssertionError("it never stopped waiting")
        if self.steps:
            self.steps.pop(0)()


def nothing() -> None:
    pass


def test_a_change_is_waited_for_until_it_is_over(folder: Path) -> None:
    write = (folder / "a.txt").write_text
    clock = Clock(nothing, nothing, lambda: write("a"), lambda: write("ab"), lambda: write("abc"))
    watch = Watch([folder], clock.sleep)
    watch.wait(1.0)
    assert (clock.slept, (folder / "a.txt").read_text()) == (6, "abc")

    clock.steps = [nothing, lambda: write("d")]
    clock.slept = 0
    watch.wait(1.0)
    assert clock.slept == 3


def test_what_has_changed_before_it_is_waited_for_is_not_missed(folder: Path) -> None:
    clock = Clock()
    watch = Watch([folder], clock.sleep)
    written(folder)
    watch.wait(1.0)
    assert clock.slept == 1


def test_files_that_never_stop_changing_are_taken_as_they_are(folder: Path) -> None:
    numbers = iter(range(1_000))
    clock = Clock(*[lambda: (folder / "a.txt").write_text("x" * next(numbers))] * 99)
    Watch([folder], clock.sleep).wait(1.0)
    assert clock.slept == LOOKS_AT_MOST + 1


def test_without_a_change_it_waits_no_longer_than_it_may(folder: Path) -> None:
    clock = Clock()
    watch = Watch([folder], clock.sleep)
    watch.wait(2.0, at_most=7.0)
    assert clock.slept == 4

    clock.steps = [lambda: written(folder)]
    clock.slept = 0
    watch.wait(2.0, at_most=7.0)
    assert clock.slept == 2


def test_what_is_written_to_an_index_inside_the_collection_is_no_change(folder: Path) -> None:
    (folder / "index").mkdir()
    before = fingerprint([folder], folder / "index")
    (folder / "index" / "told.txt").write_text("published")
    assert fingerprint([folder], folder / "index") == before != fingerprint([folder])
