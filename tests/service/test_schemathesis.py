"""Requests made from the OpenAPI document, right and wrong ones, against `python -m service`, with schemathesis.

`FUZZ_EXAMPLES=500 FUZZ_SEED=7 python -m pytest tests/service/test_schemathesis.py` is a long run with other requests.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service.collection import published
from tests.service.processes import ROOT, environment, ready_url

KEY = "a-key-of-the-tests-0123456789"
HERE = Path(__file__).parent
EXAMPLES = os.environ.get("FUZZ_EXAMPLES", "3")
SEED = os.environ.get("FUZZ_SEED", "1")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    settings = environment(
        INDEX=str(published(tmp_path)), ADMIN_KEY=KEY, KEY_PER_MINUTE="0", KEY_PER_DAY="0", RELOAD_SECONDS="0.05",
        BODY_TIMEOUT="20", LOG_LEVEL="warning",
    )  # fmt: skip
    log = (tmp_path / "log").open("w+")
    with subprocess.Popen(
        [sys.executable, str(HERE / "serve_whole.py")],
        env=settings,
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=log,
    ) as process:
        yield process
        process.terminate()
        process.wait(20)
    log.close()


def test_the_service_does_what_its_openapi_document_says(service: subprocess.Popen[str], tmp_path: Path) -> None:
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        *("--config-file", str(HERE / "schemathesis.toml"), "run", f"{ready_url(service)}/openapi.json"),
        *("--header", f"Authorization: Bearer {KEY}", "--request-timeout", "20"),
        *("--max-examples", EXAMPLES, "--seed", SEED, "--continue-on-failure", "--no-color"),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    said = "\n".join(line[:300] for line in done.stdout.splitlines())
    assert done.returncode == 0, said + done.stderr
    selected, tested = re.findall(r"(?:Selected|Tested): (\d+)", said)
    assert selected.partition("/")[0] == tested, said
    generated, passed = re.findall(r"(\d+) generated, (\d+) passed", said)[0]
    assert int(generated) == int(passed) > 500
    log = (tmp_path / "log").read_text()
    assert "status=500" not in log and "Traceback" not in log
