"""API keys and site keys: how they are made, what is stored of them, and which of them was given.

    fst_...    an API key: a secret, for programs
    fss_...    a site key: for pages with the widget, which everybody can read; works on the origins in its list only

A key is 256 random bits, and its SHA-256 is all that is stored. Passwords need a slow hash because few of them are
likely and all of those can be tried; of 2^256 keys none is likelier than another, and who has stolen the hashes can try
for ever. A slow hash would add nothing but its time to every request.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, get_args

import msgspec

from service.access.origins import exact_origin

Scope = Literal["ask", "search", "metrics", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
DEFAULT_SCOPES: dict[str, tuple[Scope, ...]] = {"key": ("ask", "search"), "site": ("ask",)}
"""What a key may do that is made without scopes, by its kind."""
SITE_SCOPES: tuple[Scope, ...] = ("ask", "search")
"""What a site key may be allowed at all."""
Kind = Literal["key", "site"]

PREFIXES: dict[Kind, str] = {"key": "fst_", "site": "fss_"}
"""What keys begin with, so that whoever finds one in a file or a log knows what it is."""
SITE_KEY_HEADER = "X-Fundstelle-Site-Key"
NAME_CHARACTERS = 100
_BYTES = 32

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Count = Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]


class Key(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is stored of a key. `per_minute` and `per_day` are requests; None leaves them to the settings."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{4,40}\Z")]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_CHARACTERS)]
    kind: Kind
    sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
    scopes: Annotated[tuple[Scope, ...], msgspec.Meta(min_length=1)]
    origins: tuple[str, ...] = ()
    per_minute: Count | None = None
    per_day: Count | None = None
    created_at: Moment
    expires_at: Moment | None = None
    revoked_at: Moment | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for a key that could never be right."""
        if not self.name.isprintable():
            raise ValueError(f"the name of a key must not hold control characters: {self.name!r}")
        if self.kind == "key" and self.origins:
            raise ValueError("an API key is a secret and has no place on a web page: only site keys have origins")
        if self.kind == "site" and not self.origins:
            raise ValueError("a site key needs the origins of the pages that may use it")
        if self.kind == "site" and not set(self.scopes) <= set(SITE_SCOPES):
            raise ValueError(f"everybody can read a site key: its scopes are among {', '.join(SITE_SCOPES)}")
        for origin in self.origins:
            if exact_origin(origin) != origin:
                raise ValueError(f"{origin} is written {exact_origin(origin)} by browsers")

    def is_active(self, now: datetime) -> bool:
        """Whether the key works at `now`."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True)
class Keys:
    """All keys there are, those that no longer work too."""

    all: tuple[Key, ...] = ()

    def __post_init__(self) -> None:
        """Raise ValueError where two keys share an id or a hash."""
        for values in ([key.id for key in self.all], [key.sha256 for key in self.all]):
            if len(set(values)) < len(values):
                raise ValueError("two keys have the same id or hash")

    def active(self, now: datetime) -> Iterator[Key]:
        """Those that work at `now`."""
        return (key for key in self.all if key.is_active(now))

    def find(self, given: bytes, now: datetime) -> Key | None:
        """The key that `given` is, if it works at `now`.

        Every hash is compared, each in constant time: how long it takes depends on how many keys there are alone.
        """
        hashed = hash_of(given)
        found = None
        for key in self.all:
            if hmac.compare_digest(key.sha256, hashed):
                found = key
        return found if found is not None and found.is_active(now) else None


def make(
    name: str,
    kind: Kind,
    scopes: Sequence[Scope],
    now: datetime,
    *,
    origins: Sequence[str] = (),
    per_minute: int | None = None,
    per_day: int | None = None,
    expires_at: datetime | None = None,
) -> tuple[str, Key]:
    """A new key, and what is to be stored of it. Raises ValueError for one that could never be right."""
    secret = PREFIXES[kind] + secrets.token_urlsafe(_BYTES)
    stored = Key(
        id=f"{kind}-{secrets.token_hex(6)}",
        name=name,
        kind=kind,
        sha256=hash_of(secret.encode()),
        scopes=tuple(dict.fromkeys(scopes)),
        origins=tuple(dict.fromkeys(map(exact_origin, origins))),
        per_minute=per_minute,
        per_day=per_day,
        created_at=now,
        expires_at=expires_at,
    )
    # A Struct that is made by hand checks no types and no lengths: decoding does.
    return secret, msgspec.convert(msgspec.to_builtins(stored), Key)


def hash_of(given: bytes) -> str:
    """The SHA-256 of a key, in hexadecimal digits."""
    return hashlib.sha256(given).hexdigest()


def looks_like_one(given: bytes) -> bool:
    """Whether `given` is meant as a key of this service."""
    return given.startswith(tuple(prefix.encode() for prefix in PREFIXES.values()))
