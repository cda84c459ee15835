"""What an inbox has acknowledged stays, whatever the disk refuses afterwards."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
from functools import partial
from pathlib import Path

import pytest

from index.errors import SnapshotCorrupt
from index.inbox import Change, Inbox, overlay
from tests.index.conftest import article_of
from tests.index.faults import FailingDisk, files_up_to, put_in, refused

FIRST = Change("first", article_of("first", "The ferry to Lindvik sails at noon."))
SECOND = Change("second", article_of("second", "The bridge over the sound opens in May."))
LARGE = Change("large", article_of("large", "The bridge over the sound opens in May. " * 2_500))


@pytest.mark.parametrize("before", [[], [FIRST]], ids=["the first", "another"])
def test_any_operation_of_taking_a_change_may_fail(before: list[Change], tmp_path: Path) -> None:
    index_dir, change = tmp_path / "index", SECOND
    for number in itertools.count():
        taken(index_dir, before)
        disk = FailingDisk(number, errno.EIO)
        with put_in(disk):
            refusal = refused(partial(taken, changes=[change]), index_dir)
        if number >= len(disk.steps):
            break
        assert not refusal or os.strerror(errno.EIO) in refusal, disk.steps[number]
        held = inbox_of(index_dir)
        assert held == [*before, change] or (refusal and held == before), disk.steps[number]
        taken(index_dir, [change])
        assert inbox_of(index_dir) == [*before, change], disk.steps[number]
        shutil.rmtree(index_dir)
    assert number == (1 if before else 6)


@pytest.mark.parametrize("size", [0, 100, 4_096, 10_000, 20_000, 33_000])
def test_what_an_inbox_has_taken_outlasts_a_full_disk(size: int, tmp_path: Path) -> None:
    index_dir = tmp_path / "index"
    taken(index_dir, [FIRST])
    with files_up_to(size):
        refusal = refused(partial(taken, changes=[LARGE]), index_dir)
    assert str(tmp_path) in refusal
    assert inbox_of(index_dir) == [FIRST]
    taken(index_dir, [LARGE])
    assert inbox_of(index_dir) == [FIRST, LARGE]


def taken(index_dir: Path, changes: list[Change]) -> None:
    if changes:
        Inbox(index_dir).take(changes, [])


def inbox_of(index_dir: Path) -> list[Change]:
    with overlay(index_dir) as held:
        return [Change(article.id, article) for article in held.over([])]


def test_a_damaged_time_is_refused_by_name(tmp_path: Path) -> None:
    taken(tmp_path, [FIRST])
    since = Inbox(tmp_path).pending(None).since
    assert since is not None
    path = tmp_path / "inbox.sqlite"
    path.write_bytes(path.read_bytes().replace(since.isoformat().encode(), b"x" * len(since.isoformat())))
    with pytest.raises(SnapshotCorrupt, match=f"{path}: is damaged"):
        Inbox(tmp_path).pending(None)
