"""The service, which also tells how many asyncio tasks it has: upon SIGUSR1, in the file that `BENCH_TASKS` names."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

from litestar import Litestar

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import service.__main__ as program
from service.settings import Settings

TASKS = "BENCH_TASKS"

_serve = program.serve


async def serve(app: Litestar, settings: Settings, listener: socket.socket) -> None:
    """Serve, and tell of tasks."""
    loop, told = asyncio.get_running_loop(), Path(os.environ[TASKS])
    loop.add_signal_handler(signal.SIGUSR1, lambda: told.write_text(str(len(asyncio.all_tasks(loop)))))
    await _serve(app, settings, listener)


def main() -> int:
    """Serve until stopped; the exit status."""
    program.serve = serve
    return program.main()


if __name__ == "__main__":
    program.leave(main())
