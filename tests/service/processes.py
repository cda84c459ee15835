"""`python -m service` as processes of its own, and what is said to them byte by byte."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.service.waiting import A_MINUTE

ROOT = Path(__file__).parents[2]
SECONDS = A_MINUTE

Serve = Callable[..., "subprocess.Popen[str]"]
"""Starts a service: the script of this folder and its arguments, settings by name."""


def environment(**settings: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("FUNDSTELLE_")}
    path = {"PYTHONPATH": str(ROOT), "FUNDSTELLE_PORT": "0", "FUNDSTELLE_LOG_LEVEL": "info"}
    return {**clean, **path, **{f"FUNDSTELLE_{name}": value for name, value in settings.items()}}


@contextmanager
def starting() -> Iterator[Serve]:
    """Starts services, which are killed at the end."""
    started: list[subprocess.Popen[str]] = []

    def start(script: str, *arguments: str, **settings: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).parent / script), *arguments],
            env=environment(**settings),
            cwd=ROOT,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def ready_url(process: subprocess.Popen[str]) -> str:
    return next_line(process).removeprefix("Fundstelle is ready: ")


def next_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().rstrip()


def exchange(url: str, *pieces: bytes, pause: float = 0.05) -> bytes:
    """What the service answers to bytes sent piece by piece, read until it is complete or the connection closed."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    received = b""
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(pause)
            while chunk := connection.recv(65_536):
                received += chunk
                head, _, body = received.partition(b"\r\n\r\n")
                if f"content-length: {len(body)}\r\n".encode() in head + b"\r\n":
                    break
        except (ConnectionResetError, BrokenPipeError):
            pass
    return received


def status_and_problem(response: bytes) -> tuple[int, str]:
    head, _, body = response.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)["type"].removeprefix("urn:fundstelle:problem:")
