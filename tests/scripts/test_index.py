"""The command that looks after the snapshots of an index: what it prints, does, and how it ends."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import index
from index import manifest as manifests
from index.lock import writer_lock
from index.manifest import Counts
from index.publish import current_directory, published, staging
from index.publish import publish as publish_draft

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
SCRIPT = SCRIPTS / "index.py"

Run = Callable[..., int]


def publish(index_dir: Path, articles: int) -> str:
    """A snapshot of which everything is right but that it can't be asked anything."""
    with staging(index_dir) as draft:
        (draft / "articles.sqlite").write_bytes(b"article " * articles * 1_000)
        manifest = manifests.new(
            draft,
            corpus_sha256=f"{articles:064}",
            embedding={"model": "none"},
            dim=2,
            splitter={},
            lexical={},
            vectors={},
            counts=Counts(articles, 2 * articles, 6 * articles),
        )
        publish_draft(index_dir, draft, manifest, keep=10)
    return manifest.id


@pytest.fixture
def ids(tmp_path: Path) -> list[str]:
    return [publish(tmp_path / "index", articles) for articles in (1, 2, 3)]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the script for the index in `index`; its exit status."""

    def call(*arguments: str | Path) -> int:
        monkeypatch.setattr(sys, "argv", [str(SCRIPT), *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(SCRIPT), run_name="__main__")
        return int(ended.value.code or 0)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FUNDSTELLE_INDEX", "index")
    return call


@pytest.fixture
def told(run: Run, capfd: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """What the script prints with `--json`."""

    def call(*arguments: str) -> Any:
        run(*arguments, "--json")
        return json.loads(capfd.readouterr().out)

    return call


def damage(index_dir: Path, snapshot: str) -> Path:
    path = index_dir / "snapshots" / snapshot / "articles.sqlite"
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    return path


def test_list_says_what_there_is_and_which_one_is_served(
    run: Run, ids: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert run("list") == 0
    out, err = capfd.readouterr()
    rows = [line.split("  ") for line in out.splitlines()]
    assert [row[0] for row in rows] == ids
    assert rows[0][2:] == ["1 articles", "2 passages", "0.0 MB"]
    assert rows[2][2:] == ["3 articles", "6 passages", "0.0 MB", "served"]
    assert rows[0][1].endswith("Z") and rows[0][1][:10].replace("-", "") == ids[0][:8]
    assert err == ""


def test_list_tells_a_program_the_same(told: Callable[..., Any], ids: list[str], tmp_path: Path) -> None:
    listed = told("list")
    assert (listed["index"], listed["served"]) == ("index", ids[2])
    assert [row["id"] for row in listed["snapshots"]] == ids
    second = listed["snapshots"][1]
    directory = tmp_path / "index" / "snapshots" / ids[1]
    assert second == {
        "id": ids[1],
        "created_at": manifests.read(directory).created_at,
        "articles": 2,
        "passages": 4,
        "sentences": 12,
        "bytes": sum(path.stat().st_size for path in directory.iterdir()),
        "served": False,
        "withdrawn": False,
        "verified": None,
        "problem": None,
    }


def test_list_can_verify(run: Run, told: Callable[..., Any], ids: list[str], tmp_path: Path, capfd) -> None:
    assert run("list", "--verify") == 0
    assert [line.rsplit("  ")[-1] for line in capfd.readouterr().out.splitlines()] == [
        "verified",
        "verified",
        "served, verified",
    ]
    path = damage(tmp_path / "index", ids[1])
    assert run("list") == 0
    capfd.readouterr()
    assert run("list", "--verify") == 1
    out, err = capfd.readouterr()
    assert out.splitlines()[1].endswith("  UNUSABLE")
    assert err.startswith(f"error: {path.relative_to(tmp_path)}: has sha256 ")
    assert [row["verified"] for row in told("list", "--verify")["snapshots"]] == [True, False, True]


def test_a_manifest_that_cant_be_read_is_listed_with_the_reason(
    run: Run, told: Callable[..., Any], ids: list[str], tmp_path: Path, capfd
) -> None:
    (tmp_path / "index" / "snapshots" / ids[0] / "manifest.json").write_bytes(b"{}")
    assert run("list") == 1
    out, err = capfd.readouterr()
    assert out.splitlines()[0] == f"{ids[0]}  0.0 MB  UNUSABLE"
    assert "manifest.json: its content does not belong to the snapshot" in err
    row = told("list")["snapshots"][0]
    assert (row["articles"], row["verified"], "manifest.json" in row["problem"]) == (None, False, True)


@pytest.mark.parametrize("content", [None, b"garbage\n"])
def test_list_works_where_nobody_knows_what_is_served(
    run: Run, ids: list[str], tmp_path: Path, capfd, content: bytes | None
) -> None:
    (tmp_path / "index" / "CURRENT").unlink()
    if content is not None:
        (tmp_path / "index" / "CURRENT").write_bytes(content)
    assert run("list") == 1
    out, err = capfd.readouterr()
    assert [line.split()[0] for line in out.splitlines()] == ids
    assert "served" not in out
    assert err.count("error: ") == 1
    assert "index" in err


def test_where_there_is_no_index_every_command_says_so_and_makes_none(run: Run, tmp_path: Path, capfd) -> None:
    for command in ("list", "verify", "rollback", "prune"):
        assert run(command) == 1
        assert capfd.readouterr().err.startswith("error: index: no snapshot was published here; build one with ")
    assert not (tmp_path / "index").exists()


def test_verify_looks_at_the_served_one_at_those_that_are_named_or_at_all(
    run: Run, ids: list[str], tmp_path: Path, capfd
) -> None:
    path = damage(tmp_path / "index", ids[0])
    assert run("verify") == 0
    assert capfd.readouterr().out == f"{ids[2]}  verified\n"
    assert run("verify", ids[0], ids[1]) == 1
    out, err = capfd.readouterr()
    assert out == f"{ids[0]}  UNUSABLE\n{ids[1]}  verified\n"
    assert f"{path.relative_to(tmp_path)}: has sha256 " in err
    assert run("verify", "--all") == 1
    assert capfd.readouterr().out.split() == [ids[0], "UNUSABLE", ids[1], "verified", ids[2], "verified"]


def test_verify_tells_a_program_the_same(told: Callable[..., Any], ids: list[str], tmp_path: Path) -> None:
    damage(tmp_path / "index", ids[0])
    found = told("verify", "--all")["snapshots"]
    assert [row["verified"] for row in found] == [False, True, True]
    assert "has sha256" in found[0]["problem"] and found[1]["problem"] is None


def test_rollback_serves_the_one_before(run: Run, ids: list[str], tmp_path: Path, capfd) -> None:
    assert run("rollback") == 0
    assert capfd.readouterr().out == f"serving {ids[1]} from now on: 2 articles, 4 passages\n"
    assert current_directory(tmp_path / "index").name == ids[1]
    assert run("list") == 0
    assert [line.rsplit("  ")[-1] for line in capfd.readouterr().out.splitlines()[1:]] == ["served", "withdrawn"]


def test_rollback_serves_the_one_that_is_named(told: Callable[..., Any], ids: list[str], tmp_path: Path) -> None:
    assert told("rollback", ids[0]) == {"index": "index", "served": ids[0], "before": ids[2]}
    assert current_directory(tmp_path / "index").name == ids[0]


def test_rollback_to_a_damaged_or_unknown_one_or_before_the_first_changes_nothing(
    run: Run, ids: list[str], tmp_path: Path, capfd
) -> None:
    path = damage(tmp_path / "index", ids[1])
    assert run("rollback") == 1
    assert f"error: {path.relative_to(tmp_path)}: has sha256 " in capfd.readouterr().err
    assert run("rollback", "20250101T000000.000Z-0123456789ab") == 1
    assert "error: index: has no snapshot 2025" in capfd.readouterr().err
    assert current_directory(tmp_path / "index").name == ids[2]
    assert run("rollback", ids[0]) == 0
    assert run("rollback") == 1
    assert f"there is no snapshot before {ids[0]}" in capfd.readouterr().err


def test_prune_keeps_as_many_as_it_is_told_or_the_setting_says(
    run: Run, ids: list[str], tmp_path: Path, capfd, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("prune") == 0
    assert capfd.readouterr().out == "".join(f"kept {name}\n" for name in ids)
    monkeypatch.setenv("FUNDSTELLE_SNAPSHOTS_KEPT", "2")
    assert run("prune") == 0
    assert capfd.readouterr().out == f"removed {ids[0]}\nkept {ids[1]}\nkept {ids[2]}\n"
    assert run("prune", "--keep", "1") == 0
    assert published(tmp_path / "index") == ids[2:]


def test_prune_tells_a_program_the_same(told: Callable[..., Any], ids: list[str]) -> None:
    assert told("prune", "--keep", "1") == {"index": "index", "removed": ids[:2], "kept": ids[2:]}


def test_while_a_building_is_under_way_nothing_is_changed(run: Run, ids: list[str], tmp_path: Path, capfd) -> None:
    with writer_lock(tmp_path / "index", "building"):
        for command in ("rollback", "prune"):
            assert run(command) == 1
            assert "error: index: is being written by process" in capfd.readouterr().err
        assert run("list", "--verify") == run("verify", "--all") == 0
    assert (published(tmp_path / "index"), current_directory(tmp_path / "index").name) == (ids, ids[2])


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["undo"],
        ["prune", "--keep", "0"],
        ["prune", "--keep", "two"],
        ["rollback", "a", "b"],
        ["verify", "a", "--all"],
        ["list", "--colour"],
    ],
)
def test_a_wrong_command_line_ends_with_2(run: Run, ids: list[str], arguments: list[str], capfd) -> None:
    assert run(*arguments) == 2
    assert "usage: " in capfd.readouterr().err


def test_a_wrong_setting_ends_with_2(run: Run, capfd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUNDSTELLE_SNAPSHOTS_KEPT", "0")
    assert run("list") == 2
    assert "error: FUNDSTELLE_SNAPSHOTS_KEPT must be from 1 to 1000, not 0" in capfd.readouterr().err


@pytest.mark.parametrize("where", ["before", "after"])
def test_the_index_may_be_named_before_and_after_the_command(
    ids: list[str], tmp_path: Path, run: Run, where: str, monkeypatch: pytest.MonkeyPatch, capfd
) -> None:
    monkeypatch.setenv("FUNDSTELLE_INDEX", "elsewhere")
    options = ["--index", "index", "--json"]
    assert run(*(["list", *options] if where == "after" else [*options, "list"])) == 0
    assert json.loads(capfd.readouterr().out)["served"] == ids[2]


def test_it_runs_although_it_is_named_like_the_package(ids: list[str], tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), "list", "--json", "--index", str(tmp_path / "index")]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, cwd=SCRIPTS)
    assert json.loads(ran.stdout)["served"] == ids[2]


@pytest.mark.parametrize(
    "directory", sorted({path.parent for path in SCRIPTS.rglob("*.py")}), ids=lambda path: path.name
)
def test_scripts_beside_a_script_that_is_named_like_the_package_find_the_package(directory: Path) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(directory)!r})\n"
        "from index.publish import KEPT; import index; print(index.__file__)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ran.stdout.strip(), ran.stderr) == (index.__file__, "")
