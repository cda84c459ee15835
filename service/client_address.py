"""Who a request is from, and by which name they reached the service, where proxies stand between.

What a proxy writes into a request's headers counts only where the proxy is trusted, and only in the header that was
chosen: of any other, nobody knows who wrote it. uvicorn's own middleware knows no `Forwarded`, takes words that are no
address for one, and misses a network where an address of it comes in IPv6 notation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
ForwardedHeader = Literal["x-forwarded-for", "forwarded"]
Headers = Sequence[tuple[bytes, bytes]]

FORWARDING = frozenset(
    {b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-real-ip"}
)
"""A request that has one of these came through a proxy, if it is true; a lone user's own never has."""

SUBNET_BITS = 64
"""Of an IPv6 address, the bits that tell one connection to the internet from another; the rest is free to choose."""

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]++"  # noqa: S105
_QUOTED = r'"(?:[^"\\]|\\.)*+"'
_PORT = r"(?::[0-9]{1,5})?"
_ZONE = r"(?:%[^]]*)?"
_IPV6 = r"[0-9A-Fa-f:.]+"
_ADDRESS = re.compile(rf"(?P<v4>[0-9.]+){_PORT}|\[(?P<bracketed>{_IPV6}){_ZONE}\]{_PORT}|(?P<v6>{_IPV6}){_ZONE}")
_PAIR = re.compile(rf"\s*+({_TOKEN})=({_TOKEN}|{_QUOTED})\s*+(;|,|\Z)")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent a request: an IP address, or what the server calls it where it came over no network.

    `local`: a program of this machine, with no proxy between that says so. `scheme` and `host` are what a trusted proxy
    was asked for, None where none says so.
    """

    address: str
    local: bool
    scheme: str | None = None
    host: str | None = None


@dataclass(frozen=True, slots=True)
class _Hop:
    """What one proxy says of the one before it."""

    address: Address | None
    scheme: str | None = None
    host: str | None = None


class Proxies:
    """The proxies that are believed, and the header that they write."""

    def __init__(self, trusted: Sequence[Network], header: ForwardedHeader = "x-forwarded-for") -> None:
        self._trusted = tuple(trusted)
        self._header = header

    def sender(self, peer: str, headers: Headers) -> Sender:
        """Who sent the request that `peer` handed over: the nearest one that is no trusted proxy.

        Headers are read from the right, where each proxy adds what it knows; what can't be read ends the walk, and the
        last trusted proxy is taken for the sender. `headers` have names in lower case.
        """
        nearest = _address(peer)
        local = (nearest is None or nearest.is_loopback) and not any(name in FORWARDING for name, _ in headers)
        if nearest is None:
            return Sender(peer, local)
        if not self._trusts(nearest):
            return Sender(str(nearest), local)
        sender, asked_for = nearest, _Hop(None)
        for hop in self._hops(headers):
            asked_for, sender = hop, hop.address or sender
            if hop.address is None or not self._trusts(hop.address):
                break
        return Sender(str(sender), local, *self._asked_for(asked_for, headers))

    def trusts(self, peer: str) -> bool:
        """Whether the address `peer` is a trusted proxy's."""
        address = _address(peer)
        return address is not None and self._trusts(address)

    def _trusts(self, address: Address) -> bool:
        return any(address.version == network.version and address in network for network in self._trusted)

    def _hops(self, headers: Headers) -> Iterator[_Hop]:
        """What proxies say, the last one first."""
        values = _values(headers, self._header.encode())
        if self._header == "forwarded":
            return iter(_read_forwarded(",".join(values)))
        return (_Hop(_address(entry)) for entry in reversed(",".join(values).split(",")))

    def _asked_for(self, hop: _Hop, headers: Headers) -> tuple[str | None, str | None]:
        """Scheme and host that the sender asked the first trusted proxy for."""
        if self._header == "forwarded":
            return _scheme(hop.scheme), hop.host
        return (
            _scheme(_last(_values(headers, b"x-forwarded-proto"))),
            _last(_values(headers, b"x-forwarded-host")),
        )


def networks(text: str) -> tuple[Network, ...]:
    """Addresses and CIDR networks, separated by commas. Raises ValueError that names the wrong one."""
    found = []
    for entry in filter(None, (part.strip() for part in text.split(","))):
        try:
            found.append(ip_network(entry))
        except ValueError as error:
            raise ValueError(f"{entry!r} is neither an address nor a network such as 10.0.0.0/8 ({error})") from error
    return tuple(found)


def subnet(address: str) -> str:
    """What one sender is counted as: an IPv4 address, or the /64 network of an IPv6 address."""
    parsed = _address(address)
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((int(parsed), SUBNET_BITS), strict=False))
    return address if parsed is None else str(parsed)


def _values(headers: Headers, name: bytes) -> list[str]:
    return [value.decode("latin-1") for given, value in headers if given == name]


def _last(values: Sequence[str]) -> str | None:
    """The last entry of a list in headers: the one that the nearest proxy wrote."""
    return (values[-1].rpartition(",")[2].strip() or None) if values else None


def _scheme(text: str | None) -> str | None:
    lower = (text or "").lower()
    return lower if lower in ("http", "https") else None


@lru_cache(maxsize=1024)
def _address(text: str) -> Address | None:
    """The address of `1.2.3.4`, `1.2.3.4:80`, `::1`, `[::1]` or `[::1]:80`; None for anything else."""
    match = _ADDRESS.fullmatch(text.strip())
    if match is None:
        return None
    try:
        address = ip_address(match["v4"] or match["bracketed"] or match["v6"])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _read_forwarded(text: str) -> list[_Hop]:
    """The hops of a `Forwarded` header (RFC 7239), the last one first; none where it is not wholly well formed.

    A quote that the sender left open would take in what proxies add behind it: then nothing of it is to be believed.
    """
    hops: list[_Hop] = []
    pairs: dict[str, str] = {}
    position = 0
    while position < len(text):
        match = _PAIR.match(text, position)
        if match is None or match[1].lower() in pairs:
            return []
        pairs[match[1].lower()] = _unquoted(match[2])
        if match[3] != ";":
            hops.append(_hop(pairs))
            pairs = {}
        position = match.end()
    return hops[::-1] if not pairs else []


def _hop(pairs: Mapping[str, str]) -> _Hop:
    return _Hop(_address(pairs.get("for", "")), pairs.get("proto"), pairs.get("host"))


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
