"""A real Redis for tests, from the package of the system, on a port of its own and without a file."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Self

import pytest

SECONDS = 10.0


class RedisServer:
    """One Redis, which can die, come back on the same port with nothing in it, and hang."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.program = redis_program()
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        where = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        command = [self.program, *where, "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + SECONDS
        while not self.answers():
            assert self.process.poll() is None, "Redis ended at once"
            assert time.monotonic() < deadline, "Redis did not start in time"
            time.sleep(0.02)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def hang(self) -> None:
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    def answers(self) -> bool:
        try:
            return self.command("PING") == b"+PONG\r\n"
        except OSError:
            return False

    def keys(self) -> set[str]:
        """Everything that is counted."""
        lines = self.command("KEYS *").decode().split("\r\n")
        return {line for line in lines if line and line[0] not in "*$"}

    def command(self, words: str) -> bytes:
        with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
            connection.sendall(words.encode() + b"\r\n")
            return connection.recv(65_536)

    def _signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)


def redis_program() -> str:
    """The path of redis-server; without it the test is skipped, or fails where scripts/test had to install it."""
    if found := shutil.which("redis-server"):
        return found
    reason = "there is no redis-server; scripts/test installs it, or says how"
    if os.environ.get("CI") == "true" and os.geteuid() == 0 and is_debian():
        pytest.fail(reason)
    pytest.skip(reason)


def is_debian() -> bool:
    release = Path("/etc/os-release")
    return release.exists() and "ID=debian" in release.read_text().splitlines()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
