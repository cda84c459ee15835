"""What a request costs that is neither a model's work nor the index's."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scripts.bench.load.figures import Figure, faults, percentile, spread
from scripts.bench.load.floor import PATH, Floor, floor
from scripts.bench.load.pacing import arrivals, sent
from scripts.bench.load.processor import processor
from scripts.bench.load.stand import Stand
from scripts.bench.load.wire import STREAM, Pool, Response, request

PART = "overhead"
SETTINGS: Mapping[str, str] = {}
RATE = 50.0
P50, P99 = 2.0, 8.0
"""Milliseconds."""
SHARE = 0.01
"""Of the time of an answer."""
READING, WRITING = 1.0, 1.0
"""Seconds of an answer of the fake model."""
KEPT = "a kept answer"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of request, and the status that it gets."""

    asked: bytes
    status: int = 200


async def measure(stand: Stand, seconds: float, seed: int) -> list[Figure]:
    """Each kind of request for `seconds` in turn, and first what a service costs that does nothing."""
    question, answer_seconds = await _answered(stand)
    async with floor() as least:
        found = await _timed(least, "the floor", Kind(request("GET", PATH)), seconds, seed, (None, None))
    for name, kind in (await _kinds(stand, question)).items():
        found += await _timed(stand, name, kind, seconds, seed)
    kept = next(figure.value for figure in found if figure.what.startswith(f"{KEPT}, p50")) / 1000
    whose = "the fake model's" if stand.model else stand.ground.llm
    found.append(
        Figure(PART, f"share of an answer ({whose}, {answer_seconds:.1f} s)", kept / answer_seconds, "", SHARE)
    )
    return found


async def _answered(stand: Stand) -> tuple[dict[str, Any], float]:
    """A question that is answered from what is kept from now on, and the seconds that its answer took."""
    if stand.model:
        stand.model.speed.reading, stand.model.speed.writing = READING, WRITING
    pool, question = Pool(stand.port), stand.question()
    response = await pool.exchange(request("POST", "/v1/ask", question))
    pool.close()
    if response.status != 200:
        raise RuntimeError(f"no answer to measure by: {response.status} {response.body.decode()}")
    return question, response.document["timings_ms"]["total"] / 1000


async def _kinds(stand: Stand, question: dict[str, Any]) -> dict[str, Kind]:
    ask, wrong = ("POST", "/v1/ask", question), "fst_" + "x" * 43
    return {
        "/healthz": Kind(request("GET", "/healthz")),
        KEPT: Kind(request(*ask)),
        f"{KEPT} as a stream": Kind(request(*ask, STREAM)),
        f"{KEPT} with a key": Kind(request(*ask, key=stand.keys[0])),
        "refused for its key": Kind(request(*ask, key=wrong), 401),
        "refused for its media type": Kind(request(*ask, {"Content-Type": "text/plain"}), 415),
        "refused for its rate": Kind(await _beyond(stand, request(*ask, key=stand.limited)), 429),
    }


async def _beyond(stand: Stand, asked: bytes) -> bytes:
    """`asked`, when the limit of its key is used up."""
    pool = Pool(stand.port)
    while (await pool.exchange(asked)).status == 200:
        pass
    pool.close()
    return asked


async def _timed(
    service: Stand | Floor,
    name: str,
    kind: Kind,
    seconds: float,
    seed: int,
    at_most: tuple[float | None, float | None] = (P50, P99),
) -> list[Figure]:
    pool, loop = Pool(service.port), asyncio.get_running_loop()
    times: list[float] = []
    wrong: list[str] = []

    async def send(number: int, meant: float) -> None:
        response = await pool.exchange(kind.asked)
        times.append(loop.time() - meant)
        if response.status != kind.status:
            wrong.append(_said(name, response))

    await pool.exchange(kind.asked)
    before = processor(service.pid)
    await sent(arrivals(RATE, seconds, seed), send)
    had = processor(service.pid).since(before)
    pool.close()
    return [
        *spread(PART, name, times, *at_most),
        Figure(PART, f"{name}, longest", percentile(times, 1.0) * 1000, "ms"),
        Figure(PART, f"{name}, processor time of the service", had.used / len(times) * 1000, "ms"),
        Figure(PART, f"{name}, wait of the service for a processor", had.waited / len(times) * 1000, "ms"),
        *(faults(PART, wrong) if wrong else ()),
    ]


def _said(name: str, response: Response) -> str:
    return f"{name}: status {response.status}"
