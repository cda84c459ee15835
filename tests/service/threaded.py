"""A real server for tests that need one, in a thread of the tests: what is behind it stays at hand."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from litestar import Litestar

from service.__main__ import bound

SECONDS = 20.0


@contextmanager
def served(app: Litestar) -> Iterator[str]:
    """The address at which `app` is served, once it is ready."""
    config = uvicorn.Config(app, ws="none", log_config=None, access_log=False, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    with bound("127.0.0.1", 0) as listener:
        listener.listen()
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        _until_started(server, thread, app)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(SECONDS)
        assert not thread.is_alive(), "the server did not end"


def _until_started(server: uvicorn.Server, thread: threading.Thread, app: Litestar) -> None:
    deadline = time.monotonic() + SECONDS
    while not (server.started and app.state.startup.finished()):
        assert thread.is_alive() and time.monotonic() < deadline, "the server did not start"
        time.sleep(0.005)
