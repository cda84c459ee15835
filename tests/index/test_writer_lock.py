"""Two writers of one index: the second is kept out and told who is in, and a dead one is no obstacle."""

from __future__ import annotations

import fcntl
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from index.errors import IndexLocked, SnapshotError
from index.lock import FILE_NAME, held_or_taken, writer_lock

Hold = Callable[[Path], "subprocess.Popen[str]"]

HOLDER = """
import sys, time
from pathlib import Path
from index.lock import writer_lock
with writer_lock(Path(sys.argv[1]), "holding on"):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def hold() -> Iterator[Hold]:
    """Starts a process that holds the lock on a directory until it reads a line or is killed."""
    started: list[subprocess.Popen[str]] = []

    def run(index_dir: Path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(index_dir)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout and process.stdout.readline() == "held\n"
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def test_a_second_process_is_told_who_writes_since_when_and_why(tmp_path: Path, hold: Hold) -> None:
    holder = hold(tmp_path)
    who = f"process {holder.pid} on {socket.gethostname()}"
    said = rf"^{tmp_path}: is being written by {who}, since \d{{4}}-\S+ \(holding on\); try again when that has ended$"
    with pytest.raises(IndexLocked, match=said), writer_lock(tmp_path, "building"):
        pass


def test_a_killed_writer_leaves_no_lock(tmp_path: Path, hold: Hold) -> None:
    holder = hold(tmp_path)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert json.loads((tmp_path / FILE_NAME).read_text())["pid"] == holder.pid
    with writer_lock(tmp_path, "building"):
        assert json.loads((tmp_path / FILE_NAME).read_text())["pid"] == os.getpid()


def test_a_stopped_writer_keeps_its_lock(tmp_path: Path, hold: Hold) -> None:
    holder = hold(tmp_path)
    holder.send_signal(signal.SIGSTOP)
    with pytest.raises(IndexLocked), writer_lock(tmp_path, "building", wait=0.1):
        pass


@pytest.mark.alone
def test_a_writer_can_wait_for_the_one_before(tmp_path: Path, hold: Hold) -> None:
    holder = hold(tmp_path)
    threading.Timer(0.2, holder.terminate).start()
    started = time.monotonic()
    with writer_lock(tmp_path, "building", wait=10):
        assert 0.1 < time.monotonic() - started < 5


@pytest.mark.alone
def test_waiting_ends_with_the_reason(tmp_path: Path) -> None:
    with writer_lock(tmp_path, "building"):
        started = time.monotonic()
        with pytest.raises(IndexLocked, match=rf"process {os.getpid()} on .*building"):
            writer_lock(tmp_path, "publishing", wait=0.2).__enter__()
        assert 0.2 <= time.monotonic() - started < 2


def test_within_one_process_a_second_call_is_refused_and_does_not_hang(tmp_path: Path) -> None:
    with writer_lock(tmp_path, "building"):
        with pytest.raises(IndexLocked), writer_lock(tmp_path, "building"):
            pass
        with pytest.raises(IndexLocked), writer_lock(tmp_path, "building"):
            pass
    with writer_lock(tmp_path, "building"):
        pass


def test_of_many_threads_one_writes_at_a_time(tmp_path: Path) -> None:
    inside, most = 0, 0

    def write() -> None:
        nonlocal inside, most
        with writer_lock(tmp_path, "building", wait=30):
            inside += 1
            most = max(most, inside)
            time.sleep(0.005)
            inside -= 1

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (inside, most) == (0, 1)


def test_a_lock_is_given_back_after_an_error_and_says_nothing_any_more(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), writer_lock(tmp_path, "building"):
        raise ZeroDivisionError
    assert (tmp_path / FILE_NAME).read_bytes() == b""
    with writer_lock(tmp_path, "building"):
        pass


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    with writer_lock(tmp_path, "building"):
        for _ in range(5):
            with pytest.raises(IndexLocked), writer_lock(tmp_path, "building"):
                pass
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_child_of_the_writer_does_not_keep_the_lock(tmp_path: Path) -> None:
    with writer_lock(tmp_path, "building"):
        child = subprocess.Popen(["sleep", "30"])
    try:
        with writer_lock(tmp_path, "building"):
            pass
    finally:
        child.kill()
        child.wait()


def test_a_held_lock_is_handed_on(tmp_path: Path) -> None:
    with writer_lock(tmp_path, "building") as lock:
        with held_or_taken(tmp_path, "publishing", lock) as same:
            assert same is lock
        # it is still held: who handed it on gives it back
        with pytest.raises(IndexLocked, match="building"), writer_lock(tmp_path, "other"):
            pass
    with held_or_taken(tmp_path, "publishing", None), pytest.raises(IndexLocked, match="publishing"):
        writer_lock(tmp_path, "other").__enter__()


def test_another_directorys_lock_is_none(tmp_path: Path) -> None:
    with writer_lock(tmp_path / "a", "building") as lock:
        with pytest.raises(ValueError, match=re.escape("can't be written under the lock on")):
            lock.require(tmp_path / "b")
        lock.require(tmp_path / "b" / ".." / "a")
        with pytest.raises(ValueError, match="can't be written"), held_or_taken(tmp_path / "b", "building", lock):
            pass


def test_a_lock_that_was_given_back_is_none(tmp_path: Path) -> None:
    with writer_lock(tmp_path, "building") as lock:
        lock.require(tmp_path)
    with pytest.raises(ValueError, match="has been given back"):
        lock.require(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"pid": 1}', b"\xff\xfe" * 5_000])
def test_a_lock_whose_file_says_nothing_of_use_holds(tmp_path: Path, content: bytes) -> None:
    with writer_lock(tmp_path, "building"):
        (tmp_path / FILE_NAME).write_bytes(content)
        with pytest.raises(IndexLocked, match="is being written by another process; try again"):
            writer_lock(tmp_path, "building").__enter__()


def test_a_deleted_lock_file_is_made_again(tmp_path: Path) -> None:
    with writer_lock(tmp_path, "building"):
        pass
    (tmp_path / FILE_NAME).unlink()
    with writer_lock(tmp_path, "building"), pytest.raises(IndexLocked):
        writer_lock(tmp_path, "building").__enter__()


def test_the_lock_on_a_file_that_is_deleted_just_then_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flock, calls = fcntl.flock, []

    def late(descriptor: int, operation: int) -> None:
        if not calls:
            (tmp_path / FILE_NAME).unlink()
        calls.append(descriptor)
        flock(descriptor, operation)

    monkeypatch.setattr("fcntl.flock", late)
    with writer_lock(tmp_path, "building"):
        assert len(calls) == 2
        with pytest.raises(IndexLocked):
            writer_lock(tmp_path, "building").__enter__()


def test_missing_directories_are_made(tmp_path: Path) -> None:
    with writer_lock(tmp_path / "a" / "b", "building"):
        assert (tmp_path / "a" / "b" / FILE_NAME).is_file()


def test_a_lock_file_that_cant_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(SnapshotError, match=rf"{tmp_path / FILE_NAME}: Is a directory"):
        writer_lock(tmp_path, "building").__enter__()


def test_a_file_system_without_locks_is_an_error_and_no_second_writer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.flock", flock)
    with pytest.raises(SnapshotError, match=rf"{tmp_path / FILE_NAME}: No locks available"):
        writer_lock(tmp_path, "building").__enter__()


def test_a_full_disk_keeps_nobody_from_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.pwrite", full)
    with (
        writer_lock(tmp_path, "removing old snapshots"),
        pytest.raises(IndexLocked, match="another process"),
    ):
        writer_lock(tmp_path, "building").__enter__()
