"""Ten times as many questions as the service can answer: each is answered or refused as documented, at once."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from scripts.bench.load.figures import Figure, faults, percentile, spread
from scripts.bench.load.pacing import arrivals, sent
from scripts.bench.load.stand import Held, Stand
from scripts.bench.load.wire import STREAM, Response, connected, events, request

PART = "burst"
SLOTS = 2
SETTINGS: Mapping[str, str] = {"SLOTS": str(SLOTS), "QUEUE": "8", "QUEUE_EACH": "4"}
READING, WRITING = 0.25, 0.25
"""Seconds of an answer: what waits in the queue is answered in less than the time after which all is as before."""
TIMES = 10
REFUSED_MS = 100.0
GROWTH = 0.05
BACK_SECONDS = 5.0
SLOWER = 1.5
"""Times as long as before that an answer may take to count as being back."""
WARM_SHARE = 0.2
"""Of the time of the burst: that of the load before it, which fills caches and pools."""
PROBES = 5


@dataclass(frozen=True, slots=True)
class Seen:
    """A response, the seconds since it was to be asked for, and when that was, by the clock of the loop."""

    seconds: float
    response: Response
    meant: float = 0.0


async def measure(stand: Stand, seconds: float, seed: int) -> list[Figure]:
    """The burst, and how the service is before and after it. Raises ValueError without the fake model."""
    if stand.model is None:
        raise ValueError("how much a burst is over capacity is known of the fake model only")
    stand.model.speed.reading, stand.model.speed.writing = READING, WRITING
    capacity = SLOTS / (READING + WRITING)
    await _load(stand, TIMES * capacity, seconds * WARM_SHARE, seed)
    before, usual = await stand.held(), await _usual(stand)
    seen = await _load(stand, TIMES * capacity, seconds, seed + 1)
    back = await _back(stand, max(one.meant for one in seen), SLOWER * usual)
    after = await stand.held()
    return [
        *_told(seen),
        *holding(PART, before, after),
        Figure(PART, f"until an answer takes no more than {SLOWER * usual * 1000:.0f} ms", back, "s", BACK_SECONDS),
        *faults(PART, [*filter(None, map(fault, seen)), *stand.unforeseen()]),
    ]


async def _load(stand: Stand, rate: float, seconds: float, seed: int) -> list[Seen]:
    chosen, loop = random.Random(seed), asyncio.get_running_loop()  # noqa: S311 - a mixture, not keys
    callers = (*stand.keys, stand.limited, "")
    seen: list[Seen] = []

    async def send(number: int, meant: float) -> None:
        accept = STREAM if chosen.random() < 0.5 else {}
        asked = request("POST", "/v1/ask", stand.question(), accept, key=chosen.choice(callers))
        try:
            async with connected(stand.port) as connection:
                response = await connection.exchange(asked)
        except (OSError, EOFError, TimeoutError) as error:
            response = Response(0, {}, repr(error).encode())
        seen.append(Seen(loop.time() - meant, response, meant))

    await sent(arrivals(rate, seconds, seed), send)
    return seen


def fault(seen: Seen) -> str | None:
    """What is wrong with a response, None where nothing is."""
    response = seen.response
    match response.status:
        case 0:
            return f"no response: {response.body.decode()}"
        case 200 if response.headers["content-type"].startswith("text/event-stream"):
            told = events(response.body)
            whole = told[0] == "sources" and told[-1] == "done" and set(told[1:-1]) <= {"sentence"}
            return None if whole else f"a stream with the events {', '.join(told)}"
        case 200:
            return None if response.document["status"] in ("answered", "refused") else "an answer without a status"
        case 429 | 503:
            problem = response.document["type"].rpartition(":")[2]
            right = {429: "rate-limited", 503: "busy"}[response.status] == problem
            return None if right and int(response.headers.get("retry-after", 0)) > 0 else f"refused with {problem}"
    return f"status {response.status}"


def _told(seen: list[Seen]) -> list[Figure]:
    counts = Counter(one.response.status for one in seen)
    refused = [one.seconds for one in seen if one.response.status in (429, 503)]
    answered = [one.seconds for one in seen if one.response.status == 200]
    return [
        *(Figure(PART, f"responses with status {status}", number, "") for status, number in sorted(counts.items())),
        *spread(PART, "refused", refused, p99=REFUSED_MS),
        Figure(PART, "refused, longest", percentile(refused, 1.0) * 1000, "ms"),
        *spread(PART, "answered", answered),
    ]


def holding(part: str, before: Held, after: Held) -> list[Figure]:
    """What the service holds afterwards that it did not hold before."""
    growth = after.memory / before.memory - 1
    return [
        Figure(part, f"resident memory before, {before.memory / 1e6:.0f} MB; more afterwards", growth, "", GROWTH),
        Figure(part, f"threads before, {before.threads}; more afterwards", after.threads - before.threads, "", 0),
        Figure(part, f"open files before, {before.files}; more afterwards", after.files - before.files, "", 0),
        Figure(part, f"tasks before, {before.tasks}; more afterwards", after.tasks - before.tasks, "", 0),
    ]


async def _answer_seconds(stand: Stand) -> float:
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with connected(stand.port) as connection:
        response = await connection.exchange(request("POST", "/v1/ask", stand.question()))
    return loop.time() - began if response.status == 200 else float("inf")


async def _usual(stand: Stand) -> float:
    """The median seconds of an answer while nothing else is asked."""
    return percentile([await _answer_seconds(stand) for _ in range(PROBES)], 0.5)


async def _back(stand: Stand, began: float, seconds: float) -> float:
    """Seconds from `began`, the end of the burst, until an answer is asked for that takes no more than `seconds`."""
    loop = asyncio.get_running_loop()
    while loop.time() - began < 60:
        asked = loop.time()
        if await _answer_seconds(stand) <= seconds:
            return asked - began
    return float("inf")
