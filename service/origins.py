"""Web origins: `scheme://host[:port]`, as browsers write them."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*|\[[0-9a-f:.]+\]")


def exact_origin(text: str) -> str:
    """The origin that `text` names, as a browser would write it: in lower case, without a port that is the usual one.

    Raises ValueError for anything that is not exactly one http or https origin: a path, a wildcard, `null`.
    """
    parts = _split(text.removesuffix("/"))
    host = parts.netloc.rpartition(":")[0] if parts.port is not None else parts.netloc.removesuffix(":")
    if parts.scheme not in _DEFAULT_PORTS or not _HOST.fullmatch(host.lower()) or parts.path + parts.query:
        raise _no_origin(text)
    return f"{parts.scheme}://{host.lower()}{_port(parts)}"


def is_same_host(origin: str, host: str) -> bool:
    """Whether a page of `origin` came from `host`, the `Host` of a request: by name and port, over http or https."""
    try:
        return any(origin == exact_origin(f"{scheme}://{host}") for scheme in _DEFAULT_PORTS)
    except ValueError:
        return False


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise _no_origin(text) from error
    # urlsplit drops tabs and newlines, and takes a lone "?" or "#" for nothing
    if not text.isascii() or not text.isprintable() or any(mark in text for mark in "?#@\\* "):
        raise _no_origin(text)
    return parts


def _port(parts: SplitResult) -> str:
    return "" if parts.port is None or parts.port == _DEFAULT_PORTS[parts.scheme] else f":{parts.port}"


def _no_origin(text: str) -> ValueError:
    return ValueError(
        f"{text!r} is no origin: write scheme://host or scheme://host:port, as in https://intranet.example.org, with "
        "http or https, without a path or a wildcard, and names with other letters than a to z as xn--..."
    )
