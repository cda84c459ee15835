"""The Dockerfile: lint-clean, and made of nothing but commands that run and are tested outside of a container too."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCKERFILE = ROOT / "Dockerfile"


def _instructions() -> list[tuple[str, str]]:
    """Instructions in order, each with its arguments on one line."""
    text = re.sub(r"^#.*\n", "", DOCKERFILE.read_text(encoding="utf-8"), flags=re.MULTILINE).replace("\\\n", " ")
    return [(name, " ".join(rest.split())) for name, rest in re.findall(r"^([A-Z]+)\s+(.*)$", text, re.MULTILINE)]


def _all(name: str) -> list[str]:
    return [rest for found, rest in _instructions() if found == name]


def _environment() -> dict[str, str]:
    return dict(word.split("=", 1) for line in _all("ENV") for word in shlex.split(line))


def test_the_linter_has_nothing_to_say() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    run = subprocess.run([hadolint, "--no-color", DOCKERFILE], capture_output=True, text=True, check=False)

    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_every_step_of_our_own_is_a_script_that_runs_without_a_container_too() -> None:
    steps = [line for line in _all("RUN") if not line.startswith("install --directory")]

    assert steps == ["--mount=type=cache,target=/root/.cache/pip scripts/setup"]
    assert [json.loads(line) for line in _all("ENTRYPOINT")] == [["scripts/run"]]
    [health] = _all("HEALTHCHECK")
    assert json.loads(health.partition("CMD ")[2]) == [".venv/bin/python", "scripts/healthcheck.py"]


def test_the_image_runs_without_being_root_and_keeps_models_and_index_outside() -> None:
    environment = _environment()
    [volumes] = _all("VOLUME")

    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", _all("USER")[-1])
    assert {environment["FUNDSTELLE_INDEX"], environment["FUNDSTELLE_MODELS"]} < set(json.loads(volumes))


def test_a_read_only_root_is_enough() -> None:
    [volumes] = _all("VOLUME")

    assert _environment()["HOME"] in json.loads(volumes)
    assert _environment()["PYTHONDONTWRITEBYTECODE"] == "1"


def test_the_base_is_the_python_of_the_project_and_only_the_last_stage_is_shipped() -> None:
    bases = _all("FROM")

    assert [base.split()[0] for base in bases] == ["python:3.11-slim-bookworm"] * 2
    assert _all("COPY") == [". .", "--from=build /app /app"]


def test_only_what_serving_needs_goes_into_the_image() -> None:
    listed = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    admitted = {line[1:] for line in listed if line.startswith("!")}

    assert listed[0] == "*"
    assert admitted >= {"index", "service", "scripts", "examples", "pyproject.toml", "requirements.lock", "LICENSE"}
    assert admitted.isdisjoint({".venv", ".git", ".fundstelle", "tests"})
