"""The container's health check against a service that is ready, one that is not, and none."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


class Probe(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/readyz" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Probe) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def check(port: int) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "FUNDSTELLE_PORT": str(port)}
    command = [sys.executable, str(ROOT / "scripts" / "healthcheck.py")]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_ready_is_healthy(port: int) -> None:
    assert (check(port).returncode, check(port).stderr) == (0, "")


def test_not_ready_is_unhealthy(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Probe, "status", 503)
    checked = check(port)

    assert checked.returncode == 1
    assert "503" in checked.stderr


def test_no_service_is_unhealthy() -> None:
    checked = check(1)

    assert checked.returncode == 1
    assert "http://127.0.0.1:1/readyz" in checked.stderr
