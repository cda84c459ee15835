"""Stands in for `llama_child.py`: serves the same protocol without a model, and fails when it is asked to.

The "GGUF" it is given is a JSON file: `start` is what it does when it starts (`serve`, `fail`, `noise` on its way to
serving, or seconds to wait before it serves). The last message of a prompt says what to write: `count N`, one number
each 10 ms; `die` or `hang` after one word; `read SECONDS` before the first. `LOG` beside the file has a line for every
answer that began, ended, or was left.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

CONTEXT = 1024
LOG = "log"


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    log_file: Path

    def do_GET(self) -> None:
        self._document({"default_generation_settings": {"n_ctx": CONTEXT}})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/apply-template":
            self._document({"prompt": " ".join(message["content"] for message in body["messages"])})
        elif self.path == "/tokenize":
            self._document({"tokens": list(range(len(body["content"].split())))})
        elif self.path == "/completion":
            self._document({"timings": {"cache_n": 0}})
        else:
            self._answer(body["messages"][-1]["content"].split())

    def _document(self, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _answer(self, words: list[str]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self._log("began")
        try:
            self._write(*(words if len(words) == 2 else (words[0], "3")))
        except OSError:
            self._log("left")
            return
        self._log("ended")

    def _write(self, what: str, number: str) -> None:
        if what == "read":
            self._read(float(number))
        for count in range(int(float(number))):
            self._event({"choices": [{"delta": {"content": f"{count} "}}]})
            if what == "die":
                os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(3600 if what == "hang" else 0.01)
        self._event({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": int(float(number))}})
        self.wfile.write(b"data: [DONE]\n\n")

    def _read(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._event({"choices": [{"delta": {"content": None}}], "prompt_progress": {"total": 9, "processed": 1}})
            time.sleep(0.02)

    def _event(self, event: dict[str, Any]) -> None:
        self.wfile.write(b"data: " + json.dumps(event).encode() + b"\n\n")
        self.wfile.flush()

    def _log(self, line: str) -> None:
        with self.log_file.open("a") as log:
            log.write(f"{line}\n")

    def log_message(self, *args: object) -> None:
        """Nothing of the server's own."""


def main() -> None:
    config = json.loads(sys.stdin.buffer.readline())
    model = Path(config["model"])
    start = json.loads(model.read_text())["start"]
    if start == "fail":
        sys.exit("no memory left for the context")
    if start == "noise":
        sys.stderr.write("x" * 1_000_000)
        sys.stderr.flush()
    elif start != "serve":
        time.sleep(float(start))
    Handler.log_file = model.with_name(LOG)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.write(1, f"http://127.0.0.1:{server.server_address[1]}\n".encode())
    while os.read(0, 1):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
