"""Administration of `python -m service` as a process that dies."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from index.inbox import overlay
from tests.service.processes import ROOT, environment, ready_url

KEY = "a-key-of-the-tests-0123456789"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(Path(__file__).parent / "serve_fake.py"), "ok"]
    settings = environment(ADMIN_KEY=KEY, INDEX=str(tmp_path / "index"))
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=settings, cwd=ROOT, text=True, stdout=pipe, stderr=pipe) as process:
        yield process
        process.kill()


def test_what_is_acknowledged_survives_a_service_that_is_killed_at_once(
    service: subprocess.Popen[str], tmp_path: Path
) -> None:
    text = "The pier is long. " * 5_000
    acknowledged: dict[str, str] = {}
    with httpx.Client(base_url=ready_url(service), headers={"Authorization": f"Bearer {KEY}"}, timeout=60) as client:
        for number in range(5):
            body = {"title": "Pier", "text": f"{number} {text}"}
            response = client.put(f"/v1/articles/pier{number}.md", json=body)
            if number == 4:
                os.kill(service.pid, signal.SIGKILL)
            acknowledged[json.loads(response.content)["id"]] = f"{number} {text}"
    with overlay(tmp_path / "index") as changes:
        assert {article.id: article.text for article in changes.over(())} == acknowledged
        assert changes.sequence == 5


def test_the_key_is_in_no_line_of_the_log(service: subprocess.Popen[str]) -> None:
    with httpx.Client(base_url=ready_url(service), headers={"Authorization": f"Bearer {KEY}"}, timeout=60) as client:
        assert client.put("/v1/articles/a.md", json={"title": "Pier", "text": "The pier is long."}).status_code == 202
        assert client.get("/v1/index").status_code == 200
        assert client.get("/v1/index", headers={"Authorization": f"Bearer {KEY}x"}).status_code == 401
    service.terminate()
    out, err = service.communicate(timeout=20)
    assert "path=/v1/index status=401" in err
    assert KEY not in out + err
