"""The names by which the service may be asked: what stops a foreign page from reaching it under a name of its own.

A page whose name is made to point at this machine after it was loaded (DNS rebinding) is, for the browser, of the same
origin as the service. The `Host` that the browser sends is the page's name all the same.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from ipaddress import IPv6Address

ANY = "*"

_NO_HOST = "it is not a name or an address, with or without a port"
_NAME = r"[0-9A-Za-z_](?:[0-9A-Za-z_.-]*[0-9A-Za-z_])?\.?"
_HOST = re.compile(rf"(?P<name>{_NAME}|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{{0,5}}))?")


class AllowedHosts:
    """Names, each with all its ports: `example.org`, `*.example.org` (its subdomains), `[::1]`, or `*` for any."""

    def __init__(self, patterns: Collection[str]) -> None:
        self._any = ANY in patterns
        self._names = frozenset(pattern for pattern in patterns if not pattern.startswith("*."))
        self._suffixes = tuple(pattern[1:] for pattern in patterns if pattern.startswith("*."))

    def __contains__(self, name: str) -> bool:
        """Whether the service may be asked by this name, as `host_name` returns it."""
        return self._any or name in self._names or name.endswith(self._suffixes)

    @property
    def any(self) -> bool:
        """Whether every name is allowed, and a request without one."""
        return self._any


def host_patterns(text: str) -> tuple[str, ...]:
    """Names separated by commas. Raises ValueError that names the wrong one."""
    return tuple(_pattern(entry) for entry in filter(None, (part.strip() for part in text.split(","))))


def host_name(host: str) -> str:
    """The name in a `Host` header, without its port, in the one form that is compared: lower case, no final dot.

    Raises ValueError where it is none: user names, spaces, anything but letters, digits, dots, dashes and underscores.
    """
    match = _HOST.fullmatch(host)
    if match is None or int(match["port"] or 0) > 65_535:
        raise ValueError(_NO_HOST)
    name = match["name"].lower()
    if not name.startswith("["):
        return name.removesuffix(".")
    try:
        return f"[{IPv6Address(name[1:-1])}]"
    except ValueError as error:
        raise ValueError(_NO_HOST) from error


def only_host(values: Sequence[bytes]) -> str | None:
    """The one `Host` of a request; None where it has none. Raises ValueError for several."""
    if len(values) > 1:
        raise ValueError("there is more than one")
    return values[0].decode("latin-1").strip() if values else None


def _pattern(entry: str) -> str:
    if entry == ANY:
        return ANY
    suffix = entry.removeprefix("*.")
    try:
        name = host_name(suffix)
    except ValueError as error:
        raise ValueError(f"{entry!r} is no name such as example.org, *.example.org or [::1]") from error
    if re.search(r":[0-9]*\Z", suffix) and not suffix.endswith("]"):
        raise ValueError(f"{entry!r} has a port; a name is allowed on every port")
    return entry[: -len(suffix)] + name
