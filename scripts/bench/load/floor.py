"""The least that any service costs on this machine: one route on the same server and framework, and nothing of ours.

python scripts/bench/load/floor.py PORT
"""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from socket import socket

import uvicorn
from litestar import Litestar, get

PATH = "/healthz"
START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Floor:
    """A running process."""

    port: int
    pid: int


@get(PATH)
async def alive() -> dict[str, str]:
    """What `/healthz` of the service says."""
    return {"status": "ok"}


@asynccontextmanager
async def floor() -> AsyncGenerator[Floor, None]:
    """A service in a process of its own, as long as the block lasts. Raises TimeoutError where it does not start."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, __file__, str(port)])
    try:
        await _listens(port)
        yield Floor(port, process.pid)
    finally:
        process.terminate()
        process.wait(30)


async def _listens(port: int) -> None:
    async with asyncio.timeout(START_SECONDS):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


def main() -> None:
    """Serve until stopped."""
    app = Litestar([alive], openapi_config=None, logging_config=None)
    gc.collect()
    gc.freeze()
    uvicorn.run(
        app, port=int(sys.argv[1]), http="h11", loop="asyncio", ws="none", access_log=False, log_level="warning"
    )


if __name__ == "__main__":
    main()
