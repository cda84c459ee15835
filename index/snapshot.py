"""A published snapshot, opened and verified: everything that answering reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self, TypeVar, overload

from index import lexical, tokens, vectors
from index import manifest as manifests
from index.errors import SnapshotCorrupt, SnapshotMismatch
from index.lexical import LexicalIndex
from index.manifest import Manifest, Value
from index.publish import current_directory
from index.store import PassageColumns, SentenceColumns, Store
from index.tokens import TokenIndex
from index.types import Article, ArticleInfo, Passage, Sentence
from index.vectors import VectorIndex

ARTICLES = "articles.sqlite"
PASSAGE_VECTORS = "vectors/passages"
SENTENCE_VECTORS = "vectors/sentences"
PASSAGE_WORDS = "lexical/passages"
SENTENCE_WORDS = "lexical/sentences"
PASSAGE_TOKENS = "tokens/passages"
"""Only where the embedding model gives vectors of tokens."""
VECTORS = (PASSAGE_VECTORS, SENTENCE_VECTORS)
FILES = (
    ARTICLES,
    *(f"{words}/{name}" for words in (PASSAGE_WORDS, SENTENCE_WORDS) for name in lexical.FILES),
)

TOKEN_FILES = tuple(f"{PASSAGE_TOKENS}/{name}" for name in tokens.FILES)

T = TypeVar("T")


class Rows(Sequence[T]):
    """The rows of a table as objects that are made when they are asked for."""

    def __init__(self, count: int, make: Callable[[int], T]) -> None:
        self._rows = range(count)
        self._make = make

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, row: int) -> T: ...
    @overload
    def __getitem__(self, row: slice) -> list[T]: ...
    def __getitem__(self, row: int | slice) -> T | list[T]:
        if isinstance(row, slice):
            return [self._make(one) for one in self._rows[row]]
        return self._make(self._rows[row])


Searchable = tuple[VectorIndex, LexicalIndex]


class Snapshot:
    """One state of the collection. Nothing in it ever changes; any number of threads may read it at once.

    Columns are arrays by row that can't be written to, int32 `(passages,)` or `(sentences,)`:
    `passage_article`, `passage_start`, `passage_end`, `passage_heading`, `passage_language`,
    `sentence_passage`, `sentence_start`, `sentence_end`, `sentence_language`.
    Starts and ends are offsets into the article's text; `passage_article` is a row of `article_ids`, languages are
    codes of `languages` and headings of `headings`. Passages are in the order of their articles, sentences in the order
    of their passages. Rows of `passage_vectors`, `passage_words` and `passage_tokens` (None where the embedding model
    gives no tokens) are those of `passages`, likewise for sentences.
    """

    def __init__(
        self,
        manifest: Manifest,
        store: Store,
        passages: Searchable,
        sentences: Searchable,
        passage_tokens: TokenIndex | None = None,
    ) -> None:
        """Use `Snapshot.open`: nothing is verified here."""
        self.id = manifest.id
        self.manifest = manifest
        self.passage_vectors, self.passage_words = passages
        self.sentence_vectors, self.sentence_words = sentences
        self.passage_tokens = passage_tokens
        self._store = store
        self.article_ids = store.article_ids()
        self.languages = store.languages()
        self.headings = store.headings()
        passage, sentence = store.passages(), store.sentences()
        self.passage_article, self.passage_start, self.passage_end = passage.article, passage.start, passage.end
        self.passage_heading, self.passage_language = passage.heading, passage.language
        self.sentence_passage, self.sentence_language = sentence.passage, sentence.language
        self.sentence_start, self.sentence_end = sentence.start, sentence.end
        # not bound to the snapshot: without a cycle, its memory is free as soon as nobody uses it any more
        names = _Names(self.article_ids, self.headings, self.languages)
        self.passages: Sequence[Passage] = Rows(len(passage.start), partial(_passage, names, passage))
        self.sentences: Sequence[Sentence] = Rows(len(sentence.start), partial(_sentence, names, passage, sentence))

    @classmethod
    def open(cls, index_dir: Path, *, expect: Mapping[str, Value] | None = None) -> Self:
        """The snapshot that `index_dir` serves, after every byte of it was verified.

        `expect` is the identity of the embedder that questions will be embedded with. Raises SnapshotMissing where none
        was published, SnapshotCorrupt naming the file that is not what was published (before SQLite or FAISS read
        it), and SnapshotMismatch where the vectors were made by another embedder than expected.
        """
        return cls.open_directory(current_directory(index_dir), expect=expect)

    @classmethod
    def open_directory(cls, directory: Path, *, expect: Mapping[str, Value] | None = None) -> Self:
        """The snapshot in `directory`, `INDEX/snapshots/<id>`, served or not; verified, and raising, as `open`."""
        manifest = manifests.read(directory)
        if manifest.vectors.keys() != set(VECTORS):
            raise SnapshotCorrupt(f"{directory / manifests.FILE_NAME}: does not tell how vectors are searched")
        listed = set(manifest.files)
        if missing := _files(manifest, tokens=not listed.isdisjoint(TOKEN_FILES)) - listed:
            raise SnapshotCorrupt(f"{directory / manifests.FILE_NAME}: does not list {', '.join(sorted(missing))}")
        _check_embedder(directory, manifest, expect)
        manifests.verify(manifest, directory)
        return cls._load(directory, manifest)

    @classmethod
    def _load(cls, directory: Path, manifest: Manifest) -> Self:
        with ExitStack() as stack:
            store = Store(directory / ARTICLES)
            stack.callback(store.close)
            of_passages, of_sentences = (
                VectorIndex.open(directory / name, manifest.dim, manifest.vectors[name]) for name in VECTORS
            )
            passages = of_passages, LexicalIndex.open(directory / PASSAGE_WORDS)
            sentences = of_sentences, LexicalIndex.open(directory / SENTENCE_WORDS)
            of_tokens = TokenIndex(directory / PASSAGE_TOKENS) if TOKEN_FILES[0] in manifest.files else None
            snapshot = cls(manifest, store, passages, sentences, of_tokens)
            snapshot._check_counts(directory)
            stack.pop_all()
        return snapshot

    def close(self) -> None:
        """Close the files. Texts and articles can't be read any more."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def passage_text(self, row: int) -> str:
        """The characters of a passage, as they stand in its article."""
        return self._store.text(int(self.passage_article[row]))[self.passage_start[row] : self.passage_end[row]]

    def sentence_text(self, row: int) -> str:
        """The characters of a sentence, as they stand in its article."""
        article = self.passage_article[self.sentence_passage[row]]
        return self._store.text(int(article))[self.sentence_start[row] : self.sentence_end[row]]

    def article(self, article_id: str) -> Article | None:
        """An article with its text; None where there is none of this id."""
        return self._store.article(article_id)

    def newest_articles(self, start: int, count: int) -> list[ArticleInfo]:
        """What is known of `count` articles from the `start`-th on, the newest first, undated ones last."""
        return self._store.newest(start, count)

    def article_info(self, article_id: str) -> ArticleInfo | None:
        """What is known of an article; None where there is none of this id."""
        return self._store.info(article_id)

    def article_infos(self) -> list[ArticleInfo]:
        """What is known of each article, in the order of `article_ids`."""
        return self._store.infos()

    def _check_counts(self, directory: Path) -> None:
        counts = self.manifest.counts
        for name, rows, expected in (
            (ARTICLES, len(self.article_ids), counts.articles),
            (ARTICLES, len(self.passages), counts.passages),
            (ARTICLES, len(self.sentences), counts.sentences),
            (PASSAGE_VECTORS, len(self.passage_vectors), counts.passages),
            (SENTENCE_VECTORS, len(self.sentence_vectors), counts.sentences),
            (PASSAGE_WORDS, len(self.passage_words), counts.passages),
            (SENTENCE_WORDS, len(self.sentence_words), counts.sentences),
            (
                PASSAGE_TOKENS,
                counts.passages if self.passage_tokens is None else len(self.passage_tokens),
                counts.passages,
            ),
        ):
            if rows != expected:
                raise SnapshotCorrupt(f"{directory / name}: has {rows} rows, its manifest says {expected}")


