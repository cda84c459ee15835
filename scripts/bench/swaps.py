#!/usr/bin/env python3
"""Ask a service from several clients while snapshot after snapshot is published, and check every single response.

    python scripts/bench/swaps.py --seconds 60 --swaps 100 --clients 8

Two collections of the same made-up articles, with other figures at other places, are published in turn. Clients ask,
search and read articles. Each response names its snapshot: every quote, passage and text has to stand in the collection
of that snapshot, an answer has to state its figure, and no client may be taken back to an earlier snapshot. The
service is a process of its own with the embedding model of the settings, answering by quoting.

Prints what was asked and found, times, and the resident memory of the service before, during and after the swaps. Exits
with 1 where a response was wrong or missing.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any
from urllib.parse import quote

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from index.build import build_articles
from index.cores import available_cores
from index.embedding import Embedder, SentenceTransformerEmbedder
from index.embedding_cache import EMBEDDINGS
from index.models import resolve
from index.token_cache import cached
from scripts.bench.serving import resident, served
from scripts.bench.towns import COLLECTIONS, article, figure, text_of, towns
from service.settings import load_settings

KINDS = ("ask", "search", "read")
PACE = 0.05
"""Seconds between two looks at the service's memory or readiness."""
SETTINGS = {
    "FUNDSTELLE_GENERATOR": "extractive",
    "FUNDSTELLE_RELOAD_SECONDS": "0.1",
    "FUNDSTELLE_LOG_LEVEL": "warning",
}

Publish = Callable[[str], str]
"""Publishes a collection of this name; the id of its snapshot."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A response: what was asked of which town, by which client, and how long that took. `body` is its JSON."""

    client: int
    kind: str
    town: str
    seconds: float
    status: int
    body: dict[str, Any]


@dataclass(slots=True)
class Course:
    """What happened. `published` is the collection of each snapshot, in the order of publication."""

    seen: list[Seen] = field(default_factory=list)
    published: dict[str, str] = field(default_factory=dict)
    swap_seconds: list[float] = field(default_factory=list)
    broken_off: list[str] = field(default_factory=list)
    memory: dict[str, int] = field(default_factory=dict)
    """Bytes, by when."""


