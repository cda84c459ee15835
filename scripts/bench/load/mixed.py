"""Everything at once for minutes: questions, searches, clients that leave, wrong requests, other snapshots.

What a response may be is taken from the service's own OpenAPI document.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any
from urllib.parse import quote

from index.publish import current_directory, published, rollback
from scripts.bench.load.burst import GROWTH, holding
from scripts.bench.load.figures import Figure, faults, spread
from scripts.bench.load.stand import Stand
from scripts.bench.load.wire import STREAM, Pool, Response, connected, events, request
from scripts.bench.serving import resident

PART = "mixed"
SETTINGS: Mapping[str, str] = {"SLOTS": "2", "QUEUE_EACH": "4", "RELOAD_SECONDS": "0.2"}
READING, WRITING = 0.1, 0.3
"""Seconds of an answer of the fake model, so that there are many."""
CLIENTS = 8
PAUSE = 0.2
"""Seconds between two requests of one client, on average."""
SWAP_SECONDS = 5.0
"""Between two changes of the snapshot, on average; in a short run a tenth of it."""
LEFT_AFTER = 0.6
"""Seconds after which clients that leave have left, at most."""
WARM_SHARE = 0.2
"""Of the time: that after which memory is looked at first, and the length of what is compared."""
IDS = 100


@dataclass(frozen=True, slots=True)
class Act:
    """A request: its bytes, and where the OpenAPI document tells of it, `path` None where nothing is served."""

    method: str
    path: str | None
    asked: bytes
    leaves: bool = False


@dataclass(slots=True)
class Course:
    """What happened."""

    seen: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    times: dict[str, list[float]] = field(default_factory=dict)
    memory: list[int] = field(default_factory=list)
    swaps: int = 0
    ids: deque[str] = field(default_factory=lambda: deque(["0" * 16], maxlen=IDS))
    """Of answers that were given lately."""


Make = Callable[[Stand, random.Random, Course], Act]


async def measure(stand: Stand, seconds: float, seed: int) -> list[Figure]:
    """`seconds` of it. Raises `SnapshotError` where the index has one snapshot only."""
    if stand.model:
        stand.model.speed.reading, stand.model.speed.writing = READING, WRITING
    documented = statuses(stand.client.get("/openapi.json").json())
    course = Course()
    await _clients(stand, course, documented, seconds * WARM_SHARE, seed)
    before = await stand.held()
    async with (
        _beside(_swapping(stand, course, min(SWAP_SECONDS, seconds / 10), seed)),
        _beside(_looking(stand, course)),
    ):
        await _clients(stand, course, documented, seconds * (1 - WARM_SHARE), seed + 1)
    after = await stand.held()
    return [*_told(course), *holding(PART, before, after), *faults(PART, [*course.wrong, *stand.unforeseen()])]


def statuses(document: Mapping[str, Any]) -> Mapping[tuple[str, str], frozenset[int]]:
    """The statuses that an OpenAPI document has for each method and path."""
    return {
        (method.upper(), path): frozenset(map(int, operation["responses"]))
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if "responses" in operation
    }


async def _clients(
    stand: Stand, course: Course, documented: Mapping[tuple[str, str], frozenset[int]], seconds: float, seed: int
) -> None:
    async with asyncio.TaskGroup() as group:
        for number in range(CLIENTS):
            chosen = random.Random(f"{seed} {number}")  # noqa: S311 - a mixture, not keys
            group.create_task(_client(stand, course, documented, seconds, chosen))


async def _client(
    stand: Stand,
    course: Course,
    documented: Mapping[tuple[str, str], frozenset[int]],
    seconds: float,
    chosen: random.Random,
) -> None:
    loop, pool = asyncio.get_running_loop(), Pool(stand.port)
    over = loop.time() + seconds
    names, weights = [*MIXTURE], [weight for weight, _ in MIXTURE.values()]
    while loop.time() < over:
        name = chosen.choices(names, weights)[0]
        act = MIXTURE[name][1](stand, chosen, course)
        began = loop.time()
        try:
            response = await (_left(stand, act, chosen) if act.leaves else pool.exchange(act.asked))
        except (OSError, EOFError, TimeoutError) as error:
            course.wrong.append(f"{name}: {error!r}")
            continue
        course.seen[name] += 1
        if response is not None:
            course.times.setdefault(name, []).append(loop.time() - began)
            course.wrong += [f"{name}: {what}" for what in wrong_with(act, response, documented)]
            course.ids += _answer_ids(response)
        await asyncio.sleep(chosen.expovariate(1 / PAUSE))
    pool.close()


async def _left(stand: Stand, act: Act, chosen: random.Random) -> Response | None:
    """Leave at a random moment; the response where it came before."""
    async with connected(stand.port) as connection:
        try:
            async with asyncio.timeout(chosen.uniform(0, LEFT_AFTER)):
                return await connection.exchange(act.asked)
        except TimeoutError:
            return None


def wrong_with(act: Act, response: Response, documented: Mapping[tuple[str, str], frozenset[int]]) -> Sequence[str]:
    """What a response has that the document has not, in words."""
    may = frozenset({404}) if act.path is None else documented[act.method, act.path]
    if response.status not in may:
        return [f"status {response.status} is not documented: {response.body[:200].decode(errors='replace')}"]
    kind = response.headers.get("content-type", "")
    if kind.startswith("text/event-stream"):
        return list(_wrong_stream(response.body))
    if response.status >= 500 and b"internal" in response.body:
        return [f"an internal error: {response.body.decode(errors='replace')}"]
    return []


def _wrong_stream(body: bytes) -> Sequence[str]:
    told = events(body)
    if not told:
        # OpenAI's streams have no names of events
        return [] if body.rstrip().endswith(b"data: [DONE]") else [f"a stream that ends with {body[-80:]!r}"]
    if told[-1] == "done":
        return [] if "error" not in told and told.count("done") == 1 else [f"a stream with {', '.join(told)}"]
    if told[-1] == "error" and b"internal" not in body.rpartition(b"event: error")[2]:
        return []
    return [f"a stream that ends with {body[-200:]!r}"]


def _answer_ids(response: Response) -> Sequence[str]:
    if response.status != 200 or not response.headers.get("content-type", "").startswith("application/json"):
        return ()
    document = response.document
    found = (
        document.get("id") if isinstance(document, dict) and ("citations" in document or "choices" in document) else 0
    )
    return [found] if isinstance(found, str) else ()


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncGenerator[None, None]:
    """`work` goes on as long as the block lasts; what it raises comes out at the end."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled() and (error := task.exception()):
            raise error


