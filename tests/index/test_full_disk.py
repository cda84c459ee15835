"""Building on a disk that is really full: a small file system of its own, of every size up to what is needed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

FULL = ("No space left on device", "database or disk is full")
STEP = 28
"""Kilobytes by which one disk is larger than the one before."""

PRELUDE = r"""
import gc, hashlib, json, random, subprocess, sys
from pathlib import Path

import numpy as np

from index.build import build_articles
from index.errors import IndexingError
from index.inbox import Change, Inbox
from index.publish import prune, published, rollback
from index.snapshot import Snapshot
from index.types import Article

class Embedder:
    dim, name = 16, "hash"

    def identity(self):
        return {"model": self.name}

    def count_tokens(self, texts):
        return [len(text.split()) for text in texts]

    def embed_documents(self, texts, progress=None):
        seeds = [int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) for text in texts]
        rows = np.array([np.random.default_rng(seed).normal(size=self.dim) for seed in seeds])
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)

    embed_queries = embed_documents

def article(name, text):
    return Article(name, name, text, None, None, "en", hashlib.sha256(text.encode()).hexdigest())

chance = random.Random(1)
words = ["bridge", "ferry", "harbour", "river", "mayor", "tram", "council", "station", "engine", "winter"]
def sentences(count):
    return " ".join(" ".join(chance.choices(words, k=9)).capitalize() + "." for _ in range(count))

small = [article("small", "The bridge opened in May. It is 240 metres long.")]
large = [article(f"large{number}", sentences(40)) for number in range(4)]

def built(articles, index):
    try:
        return build_articles(articles, index, Embedder(), on_error=print).snapshot, None
    except IndexingError as error:
        return None, str(error)

def served(index):
    try:
        with Snapshot.open(index) as snapshot:
            return snapshot.id
    except IndexingError as error:
        return None
"""

SWEEP = r"""
def attempt(disk, kilobytes):
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "none", disk], check=True)
    index = disk / "index"
    try:
        first, refused = built(small, index)
        second, told = built(large, index)
        left = sorted(path.name for path in (index / "snapshots").glob(".*")) if first else []
        pruned = prune(index, 1) if first else []
        return {
            "first": first, "second": second, "served": served(index), "left": left, "pruned": pruned,
            "told": [text.replace(str(disk), "") for text in (refused, told) if text],
        }
    finally:
        gc.collect()
        subprocess.run(["umount", disk], check=True)

disk, outcomes, kilobytes = Path(sys.argv[1]), [], 8
while not outcomes or not outcomes[-1]["second"]:
    outcomes.append(attempt(disk, kilobytes))
    kilobytes += int(sys.argv[2])
print(json.dumps(outcomes))
"""

FILLED = r"""
disk = Path(sys.argv[1])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", disk], check=True)
index = disk / "index"
ids = [built([*small, *large[:count]], index)[0] for count in range(3)]
def take(name):
    return Inbox(index).take([Change(name, article(name, sentences(40)))], set())
taken = take("first")
with (disk / "filler").open("wb", buffering=0) as filler:
    try:
        while filler.write(bytes(4096)):
            pass
    except OSError:
        pass

def told(act):
    try:
        return act()
    except IndexingError as error:
        return str(error).replace(str(disk), "")

refused = told(lambda: take("second"))
print(json.dumps({
    "ids": ids,
    "rollback": told(lambda: rollback(index, ids[0]).id),
    "build": built(large, index)[1].replace(str(disk), ""),
    "served": served(index),
    "pruned": told(lambda: prune(index, 1)),
    "again": built(large[:1], index)[0],
    "last": published(index),
    "taken": [taken, refused, told(lambda: take("third"))],
}))
"""


def may_mount(path: Path) -> bool:
    """Whether this machine lets its users have file systems of their own."""
    command = ["unshare", "--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", str(path)]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def run_mounted(code: str, *arguments: object) -> Any:
    """What `code` prints as JSON, run where it may mount."""
    unshared = ["unshare", "--user", "--map-root-user", "--mount"]
    command = [*unshared, sys.executable, "-c", PRELUDE + code, *map(str, arguments)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.fixture(autouse=True)
def needs_a_file_system_of_its_own(tmp_path: Path) -> None:
    if not may_mount(tmp_path):
        pytest.skip("no file system can be mounted here")


def test_wherever_the_disk_is_full_the_file_is_named_and_the_old_snapshot_is_served(tmp_path: Path) -> None:
    outcomes = run_mounted(SWEEP, tmp_path, STEP)

    assert outcomes[-1]["second"] and not outcomes[0]["first"]
    between = [outcome for outcome in outcomes if outcome["first"] and not outcome["second"]]
    assert len(between) > 8
    for outcome in outcomes:
        assert outcome["served"] == (outcome["second"] or outcome["first"])
        assert outcome["left"] == []
        assert outcome["pruned"] == ([outcome["first"]] if outcome["second"] else [])
        for told in outcome["told"]:
            file, reason = told.split(": ", 1)
            assert file.startswith("/index") and reason in FULL


def test_on_a_full_disk_old_snapshots_can_be_removed_and_nothing_else_is_changed(tmp_path: Path) -> None:
    found = run_mounted(FILLED, tmp_path)
    ids = found["ids"]

    for told in (found["rollback"], found["build"]):
        assert told.startswith("/index/") and told.endswith(FULL)
    assert found["served"] == ids[2]
    assert found["pruned"] == ids[:2]
    assert found["again"] in found["last"]
    first, second, third = found["taken"]
    assert (first, second, third) == ([1], "/index/inbox.sqlite: database or disk is full", [2])
