"""Whatever the disk refuses and whenever the power goes: the old snapshot opens or the new one, whole."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import pytest

from index.build import BuildOptions, build_articles
from index.errors import ArticleError, SnapshotMissing
from index.manifest import FileRecord
from index.publish import KEPT, published, rollback, verified
from index.snapshot import Snapshot
from index.token_cache import cached
from index.types import Article
from tests.index.conftest import TokenHashEmbedder, article_of
from tests.index.faults import (
    CountingDisk,
    FailingDisk,
    InterruptedDisk,
    Left,
    WatchedDisk,
    files_up_to,
    lay_out,
    put_in,
    refused,
    what_is_at,
)

ROOT = Path(__file__).resolve().parents[2]
Files = dict[str, FileRecord]
CACHES = {("embeddings",), ("derived.sqlite",)}
STRAYS = (".building-", ".removing-")
CACHES_TRIED = 10

STAYS = article_of("stays", "The ferry to Lindvik sails at noon.\n\nIt carries forty cars and a post van.\n")
REMOVED = article_of("removed", "The old lighthouse was sold in June.\n\nNobody knows who bought it.\n")
BEFORE = article_of("edited", "The bridge over the sound opens in May.\n\nTrams are to cross it.\n")
AFTER = article_of("edited", "The bridge over the sound opens in August.\n\nTrams are not to cross it.\n")
ADDED = article_of("added", "Die Fähre fällt am Montag aus.\n\nEin Ersatz ist nicht vorgesehen.\n", language="de")
OLD, NEW, NEWEST = [STAYS, REMOVED, BEFORE], [STAYS, AFTER, ADDED], [STAYS, ADDED]
NONE: list[Article] = []
ONE = [STAYS]


def fail(error: ArticleError) -> None:
    raise error


def update(index_dir: Path, articles: Iterable[Article], keep: int = KEPT) -> None:
    """Build as scripts/build_index.py does, caches included."""
    embedder = cached(TokenHashEmbedder(), index_dir / "embeddings")
    build_articles(articles, index_dir, embedder, on_error=fail, options=BuildOptions(keep=keep))
    embedder.retire()


def first(index_dir: Path) -> None:
    update(index_dir, OLD)


def second(index_dir: Path) -> None:
    update(index_dir, NEW)


def second_alone(index_dir: Path) -> None:
    """The one before is deleted."""
    update(index_dir, NEW, keep=1)


def emptied(index_dir: Path) -> None:
    update(index_dir, NONE, keep=1)


def one(index_dir: Path) -> None:
    update(index_dir, ONE, keep=1)


def back(index_dir: Path) -> None:
    rollback(index_dir, published(index_dir)[0])


@dataclass(frozen=True)
class Change:
    """What is interrupted: from the collection that is served before (None: nothing is) to the one after."""

    run: Callable[[Path], None]
    before: str | None
    after: str


CHANGES = {
    "first publication": Change(first, None, "old"),
    "update": Change(second_alone, "old", "new"),
    "rollback": Change(back, "new", "old"),
    "the last articles go": Change(emptied, "old", "empty"),
    "the first article comes": Change(one, "empty", "one"),
}
COLLECTIONS = {"old": OLD, "new": NEW, "newest": NEWEST, "empty": NONE, "one": ONE}


@pytest.fixture(scope="module")
def root() -> Iterator[Path]:
    """A directory in memory where there is one: the tests make thousands of files."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as directory:
        yield Path(directory)


@pytest.fixture(scope="module")
def clean(root: Path) -> dict[str, Files]:
    """The files of a snapshot of each collection that is built where nothing was."""
    with put_in(CountingDisk()):
        for name, articles in COLLECTIONS.items():
            update(root / "clean" / name, articles)
    return {name: files_of(root / "clean" / name) for name in COLLECTIONS}


@pytest.fixture(scope="module")
def befores(root: Path, clean: dict[str, Files]) -> dict[str | None, Path]:
    """Indexes that serve a collection, with those before it; each in a directory of its own."""
    for name in ("none", "old", "new", "empty"):
        (root / "before" / name).mkdir(parents=True)
    with put_in(CountingDisk()):
        first(root / "before" / "old" / "index")
        first(root / "before" / "new" / "index")
        second(root / "before" / "new" / "index")
        emptied(root / "before" / "empty" / "index")
    return {None: root / "before" / "none", **{name: root / "before" / name for name in ("old", "new", "empty")}}


@pytest.fixture
def scene(root: Path) -> Iterator[Path]:
    yield root / "scene"
    shutil.rmtree(root / "scene", ignore_errors=True)


def files_of(index_dir: Path) -> Files:
    with Snapshot.open(index_dir) as snapshot:
        return snapshot.manifest.files


def served(index_dir: Path, clean: dict[str, Files]) -> str | None:
    """Which collection is served, every byte of it; None where nothing was published."""
    try:
        files = files_of(index_dir)
    except SnapshotMissing:
        return None
    return next(name for name, whole in clean.items() if whole == files)


