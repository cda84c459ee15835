"""Writers that are killed at random moments, one after the other, on one index."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import NoReturn

from index.errors import SnapshotMissing
from index.inbox import Change, Inbox
from index.publish import SNAPSHOTS, previous, published, rollback, verified
from index.snapshot import Snapshot
from index.types import Article
from service.evaluation.faults.scene import (
    COLLECTIONS,
    Scene,
    State,
    chance_of,
    change_of,
    files_of,
    inbox_of,
    require,
    update,
)

LONGEST_LIFE = 3.0
"""Of a writer, in updates; it lives any part of that."""
CHANGED_IDS = 5


class Kills:
    """Attacks the index of `scene`, and knows what must be there because it was acknowledged."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._states = {update(scene.index, scene.collection(0)): State(0, ())}
        self._changes: tuple[Change, ...] = ()
        started = time.perf_counter()
        self._served = update(scene.index, scene.collection(1))
        self._longest_life = LONGEST_LIFE * (time.perf_counter() - started)
        self._states[self._served] = State(1, ())

    def once(self) -> tuple[str, str]:
        """Let a writer live for a moment; what it was doing, and what opens then. Raises AssertionError."""
        doing = self._follow(self._told(self._scene.chance.uniform(0, self._longest_life)))
        self._check_inbox(doing)
        opened = self._check_snapshot(doing)
        for name in published(self._scene.index):
            verified(self._scene.index, name)
        if self._scene.chance.random() < 0.5:
            self._go_on()
        return f"kill -9, {'between' if doing[0] == 'done' else doing[0]}", f"opened on the {opened} snapshot"

    def _told(self, seconds: float) -> list[list[str]]:
        """What a writer said until it was killed."""
        receiver, sender = os.pipe()
        child = os.fork()
        if not child:
            _write_until_killed(self._scene, self._scene.chance.getrandbits(64), sender)
        os.close(sender)
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(receiver, encoding="utf-8") as lines:
            return [line.rstrip("\n").split(" ", 2) for line in lines]

    def _follow(self, told: Sequence[list[str]]) -> list[str]:
        """Note what was acknowledged; what was being done, `["done"]` if nothing."""
        doing = ["done"]
        for line in told:
            require(line[0] != "failed", " ".join(line))
            if line[0] == "done":
                self._acknowledge(doing, line[1])
            doing = line
        return doing

    def _acknowledge(self, done: Sequence[str], name: str) -> None:
        if done[0] == "take":
            self._changes += (change_of(*done[1:]),)
            return
        if done[0] == "build":
            self._states[name] = State(int(done[1]), self._changes)
        self._served = name

    def _check_inbox(self, doing: Sequence[str]) -> None:
        found = inbox_of(self._scene.index)
        if doing[0] == "take" and found == _latest((*self._changes, change_of(*doing[1:]))):
            self._changes += (change_of(*doing[1:]),)
        require(found == _latest(self._changes), f"the inbox lost or changed something while doing {doing}")

    def _check_snapshot(self, doing: Sequence[str]) -> str:
        with Snapshot.open(self._scene.index) as snapshot:
            name, files = snapshot.id, snapshot.manifest.files
        opened = "old" if name == self._served else "new"
        if opened == "new":
            target = doing[1] if doing[0] == "rollback" else None
            require(doing[0] in ("build", "rollback"), f"{name} is served, {self._served} was, while doing {doing}")
            require(target in (None, name), f"{name} is served while going back to {target}")
            if doing[0] == "build":
                self._states[name] = State(int(doing[1]), self._changes)
            self._served = name
        require(files == self._scene.expected(self._states[name]), f"{name} is not {self._states[name]}")
        return opened

    def _go_on(self) -> None:
        """Build what comes next, on whatever the writer left."""
        number = self._scene.chance.randrange(COLLECTIONS)
        self._served = update(self._scene.index, self._scene.collection(number), force=True)
        self._states[self._served] = State(number, self._changes)
        require(files_of(self._scene.index) == self._scene.expected(self._states[self._served]), "the next building")
        strays = [path.name for path in (self._scene.index / SNAPSHOTS).glob(".[br]*ing-*")]
        require(not strays, f"{strays} stay behind")


def _latest(changes: Sequence[Change]) -> list[Article]:
    """The last change of each id, in the order in which they came."""
    last = {change.id: place for place, change in enumerate(changes)}
    return [change.article for place, change in enumerate(changes) if last[change.id] == place and change.article]


def _write_until_killed(scene: Scene, seed: int, sender: int) -> NoReturn:
    """Build, go back and take changes without end, saying so before and after each."""
    chance = chance_of(seed)

    def say(*words: object) -> None:
        os.write(sender, (" ".join(map(str, words)) + "\n").encode())

    try:
        while True:
            for doing, work in _works(scene, chance):
                say(*doing)
                say("done", work())
    except BaseException as error:  # noqa: BLE001 - told to the parent, who raises it
        say("failed", type(error).__name__, str(error).replace("\n", " "))
    finally:
        os._exit(1)


def _works(scene: Scene, chance: random.Random) -> Iterator[tuple[list[object], Callable[[], object]]]:
    number, seed = chance.randrange(COLLECTIONS), chance.randrange(1_000_000)
    kind = chance.choices(["build", "take", "rollback"], weights=[6, 2, 2])[0]
    if kind == "build":
        yield ["build", number], lambda: update(scene.index, scene.collection(number))
    elif kind == "take":
        change = change_of(f"inbox-{seed % CHANGED_IDS}", str(seed))
        yield ["take", change.id, seed], lambda: Inbox(scene.index).take([change], [])
    else:
        with suppress(SnapshotMissing):
            target = previous(scene.index)
            yield ["rollback", target], lambda: rollback(scene.index, target).id
