"""Who sends a request, and what web pages of other origins may ask and are told (CORS).

A page of another site that sends anything but a read is refused before any work, so that no page can use a service on
the reader's own machine or intranet in the reader's name. Pages that have a site key for their origin may ask.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import parse_qs

from service.access.callers import Access, Caller, Credentials, Page
from service.access.keys import SITE_KEY_HEADER
from service.access.limiting import RATE_HEADERS
from service.access.origins import is_same_host
from service.client_address import Headers, Sender
from service.edge.door import SENDER
from service.edge.outermost import CALLER, RESPONSE_HEADERS, App, Receive, Scope, Send
from service.errors import KeysUnavailable, OriginRefused, ServiceError

PREFLIGHT_SECONDS = 600
ARTICLE_PAGES = "/articles/"

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_SITE_KEY = SITE_KEY_HEADER.lower().encode()
_SENDERS = (b"origin", b"sec-fetch-site", b"host", b"authorization", _SITE_KEY)
_FOLLOWED = [[b"navigate"], [b"document"], []]
"""`Sec-Fetch-Mode`, `Sec-Fetch-Dest` and `Sec-Purpose` of who follows a link: into no frame, and not beforehand."""
_READABLE = {
    "Access-Control-Expose-Headers": ", ".join(("Retry-After", *RATE_HEADERS, "X-Request-Id")),
    "Cross-Origin-Resource-Policy": "cross-origin",
}
_PREFLIGHT = [
    (b"access-control-allow-methods", b"GET, POST"),
    (b"access-control-allow-headers", f"Authorization, Content-Type, {SITE_KEY_HEADER}, X-Request-Id".encode()),
    (b"access-control-max-age", str(PREFLIGHT_SECONDS).encode()),
]


class CrossOrigin:
    """Finds out who sent each request, refuses what foreign pages may not do, and answers preflights."""

    def __init__(self, app: App, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Raises `OriginRefused`, and for foreign pages `Unauthorized` and `KeysUnavailable`."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        shown = credentials(scope)
        found = scope["state"][CALLER] = self._caller(shown, scope["state"][SENDER])
        if shown.page == "foreign" and self._admit(scope, shown, found):
            await send({"type": "http.response.start", "status": 204, "headers": _PREFLIGHT})
            await send({"type": "http.response.body", "body": b""})
        else:
            await self._app(scope, receive, send)

    def _caller(self, shown: Credentials, sender: Sender) -> Caller | ServiceError:
        try:
            return self._access.caller(shown, sender.address)
        except ServiceError as error:
            return error

    def _admit(self, scope: Scope, shown: Credentials, found: Caller | ServiceError) -> bool:
        """Raise what keeps a foreign page from asking this; True where it only asks whether it may."""
        readable = self._may_read(shown, found)
        if readable:
            scope["state"][RESPONSE_HEADERS].update({"Access-Control-Allow-Origin": shown.origin, **_READABLE})
        preflight = scope["method"] == "OPTIONS" and bool(_values(scope["headers"], b"access-control-request-method"))
        if isinstance(found, ServiceError) and (preflight or not shown.reads):
            raise found
        if preflight and not readable:
            raise OriginRefused("There is no site key for pages of this origin.")
        return preflight

    def _may_read(self, shown: Credentials, found: Caller | ServiceError) -> bool:
        """Whether the page may read the response, of an error too."""
        if isinstance(found, Caller) and found.kind == "site":
            return shown.origin in found.origins
        try:
            return shown.origin in self._access.origins()
        except KeysUnavailable:
            return False


def credentials(scope: Scope) -> Credentials:
    """What an HTTP request shows of who sent it, after it came through the door."""
    told = _told(scope["headers"])
    sender: Sender = scope["state"][SENDER]
    page, origin = _page(told[b"origin"], told[b"sec-fetch-site"], told[b"host"])
    followed = _site_key_of_a_link(scope)
    return Credentials(
        keys=tuple(_bearer(told[b"authorization"])),
        site_keys=(*told[_SITE_KEY], *followed),
        page="none" if followed else page,
        origin=origin,
        reads=scope["method"] in _SAFE,
        local=sender.local,
    )


def check_work(scope: Scope) -> None:
    """Raise `OriginRefused` where a page of another site has this GET sent, unless its reader follows a link.

    For what costs more than reading: a page that may not see the response can still have it made, again and again.
    """
    headers: Headers = scope["headers"]
    fetched = [_values(headers, name) for name in (b"sec-fetch-mode", b"sec-fetch-dest", b"sec-purpose")]
    if credentials(scope).page == "foreign" and fetched != _FOLLOWED:
        raise OriginRefused("A page of another site may link to this, but not load it.")


def _page(origins: list[bytes], sites: list[bytes], hosts: list[bytes]) -> tuple[Page, str]:
    """Whether a page sent the request, and its origin. What is not clear is a foreign page.

    `Sec-Fetch-Site` is the browser's own word, which no page can change. Browsers leave it out where the service is not
    reached by https; then the page is its own that came from the same host. A page in a sandbox has the origin `null`.
    """
    origin = origins[0].decode("latin-1") if len(origins) == 1 else ""
    if sites:
        said: dict[bytes, Page] = {b"same-origin": "own", b"none": "none"}
        return said.get(sites[0], "foreign") if len(sites) == 1 else "foreign", origin
    if not origins:
        return "none", ""
    return "own" if len(hosts) == 1 and is_same_host(origin, hosts[0].decode("latin-1")) else "foreign", origin


def _site_key_of_a_link(scope: Scope) -> tuple[bytes, ...]:
    """The site key in the address of an article's page, which the widget links to: who follows a link sends no headers.

    The page that the link was on can't read what is answered, so it does not matter whose it is.
    """
    if scope["method"] not in _SAFE or not scope["path"].startswith(ARTICLE_PAGES):
        return ()
    return tuple(key.encode() for key in parse_qs(scope["query_string"].decode("latin-1")).get("site-key", ()))


def _told(headers: Headers) -> Mapping[bytes, list[bytes]]:
    """The values of the headers that say who sent a request, all in one look: every request is asked for them."""
    told: dict[bytes, list[bytes]] = {name: [] for name in _SENDERS}
    for name, value in headers:
        if name in told:
            told[name].append(value.strip())
    return told


def _values(headers: Headers, name: bytes) -> list[bytes]:
    return [value.strip() for found, value in headers if found == name]


def _bearer(values: list[bytes]) -> Iterable[bytes]:
    """The tokens; what is meant for somebody else, as a password for a proxy is, is none."""
    for value in values:
        scheme, _, token = value.partition(b" ")
        if scheme.lower() == b"bearer":
            yield token.strip()
