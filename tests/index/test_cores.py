from __future__ import annotations

import os
from pathlib import Path

import pytest

from index.cores import available_cores


@pytest.fixture(autouse=True)
def eight_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)))


def membership(tmp_path: Path, text: str) -> Path:
    (tmp_path / "membership").write_text(text)
    return tmp_path / "membership"


def test_without_a_quota_all_cores_that_the_process_is_pinned_to_count(tmp_path: Path) -> None:
    assert available_cores(tmp_path, tmp_path / "none") == 8


@pytest.mark.parametrize(
    ("content", "cores"), [("200000 100000", 2), ("150000 100000", 2), ("10000 100000", 1), ("max 100000", 8)]
)
def test_the_quota_of_the_own_group_is_rounded_up(tmp_path: Path, content: str, cores: int) -> None:
    (tmp_path / "box").mkdir()
    (tmp_path / "box" / "cpu.max").write_text(content + "\n")
    assert available_cores(tmp_path, membership(tmp_path, "0::/box\n")) == cores


def test_a_quota_of_a_group_above_holds_too(tmp_path: Path) -> None:
    (tmp_path / "slice" / "box").mkdir(parents=True)
    (tmp_path / "slice" / "cpu.max").write_text("300000 100000\n")
    (tmp_path / "slice" / "box" / "cpu.max").write_text("max 100000\n")
    assert available_cores(tmp_path, membership(tmp_path, "0::/slice/box\n")) == 3


def test_a_container_sees_its_quota_at_the_root(tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text("200000 100000\n")
    assert available_cores(tmp_path, membership(tmp_path, "0::/\n")) == 2


@pytest.mark.parametrize(("quota", "cores"), [("400000", 4), ("-1", 8)])
def test_the_first_version_of_control_groups_is_read(tmp_path: Path, quota: str, cores: int) -> None:
    group = tmp_path / "cpu,cpuacct" / "box"
    group.mkdir(parents=True)
    (group / "cpu.cfs_quota_us").write_text(quota + "\n")
    (group / "cpu.cfs_period_us").write_text("100000\n")
    groups = "4:memory:/box\n1:cpu,cpuacct:/box\n0::/\n"
    assert available_cores(tmp_path, membership(tmp_path, groups)) == cores
