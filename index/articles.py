"""Reads a collection: files, directories and JSON Lines -> articles, one at a time.

What is read, what is refused and how it is said: docs/articles.md.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from index.clean import pieces
from index.errors import ArticleError, EmptyCollection
from index.language import detect
from index.layout import TITLE_CHARACTERS, is_label, title_of
from index.readers import READERS, Record
from index.types import Article

OnError = Callable[[ArticleError], None]
Describe = Callable[[str, Record, str], tuple[str, str]]
"""Title and language of an article, by its id, what its file has, and the SHA-256 of its text in hex."""

MAX_ID_CHARACTERS = 1_000
TITLE_WINDOW = 5_000
"""Characters at the beginning of a text in which its title is looked for."""
LABELS_AT_MOST = 4
"""Lines above a title."""

_FORMATS = ", ".join(sorted(READERS))


def described(article_id: str, record: Record, sha256: str) -> tuple[str, str]:
    """Title and language as the file has them, else as its text tells them."""
    title = (record.title or "").strip() or _derived_title(article_id, record.text)
    return title, record.language or detect(record.text)


def read_collection(
    paths: Sequence[Path],
    on_error: OnError,
    describe: Describe = described,
    *,
    without: Path | None = None,
    allow_empty: bool = False,
) -> Iterator[Article]:
    """Every article in `paths` (files, or directories with all that is below them), in a fixed order, one at a time.

    What can't be used is told to `on_error` and left out. Raises EmptyCollection, before or after reading, where one of
    `paths` is not there, which may be a file system that is not mounted; without `allow_empty` also where nothing was
    found, or nothing to read in a directory of `paths`. A named file that is not there is left out. The directory
    `without` is left out wherever it lies in one of them. `describe` is for who remembers what `described` gave.
    """
    seen: dict[str, str] = {}
    _require_places(paths, without, allow_empty)
    for article_id, record in _records(paths, without, on_error):
        first = seen.get(article_id)
        if first is not None:
            on_error(ArticleError(record.source, f"has the id {article_id!r}, which {first} has already; left out"))
            continue
        try:
            article = article_of(article_id, record, describe)
        except ArticleError as error:
            on_error(error)
            continue
        seen[article_id] = record.source
        yield article
    _require_places(paths, without, allow_empty)
    if not seen and not (allow_empty and all(map(_is_there, paths))):
        raise EmptyCollection(f"no article found in {', '.join(map(str, paths)) or 'an empty list of places'}")


def _require_places(paths: Sequence[Path], without: Path | None, allow_empty: bool) -> None:
    missing = [path for path in paths if path.suffix.lower() not in READERS and not _is_there(path)]
    empty = [] if allow_empty else [str(path) for path in paths if path.is_dir() and not _has_files(path, without)]
    if missing or empty:
        gone = [f"{path}, which is not there" for path in missing]
        raise EmptyCollection(f"no article found in {', '.join([*gone, *empty])}")


def _is_there(path: Path) -> bool:
    try:
        return os.access(path, os.R_OK)
    except ValueError:  # no name of a file
        return False


def _has_files(directory: Path, without: Path | None) -> bool:
    return next(files([directory], lambda error: None, without), None) is not None


def _records(paths: Sequence[Path], without: Path | None, on_error: OnError) -> Iterator[tuple[str, Record]]:
    for path, file_id in files(paths, on_error, without):
        try:
            for record in READERS[path.suffix.lower()](path, on_error):
                yield (file_id if record.id is None else record.id), record
        except ArticleError as error:
            on_error(error)
        except OSError as error:
            on_error(ArticleError(str(path), f"can't be read: {error.strerror or error}"))


def files(paths: Sequence[Path], on_error: OnError, without: Path | None = None) -> Iterator[tuple[Path, str]]:
    """Every readable file with the id that it gives; a directory `without` that lies in one of `paths` is left out."""
    left_out = None if without is None else os.path.realpath(without)
    told: set[str] = set()
    for path in paths:
        try:
            mode = path.stat().st_mode
        except (OSError, ValueError) as error:
            on_error(ArticleError(str(path), _why_not(error)))
            continue
        if stat.S_ISDIR(mode):
            for file in _walk(path, (os.path.realpath(path),), left_out, on_error):
                if _is_readable(file, told, on_error):
                    yield file, file.relative_to(path).as_posix()
        elif _is_readable(path, set(), on_error):
            yield path, path.name


def _walk(directory: Path, above: tuple[str, ...], left_out: str | None, on_error: OnError) -> Iterator[Path]:
    """The files below a directory, sorted by name within each; `above` are the real paths of it and its parents."""
    try:
        entries = sorted(entry for entry in directory.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        on_error(ArticleError(str(directory), _why_not(error)))
        return
    for entry in entries:
        if not entry.is_dir():
            yield entry
            continue
        real = os.path.realpath(entry)
        if real == left_out:
            continue
        if real in above:
            on_error(ArticleError(str(entry), f"is a symbolic link into a directory that it lies in ({real}); skipped"))
            continue
        yield from _walk(entry, (*above, real), left_out, on_error)


def _is_readable(path: Path, told: set[str], on_error: OnError) -> bool:
    """Whether a file has a format that is read and can be opened. `told` are the other formats reported before."""
    try:
        regular = stat.S_ISREG(path.stat().st_mode)
    except OSError as error:
        on_error(ArticleError(str(path), _why_not(error)))
        return False
    suffix = path.suffix.lower()
    if not regular:
        on_error(ArticleError(str(path), "is not a regular file; skipped"))
    elif suffix not in READERS:
        if suffix not in told:
            what = f"files ending in {suffix}" if suffix else "files without an extension"
            on_error(ArticleError(str(path), f"{what} are not read ({_FORMATS} are); said once"))
        told.add(suffix)
    else:
        return True
    return False


def _why_not(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "does not exist"
    return f"can't be read: {getattr(error, 'strerror', None) or error}"


def article_of(article_id: str, record: Record, describe: Describe = described) -> Article:
    """The article that a record stands for. Raises ArticleError naming `record.source`."""
    _check_id(article_id, record.source)
    for name, value in (("text", record.text), ("title", record.title), ("url", record.url)):
        _check_characters(name, value or "", record.source)
    if not record.text.strip():
        raise ArticleError(record.source, "holds nothing but white space" if record.text else "is empty")
    sha256 = hashlib.sha256(record.text.encode()).hexdigest()
    title, language = describe(article_id, record, sha256)
    return Article(
        id=article_id,
        title=title,
        text=record.text,
        url=(record.url or "").strip() or None,
        published_at=record.published_at,
        language=language,
        sha256=sha256,
    )


def _check_id(article_id: str, source: str) -> None:
    if len(article_id) > MAX_ID_CHARACTERS:
        raise ArticleError(source, f"has an id of more than {MAX_ID_CHARACTERS} characters")
    if article_id in (".", ".."):
        raise ArticleError(source, f"has the id {article_id!r}, which no address can name: clients take it for a step")
    _check_characters("id", article_id, source)


def _check_characters(name: str, value: str, source: str) -> None:
    """Raises ArticleError for what no UTF-8 database column takes."""
    position = value.find("\0")
    if position >= 0:
        raise ArticleError(source, f"{name} holds a NUL character at position {position}; is it a binary file?")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ArticleError(source, f"{name} holds a lone surrogate at position {error.start}") from error


def _derived_title(article_id: str, text: str) -> str:
    """The first heading or sentence of the content, the file's name where there is none.

    Instead of a label that stands above a title, the first line behind it that may be one.
    """
    head = text[:TITLE_WINDOW]
    content = [piece for piece in pieces(head) if not piece.skipped_by][: LABELS_AT_MOST + 1]
    if not content:
        return Path(article_id).stem[:TITLE_CHARACTERS] or article_id
    first, *others = (head[piece.start : piece.end] for piece in content)
    is_heading = "#" in head[: content[0].start].rpartition("\n")[2]
    if is_label(first) and not is_heading:
        behind = next((block for block in others if not is_label(block)), first)
        if len(behind) <= TITLE_CHARACTERS and not behind.endswith("."):
            return title_of(behind)
    return title_of(first)
