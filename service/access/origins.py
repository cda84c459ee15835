"""Web origins: `scheme://host[:port]`, as browsers write them."""

from __future__ import annotations

import re
from ipaddress import IPv6Address

_USUAL_PORTS = {"http": 80, "https": 443}
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?"
_ORIGIN = re.compile(rf"(https?)://({_LABEL}(?:\.{_LABEL})*|\[[0-9a-f:.]+\])(?::([0-9]{{1,5}}))?")


def exact_origin(text: str) -> str:
    """The origin that `text` names, as a browser would write it: in lower case, without a port that is the usual one.

    Raises ValueError for anything that is not exactly one http or https origin: a path, a wildcard, `null`.
    """
    match = _ORIGIN.fullmatch(text.removesuffix("/").lower()) if text.isascii() else None
    if match is None or int(match[3] or 0) > 65_535:
        raise ValueError(
            f"{text!r} is no origin: write scheme://host or scheme://host:port, as in https://intranet.example.org: "
            "http or https, without a path or a wildcard, and a name with other letters than a to z as xn--..."
        )
    scheme, host, port = match[1], match[2], int(match[3] or _USUAL_PORTS[match[1]])
    if host.startswith("["):
        host = f"[{IPv6Address(host[1:-1])}]"
    return f"{scheme}://{host}" if port == _USUAL_PORTS[scheme] else f"{scheme}://{host}:{port}"


def is_same_host(origin: str, host: str) -> bool:
    """Whether a page of `origin` came from `host`, the `Host` of a request: by name and port, over http or https."""
    try:
        return any(origin == exact_origin(f"{scheme}://{host}") for scheme in _USUAL_PORTS)
    except ValueError:
        return False
