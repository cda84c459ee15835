"""A benchmark whose paragraphs and questions exist in several languages, as XQuAD has them.

A directory holds one SQuAD-style file a language, `<name>.<language>.json` or `<name>.<language>.<part>.json`, with the
same paragraphs in the same order. Each paragraph becomes one article; what a question wants is its own paragraph, in
whatever language the collection has it. Nothing here reads short answers.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import msgspec
import numpy as np

from index.build import build
from index.embedding import Embedder
from index.errors import ArticleError
from index.progress import Progress
from index.snapshot import Snapshot
from service.evaluation import gold_file
from service.evaluation.errors import GoldError
from service.evaluation.formats import squad

MIXED, PATCHWORK = "mixed", "patchwork"
PATCHWORK_SEED = 0

_FILE = re.compile(r"\w+\.(?P<language>[a-z]{2})(?:\.\w+)?\.json")

Texts = Mapping[str, str]
"""Paragraphs of one language by their names, `<title of the document>#<number>`, in the order of the file."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question in one `language`, and the name of the paragraph that answers it."""

    id: str
    language: str
    text: str
    paragraph: str

    @property
    def document(self) -> str:
        """The title of the document that the paragraph is a part of."""
        return self.paragraph.rpartition("#")[0]


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Paragraphs and questions by language; the languages that have texts share all their paragraphs."""

    texts: Mapping[str, Texts]
    questions: Mapping[str, tuple[Question, ...]]


@dataclass(frozen=True, slots=True)
class Collection:
    """Articles to build one index of: their texts by id, which is `<language>/<name of the paragraph>`.

    `name` is a language, `mixed` (every paragraph in every language) or `patchwork` (every paragraph once).
    """

    name: str
    texts: Texts


def read(directory: Path, languages: Sequence[str]) -> Benchmark:
    """The benchmark in `directory`, with texts in `languages` and questions in every language that is there.

    Raises `GoldError` where a file is broken, a language is missing or paragraphs don't correspond.
    """
    files = {match["language"]: path for path in sorted(directory.glob("*.json")) if (match := _FILE.match(path.name))}
    if missing := [language for language in languages if language not in files]:
        raise GoldError(
            [f"{directory}: holds no file for {language}, as in xquad.{language}.json" for language in missing]
        )
    texts = {language: _texts(files[language]) for language in languages}
    names = [list(paragraphs) for paragraphs in texts.values()]
    if any(other != names[0] for other in names[1:]):
        raise GoldError([f"{directory}: the files of {', '.join(languages)} don't hold the same paragraphs in order"])
    return Benchmark(texts, {language: _questions(path, language) for language, path in files.items()})


def collections(benchmark: Benchmark) -> tuple[Collection, ...]:
    """One collection a language, then all together (`mixed`), then each paragraph in one of them (`patchwork`)."""
    single = {
        language: {article_id(language, name): text for name, text in texts.items()}
        for language, texts in benchmark.texts.items()
    }
    mixed = dict(chain.from_iterable(texts.items() for texts in single.values()))
    return (
        *(Collection(language, texts) for language, texts in single.items()),
        Collection(MIXED, mixed),
        Collection(PATCHWORK, _patchwork(benchmark.texts)),
    )


def article_id(language: str, paragraph: str) -> str:
    """The id of the article that a paragraph is in one language."""
    return f"{language}/{paragraph}"


def paragraph_of(article: str) -> str:
    """The name of the paragraph that an article is."""
    return article.partition("/")[2]


def language_of(article: str) -> str:
    """The language that an article's paragraph is in."""
    return article.partition("/")[0]


@contextmanager
def indexed(collection: Collection, embedder: Embedder, progress: Progress | None = None) -> Iterator[Snapshot]:
    """A collection, built and opened as any other; its files are gone afterwards.

    Articles have no title but what is derived from their own text: the document's would tell what no paragraph says.
    Raises `IndexingError` where building fails, or leaves an article out.
    """
    with tempfile.TemporaryDirectory() as directory:
        articles, out = Path(directory) / f"{collection.name}.jsonl", Path(directory) / "index"
        lines = (msgspec.json.encode({"id": name, "text": text}) for name, text in collection.texts.items())
        articles.write_bytes(b"\n".join(lines))
        build([articles], out, embedder, on_error=_refuse, progress=progress)
        with Snapshot.open(out, expect=embedder.identity()) as snapshot:
            yield snapshot


def _texts(path: Path) -> dict[str, str]:
    try:
        return {record["id"]: record["text"] for record in squad.articles(path.read_text(encoding="utf-8"))}
    except GoldError as error:
        raise GoldError([f"{path}: {problem}" for problem in error.problems]) from error


def _questions(path: Path, language: str) -> tuple[Question, ...]:
    return tuple(
        Question(gold.id, language, gold.question, gold.evidence[0][0].article)
        for gold in gold_file.read(path).questions
        if gold.answerable
    )


def _patchwork(texts: Mapping[str, Texts]) -> dict[str, str]:
    """Each paragraph in one language, drawn with a fixed seed: 0 is the first language, 1 the second, and so on."""
    languages = list(texts)
    names = list(texts[languages[0]])
    drawn = np.random.default_rng(PATCHWORK_SEED).integers(0, len(languages), len(names))
    chosen = {name: languages[number] for name, number in zip(names, drawn, strict=True)}
    return {article_id(language, name): texts[language][name] for name, language in chosen.items()}


def _refuse(error: ArticleError) -> None:
    raise error