async def _swapping(stand: Stand, course: Course, each: float, seed: int) -> None:
    """Serve the snapshots of the index in turn."""
    chosen = random.Random(f"swaps {seed}")  # noqa: S311 - moments, not keys
    index = stand.ground.index
    while True:
        await asyncio.sleep(chosen.uniform(0.5, 1.5) * each)
        others = [one for one in published(index) if one != current_directory(index).name]
        if not others:
            raise ValueError(f"{index} has one snapshot only; publish another, or leave --index out")
        await asyncio.to_thread(rollback, index, chosen.choice(others))
        course.swaps += 1


async def _looking(stand: Stand, course: Course) -> None:
    while True:
        course.memory.append(resident(stand.pid))
        await asyncio.sleep(1.0)


def _told(course: Course) -> list[Figure]:
    part = max(1, int(len(course.memory) * WARM_SHARE))
    first, last = median(course.memory[:part]), median(course.memory[-part:])
    growth = last / first - 1
    return [
        Figure(PART, "changes of the snapshot", course.swaps, ""),
        *(Figure(PART, f"{name}, requests", number, "") for name, number in sorted(course.seen.items())),
        *(figure for name, times in sorted(course.times.items()) for figure in spread(PART, name, times)),
        Figure(PART, f"resident memory while it lasts, {first / 1e6:.0f} MB; more at the end", growth, "", GROWTH),
        Figure(PART, "resident memory, most", max(course.memory) / 1e6, "MB"),
    ]


