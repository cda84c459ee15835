"""The locks: complete, hashed, without a CUDA build, and without a trace of the machine that made them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")


def _pins(lock: str) -> dict[str, list[str]]:
    """Requirements of a lock by name, each with its hashes."""
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    pins: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            name = canonicalize_name(Requirement(line.split("--hash")[0]).name)
            pins.setdefault(name, []).append(re.sub(r"\s+", " ", line.strip()))
    return pins


def _version(line: str) -> str:
    return line.split("==")[1].split()[0]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_pinned_by_version_and_hash(lock: str) -> None:
    lines = [line for found in _pins(lock).values() for line in found]

    assert [
        line for line in lines if not re.fullmatch(r"[^= ]+==\S+( ; [^-]+)?( --hash=sha256:[0-9a-f]{64})+", line)
    ] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_no_cuda_build_can_come_of_the_lock(lock: str) -> None:
    pins = _pins(lock)
    markers = {_version(line): line.split(" --hash")[0].split(" ; ")[1] for line in pins["torch"]}

    assert markers == {"2.13.0+cpu": 'sys_platform == "linux"', "2.13.0": 'sys_platform != "linux"'}
    assert [name for name in pins if re.match("nvidia|triton|cuda", name)] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_index_and_no_place_on_a_disk(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")

    assert re.findall(r"^-.*|\S*://\S*|(?:^|\s)/\S+|find-links|trusted-host", text, re.MULTILINE) == []


def test_the_lock_for_testing_is_the_lock_for_serving_and_more() -> None:
    serving, testing = map(_pins, LOCKS)

    assert {name: testing.get(name) for name in serving} == serving
    assert {"pytest", "mypy", "ruff", "import-linter"} <= testing.keys() - serving.keys()


def test_the_locks_fit_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for lines, lock in zip((project["dependencies"], project["optional-dependencies"]["dev"]), LOCKS, strict=True):
        pins = _pins(lock)
        for requirement in map(Requirement, lines):
            [first, *_] = pins[canonicalize_name(requirement.name)]
            assert requirement.specifier.contains(_version(first)), requirement


@pytest.mark.parametrize("lock", LOCKS)
def test_torch_is_pinned_as_it_is_kept_by_hand(lock: str) -> None:
    assert (
        (ROOT / lock)
        .read_text(encoding="utf-8")
        .endswith((ROOT / "scripts" / "torch.lock").read_text(encoding="utf-8"))
    )
