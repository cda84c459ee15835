"""What differs between the articles at hand and those of the served snapshot, by hashes and what is known of them.

Articles are taken one at a time, once, and only until the first difference: from there on a snapshot has to be built,
of those before it as well. Those are read back from the snapshot, since they are in it.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from index import manifest as manifests
from index.embedding import Embedder, TokenEmbedder
from index.errors import ArticleError, SnapshotError, SnapshotMissing
from index.inputs import SPLITTING
from index.lexical import LEXICAL
from index.manifest import Manifest
from index.publish import current_directory
from index.snapshot import ARTICLES, PASSAGE_VECTORS, SENTENCE_VECTORS, TOKEN_FILES
from index.store import Store
from index.types import Article, ArticleInfo
from index.vector_kinds import VectorOptions, chosen


@dataclass(slots=True)
class Changes:
    """How many articles became what, since the snapshot that was served before."""

    new: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class Served:
    """The snapshot that is served, as far as a new one is compared with it. Its articles were verified."""

    manifest: Manifest
    directory: Path
    store: Store

    def row_of(self, article: Article) -> int | None:
        """The row of the very same article, None where there is none."""
        found = self.store.find(article.id)
        return found[0] if found is not None and found[1] == _info(article) else None

    def built_otherwise(self, embedder: Embedder, vectors: VectorOptions) -> str:
        """In what its parameters are not those of a new one, empty where they are the same."""
        of_tokens, passages = TOKEN_FILES[0] in self.manifest.files, self.manifest.counts.passages
        with_tokens = isinstance(embedder, TokenEmbedder) and 0 < passages <= vectors.tokens_up_to
        for what, same in (
            ("embedding model", self.manifest.embedding == dict(embedder.identity())),
            ("splitting", self.manifest.splitter == SPLITTING),
            ("analysis of words", self.manifest.lexical == LEXICAL),
            ("use of tokens", of_tokens == with_tokens),
            ("search of vectors", self._searched_as(vectors)),
        ):
            if not same:
                return f"the {what} is another one"
        return ""

    def _searched_as(self, wanted: VectorOptions) -> bool:
        counts = {PASSAGE_VECTORS: self.manifest.counts.passages, SENTENCE_VECTORS: self.manifest.counts.sentences}
        return all(
            record.kind == chosen(counts[name], self.manifest.dim, wanted.kind) and record.required == wanted.recall
            for name, record in self.manifest.vectors.items()
        )

    def damage(self) -> str:
        """What is wrong with its files, empty where every byte is right."""
        try:
            manifests.verify(self.manifest, self.directory)
        except SnapshotError as error:
            return str(error)
        return ""


@contextmanager
def served(index_dir: Path) -> Iterator[Served | str]:
    """The served snapshot; in its place, why nothing can be compared with it, empty where there is none."""
    try:
        directory = current_directory(index_dir)
        manifest = manifests.read(directory)
        manifests.verify(msgspec.structs.replace(manifest, files={ARTICLES: manifest.files[ARTICLES]}), directory)
    except SnapshotMissing:
        yield ""
    except (SnapshotError, KeyError) as error:
        yield f"the served snapshot can't be used: {error}"
    else:
        with closing(Store(directory / ARTICLES)) as store:
            yield Served(manifest, directory, store)


class Comparison:
    """Articles on their way into a snapshot, compared with the served one."""

    def __init__(self, before: Served | None, articles: Iterable[Article]) -> None:
        """`before` is None where there is nothing to compare with."""
        self._before = before
        self._articles = iter(articles)
        self._same = array("q")
        self._first: list[Article] = []
        self.changes = Changes(removed=before.manifest.counts.articles if before else 0)

    def finds_none(self, left_out: Callable[[Article], bool], on_error: Callable[[ArticleError], None]) -> bool:
        """Take articles up to the first difference; whether there was none, and no article is missing.

        `left_out` says of an article that the snapshot does not have whether it has nothing to index. Such articles,
        and those whose id came before, are told to `on_error`.
        """
        before = self._before
        if before is None:
            return False
        met = bytearray(before.manifest.counts.articles)
        for article in self._articles:
            row = before.row_of(article)
            if row is None and left_out(article):
                on_error(nothing_in(article))
            elif row is None:
                self._first.append(article)
                return False
            elif met[row]:
                on_error(ArticleError(article.id, "another article has this id"))
            else:
                met[row] = True
                self._same.append(row)
        return len(self._same) == len(met)

    def all(self) -> Iterator[Article]:
        """All articles, those that were compared already and all others."""
        if self._before is not None:
            for row in self._same:
                yield self._before.store.article_at(row)
        yield from self._first
        yield from self._articles

    def count(self, article: Article) -> None:
        """Note that `article` is in the new snapshot."""
        found = self._before.store.find(article.id) if self._before else None
        if found is None:
            self.changes.new += 1
            return
        self.changes.removed -= 1
        if found[1] == _info(article):
            self.changes.unchanged += 1
        else:
            self.changes.changed += 1


def nothing_in(article: Article) -> ArticleError:
    """Why an article without a sentence is left out."""
    return ArticleError(article.id, "no sentence worth indexing was found in it")


def _info(article: Article) -> ArticleInfo:
    return ArticleInfo(article.id, article.title, article.url, article.published_at, article.language, article.sha256)