def _asking(accept: Mapping[str, str], *, leaves: bool = False, **fields: Any) -> Make:
    def make(stand: Stand, chosen: random.Random, course: Course) -> Act:
        content = {**stand.question(), **fields}
        if chosen.random() < 0.2:
            content = {"question": chosen.choice(stand.questions), **fields}
        return Act("POST", "/v1/ask", request("POST", "/v1/ask", content, accept, key=_key(stand, chosen)), leaves)

    return make


def _chatting(*, stream: bool) -> Make:
    def make(stand: Stand, chosen: random.Random, course: Course) -> Act:
        messages = [{"role": "user", "content": stand.question()["question"]}]
        content = {"model": "fundstelle", "messages": messages, "stream": stream}
        path = "/v1/chat/completions"
        return Act("POST", path, request("POST", path, content, key=_key(stand, chosen)))

    return make


def _searching(stand: Stand, chosen: random.Random, course: Course) -> Act:
    content = {**stand.question(), "top_k": chosen.randint(1, 20)}
    return Act("POST", "/v1/search", request("POST", "/v1/search", content))


def _reading(stand: Stand, chosen: random.Random, course: Course) -> Act:
    name = chosen.choice([*stand.articles, "missing.md"])
    return Act("GET", "/v1/articles/{id}", request("GET", f"/v1/articles/{quote(name, safe='')}"))


def _judging(stand: Stand, chosen: random.Random, course: Course) -> Act:
    content = {"answer_id": chosen.choice(course.ids), "helpful": chosen.random() < 0.5, "comment": "So it is."}
    return Act("POST", "/v1/feedback", request("POST", "/v1/feedback", content))


def _looking_at(stand: Stand, chosen: random.Random, course: Course) -> Act:
    path = chosen.choice(("/healthz", "/readyz", "/metrics", "/v1/models"))
    return Act("GET", path, request("GET", path))


def _mistaken(stand: Stand, chosen: random.Random, course: Course) -> Act:
    wrong: tuple[tuple[bytes, str | None], ...] = (
        (request("POST", "/v1/ask", b'{"question": '), "/v1/ask"),
        (request("POST", "/v1/ask", b'{"question": "\xff"}'), "/v1/ask"),
        (request("POST", "/v1/ask", {"question": ""}), "/v1/ask"),
        (request("POST", "/v1/ask", {"question": "Who?"}, {"Content-Type": "text/plain"}), "/v1/ask"),
        (request("POST", "/v1/search", {"question": "Who?"}, key="fst_" + "x" * 43), "/v1/search"),
        (request("POST", "/v1/nothing", {"question": "Who?"}), None),
    )
    asked, path = chosen.choice(wrong)
    return Act("POST", path, asked)


def _key(stand: Stand, chosen: random.Random) -> str:
    return chosen.choice((*stand.keys, stand.limited, ""))


MIXTURE: Mapping[str, tuple[int, Make]] = {
    "ask": (4, _asking({})),
    "ask by quoting": (3, _asking({}, mode="extract")),
    "ask as a stream": (4, _asking(STREAM)),
    "ask and leave": (2, _asking({}, leaves=True)),
    "cut a stream": (4, _asking(STREAM, leaves=True)),
    "chat completion": (2, _chatting(stream=False)),
    "chat completion as a stream": (2, _chatting(stream=True)),
    "search": (4, _searching),
    "read an article": (3, _reading),
    "feedback": (3, _judging),
    "probes and metrics": (2, _looking_at),
    "a wrong request": (2, _mistaken),
}
"""What clients do, how often, and how each request is made."""
