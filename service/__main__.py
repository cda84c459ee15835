"""`python -m service`: serve until stopped."""

from __future__ import annotations

if __name__ == "__main__":
    # What follows takes a second or two to import. Told to stop meanwhile, the service ends as it does later.
    import os
    import signal

    for early in (signal.SIGINT, signal.SIGTERM):
        signal.signal(early, lambda *_: os._exit(0))

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
from typing import Any, NoReturn, cast

import uvicorn
from litestar import Litestar
from litestar.datastructures import State

from index.errors import IndexingError
from service import logs
from service.access.callers import Access
from service.app import create_app
from service.edge.connection import Patience, connections
from service.edge.server import SIGNALS, Server
from service.errors import ServiceError, SettingsError
from service.pages.reference import ask_command
from service.settings import Settings, load_settings
from service.startup import Startup


def main() -> int:
    """Serve as the settings say. Returns the exit code: 0 where it was told to stop, 1 where it could not run."""
    for number in SIGNALS:
        signal.signal(number, _leave)
    try:
        settings = load_settings()
        logs.configure(settings.log_level, settings.log_format)
        with bound(settings.host, settings.port) as listener:
            asyncio.run(serve(create_app(settings), settings, listener))
    except (ServiceError, IndexingError) as error:
        print(f"fundstelle: {error}", file=sys.stderr)
        return 1
    return 0


async def serve(app: Litestar, settings: Settings, listener: socket.socket) -> None:
    """Serve `app` on `listener` until a signal comes. Raises what starting the pipeline raised."""
    _listen(listener)
    server = Server(_config(app, settings), app.state.stopping, settings.shutdown_timeout)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    starting = asyncio.create_task(_announced(server, app.state, _url(settings.host, listener)))
    await asyncio.wait({serving, starting}, return_when=asyncio.FIRST_COMPLETED)
    if _failed(starting):
        server.should_exit = True
    await serving
    starting.cancel()
    await asyncio.wait({starting})
    if _failed(starting):
        starting.result()


def _failed(task: asyncio.Task[None]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is not None


def _config(app: Litestar, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=cast(Any, connections(Patience(settings.body_timeout, settings.connections))),
        ws="none",
        timeout_keep_alive=settings.idle_timeout,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )


def bound(host: str, port: int) -> socket.socket:
    """A socket bound to the address, not listening yet. Raises `SettingsError` where that can't be."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the socket says that it is TCP; with it every response waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise _not_listening(f"{host} port {port}", error) from error
    return listener


def _listen(listener: socket.socket) -> None:
    """Two services that start at the same time can both bind, but only one of them gets to listen."""
    try:
        listener.listen()
    except OSError as error:
        raise _not_listening(f"port {listener.getsockname()[1]}", error) from error


def _not_listening(where: str, error: OSError) -> SettingsError:
    return SettingsError(
        f"can't listen on {where} ({error.strerror}): stop what listens there, or set FUNDSTELLE_HOST or "
        "FUNDSTELLE_PORT to another"
    )


async def _announced(server: Server, state: State, url: str) -> None:
    startup: Startup = state.startup
    access: Access = state.access
    await startup.wait()
    # What is there from the start stays: looking through it for garbage again and again would hold up answers.
    gc.collect()
    gc.freeze()
    while not server.started:
        await asyncio.sleep(0.01)
    command = ask_command(url, keyed=access.needs_key())
    print(f"Fundstelle is ready: {url}\nAsk:  {command}\nStop: Ctrl-C", flush=True)


def _url(host: str, listener: socket.socket) -> str:
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{listener.getsockname()[1]}"


def _leave(number: int, frame: object) -> NoReturn:
    sys.exit(0)


def leave(code: int) -> NoReturn:
    """End the process at once: everything is closed, and taking a large interpreter apart takes up to a second."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    leave(main())
