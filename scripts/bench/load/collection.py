"""The index that is measured over, in a directory of its own, with two snapshots to change between."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from index.build import build
from index.cores import available_cores
from index.embedding import SentenceTransformerEmbedder
from index.embedding_cache import EMBEDDINGS
from index.models import resolve
from index.snapshot import Snapshot
from index.token_cache import cached
from service.settings import load_settings


def built(articles: Path, folder: Path) -> Path:
    """An index of `articles` in `folder`, published twice: without the last article, then with it."""
    settings = load_settings()
    plain = SentenceTransformerEmbedder(resolve(settings.embedding, settings.models), threads=available_cores())
    names = sorted(path for path in articles.iterdir() if path.is_file())
    chosen, index = folder / "articles", folder / "index"
    chosen.mkdir()
    for some in (names[:-1], names[-1:]):
        for path in some:
            shutil.copy(path, chosen)
        build([chosen], index, cached(plain, index / EMBEDDINGS), on_error=_refuse)
    return index


def copied(index: Path, folder: Path) -> Path:
    """A copy of `index` in `folder`, so that nothing is written to the original."""
    shutil.copytree(index, folder / "index", symlinks=True)
    return folder / "index"


def articles_of(index: Path) -> Sequence[str]:
    """The ids of the articles of the published snapshot."""
    snapshot = Snapshot.open(index)
    try:
        return list(snapshot.article_ids)
    finally:
        snapshot.close()


def questions_of(file: Path) -> Sequence[str]:
    """The questions of a gold file that its sources answer."""
    lines = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    return [line["question"] for line in lines if line["answerable"]]


def _refuse(error: Exception) -> None:
    raise error
