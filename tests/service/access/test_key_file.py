"""The file of the keys: shared, replaced as a whole, and shut where it can't be read."""

from __future__ import annotations

import fcntl
import json
import logging
import multiprocessing
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.access import key_file
from service.access.key_file import FRESH_SECONDS, KeyFile, add, exposure, revoke, stored
from service.access.keys import Key, make
from service.errors import KeysUnavailable, SettingsError

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def a_key(name: str = "a") -> Key:
    return make(name, "key", ["ask"], NOW)[1]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "keys.json"


def test_what_was_added_is_read_again(path: Path) -> None:
    first, second = a_key("Schlüssel"), a_key()
    add(path, first)
    add(path, second)
    assert stored(path).all == (first, second)
    assert KeyFile(path).current().all == (first, second)


def test_the_file_is_its_owners_alone_from_the_beginning(path: Path) -> None:
    before = os.umask(0)
    try:
        add(path, a_key())
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert exposure(path) == ""


def test_a_mode_that_was_chosen_is_kept(path: Path) -> None:
    add(path, a_key())
    path.chmod(0o640)
    add(path, a_key())
    assert path.stat().st_mode & 0o777 == 0o640


def test_root_writes_for_whoever_owns_the_directory(path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    path.parent.mkdir()
    os.chown(path.parent, 10001, 10002)
    add(path, a_key())
    add(path, a_key())
    for written in (path, path.with_name("keys.json.lock")):
        assert (written.stat().st_uid, written.stat().st_gid) == (10001, 10002)


def test_a_revoked_key_stays_listed_and_works_no_longer(path: Path) -> None:
    first, second = a_key(), a_key()
    add(path, first)
    add(path, second)
    assert revoke(path, first.id, NOW).revoked_at == NOW
    assert [key.revoked_at for key in stored(path).all] == [NOW, None]
    assert list(stored(path).active(NOW)) == [second]
    with pytest.raises(SettingsError, match="there is no key key-0123"):
        revoke(path, "key-0123", NOW)


def test_a_file_is_looked_at_again_only_after_a_while(path: Path) -> None:
    clock, key = Clock(), a_key()
    file = KeyFile(path, clock)
    assert file.current().all == ()
    add(path, key)
    clock.now = FRESH_SECONDS * 0.9
    assert file.current().all == ()
    clock.now = FRESH_SECONDS
    assert file.current().all == (key,)
    path.unlink()
    clock.now = FRESH_SECONDS * 2
    assert file.current().all == ()


def a_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def a_file_as_directory(path: Path) -> None:
    path.unlink()
    path.parent.joinpath("keys.json.lock").unlink()
    path.parent.rmdir()
    path.parent.write_text("")


def a_key_twice(path: Path) -> None:
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "keys": content["keys"] * 2}))


DAMAGE: dict[str, Callable[[Path], object]] = {
    "is not a file": a_directory,
    "is not  a file": a_pipe,
    "Not a directory": a_file_as_directory,
    "truncated": lambda path: path.write_bytes(b""),
    "malformed": lambda path: path.write_bytes(b"keys"),
    "utf-8": lambda path: path.write_bytes(path.read_bytes().replace(b'"a"', b'"\xff"')),
    "two keys have the same": a_key_twice,
    "Invalid enum value": lambda path: path.write_bytes(path.read_bytes().replace(b"keys-1", b"keys-2")),
    "more than": lambda path: path.write_bytes(b" " * (key_file._MOST_BYTES + 1)),
    "anybody on this machine may write it": lambda path: path.chmod(0o606),
    "Too many levels of symbolic links": lambda path: (path.unlink(), path.symlink_to(path.name)),
}


@pytest.mark.parametrize("said", DAMAGE)
def test_a_file_that_can_not_be_read_lets_nobody_in_until_it_can(
    path: Path, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    clock, key = Clock(), a_key()
    add(path, key)
    file = KeyFile(path, clock)
    assert file.current().all == (key,)
    DAMAGE[said](path)
    for _ in range(3):
        clock.now += FRESH_SECONDS
        with pytest.raises(KeysUnavailable) as caught:
            file.current()
        assert str(path) not in str(caught.value)
    reason = said.replace("  ", " ")
    assert file.problem().startswith(f"{path}: ")
    assert reason in file.problem()
    assert [vars(record)["fields"]["reason"] for record in caplog.records] == [file.problem()]


def test_damage_that_is_mended_lets_keys_in_again(path: Path) -> None:
    clock, key = Clock(), a_key()
    add(path, key)
    content = path.read_bytes()
    file = KeyFile(path, clock)
    path.write_bytes(b"{")
    with pytest.raises(KeysUnavailable):
        file.current()
    path.write_bytes(content)
    clock.now = FRESH_SECONDS
    assert file.current().all == (key,)
    assert file.problem() == ""


def test_no_descriptor_is_lost_while_a_directory_lies_in_its_place(path: Path) -> None:
    path.mkdir(parents=True)
    clock = Clock()
    file = KeyFile(path, clock)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        clock.now += FRESH_SECONDS
        assert file.problem()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_file_that_others_can_read_is_told_once(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    add(path, a_key())
    path.chmod(0o644)
    file = KeyFile(path, clock)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            clock.now += FRESH_SECONDS
            assert len(file.current().all) == 1
    assert [vars(record)["fields"]["advice"] for record in caplog.records] == [f"chmod 600 {path}"]


def test_nothing_is_written_over_what_is_no_file_of_keys(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("my notes")
    with pytest.raises(SettingsError, match="malformed"):
        add(path, a_key())
    assert path.read_text() == "my notes"


def test_a_change_that_fails_leaves_the_file_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(path, a_key())
    before = path.read_bytes()

    def full(path: Path, descriptor: int) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(key_file.durable.disk, "sync", full)
    with pytest.raises(SettingsError, match="No space left"):
        add(path, a_key())
    assert path.read_bytes() == before


def test_a_writer_waits_for_another_and_gives_up_in_the_end(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_file, "LOCK_SECONDS", 0.2)
    add(path, a_key())
    with path.with_name("keys.json.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(SettingsError, match=r"has been changing the keys for 0\.2 seconds"):
            add(path, a_key())
    add(path, a_key())
    assert len(stored(path).all) == 2


def add_some(path: Path, name: str) -> None:
    for number in range(5):
        add(path, a_key(f"{name}{number}"))


def test_writers_at_the_same_time_lose_nothing(path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=add_some, args=(path, name)) for name in "abc"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(30)
    assert sorted(key.name for key in stored(path).all) == [f"{name}{number}" for name in "abc" for number in range(5)]
