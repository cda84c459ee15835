"""Reading a request's JSON body: each guard in turn, then one decoding into the contract's Struct."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from itertools import accumulate
from typing import Any, TypeVar

import msgspec

from service.edge.stopping import Stopping
from service.errors import BodyTimeout, BodyTooLarge, InvalidBody, UnsupportedMedia

BODY_BYTES = 256 * 1024
BODY_DEPTH = 64

_UTF_8 = ("utf-8", "utf8")
"""The second is no name of it that is registered, but one that clients send."""
_DEPTH_CHANGE = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_NOT_BRACKETS = bytes(set(range(256)) - set(_DEPTH_CHANGE))
# Matches an unterminated string too: could it fail, each quote of a hostile body would be a new start, in all O(n²).
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
T = TypeVar("T")


def check_headers(headers: Mapping[str, str], limit: int = BODY_BYTES) -> None:
    """Raise `UnsupportedMedia` unless the body is plain JSON, `BodyTooLarge` where it is announced longer than `limit`.

    The content type is what keeps a form or a script of a foreign page from asking in a visitor's name: a browser sends
    `application/json` to another origin only after a preflight.
    """
    media, *parameters = (part.strip().lower() for part in headers.get("content-type", "").split(";"))
    if media != "application/json":
        raise UnsupportedMedia(
            f"Send the body as Content-Type: application/json, not {f'as {media}' if media else 'without one'}."
        )
    if any(p.startswith("charset=") and p.removeprefix("charset=").strip('"') not in _UTF_8 for p in parameters):
        raise UnsupportedMedia("JSON is UTF-8: leave the charset out or say utf-8.")
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMedia("Compressed bodies are not read: send the JSON as it is.")
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length) > limit:
        raise _too_large(limit)


async def read_body(receive: Receive, stopping: Stopping, seconds: float, limit: int = BODY_BYTES) -> bytes:
    """The whole body. Stops reading at the first byte over `limit`, after `seconds`, and where the service ends.

    Raises `BodyTooLarge`, `BodyTimeout`, `ShuttingDown`.
    """
    try:
        async with stopping.waiting(seconds):
            return await _read(receive, limit)
    except TimeoutError as error:
        raise BodyTimeout(f"The body did not arrive within {seconds:g} seconds.") from error


def decode_body(body: bytes, kind: type[T]) -> T:
    """`body` as `kind`. Raises `InvalidBody`, which names the byte, or the field by its JSON path (`$` is the body)."""
    if not body.strip():
        raise InvalidBody("The body is empty: send a JSON object.")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidBody(f"The body is not UTF-8: byte {error.start} is wrong ({error.reason}).") from error
    if text.startswith("\ufeff"):
        raise InvalidBody("The body begins with a byte order mark: leave it out, JSON has none.")
    if _too_deep(body):
        raise InvalidBody(f"The body is nested deeper than {BODY_DEPTH} levels.")
    try:
        return _decoded(text, kind)
    except msgspec.ValidationError as error:
        raise InvalidBody(f"{error}.") from error
    except msgspec.DecodeError as error:
        raise InvalidBody(f"The body is not JSON: {error}.") from error


def _decoded(text: str, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.ValidationError as error:
        if not str(error).startswith("Expected `int`, got `float`"):
            raise
        # To JSON Schema, which the contract is written in, 6.0 is an integer; some languages' encoders write it so.
        return msgspec.convert(_whole(msgspec.json.decode(text)), kind)


def _whole(value: Any) -> Any:
    """`value` with its numbers that have no fraction as `int`."""
    if isinstance(value, dict):
        return {name: _whole(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


async def _read(receive: Receive, limit: int) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise InvalidBody("The connection was closed before the body was complete.")
        body += message.get("body", b"")
        if len(body) > limit:
            raise _too_large(limit)
        if not message.get("more_body", False):
            return bytes(body)


def _too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge(f"The body has more than {limit} bytes; no valid request has.")


def _too_deep(body: bytes) -> bool:
    if body.count(b"[") + body.count(b"{") <= BODY_DEPTH:
        return False
    brackets = _STRING.sub(b"", body).translate(None, _NOT_BRACKETS)
    return max(accumulate(map(_DEPTH_CHANGE.__getitem__, brackets)), default=0) > BODY_DEPTH
