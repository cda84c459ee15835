#!/usr/bin/env python3
"""Make, list and revoke the keys of the service.

    python scripts/keys.py create NAME [--scope SCOPE]... [--per-minute N] [--per-day N] [--expires DAY]
                                                an API key, for programs; without --scope it may ask and search
    python scripts/keys.py create NAME --origin ORIGIN [--origin ORIGIN]...
                                                a site key, for the pages of these origins; everybody can read it
    python scripts/keys.py list                 which there are; the keys themselves are not stored
    python scripts/keys.py revoke ID...         have keys work no longer, within seconds, in every process

`create` prints the key on standard output, once, and what else there is to say on standard error. All take `--json` and
`--keys FILE`. Exit status: 0 if it was done, 1 if the file can't be read or written or has no such key, 2 for a wrong
command line or setting.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import msgspec

from service.access.key_file import add, exposure, revoke, stored
from service.access.keys import DEFAULT_SCOPES, SCOPES, Key, Kind, make
from service.access.origins import exact_origin
from service.errors import SettingsError
from service.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parent.parent

Outcome = tuple[list[str], list[str], Any]
"""What was done: lines for standard output, lines for standard error, and the same as JSON."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its exit status."""
    try:
        parser = _parser(load_settings())
    except SettingsError as error:
        return _failed(error, 2)
    chosen = parser.parse_args(arguments)
    run: Callable[[argparse.Namespace], Outcome] = chosen.run
    try:
        lines, remarks, told = run(chosen)
    except ValueError as error:
        return _failed(error, 2)
    except SettingsError as error:
        return _failed(error, 1)
    if chosen.keys.exists() and (advice := exposure(chosen.keys)):
        remarks.append(f"warning: others may read the keys: {advice}")
    print(json.dumps(told, indent=2) if chosen.json else "\n".join(lines))
    for remark in remarks:
        print(remark, file=sys.stderr)
    return 0


def _failed(error: Exception, status: int) -> int:
    print(f"error: {error}", file=sys.stderr)
    return status


def _parser(configured: Settings) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Make, list and revoke the keys of the service.")
    _add_common(parser, keys=_file(configured), json=False)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], Outcome], meaning: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=meaning, description=meaning)
        _add_common(added, keys=argparse.SUPPRESS, json=argparse.SUPPRESS)
        added.set_defaults(run=run)
        return added

    _add_create(command("create", _create, "Make a key and print it, once."))
    command("list", _list, "List all keys, without what they are.")
    gone = command("revoke", _revoke, "Have keys work no longer.")
    gone.add_argument("ids", nargs="+", metavar="ID", help="the ids that `list` shows")
    return parser


def _add_common(parser: argparse.ArgumentParser, *, keys: Path | str, json: bool | str) -> None:
    parser.add_argument("--keys", type=Path, default=keys, metavar="FILE", help="file of the keys")
    parser.add_argument("--json", action="store_true", default=json, help="print JSON")


def _add_create(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="what it is for, for you to recognise")
    parser.add_argument(
        "--scope", action="append", choices=SCOPES, metavar="SCOPE", help=f"what it may do: {', '.join(SCOPES)}"
    )
    parser.add_argument(
        "--origin", action="append", default=[], type=_origin, metavar="ORIGIN", help="make a site key for its pages"
    )
    parser.add_argument("--per-minute", type=_count, metavar="N", help="requests a minute (default: the settings')")
    parser.add_argument("--per-day", type=_count, metavar="N", help="requests a day (default: the settings')")
    parser.add_argument("--expires", type=_end, metavar="DAY", help="last day on which it works, UTC, as 2027-01-31")


def _file(configured: Settings) -> Path:
    """A file that was chosen is where the caller says, the default one belongs to the checkout, as in scripts/run."""
    return ROOT / configured.keys if configured.keys == Settings().keys else configured.keys


def _origin(text: str) -> str:
    try:
        return exact_origin(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1, not {text!r}")
    return int(text)


def _end(text: str) -> datetime:
    try:
        end = datetime.combine(date.fromisoformat(text) + timedelta(days=1), time(), UTC)
    except (ValueError, OverflowError) as error:
        raise argparse.ArgumentTypeError(f"must be a day as in 2027-01-31, not {text!r}") from error
    if end <= datetime.now(UTC):
        raise argparse.ArgumentTypeError(f"{text} is over")
    return end


def _create(chosen: argparse.Namespace) -> Outcome:
    kind: Kind = "site" if chosen.origin else "key"
    secret, key = make(
        chosen.name,
        kind,
        chosen.scope or DEFAULT_SCOPES[kind],
        datetime.now(UTC),
        origins=chosen.origin,
        per_minute=chosen.per_minute,
        per_day=chosen.per_day,
        expires_at=chosen.expires,
    )
    add(chosen.keys, key)
    kept = "everybody who opens a page with it can read it" if chosen.origin else "keep it now, it is not shown again"
    remarks = [f"made {_line(key)}", f"stored in {chosen.keys}; {kept}"]
    return [secret], remarks, {"key": secret, **_told(key)}


def _list(chosen: argparse.Namespace) -> Outcome:
    keys = stored(chosen.keys).all
    return [_line(key) for key in keys] or ["no keys"], [], [_told(key) for key in keys]


def _revoke(chosen: argparse.Namespace) -> Outcome:
    now = datetime.now(UTC)
    keys = [revoke(chosen.keys, key_id, now) for key_id in chosen.ids]
    return [f"revoked {_line(key)}" for key in keys], [], [_told(key) for key in keys]


def _told(key: Key) -> dict[str, Any]:
    """What may be shown of a key, as JSON: the hash of a key is nobody's business."""
    told = msgspec.to_builtins(key)
    del told["sha256"]
    return {**told, "state": _state(key)}


def _state(key: Key) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "works" if key.is_active(datetime.now(UTC)) else "expired"


def _line(key: Key) -> str:
    parts = [key.id, _state(key), f"{key.created_at:%Y-%m-%d}", ",".join(key.scopes)]
    parts += [f"{count}/{unit}" for count, unit in ((key.per_minute, "minute"), (key.per_day, "day")) if count]
    parts += [f"until {key.expires_at - timedelta(days=1):%Y-%m-%d}"] if key.expires_at else []
    return "  ".join([*parts, *key.origins, key.name])


if __name__ == "__main__":
    sys.exit(main())
