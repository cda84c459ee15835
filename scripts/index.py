#!/usr/bin/env python3
"""Look after the snapshots of an index: list and verify them, go back to an older one, delete old ones.

    python scripts/index.py list [--verify]     what there is, and which one is served
    python scripts/index.py verify [ID... | --all]
                                                compare every byte with what was published (default: the served one)
    python scripts/index.py rollback [ID]       serve an older one (default: the one before the served one)
    python scripts/index.py prune [--keep N]    delete all but the served one and the newest others, N in all

All take `--index DIR` and `--json`. Exit status: 0 if it was done and nothing is wrong, 1 if something is (each on
standard error, with the file), 2 for a wrong command line or setting.
"""

from __future__ import annotations

import sys
from pathlib import Path

# Scripts look for modules beside themselves first, and so would find this file where they mean the package `index`.
_HERE = Path(__file__).resolve().parent
sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != _HERE]
if __name__ == "index":
    del sys.modules[__name__]

import argparse
import json
from collections.abc import Callable, Sequence
from typing import Any

from index.errors import IndexingError, SnapshotError
from index.listing import Listed, listing, served
from index.publish import current_directory, previous, prune, published, rollback, verified

# the module and not its names: who imports `service.settings` first may get here half way through it
from service import settings
from service.errors import SettingsError

Outcome = tuple[list[str], dict[str, Any], list[str]]
"""What was done: as lines, as JSON, and what is wrong."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its exit status."""
    try:
        chosen = _parser(settings.load_settings()).parse_args(arguments)
        run: Callable[[argparse.Namespace], Outcome] = chosen.run
        lines, told, problems = run(chosen)
    except SettingsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except IndexingError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    print(json.dumps(told, indent=2) if chosen.json else "\n".join(lines))
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    return 1 if problems else 0


def _parser(configured: settings.Settings) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Look after the snapshots of an index.")
    _add_common(parser, index=configured.index, json=False)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], Outcome], meaning: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=meaning, description=meaning)
        _add_common(added, index=argparse.SUPPRESS, json=argparse.SUPPRESS)
        added.set_defaults(run=run)
        return added

    listed = command("list", _list, "List all snapshots, the newest last.")
    listed.add_argument("--verify", action="store_true", help="compare every byte with what was published")
    verify = command("verify", _verify, "Compare every byte of snapshots with what was published.")
    which = verify.add_mutually_exclusive_group()
    which.add_argument("snapshots", nargs="*", default=[], metavar="ID", help="which ones (default: the served one)")
    which.add_argument("--all", action="store_true", help="all of them")
    back = command("rollback", _rollback, "Serve an older snapshot, after it was verified.")
    back.add_argument("snapshot", nargs="?", metavar="ID", help="which one (default: the one before the served one)")
    fewer = command("prune", _prune, "Delete old snapshots; the served one always stays.")
    fewer.add_argument(
        "--keep", type=_positive, default=configured.snapshots_kept, metavar="N", help="how many stay (%(default)s)"
    )
    return parser


def _add_common(parser: argparse.ArgumentParser, *, index: Path | str, json: bool | str) -> None:
    parser.add_argument("--index", type=Path, default=index, metavar="DIR", help="directory of the index")
    parser.add_argument("--json", action="store_true", default=json, help="print JSON")


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1, not {text!r}")
    return int(text)


def _list(chosen: argparse.Namespace) -> Outcome:
    rows = listing(chosen.index, verify=chosen.verify)
    problems = [row.problem for row in rows if row.problem]
    current = next((row.id for row in rows if row.served), None)
    if current is None:
        problems.append(_why_none_is_served(chosen.index))
    told = {"index": str(chosen.index), "served": current, "snapshots": [_row(row) for row in rows]}
    return [_line(row) for row in rows], told, problems


def _why_none_is_served(index: Path) -> str:
    try:
        return f"{current_directory(index)}: was published meanwhile; list again"
    except SnapshotError as error:
        return str(error)


def _verify(chosen: argparse.Namespace) -> Outcome:
    wanted = published(chosen.index) if chosen.all else chosen.snapshots
    found: dict[str, str | None] = {}
    for snapshot in wanted or [current_directory(chosen.index).name]:
        try:
            verified(chosen.index, snapshot)
            found[snapshot] = None
        except SnapshotError as error:
            found[snapshot] = str(error)
    lines = [f"{snapshot}  {'verified' if problem is None else 'UNUSABLE'}" for snapshot, problem in found.items()]
    told = [{"id": one, "verified": problem is None, "problem": problem} for one, problem in found.items()]
    return lines, {"index": str(chosen.index), "snapshots": told}, [problem for problem in found.values() if problem]


def _rollback(chosen: argparse.Namespace) -> Outcome:
    before = served(chosen.index)
    wanted = chosen.snapshot or previous(chosen.index)
    counts = rollback(chosen.index, wanted).counts
    line = f"serving {wanted} from now on: {counts.articles} articles, {counts.passages} passages"
    return [line], {"index": str(chosen.index), "served": wanted, "before": before}, []


def _prune(chosen: argparse.Namespace) -> Outcome:
    removed = prune(chosen.index, chosen.keep)
    kept = published(chosen.index)
    lines = [f"removed {snapshot}" for snapshot in removed] + [f"kept {snapshot}" for snapshot in kept]
    return lines, {"index": str(chosen.index), "removed": removed, "kept": kept}, []


def _row(row: Listed) -> dict[str, Any]:
    counts = row.manifest.counts if row.manifest else None
    return {
        "id": row.id,
        "created_at": row.manifest.created_at if row.manifest else None,
        "articles": counts.articles if counts else None,
        "passages": counts.passages if counts else None,
        "sentences": counts.sentences if counts else None,
        "bytes": row.bytes,
        "served": row.served,
        "withdrawn": row.withdrawn,
        "verified": row.verified,
        "problem": row.problem,
    }


def _line(row: Listed) -> str:
    said = [name for name, holds in (("served", row.served), ("withdrawn", row.withdrawn)) if holds]
    if row.verified is not None:
        said.append("verified" if row.verified else "UNUSABLE")
    size = f"{row.bytes / 1e6:,.1f} MB"
    if row.manifest is None:
        return f"{row.id}  {size}  {', '.join(said)}"
    counts = row.manifest.counts
    about = f"{row.manifest.created_at[:19]}Z  {counts.articles:,} articles  {counts.passages:,} passages  {size}"
    return f"{row.id}  {about}  {', '.join(said)}".rstrip()


if __name__ == "__main__":
    sys.exit(main())