@dataclass(frozen=True, slots=True)
class Asking:
    """So many clients of the service at `url`, asking about the towns `names`."""

    url: str
    names: Sequence[str]
    clients: int


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; its exit status."""
    settings = load_settings()
    parser = argparse.ArgumentParser(description="Ask a service while its snapshot is exchanged.")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--swaps", type=int, default=100)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--articles", type=int, default=60, help="how many each collection has")
    chosen = parser.parse_args(arguments)
    embedder = SentenceTransformerEmbedder(resolve(settings.embedding, settings.models), threads=available_cores())
    names = towns(chosen.articles)
    with tempfile.TemporaryDirectory() as directory:
        publish = publisher(Path(directory), names, embedder)
        # both are built once before, so that what is measured is exchanging, not embedding
        first = {publish(name): name for name in COLLECTIONS}
        with served(Path(directory), SETTINGS) as (client, process, _), Memory(process.pid) as memory:
            asking = Asking(str(client.base_url), names, chosen.clients)
            course = observed(asking, publish, first, chosen.swaps, chosen.seconds, memory)
    faults = faults_of(course, names)
    report(course, faults)
    return 1 if faults else 0


def publisher(index: Path, names: Sequence[str], embedder: Embedder) -> Publish:
    """Builds a collection into `index`."""

    def refuse(error: Exception) -> None:
        raise error

    def publish(collection: str) -> str:
        remembering = cached(embedder, index / EMBEDDINGS)
        articles = (article(collection, town) for town in names)
        return build_articles(articles, index, remembering, on_error=refuse).snapshot

    return publish


def until_served(client: httpx.Client, snapshot: str, seconds: float) -> None:
    """Return once the service is ready and serves `snapshot`. Raises TimeoutError where that takes too long."""
    deadline, said = time.monotonic() + seconds, ""
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            ready = client.get("/readyz")
            if ready.status_code == httpx.codes.OK and ready.json()["snapshot"] == snapshot:
                return
            said = ready.text
        time.sleep(PACE / 2)
    raise TimeoutError(f"{snapshot} is not served after {seconds:g} s: {said}")


def observed(
    asking: Asking, publish: Publish, first: Mapping[str, str], swaps: int, seconds: float, memory: Memory
) -> Course:
    """Publish `swaps` times, over at least `seconds`, while clients ask; `first` was published before, in this order.

    They ask for a tenth of that time before the first swap, so that memory is compared with that of a busy service.
    """
    course = Course(published=dict(first))
    with httpx.Client(base_url=asking.url, timeout=60.0, trust_env=False) as client, ExitStack() as stack:
        for kind in KINDS:
            request(client, kind, asking.names[0]).raise_for_status()
        stack.enter_context(asked(asking, course))
        time.sleep(seconds / 10)
        course.memory["before"] = memory.now()
        began = time.monotonic()
        for swap in range(swaps):
            collection = COLLECTIONS[swap % len(COLLECTIONS)]
            snapshot = publish(collection)
            course.published[snapshot] = collection
            since = time.monotonic()
            until_served(client, snapshot, 30.0)
            course.swap_seconds.append(time.monotonic() - since)
            time.sleep(max(0.0, began + (swap + 1) * seconds / swaps - time.monotonic()))
            if swap + 1 in (1, swaps // 2):
                course.memory[f"after {swap + 1}"] = memory.now()
    course.memory |= {"at most": memory.most, "after all": memory.now()}
    return course


@contextmanager
def asked(asking: Asking, course: Course) -> Iterator[None]:
    """Clients ask as long as the block lasts; `course` takes up what they see."""
    over = threading.Event()
    clients = [threading.Thread(target=keep_asking, args=(asking, one, over, course)) for one in range(asking.clients)]
    for thread in clients:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in clients:
            thread.join()


def keep_asking(asking: Asking, client: int, over: threading.Event, course: Course) -> None:
    """One client: one request after the other until it is `over`."""
    chosen = random.Random(client)  # noqa: S311 - questions, not keys
    with httpx.Client(base_url=asking.url, timeout=30.0, trust_env=False) as connection:
        while not over.is_set():
            kind, town = chosen.choice(KINDS), chosen.choice(asking.names)
            since = time.monotonic()
            try:
                response = request(connection, kind, town)
            except httpx.HTTPError as error:
                course.broken_off.append(f"client {client}, {kind} {town}: {type(error).__name__} {error}")
                continue
            took = time.monotonic() - since
            course.seen.append(Seen(client, kind, town, took, response.status_code, response.json()))


def request(connection: httpx.Client, kind: str, town: str) -> httpx.Response:
    """Ask, search, or read the article."""
    if kind == "read":
        return connection.get("/v1/articles/" + quote(f"towns/{town}.md", safe=""))
    question = {"question": f"How much did the harbour bridge of {town} cost?"}
    return connection.post(f"/v1/{kind}", json=question)


def faults_of(course: Course, names: Sequence[str]) -> list[str]:
    """Everything that was wrong with what was seen, in words."""
    texts = {name: {f"towns/{town}.md": text_of(name, town) for town in names} for name in COLLECTIONS}
    order = {snapshot: place for place, snapshot in enumerate(course.published)}
    latest: Counter[int] = Counter()
    faults = list(course.broken_off)
    for seen in course.seen:
        where = f"client {seen.client}, {seen.kind} {seen.town}"
        snapshot = seen.body.get("snapshot")
        if seen.status != httpx.codes.OK or snapshot not in order:
            faults.append(f"{where}: status {seen.status}, snapshot {snapshot}: {seen.body.get('detail')}")
            continue
        collection = course.published[snapshot]
        faults += [f"{where}, {snapshot}: {fault}" for fault in inconsistent(seen, collection, texts[collection])]
        if order[snapshot] < latest[seen.client]:
            faults.append(f"{where}: taken back to {snapshot}")
        latest[seen.client] = max(latest[seen.client], order[snapshot])
    return faults


def inconsistent(seen: Seen, collection: str, texts: Mapping[str, str]) -> Iterator[str]:
    """What a response says that its collection does not."""
    body = seen.body
    if seen.kind == "read" and body["text"] != texts[body["id"]]:
        yield f"another text: {body['text']!r}"
    for passage in body.get("passages", ()):
        if texts[passage["article_id"]][passage["start"] : passage["end"]] != passage["text"]:
            yield f"no such passage: {passage}"
    for cited in body.get("citations", ()):
        text = texts[cited["article_id"]]
        around = text[cited["start"] - len(cited["prefix"]) : cited["end"] + len(cited["suffix"])]
        if text[cited["start"] : cited["end"]] != cited["quote"]:
            yield f"no such quote: {cited}"
        if around != cited["prefix"] + cited["quote"] + cited["suffix"]:
            yield f"other surroundings: {cited}"
        if cited["article_sha256"] != hashlib.sha256(text.encode()).hexdigest():
            yield f"the sha256 of another text: {cited}"
    if body.get("status") == "answered" and figure(collection, seen.town) not in body["answer"]:
        yield f"not the figure of this collection: {body['answer']!r}"


class Memory:
    """Looks at the resident memory of a process, in bytes, as long as the block lasts."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._over = threading.Event()
        self._looking = threading.Thread(target=self._look)
        self.most = 0

    def now(self) -> int:
        """What is resident now."""
        return resident(self._pid)

    def __enter__(self) -> Memory:
        self._looking.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._looking.join()

    def _look(self) -> None:
        while not self._over.wait(PACE):
            self.most = max(self.most, self.now())


def report(course: Course, faults: Sequence[str]) -> None:
    """Print what was seen."""
    answers = [seen for seen in course.seen if seen.kind == "ask"]
    answered = sum(seen.body.get("status") == "answered" for seen in answers)
    of_each = Counter(seen.body.get("snapshot") for seen in course.seen)
    print(f"swaps                           {len(course.swap_seconds)}, {spread(course.swap_seconds)} until served")
    for kind in KINDS:
        times = [seen.seconds for seen in course.seen if seen.kind == kind]
        print(f"{kind:32}{len(times)} responses, {spread(times)}")
    print(f"answered                        {answered} of {len(answers)} questions")
    print(f"snapshots that were answered of {len(of_each)}")
    marks = ", ".join(f"{when} {size / 1e6:.0f} MB" for when, size in course.memory.items())
    print(f"resident memory of the service  {marks}")
    print(f"wrong or missing responses      {len(faults)}")
    for fault in faults[:20]:
        print(f"  {fault}")


def spread(seconds: Sequence[float]) -> str:
    """Median, 99th percentile and longest, in milliseconds."""
    if len(seconds) < 2:
        return "too few to tell"
    cuts = quantiles(seconds, n=100)
    return f"p50 {cuts[49] * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms, longest {max(seconds) * 1000:.0f} ms"


if __name__ == "__main__":
    sys.exit(main())
