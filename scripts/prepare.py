"""What scripts/run does before it serves: fetch the missing models, and index the articles where that is due.

    python scripts/prepare.py [--articles PATH]...

Prints the directory of the index, that of the models, the questions that the chat page begins with and the file of the
keys, one a line, for the service to be told.
Where nobody could ask the service, that is said before anything is fetched. Exit status: 0 when all is complete, 2 for
a wrong command line or setting, 130 after Ctrl-C, else that of the command that failed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from index import manifest as manifests
from index.catalogue import catalogue
from index.errors import ModelNotFound, SnapshotError, SnapshotMissing
from index.inputs import SPLITTING
from index.models import resolve
from index.publish import current_directory
from index.watching import fingerprint
from service.access.callers import Access
from service.errors import SettingsError
from service.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples" / "articles"
MADE_FROM = "made-from.json"
"""In an index that was built here: which articles, as they were, became which snapshot."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its exit status."""
    articles = _parser().parse_args(arguments).articles
    try:
        settings = load_settings()
        models = from_root(settings.models, Settings().models)
        index = index_directory(settings, articles)
        keys = from_root(settings.keys, Settings().keys)
        Access(replace(settings, keys=keys)).check()
        _fetch(needed_models(settings), models)
        _index(articles, index, models, settings)
    except SettingsError as error:
        print(f"scripts/run: {error}", file=sys.stderr)
        return 2
    except subprocess.CalledProcessError as error:
        return error.returncode
    except KeyboardInterrupt:
        return 130
    print(index, models, suggestions(settings, index), keys, sep="\n")
    return 0


def needed_models(settings: Settings) -> list[str]:
    """The models of the catalogue that a service with these settings loads."""
    local = settings.generator in ("llama_cpp", "transformers")
    names = [settings.embedding, *([settings.llm] if local else [])]
    return [name for name in names if name in catalogue()]


def suggestions(settings: Settings, index: Path) -> str:
    """The questions of the settings, divided by `|`; without any, those of the examples where these are served."""
    if settings.suggestions is None and _made_from(index).get("articles") == [str(EXAMPLES)]:
        return "|".join(EXAMPLES.with_name("suggestions.txt").read_text(encoding="utf-8").splitlines())
    return settings.suggestions or ""


def index_directory(settings: Settings, articles: Sequence[Path]) -> Path:
    """The index that the settings name; without one, a directory of the checkout for each collection."""
    if settings.index != Settings().index or not articles:
        return from_root(settings.index, Settings().index)
    name = hashlib.sha256("\0".join(map(str, articles)).encode()).hexdigest()[:12]
    return ROOT / ".fundstelle" / f"index-{name}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/run", description="Index articles and answer questions on them.")
    parser.add_argument(
        "--articles",
        action="append",
        type=_existing,
        default=[],
        metavar="PATH",
        help="a directory or file of articles, may be given more than once (default: the examples)",
    )
    return parser


def _existing(text: str) -> Path:
    path = Path(text).resolve()
    if not path.exists():
        raise argparse.ArgumentTypeError(f"there is no {path}")
    return path


def from_root(path: Path, default: Path) -> Path:
    """A place that was chosen is where the caller says, the default one belongs to the checkout."""
    return (ROOT / path if path == default else path).absolute()


def _fetch(names: Sequence[str], models: Path) -> None:
    missing = [name for name in names if not _is_there(name, models)]
    if missing:
        _run("fetch_models.py", *missing, "--models", str(models))


def _is_there(name: str, models: Path) -> bool:
    try:
        resolve(name, models)
    except ModelNotFound:
        return False
    return True


def _index(articles: Sequence[Path], index: Path, models: Path, settings: Settings) -> None:
    sources = articles or [EXAMPLES]
    made_from = {
        "articles": [str(path) for path in sources],
        "files": fingerprint(sources),
        "embedding": settings.embedding,
    }
    if _is_due(index, made_from, asked_for=bool(articles)):
        chosen = ["--out", str(index), "--models", str(models), "--embedding", settings.embedding]
        _run("build_index.py", *made_from["articles"], *chosen)
        made_from["snapshot"] = current_directory(index).name
        (index / MADE_FROM).write_text(json.dumps(made_from, indent=2) + "\n", encoding="utf-8")


def _is_due(index: Path, made_from: dict[str, Any], *, asked_for: bool) -> bool:
    """Whether the articles have to be indexed. An index that somebody else put there is served as it is."""
    before = _made_from(index)
    ours = before.get("articles") == made_from["articles"]
    try:
        snapshot = current_directory(index)
        current = manifests.read(snapshot).splitter == SPLITTING
    except SnapshotMissing:
        return True
    except SnapshotError:
        return ours or asked_for
    if not ours and not asked_for:
        return False
    return not current or before != {**made_from, "snapshot": snapshot.name}


def _made_from(index: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((index / MADE_FROM).read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError):
        return {}


def _run(script: str, *arguments: str) -> None:
    """Run a script of this directory; what it prints goes to standard error. Raises `CalledProcessError`."""
    command = [sys.executable, str(ROOT / "scripts" / script), *arguments]
    with subprocess.Popen(command, stdout=sys.stderr) as process:
        try:
            status = process.wait()
        except KeyboardInterrupt:
            # Ctrl-C has reached it too: it may clean up before this ends.
            process.wait()
            raise
    if status:
        raise subprocess.CalledProcessError(status, command)


if __name__ == "__main__":
    sys.exit(main())
