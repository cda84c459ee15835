"""A page of another origin that has the widget on it, and a service that plays what a test tells it to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from service.pages.widget_bundle import bundle

POLICY = "default-src 'none'; script-src 'self' {service}; style-src 'self'; connect-src {service}; " + (
    "img-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
)
"""What a careful intranet sends with its pages. It has no place for styles in markup, nor for `blob:` or `data:`."""

HOSTILE = """
html, body { transform: scale(0.5); filter: blur(1px); zoom: 1.5; overflow: hidden; contain: paint; font-size: 3px; }
* {
  all: unset; font-size: 40px !important; color: red !important; background: lime !important;
  display: inline !important; letter-spacing: 1em !important; position: static !important;
  --chosen: lime !important; --accent: lime !important; --background: red !important;
}
fundstelle-chat {
  display: none !important; opacity: 0 !important; visibility: hidden !important; transform: scale(3) !important;
  position: absolute !important; width: 1px !important; filter: blur(9px) !important; pointer-events: none !important;
}
button, textarea, p, h2, h3, li, mark {
  margin: 99px !important; text-transform: uppercase !important; border: 9px solid red !important;
}
"""

Play = Callable[[dict[str, Any], "Reply"], None]


class Reply:
    """What the service answers to one question, piece by piece."""

    def __init__(self, handler: BaseHTTPRequestHandler) -> None:
        self._handler = handler
        self.begun = False

    def problem(self, status: int, headers: dict[str, str] | None = None, detail: str = "", kind: str = "x") -> None:
        """A problem document of the type `kind` in place of a stream."""
        fields = {"type": f"urn:fundstelle:problem:{kind}", "title": "x", "status": status, "detail": detail}
        body = json.dumps({**fields, "instance": ""}).encode()
        self._head(
            status, {"Content-Type": "application/problem+json", "Content-Length": str(len(body)), **(headers or {})}
        )
        self._handler.wfile.write(body)

    def event(self, name: str, content: Any) -> None:
        """One event of the stream."""
        self.raw(f"event: {name}\ndata: {json.dumps(content)}\n\n")

    def raw(self, text: str) -> None:
        """Characters of the stream as they are."""
        if not self.begun:
            self._head(200, {"Content-Type": "text/event-stream", "Connection": "close"})
        self._handler.wfile.write(text.encode())
        self._handler.wfile.flush()

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.begun = True
        self._handler.send_response(status)
        for name, value in {
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Expose-Headers": "Retry-After",
            **headers,
        }.items():
            self._handler.send_header(name, value)
        self._handler.end_headers()


@dataclass
class Stage:
    """A played service. `asked` has the body of every question, `rated` that of every rating.

    `kept_days` is for how long it says that it keeps them.
    """

    url: str = ""
    play: Play = lambda body, reply: whole(reply, answer("Said."))
    asked: list[dict[str, Any]] = field(default_factory=list)
    rated: list[dict[str, Any]] = field(default_factory=list)
    kept_days: int = 30


def citation(label: int, **fields: Any) -> dict[str, Any]:
    """A citation; `fields` stand in for what it has by default."""
    made = {
        "label": label,
        "article_id": "bridge.md",
        "title": "New harbour bridge",
        "url": "https://example.org/bridge",
        "published_at": "2025-06-03",
        "language": "en",
        "start": 10,
        "end": 20,
        "quote": "cost 14.3 million",
        "prefix": "The bridge",
        "suffix": "euros.",
        "fragment_url": "https://example.org/bridge#:~:text=cost",
        "article_sha256": "",
        "also_at": [],
    }
    return {**made, **fields}


def answer(*sentences: str, citations: list[dict[str, Any]] | None = None, **fields: Any) -> dict[str, Any]:
    """A whole answer of `sentences`, each citing all of `citations`."""
    cited = [citation(1)] if citations is None else citations
    labels = [one["label"] for one in cited]
    made = {
        "id": "answer-1",
        "status": "answered",
        "reason": None,
        "answer": " ".join(sentences),
        "language": "en",
        "sentences": [{"text": text, "citations": labels} for text in sentences],
        "citations": cited,
        "passages": [{"article_id": "bridge.md", "title": "New harbour bridge", "start": 0, "end": 40}],
        "conflicts": [],
    }
    return {**made, **fields}


def whole(reply: Reply, said: dict[str, Any], pause: float = 0.0) -> None:
    """Tell `said` event by event, with `pause` seconds before each sentence."""
    reply.event("sources", {"id": said["id"], "query": "", "snapshot": "", "passages": said["passages"]})
    told: set[int] = set()
    for sentence in said["sentences"]:
        time.sleep(pause)
        new = [one for one in said["citations"] if one["label"] in sentence["citations"] and one["label"] not in told]
        told |= {one["label"] for one in new}
        reply.event("sentence", {**sentence, "new_citations": new})
    reply.event("done", said)


@contextmanager
def staged() -> Iterator[Stage]:
    """A running stage."""
    stage = Stage()

    class Handler(_Quiet):
        def do_OPTIONS(self) -> None:
            self.send_response(204)
            for name, value in (("Origin", "*"), ("Headers", "*, Authorization"), ("Methods", "POST")):
                self.send_header(f"Access-Control-Allow-{name}", value)
            self.end_headers()

        def do_GET(self) -> None:
            if self.path == "/widget.json":
                self._send(json.dumps({"kept_days": stage.kept_days}).encode(), "application/json")
            elif self.path == "/widget.js":
                self._send(bundle().script, "text/javascript")
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path == "/v1/feedback":
                stage.rated.append(body)
                self._send(b"{}", "application/json")
                return
            stage.asked.append(body)
            stage.play(body, Reply(self))

    with _running(Handler) as url:
        stage.url = url
        yield stage


@dataclass
class Host:
    """A web site of another origin.

    `pages` has the body of each path, `head` what stands in their heads, `style` is their style sheet, `policy` their
    policy.
    """

    url: str = ""
    pages: dict[str, str] = field(default_factory=dict)
    head: str = ""
    style: str = ""
    policy: str = ""
    language: str = "en"
    direction: str = "ltr"

    def put(self, service: str, path: str = "/", **attributes: str) -> str:
        """A page with the widget of `service`, whose tag has the data `attributes`; its address."""
        data = "".join(f' data-{name.replace("_", "-")}="{value}"' for name, value in attributes.items())
        self.pages[path] = f'<script src="{service}/widget.js"{data} defer></script>'
        self.policy = POLICY.format(service=service)
        return self.url + path


@contextmanager
def hosted() -> Iterator[Host]:
    """A running host."""
    host = Host()

    class Handler(_Quiet):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path == "/style.css":
                self._send(host.style.encode(), "text/css")
            elif path == "/favicon.ico":
                self._send(b"", "image/x-icon")
            elif path in host.pages:
                self._send(_page(host, path).encode(), "text/html; charset=utf-8", host.policy)
            else:
                self.send_error(404)

    with _running(Handler) as url:
        host.url = url
        yield host


def _page(host: Host, path: str) -> str:
    return (
        f'<!doctype html><html lang="{host.language}" dir="{host.direction}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Intranet</title>'
        f'<link rel="stylesheet" href="/style.css">{host.head}</head><body><main><h1>Intranet</h1>'
        f'<p>Words of the page.</p><a href="/two">Next</a></main>{host.pages[path]}</body></html>'
    )


class _Quiet(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what matters is asserted."""

    def _send(self, body: bytes, media_type: str, policy: str = "") -> None:
        self.send_response(200)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Access-Control-Allow-Origin", "*")
        if policy:
            self.send_header("Content-Security-Policy", policy)
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def _running(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]  # a client that left
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