def _files(manifest: Manifest, *, tokens: bool) -> set[str]:
    """The files that a snapshot of this manifest must have, with those of tokens or without."""
    of_vectors = {f"{name}/{file}" for name in VECTORS for file in vectors.files(manifest.vectors[name])}
    return of_vectors.union(FILES, TOKEN_FILES if tokens else ())


class _Names(NamedTuple):
    """What codes and rows stand for."""

    articles: Sequence[str]
    headings: Sequence[str]
    languages: Sequence[str]


def _passage(names: _Names, passages: PassageColumns, row: int) -> Passage:
    return Passage(
        article_id=names.articles[passages.article[row]],
        start=int(passages.start[row]),
        end=int(passages.end[row]),
        heading=names.headings[passages.heading[row]],
        language=names.languages[passages.language[row]],
    )


def _sentence(names: _Names, passages: PassageColumns, sentences: SentenceColumns, row: int) -> Sentence:
    passage = int(sentences.passage[row])
    return Sentence(
        article_id=names.articles[passages.article[passage]],
        start=int(sentences.start[row]),
        end=int(sentences.end[row]),
        passage=passage,
        language=names.languages[sentences.language[row]],
    )


def _check_embedder(directory: Path, manifest: Manifest, expect: Mapping[str, Value] | None) -> None:
    if expect is None or dict(expect) == manifest.embedding:
        return
    keys = sorted(set(expect) | set(manifest.embedding))
    differing = [
        f"{key}: {manifest.embedding.get(key)!r} in the snapshot, {expect.get(key)!r} in the embedder"
        for key in keys
        if expect.get(key) != manifest.embedding.get(key)
    ]
    raise SnapshotMismatch(
        f"{directory}: its vectors were made by another embedder: {'; '.join(differing)}. "
        "Build the index again or serve with the embedder that it was built with."
    )