@dataclass
class Verdict:
    """Checks what was left at `scene`."""

    scene: Path
    clean: dict[str, Files]
    times: Counter[tuple[bool, frozenset[tuple[PurePosixPath, bytes | None]]]] = field(default_factory=Counter)

    def is_due(self, left: Left, *, acknowledged: bool) -> bool:
        """Whether this has to be looked at: where only caches differ, the first and then every `CACHES_TRIED`th."""
        state = acknowledged, frozenset(item for item in left.items() if not is_unread(item[0]))
        self.times[state] += 1
        return self.times[state] % CACHES_TRIED == 1

    def serves(self, *allowed: str | None) -> bool:
        """Whether one of `allowed` is served, and every byte of it and of whatever else has an id is right."""
        index_dir = self.scene / "index"
        for name in published(index_dir) if (index_dir / "snapshots").exists() else []:
            verified(index_dir, name)
        return served(index_dir, self.clean) in allowed

    def goes_on(self) -> bool:
        """Whether the next building does what it would have done anyway, and leaves nothing else behind."""
        index_dir = self.scene / "index"
        with put_in(CountingDisk()):
            update(index_dir, NEWEST)
        strays = [path for path in (index_dir / "snapshots").iterdir() if path.name.startswith(STRAYS)]
        return served(index_dir, self.clean) == "newest" and not strays


@pytest.mark.parametrize(
    ("change", "lasting"),
    [*((change, False) for change in CHANGES.values()), (CHANGES["update"], True)],
    ids=[*CHANGES, "update, from then on"],
)
def test_any_operation_may_fail(
    change: Change, lasting: bool, befores: dict[str | None, Path], clean: dict[str, Files], scene: Path
) -> None:
    verdict = Verdict(scene, clean)
    for number in itertools.count(step=5 if lasting else 1):
        shutil.copytree(befores[change.before], scene)
        disk = FailingDisk(number, errno.ENOSPC, lasting=lasting)
        with put_in(disk):
            refusal = refused(change.run, scene / "index")
        if number >= len(disk.steps):
            break
        assert not refusal or (str(scene) in refusal and os.strerror(errno.ENOSPC) in refusal), disk.steps[number]
        if verdict.is_due(what_is_at(scene), acknowledged=not refusal):
            assert verdict.serves(change.after, *([change.before] if refusal else [])), disk.steps[number]
            assert verdict.goes_on(), disk.steps[number]
        shutil.rmtree(scene)
    assert number > 3


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_ctrl_c_may_come_while_anything_is_waited_for(
    change: Change, befores: dict[str | None, Path], clean: dict[str, Files], scene: Path
) -> None:
    verdict = Verdict(scene, clean)
    for number in itertools.count():
        shutil.copytree(befores[change.before], scene)
        disk = InterruptedDisk(number)
        with put_in(disk), suppress(KeyboardInterrupt):
            change.run(scene / "index")
            break
        assert not list(scene.glob("index/snapshots/.building-*")), disk.steps[-1]
        if verdict.is_due(what_is_at(scene), acknowledged=False):
            assert verdict.serves(change.after, change.before), disk.steps[-1]
            assert verdict.goes_on(), disk.steps[-1]
        shutil.rmtree(scene)
    assert number > 3


@pytest.mark.parametrize("size", [0, 1, 100, 500, 2_000, 4_095, 5_000, 8_192, 20_000, 32_768])
def test_no_file_may_grow_beyond_a_size(
    size: int, befores: dict[str | None, Path], clean: dict[str, Files], scene: Path
) -> None:
    """As on a full disk, writes fail wherever they happen: in SQLite, in FAISS, in NumPy and in mapped files too."""
    shutil.copytree(befores["old"], scene)
    with files_up_to(size):
        refusal = refused(second_alone, scene / "index")
    assert str(scene) in refusal
    verdict = Verdict(scene, clean)
    assert verdict.serves("old")
    assert verdict.goes_on()


def test_killed_writers_and_damaged_files_leave_what_was_published(root: Path) -> None:
    command = [sys.executable, ROOT / "scripts" / "bench" / "faults.py", "--kills", "20", "--flips", "60"]
    environment = os.environ | {"TMPDIR": str(root), "OMP_NUM_THREADS": "1"}
    run = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT)
    assert run.returncode == 0, run.stderr
    lines = [line.rsplit(maxsplit=1) for line in run.stdout.splitlines()[2:]]
    times = {" ".join(what.split()): int(number) for what, number in lines}
    assert times.pop("all failures") == 0
    assert sum(number for what, number in times.items() if what.startswith("kill")) == 20
    assert sum(number for what, number in times.items() if what.startswith("damaged")) == 60


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_power_may_go_at_any_moment(
    change: Change, befores: dict[str | None, Path], clean: dict[str, Files], scene: Path
) -> None:
    shutil.copytree(befores[change.before], scene)
    with closing(WatchedDisk(scene, is_stray)) as disk:
        with put_in(disk):
            change.run(scene / "index")
        acknowledged = len(disk.left)
        disk.step("after", scene / "index")
    shutil.rmtree(scene)
    verdict = Verdict(scene, clean)
    for number, (when, left) in enumerate(disk.left):
        if verdict.is_due(left, acknowledged=number >= acknowledged):
            lay_out(left, scene)
            assert verdict.serves(change.after, *([change.before] if number < acknowledged else [])), when
            assert verdict.goes_on(), when
            shutil.rmtree(scene)
    assert len(verdict.times) > 3


def is_unread(place: PurePosixPath) -> bool:
    """Whether nobody who opens an index reads what is there: a cache, or in what the next writer deletes unseen."""
    return place.parts[1:2] in CACHES or is_stray(place)


def is_stray(place: PurePosixPath) -> bool:
    return any(part.startswith(STRAYS) for part in place.parts[:-1])
