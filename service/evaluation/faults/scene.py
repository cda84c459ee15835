"""An index to attack, what it is made of, and what it must be made into: the same index, built where nothing was."""

from __future__ import annotations

import hashlib
import random
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from index.build import BuildOptions, build
from index.embedding import Vectors
from index.embedding_cache import EMBEDDINGS
from index.inbox import Change, Inbox, overlay
from index.manifest import FileRecord
from index.snapshot import Snapshot
from index.token_cache import cached
from index.types import Article

COLLECTIONS = 4
ARTICLES = 6
WORDS = (
    "ferry harbour lighthouse bridge tram council budget museum storm record harvest school river market station",
    "Hafen Brücke Rathaus Schule Ernte Museum Sturm Bahnhof Fluss Markt Straße Gemeinde Turm Insel Fähre",
)

Files = Mapping[str, FileRecord]


class HashEmbedder:
    """Each text has one unit vector, and so has each of its words. No two share theirs."""

    dim = 16
    name = "hash"

    def identity(self) -> Mapping[str, str | int | bool]:
        """That of no other embedder."""
        return {"model": self.name, "normalised": True}

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Words."""
        return [len(text.split()) for text in texts]

    count_vectors = count_tokens

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """float32 `(len(texts), dim)`, unit L2 norm."""
        seeds = [int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) for text in texts]
        rows = np.array([np.random.default_rng(seed).normal(size=self.dim) for seed in seeds])
        unit: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
        return unit

    def embed_documents(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        """As `embed_queries`."""
        if progress is not None:
            progress(len(texts))
        return self.embed_queries(texts)

    def embed_document_tokens(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> tuple[Vectors, list[Vectors]]:
        """As `embed_documents`, and for each text those of its words."""
        return self.embed_documents(texts, progress), [self.embed_queries(text.split()) for text in texts]

    def embed_query_tokens(self, texts: Sequence[str]) -> tuple[Vectors, list[Vectors]]:
        """As `embed_document_tokens`."""
        return self.embed_document_tokens(texts)


@dataclass(frozen=True)
class State:
    """What a snapshot was built from: one of the collections, with these changes over it."""

    collection: int
    changes: tuple[Change, ...]


@dataclass
class Scene:
    """The collections, an index that is attacked, and indexes that nothing happens to, to compare with."""

    root: Path
    chance: random.Random
    clean: dict[State, Files] = field(default_factory=dict)

    @property
    def index(self) -> Path:
        """The index that is attacked."""
        return self.root / "index"

    def collection(self, number: int) -> Path:
        """The directory of a collection's articles."""
        return self.root / "articles" / str(number)

    def write_collections(self) -> None:
        """Articles of which some are the same in each collection, some are changed, and some are in one alone."""
        for number in range(COLLECTIONS):
            self.collection(number).mkdir(parents=True)
            for name in range(number, number + ARTICLES):
                text = article_text(chance_of(f"{name} {number if name % 2 else ''}"))
                (self.collection(number) / f"{name}.txt").write_text(text, encoding="utf-8")

    def expected(self, state: State) -> Files:
        """The files of a snapshot of `state` that is built where nothing was."""
        if state not in self.clean:
            with tempfile.TemporaryDirectory(dir=self.root) as directory:
                Inbox(Path(directory)).take(state.changes, [])
                update(Path(directory), self.collection(state.collection))
                self.clean[state] = files_of(Path(directory))
        return self.clean[state]


def change_of(article_id: str, seed: str) -> Change:
    """What is written over HTTP."""
    text = article_text(chance_of(seed))
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    return Change(article_id, Article(article_id, f"Report {seed}", text, None, None, "en", sha256))


def chance_of(seed: object) -> random.Random:
    """Chance that comes out the same for the same seed."""
    return random.Random(str(seed))  # noqa: S311 - no secret


def article_text(chance: random.Random) -> str:
    """A title and paragraphs of random words."""
    words = chance.choice(WORDS).split()
    sentences = [" ".join(chance.choices(words, k=chance.randint(5, 12))).capitalize() + "." for _ in range(9)]
    return "\n\n".join([f"Report {chance.randint(1, 999)}", *(" ".join(sentences[at : at + 3]) for at in (0, 3, 6))])


def update(index_dir: Path, articles: Path, *, force: bool = False) -> str:
    """Build as scripts/build_index.py does; the id of the snapshot."""
    embedder = cached(HashEmbedder(), index_dir / EMBEDDINGS)
    report = build([articles], index_dir, embedder, on_error=lambda _: None, options=BuildOptions(force=force))
    embedder.retire()
    return report.snapshot


def files_of(index_dir: Path) -> Files:
    """What the served snapshot consists of, verified."""
    with Snapshot.open(index_dir) as snapshot:
        return snapshot.manifest.files


def inbox_of(index_dir: Path) -> list[Article]:
    """What the inbox holds, in its order."""
    with overlay(index_dir) as changes:
        return list(changes.over([]))


def require(holds: bool, what: str) -> None:
    """Raise AssertionError saying `what` is wrong, unless it `holds`."""
    if not holds:
        raise AssertionError(what)
