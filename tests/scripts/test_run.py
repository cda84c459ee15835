"""scripts/run as a person starts it: from another directory, twice, on articles that change, ended by Ctrl-C."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
FERRY = "The ferry to Holm\n\nThe ferry to Holm was sold in March. Its crew learned of it from the newspaper.\n"
SECONDS_TO_START = 120.0

set_up = pytest.mark.skipif(
    not (ROOT / ".venv" / "fundstelle.dev").exists(), reason="only where scripts/setup made .venv (scripts/test does)"
)


class Started:
    """A running scripts/run; everything that it prints is in `log`."""

    def __init__(self, place: Path, *arguments: str, **settings: str) -> None:
        self.log = place / "log.txt"
        clean = {name: value for name, value in os.environ.items() if not name.startswith("FUNDSTELLE_")}
        settings = {"PORT": "0", "GENERATOR": "extractive", "INDEX": "index here", **settings}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [ROOT / "scripts" / "run", *arguments],
                env={**clean, **{f"FUNDSTELLE_{name}": value for name, value in settings.items()}},
                cwd=place,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_for(self, pattern: str) -> re.Match[str]:
        deadline = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < deadline:
            ended = self.process.poll() is not None
            found = re.search(pattern, self.log.read_text())
            if found:
                return found
            if ended:
                break
            time.sleep(0.05)
        raise AssertionError(f"{pattern!r} never came: {self.log.read_text()}")

    def interrupt(self) -> int:
        """Press Ctrl-C; the exit status."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(timeout=30)

    def kill(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@pytest.fixture
def place(tmp_path: Path, e5_folder: Path) -> Iterator[Path]:
    place = tmp_path / "a place"
    (place / "my articles").mkdir(parents=True)
    (place / "my articles" / "ferry.txt").write_text(FERRY)
    yield place


def _passages(url: str) -> list[str]:
    found = httpx.post(f"{url}/v1/search", json={"question": "Who sold the ferry?"}, timeout=30)
    assert found.status_code == 200, found.text
    return [passage["text"] for passage in found.json()["passages"]]


@set_up
def test_own_articles_are_served_and_served_anew_when_they_change(place: Path) -> None:
    first = Started(place, "--articles", "my articles")
    try:
        url = first.wait_for(r"(http://127\.0\.0\.1:\d+)\n")[1]
        assert f"curl -s {url}/v1/ask" in first.wait_for(r"curl .*\n")[0]
        assert any("The ferry to Holm was sold in March." in text for text in _passages(url))
        assert "published" in first.log.read_text()
        assert first.interrupt() == 0
    finally:
        first.kill()
    current = (place / "index here" / "CURRENT").read_text()

    started = time.monotonic()
    second = Started(place, "--articles", "my articles")
    try:
        second.wait_for(r"(http://127\.0\.0\.1:\d+)\n")
        assert time.monotonic() - started < 60
        assert second.interrupt() == 0
        assert "published" not in second.log.read_text()
        assert (place / "index here" / "CURRENT").read_text() == current
    finally:
        second.kill()

    (place / "my articles" / "ferry.txt").write_text(FERRY.replace("March", "November"))
    third = Started(place, "--articles", "my articles")
    try:
        url = third.wait_for(r"(http://127\.0\.0\.1:\d+)\n")[1]
        assert any("was sold in November." in text for text in _passages(url))
        assert third.interrupt() == 0
    finally:
        third.kill()


@set_up
def test_ctrl_c_while_indexing_leaves_no_index_behind(place: Path) -> None:
    (place / "my articles" / "long.txt").write_text("\n\n".join(FERRY.replace("Holm", f"Holm {i}") for i in range(500)))
    run = Started(place, "--articles", "my articles")
    try:
        deadline = time.monotonic() + SECONDS_TO_START
        while not list(place.glob("index here/snapshots/.building-*")) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert run.interrupt() == 130
    finally:
        run.kill()

    assert list(place.glob("index here/snapshots/*")) == []
    assert not (place / "index here" / "CURRENT").exists()
    assert "Traceback" not in run.log.read_text()


@set_up
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--articles", "nowhere"], "there is no "),
        (["--articles"], "expected one argument"),
        (["articles"], "unrecognized arguments: articles"),
    ],
)
def test_a_wrong_command_line_is_refused(place: Path, arguments: list[str], message: str) -> None:
    run = Started(place, *arguments)

    assert run.process.wait(timeout=60) == 2
    assert message in run.log.read_text()


@set_up
def test_a_mistyped_setting_is_refused(place: Path) -> None:
    run = Started(place, PROT="8001")

    assert run.process.wait(timeout=60) == 2
    assert "FUNDSTELLE_PORT" in run.log.read_text()


def test_help_sets_nothing_up(tmp_path: Path) -> None:
    copy = tmp_path / "scripts" / "run"
    copy.parent.mkdir()
    copy.write_text((ROOT / "scripts" / "run").read_text())
    helped = subprocess.run(["bash", copy, "--help"], capture_output=True, text=True, check=False)

    assert helped.returncode == 0
    assert helped.stdout.startswith("Usage: scripts/run [--articles PATH]")
    assert list(tmp_path.rglob("*")) == [copy.parent, copy]
