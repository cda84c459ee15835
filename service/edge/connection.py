"""One connection of a client: what is not HTTP gets a problem document, and nobody keeps a connection for nothing.

uvicorn limits only how long a connection may be idle. A byte now and then, of a head or of a body that nobody reads,
keeps one for ever; so does a client that doesn't read its response.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from service.edge.outermost import HEADERS
from service.edge.problems import MEDIA_TYPE, encode, problem
from service.errors import BadRequest, HeadTimeout, ServiceError, TooManyConnections

HEAD_BYTES = 16 * 1024
"""What the head of a request may have: as much as uvicorn lets h11 keep of one that is incomplete."""
EXCESS_SECONDS = 1.0
"""How long a connection too many may wait with its request, to be told so."""
ENDING_SECONDS = 1.0
"""After which a client that reads nothing is left when the service ends."""

_HEAD_END = re.compile(rb"\n\r?\n")
MOST_GATHERED = 65_536
"""Bytes of a response that wait to be sent in one piece. Of more, asyncio has to be told: it holds up who writes."""


@dataclass(frozen=True, slots=True)
class Patience:
    """`seconds` that a client has for the head of a request, and for reading on; `connections` that there may be."""

    seconds: float
    connections: int


class Connection(H11Protocol):
    """uvicorn's connection, with an end to waiting for the client."""

    def __init__(self, patience: Patience, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._patience = patience
        self._excess = False
        self._ending = False
        self._hearing: asyncio.TimerHandle | None = None
        self._telling: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client connected. One too many is told so when it asks."""
        super().connection_made(cast(asyncio.Transport, Gathering(transport, self.loop)))
        self._excess = len(self.connections) > self._patience.connections
        self._expect(EXCESS_SECONDS if self._excess else self._patience.seconds)

    def data_received(self, data: bytes) -> None:
        """Bytes came: they have to become a whole head in time, however many pieces they come in."""
        if self.transport.is_closing():
            return
        if self._excess:
            self._refuse(TooManyConnections("The service has as many connections as it may have."))
            return
        # h11 limits only what is incomplete: a head that comes in one piece is read however long it is.
        if len(data) > HEAD_BYTES and self.conn.their_state is h11.IDLE and not _HEAD_END.search(data, 0, HEAD_BYTES):
            self._refuse(BadRequest(f"The head of the request has more than {HEAD_BYTES // 1024} KB."))
            return
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._unexpect()
        elif self._hearing is None and not self.transport.is_closing():
            self._expect(self._patience.seconds)

    def on_response_complete(self) -> None:
        """The whole response is written. uvicorn, which calls this, reads the next request."""
        cast(Gathering, self.transport).flush()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """The client reads more slowly than the service writes."""
        super().pause_writing()
        if self._telling is None:
            self._watch()

    def resume_writing(self) -> None:
        """The client has read on."""
        super().resume_writing()
        if self._telling is not None:
            self._telling.cancel()
            self._telling = None

    def shutdown(self) -> None:
        """The service ends, as soon as this client has read what is under way."""
        super().shutdown()
        self._ending = True
        if self._telling is not None:
            self._telling.cancel()
            self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is no more."""
        self._unexpect()
        self.resume_writing()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """What the client sent is not HTTP. uvicorn, which calls this, says so in plain text."""
        del msg
        self._refuse(BadRequest("The request is not HTTP/1.1 as RFC 9112 has it."))

    def _expect(self, seconds: float) -> None:
        self._hearing = self.loop.call_later(seconds, self._give_up)

    def _unexpect(self) -> None:
        if self._hearing is not None:
            self._hearing.cancel()
            self._hearing = None

    def _give_up(self) -> None:
        self._hearing = None
        if self.conn.trailing_data[0]:
            self._refuse(HeadTimeout(f"The head of the request took more than {self._patience.seconds:g} seconds."))
        else:
            self.transport.close()

    def _watch(self) -> None:
        left = self.transport.get_write_buffer_size()
        seconds = min(ENDING_SECONDS, self._patience.seconds) if self._ending else self._patience.seconds
        self._telling = self.loop.call_later(seconds, self._judge, left)

    def _judge(self, before: int) -> None:
        """Go on watching a client that reads slowly, and leave one that does not read at all."""
        if self.transport.get_write_buffer_size() < before:
            self._watch()
        else:
            self.transport.abort()

    def _refuse(self, error: ServiceError) -> None:
        """Close the connection, with a problem where no response has begun."""
        self._unset_keepalive_if_required()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.write(self._response(error))
        if self.cycle is not None:
            # Else what answers meanwhile would write behind this response.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()

    def _response(self, error: ServiceError) -> bytes:
        request_id = uuid.uuid4().hex
        content = encode(problem(error, request_id))
        own = {"content-type": MEDIA_TYPE, "content-length": str(len(content)), "connection": "close", **error.headers}
        headers = [(name.lower().encode(), value.encode()) for name, value in own.items()]
        response = h11.Response(
            status_code=error.status,
            reason=HTTPStatus(error.status).phrase.encode(),
            headers=[*headers, *HEADERS.items(), (b"x-request-id", request_id.encode())],
        )
        return b"".join(self.conn.send(part) or b"" for part in (response, h11.Data(content), h11.EndOfMessage()))


class Gathering:
    """A transport that sends in one piece what is written before the event loop goes on.

    uvicorn writes the head of a response, its body and its end one by one. Each piece would be a call of the system
    and wake the client, which can't begin with less than all of it.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._pieces: list[bytes] = []
        self._size = 0

    def __getattr__(self, name: str) -> Any:
        """All else is the transport's own."""
        return getattr(self._transport, name)

    def write(self, piece: bytes) -> None:
        """Send `piece` soon, behind what was written before."""
        if not self._pieces:
            self._loop.call_soon(self.flush)
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size > MOST_GATHERED:
            self.flush()

    def flush(self) -> None:
        """Send what was written."""
        pieces, self._pieces, self._size = self._pieces, [], 0
        if pieces:
            self._transport.write(b"".join(pieces))

    def close(self) -> None:
        """Close the connection once everything is sent."""
        self.flush()
        self._transport.close()


def connections(patience: Patience) -> Callable[..., Connection]:
    """What uvicorn makes its connections with."""
    return partial(Connection, patience)
