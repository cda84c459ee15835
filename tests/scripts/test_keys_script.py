"""scripts/keys.py: what it prints, what it stores, and what it refuses."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from service.access.key_file import stored

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Shell:
    """Runs the script from a directory of its own."""

    directory: Path

    @property
    def file(self) -> Path:
        return self.directory / "keys.json"

    def __call__(self, *arguments: str, status: int = 0) -> tuple[list[str], list[str]]:
        """The lines on standard output and on standard error."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("FUNDSTELLE_")}
        environment = {**clean, "PYTHONPATH": str(ROOT), "FUNDSTELLE_KEYS": str(self.file)}
        command = [sys.executable, str(ROOT / "scripts" / "keys.py"), *arguments]
        done = subprocess.run(
            command, env=environment, cwd=self.directory, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == status, done.stderr
        return done.stdout.splitlines(), done.stderr.splitlines()

    def json(self, *arguments: str) -> Any:
        return json.loads("\n".join(self(*arguments, "--json")[0]))


@pytest.fixture
def keys(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_a_key_is_printed_once_and_alone(keys: Shell) -> None:
    [secret], remarks = keys("create", "a chat front end")
    assert re.fullmatch(r"fst_[A-Za-z0-9_-]{43}", secret)
    [key] = stored(keys.file).all
    assert (key.name, key.kind, key.scopes, key.expires_at) == ("a chat front end", "key", ("ask", "search"), None)
    assert stored(keys.file).find(secret.encode(), datetime.now(UTC)) == key
    assert remarks == [
        f"made {key.id}  works  {key.created_at:%Y-%m-%d}  ask,search  a chat front end",
        f"stored in {keys.file}; keep it now, it is not shown again",
    ]
    assert keys("list")[0] == [remarks[0].removeprefix("made ")]
    assert secret not in keys.file.read_text()


def test_a_key_has_the_scopes_the_limits_and_the_end_that_were_asked_for(keys: Shell) -> None:
    options = (
        "--scope",
        "admin",
        "--scope",
        "metrics",
        "--per-minute",
        "5",
        "--per-day",
        "100",
        "--expires",
        "2999-01-31",
    )
    told = keys.json("create", "a job", *options)
    assert told["key"].startswith("fst_")
    assert "sha256" not in told
    assert (told["scopes"], told["per_minute"], told["per_day"]) == (["admin", "metrics"], 5, 100)
    assert (told["expires_at"], told["state"]) == ("2999-02-01T00:00:00Z", "works")
    assert "5/minute  100/day  until 2999-01-31" in keys("list")[0][0]


def test_origins_make_a_site_key(keys: Shell) -> None:
    told = keys.json("create", "intranet", "--origin", "https://Intranet.example/", "--origin", "http://localhost:5173")
    assert told["key"].startswith("fss_")
    assert (told["kind"], told["origins"]) == ("site", ["https://intranet.example", "http://localhost:5173"])
    assert told["scopes"] == ["ask"]


def test_a_revoked_key_stays_listed(keys: Shell) -> None:
    first, second = (keys.json("create", name)["id"] for name in ("first", "second"))
    assert keys("revoke", first)[0][0].startswith(f"revoked {first}  revoked  ")
    assert [(key["id"], key["state"]) for key in keys.json("list")] == [(first, "revoked"), (second, "works")]
    assert keys("revoke", "key-000000000000", status=1)[1] == [f"error: {keys.file}: there is no key key-000000000000"]


def test_without_keys_there_are_none(keys: Shell) -> None:
    assert keys("list") == (["no keys"], [])
    assert keys.json("list") == []
    assert not keys.file.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["create", ""], "length >= 1"),
        (["create", "a\nb"], "control characters"),
        (["create", "a", "--scope", "root"], "invalid choice"),
        (["create", "a", "--origin", "*"], "is no origin"),
        (["create", "a", "--origin", "https://a.example", "--scope", "admin"], "everybody can read a site key"),
        (["create", "a", "--per-minute", "0"], "whole number from 1"),
        (["create", "a", "--expires", "soon"], "must be a day"),
        (["create", "a", "--expires", "2020-01-01"], "is over"),
        (["create"], "NAME"),
        (["revoke"], "ID"),
        ([], "COMMAND"),
    ],
)
def test_what_makes_no_sense_makes_no_key(keys: Shell, arguments: list[str], said: str) -> None:
    _, remarks = keys(*arguments, status=2)
    assert said in remarks[-1]
    assert not keys.file.exists()


def test_a_file_of_something_else_is_left_alone(keys: Shell) -> None:
    keys.file.write_text("my notes")
    for arguments in (["list"], ["create", "a"], ["revoke", "key-0000"]):
        assert keys(*arguments, status=1)[1][0].startswith(f"error: {keys.file}: JSON is malformed")
    assert keys.file.read_text() == "my notes"


def test_a_file_that_others_may_read_is_told(keys: Shell) -> None:
    keys("create", "a")
    keys.file.chmod(0o644)
    assert keys("list")[1] == [f"warning: others may read the keys: chmod 600 {keys.file}"]
