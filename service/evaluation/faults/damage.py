"""Bits that are flipped and files that are cut."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from index.embedding_cache import EMBEDDINGS
from index.errors import SnapshotCorrupt, SnapshotError
from index.inbox import Inbox
from index.publish import CURRENT, SNAPSHOTS, published, rollback, verified
from index.recovery import open_newest_sound
from index.snapshot import Snapshot
from service.evaluation.faults.scene import (
    COLLECTIONS,
    Files,
    Scene,
    State,
    change_of,
    files_of,
    inbox_of,
    require,
    update,
)


class Damage:
    """Attacks copies of the index of `scene`, each of which is sound but for one file."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        scene.index.mkdir()
        change = change_of("inbox-0", "7")
        Inbox(scene.index).take([change], [])
        for number in range(3):
            update(scene.index, scene.collection(number))
        self._served = published(scene.index)[-1]
        self._states = {name: State(number, (change,)) for number, name in enumerate(published(scene.index))}
        self._inbox = inbox_of(scene.index)
        self._checks: dict[str, Callable[[Path, Path], str]] = {
            "served": self._check_served,
            "older": self._check_older,
            "cache": self._check_cache,
            "inbox": self._check_inbox,
        }

    def once(self) -> tuple[str, str]:
        """Damage one file of a copy; what kind of file, and what came of it. Raises AssertionError."""
        with tempfile.TemporaryDirectory(dir=self._scene.root) as directory:
            index_dir = Path(directory) / "index"
            shutil.copytree(self._scene.index, index_dir)
            kind = self._scene.chance.choices(list(self._checks), weights=[6, 1, 2, 1])[0]
            path = self._scene.chance.choice(self._files(index_dir, kind))
            how = damaged(path, self._scene.chance)
            try:
                return f"damaged {kind}", self._checks[kind](index_dir, path)
            except AssertionError as error:
                raise AssertionError(f"{path.relative_to(index_dir)}, {how}: {error}") from error
            except Exception as error:
                raise AssertionError(f"{path.relative_to(index_dir)}, {how}: {error!r}") from error

    def _files(self, index_dir: Path, kind: str) -> list[Path]:
        snapshots = index_dir / SNAPSHOTS
        if kind == "inbox":
            return sorted(index_dir.glob("inbox.sqlite*"))
        if kind == "cache":
            found = [*index_dir.glob("derived.sqlite*")] * 20 + [*(index_dir / EMBEDDINGS).rglob("*")]
        elif kind == "served":
            found = [index_dir / CURRENT, *(snapshots / self._served).rglob("*")]
        else:
            found = [path for name in self._states if name != self._served for path in (snapshots / name).rglob("*")]
        return sorted(path for path in found if path.is_file() and path.stat().st_size)

    def _check_served(self, index_dir: Path, path: Path) -> str:
        require_refusal(path, lambda: Snapshot.open(index_dir).close())
        snapshot, passed_over = open_newest_sound(index_dir)
        with closing(snapshot):
            require([str(path) in str(error) for error in passed_over] == [True], f"told of {passed_over}")
            require((snapshot.id == self._served) == (path.name == CURRENT), f"{snapshot.id} opens")
            self._require_files(snapshot.id, snapshot.manifest.files)
        return "refused by name; another opened"

    def _check_older(self, index_dir: Path, path: Path) -> str:
        name = path.relative_to(index_dir / SNAPSHOTS).parts[0]
        require_refusal(path, lambda: verified(index_dir, name))
        require_refusal(path, lambda: rollback(index_dir, name))
        self._require_files(self._served, files_of(index_dir))
        return "refused by name"

    def _check_cache(self, index_dir: Path, path: Path) -> str:
        number = self._scene.chance.randrange(COLLECTIONS)
        update(index_dir, self._scene.collection(number), force=True)
        state = State(number, self._states[self._served].changes)
        require(files_of(index_dir) == self._scene.expected(state), f"collection {number} was built otherwise")
        return "made anew"

    def _check_inbox(self, index_dir: Path, path: Path) -> str:
        try:
            found = inbox_of(index_dir)
            Inbox(index_dir).pending(self._served)
        except SnapshotError as error:
            require(str(index_dir / "inbox.sqlite") in str(error), f"refused without a name: {error}")
            return "refused by name"
        require(found == self._inbox, "holds something else")
        return "changed nothing"

    def _require_files(self, name: str, files: Files) -> None:
        require(files == self._scene.expected(self._states[name]), f"{name} is not what was published")


def require_refusal(path: Path, work: Callable[[], object]) -> None:
    """Raise AssertionError unless `work` is refused because of `path`."""
    try:
        work()
    except SnapshotCorrupt as error:
        require(str(error).startswith(f"{path}: "), f"refused without its name: {error}")
    else:
        raise AssertionError("not refused")


def damaged(path: Path, chance: random.Random) -> str:
    """Flip a bit of the file, or cut it; what was done."""
    content = bytearray(path.read_bytes())
    place = chance.randrange(len(content))
    if chance.random() < 0.7:
        bit = chance.randrange(8)
        content[place] ^= 1 << bit
        path.write_bytes(content)
        return f"bit {bit} of byte {place} flipped"
    path.write_bytes(content[:place])
    return f"cut to {place} of {len(content)} bytes"
