"""uvicorn's server, ended in a way that its clients can make something of."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn

from service.edge.stopping import Stopping

HANGUP = () if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else (signal.SIGHUP,)
SIGNALS = (signal.SIGINT, signal.SIGTERM, *HANGUP)
"""What stops the service. A terminal that is closed sends SIGHUP, unless who started the service has it ignored."""

RESERVE_SHARE = 0.25
MOST_RESERVE = 2.0
"""Of the time to end in: kept for telling the clients of what is broken off, and for closing the pipeline."""


class Server(uvicorn.Server):
    """A server that a signal stops in three steps, so that it has ended after `seconds`.

    At once nothing new is admitted, while the server goes on listening: a load balancer gets to see that it is not
    ready. When no answer is under way any more, and shortly before the time is over in any case, what is left is
    broken off, each with a problem of its own. Then the server closes its sockets and the application.

    A second signal goes on to the next step at once, a third ends without waiting for any client. The application is
    closed in any case.
    """

    def __init__(self, config: uvicorn.Config, stopping: Stopping, seconds: float) -> None:
        super().__init__(config)
        self._stopping = stopping
        self._reserve = min(MOST_RESERVE, RESERVE_SHARE * seconds)
        self._seconds = seconds
        self._deadline = 0.0
        self._draining: asyncio.Task[None] | None = None

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Have `SIGNALS` stop the server, without raising them again: being told to stop is no failure."""
        loop = asyncio.get_running_loop()
        before = {number: signal.getsignal(number) for number in SIGNALS}
        for number in SIGNALS:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number, handler in before.items():
                loop.remove_signal_handler(number)
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take the next step towards the end. Called on the event loop."""
        if self._draining is None:
            self._stopping.begin()
            self._deadline = asyncio.get_running_loop().time() + self._seconds
            self._draining = asyncio.create_task(self._drain())
        elif not self.should_exit:
            self._draining.cancel()
            self._end()
        else:
            self.force_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the listening sockets, wait for what is under way as long as there is time, close the application."""
        left = self._deadline - asyncio.get_running_loop().time() - self._reserve / 2
        self.config.timeout_graceful_shutdown = max(1, int(left))
        await super().shutdown(sockets)
        if self.force_exit:
            # uvicorn leaves this out then, and the application would be cancelled in the middle of whatever it closes.
            await self.lifespan.shutdown()

    async def _drain(self) -> None:
        await self._stopping.idle(self._seconds - self._reserve)
        self._end()

    def _end(self) -> None:
        self._stopping.cut()
        self.should_exit = True
