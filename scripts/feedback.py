#!/usr/bin/env python3
"""Look at what readers said of answers, make candidates for a gold set of it, delete it.

    python scripts/feedback.py list             the answers of which something was said, the oldest first
    python scripts/feedback.py export --out FILE.jsonl
                                                write them to a new file, for a person to complete (docs/feedback.md)
    python scripts/feedback.py delete --before DAY
                                                delete all answers given before a day (UTC), and what was said of them
    python scripts/feedback.py delete ID...     delete these answers, and what was said of them

All take `--store FILE` (default: as the settings say) and `--json`. Exit status: 0 if it was done, 1 if a file can't be
read or written, or has none of the answers that are named, 2 for a wrong command line or setting.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from service.errors import FeedbackUnavailable, SettingsError
from service.evaluation.candidates import lines
from service.feedback.intake import path_of
from service.feedback.store import FeedbackStore, Remembered
from service.settings import Settings, load_settings

Outcome = tuple[list[str], Any]
"""What was done, as lines and as JSON."""


class Failed(Exception):
    """The command can't be done; the message says why."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its exit status."""
    try:
        parser = _parser(load_settings())
    except SettingsError as error:
        return _failed(str(error), 2)
    chosen = parser.parse_args(arguments)
    run: Callable[[argparse.Namespace, FeedbackStore], Outcome] = chosen.run
    try:
        told, as_json = run(chosen, FeedbackStore(chosen.store, chosen.days))
    except FeedbackUnavailable as error:
        return _failed(error.reason, 1)
    except (Failed, OSError) as error:
        return _failed(str(error), 1)
    print(json.dumps(as_json, indent=2, ensure_ascii=False) if chosen.json else "\n".join(told))
    return 0


def _failed(message: str, status: int) -> int:
    print(f"error: {message}", file=sys.stderr)
    return status


def _parser(settings: Settings) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Look after what readers said of answers.")
    parser.set_defaults(days=settings.feedback_days)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(
        name: str, run: Callable[[argparse.Namespace, FeedbackStore], Outcome], meaning: str
    ) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=meaning, description=meaning)
        added.add_argument("--store", type=Path, default=path_of(settings), metavar="FILE", help="where it is kept")
        added.add_argument("--json", action="store_true", help="print JSON")
        added.set_defaults(run=run)
        return added

    command("list", _list, "List the answers of which something was said.")
    export = command("export", _export, "Write candidates for a gold set, for a person to complete.")
    export.add_argument("--out", type=_new_jsonl, required=True, metavar="FILE", help="a new file that ends in .jsonl")
    delete = command("delete", _delete, "Delete answers, and what was said of them.")
    delete.add_argument("answers", nargs="*", default=[], metavar="ID", help="the ids of answers")
    delete.add_argument("--before", type=_day, metavar="DAY", help="all that were given before this day (UTC)")
    return parser


def _new_jsonl(text: str) -> Path:
    path = Path(text)
    if path.suffix != ".jsonl":
        raise argparse.ArgumentTypeError(f"must end in .jsonl, as gold files do: {text}")
    if path.exists():
        raise argparse.ArgumentTypeError(f"exists already, perhaps with what a person completed: {text}")
    return path


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"must be a day as in 2025-09-30, not {text!r}") from error


def _list(chosen: argparse.Namespace, store: FeedbackStore) -> Outcome:
    kept = store.rated()
    return [line for one in kept for line in _lines(one)] or ["nothing was said of any answer"], [*map(_row, kept)]


def _export(chosen: argparse.Namespace, store: FeedbackStore) -> Outcome:
    kept = store.rated()
    with chosen.out.open("xb") as file:
        file.writelines(lines(kept))
    told = (
        f"{len(kept)} candidates in {chosen.out}: complete them as docs/feedback.md says, before evaluating with them"
    )
    return [told], {"out": str(chosen.out), "candidates": len(kept)}


def _delete(chosen: argparse.Namespace, store: FeedbackStore) -> Outcome:
    if not chosen.answers and chosen.before is None:
        raise Failed("name answers by their ids, or a day with --before")
    count = store.delete(chosen.answers, chosen.before)
    if not count and chosen.before is None:
        raise Failed(f"{store.path}: has none of these answers")
    return [f"deleted {count} answers"], {"deleted": count}


def _lines(kept: Remembered) -> list[str]:
    first = f"{kept.given_at:%Y-%m-%d %H:%M}Z  {kept.id}  {kept.content.status}  {kept.content.request.question!r}"
    return [
        first,
        *(f"    {'helpful' if one.helpful else 'not helpful'}  {(one.comment or '')!r}" for one in kept.said),
    ]


def _row(kept: Remembered) -> dict[str, Any]:
    return {
        "id": kept.id,
        "given_at": kept.given_at.isoformat(),
        "question": kept.content.request.question,
        "status": kept.content.status,
        "answer": kept.content.answer,
        "said": [
            {"helpful": one.helpful, "comment": one.comment, "said_at": one.said_at.isoformat()} for one in kept.said
        ],
    }


if __name__ == "__main__":
    sys.exit(main())
