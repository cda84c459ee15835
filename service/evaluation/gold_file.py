"""A gold file, read whole or refused whole, and its quotes found in the articles."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from index.language import detect_sentence
from service.evaluation.errors import GoldError
from service.evaluation.formats import jsonl, squad, table
from service.evaluation.formats.located import Contents, Located
from service.evaluation.gold import Gold, Place
from service.evaluation.results import GoldSpan, SourceArticle

READERS: Mapping[str, Callable[[str, str], Contents]] = {".jsonl": jsonl.read, ".json": squad.read, ".csv": table.read}
"""By the suffix of the file."""

Evidence = tuple[tuple[GoldSpan, ...], ...]


@dataclass(frozen=True, slots=True)
class GoldFile:
    """The questions of a gold file and the SHA-256 of its bytes."""

    path: Path
    sha256: str
    questions: tuple[Gold, ...]


def read(path: Path) -> GoldFile:
    """The questions of a file. Raises `GoldError` with every broken line, before anything is asked."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise GoldError([f"{path}: a gold file ends in {', '.join(READERS)}"])
    try:
        raw = path.read_bytes()
        # A byte order mark is what spreadsheets put before their CSV.
        contents = reader(path.name, raw.decode("utf-8-sig"))
    except OSError as error:
        raise GoldError([f"{path}: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise GoldError([f"{path.name}:{line}: not UTF-8: {error.reason}"]) from error
    problems = [*contents.problems, *_repeated(contents.questions)]
    if not problems and not contents.questions:
        problems = [f"{path}: holds no question"]
    if problems:
        raise GoldError(problems)
    return GoldFile(path, hashlib.sha256(raw).hexdigest(), tuple(located.gold for located in contents.questions))


def article_ids(questions: Iterable[Gold]) -> list[str]:
    """The articles that gold evidence stands in, each once, in the order of the questions."""
    return list(
        dict.fromkeys(place.article for question in questions for group in question.evidence for place in group)
    )


def resolve(questions: Iterable[Gold], articles: Mapping[str, SourceArticle]) -> dict[str, Evidence]:
    """Where the gold quotes of each question stand. Raises `GoldError` with every quote that is not in its article."""
    problems: list[str] = []
    found: dict[str, Evidence] = {}
    for question in questions:
        groups: list[tuple[GoldSpan, ...]] = []
        for group in question.evidence:
            spans = {span: None for place in group for span in _spans(question.id, place, articles, problems)}
            groups.append(tuple(spans))
        found[question.id] = tuple(groups)
    if problems:
        raise GoldError(problems)
    return found


def _repeated(questions: Iterable[Located]) -> Iterable[str]:
    first: dict[str, str] = {}
    for where, gold in questions:
        if gold.id in first:
            yield f"{where}: the id {gold.id} was used before, at {first[gold.id]}"
        first.setdefault(gold.id, where)


def _spans(question: str, place: Place, articles: Mapping[str, SourceArticle], problems: list[str]) -> list[GoldSpan]:
    article = articles.get(place.article)
    if article is None:
        problems.append(f"{question}: there is no article {place.article}")
        return []
    starts = _occurrences(article.text, place)
    if not starts:
        at = "" if place.start is None else f" at {place.start}"
        problems.append(f"{question}: not in {place.article}{at}: {place.quote!r}")
    language = _language(place.quote, article.language)
    return [GoldSpan(place.article, start, start + len(place.quote), place.quote, language) for start in starts]


def _occurrences(text: str, place: Place) -> list[int]:
    if place.start is not None:
        return [place.start] if place.start >= 0 and text.startswith(place.quote, place.start) else []
    starts, start = [], text.find(place.quote)
    while start >= 0:
        starts.append(start)
        start = text.find(place.quote, start + 1)
    return starts


def _language(quote: str, article_language: str) -> str:
    found, sure = detect_sentence(quote, article_language)
    return found if sure else article_language
