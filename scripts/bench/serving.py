"""Start the service on an index and measure it as its users meet it.

    python scripts/bench/serving.py --index INDEX [--question TEXT ...]

Prints seconds from start to ready, times of searches and of answers by quoting alone, of searches while the language
model answers (milliseconds, as the server reports and as the client sees them), resident memory of the service with its
children, and the answers to the questions. The FUNDSTELLE_* settings hold; times are wall clock, so run it on a quiet
machine.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from types import MappingProxyType
from typing import IO, Any

import httpx

QUESTIONS = ("Why did Google leave Scale?", "Warum hat Google Scale AI verlassen?")
SEARCHES = 40
SERVICE = (sys.executable, "-m", "service")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure a running service.")
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--question", nargs="*", default=list(QUESTIONS))
    arguments = parser.parse_args()
    with served(arguments.index) as (client, process, seconds):
        print(f"start to ready                    {seconds:.1f} s")
        answers = [ask(client, question) for question in arguments.question]
        print_times("search alone", searches(client, arguments.question))
        print_times("answer by quoting", extracts(client, arguments.question))
        print_times("search beside an answer", searches_beside_an_answer(client, arguments.question))
        print(f"resident, service and children    {resident(process.pid) / 1e9:.2f} GB")
        for answer in answers:
            print_answer(answer)
    return 0


@contextmanager
def served(
    index: Path,
    settings: Mapping[str, str] = MappingProxyType({}),
    command: Sequence[str] = SERVICE,
    log: IO[bytes] | None = None,
) -> Iterator[tuple[httpx.Client, subprocess.Popen[bytes], float]]:
    """A service on a free port, ready; how many seconds that took.

    `settings` are further variables, `command` is what starts it, and `log` gets what it logs instead of the terminal.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "FUNDSTELLE_PORT": str(port), "FUNDSTELLE_INDEX": str(index), **settings}
    started = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=log)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=300.0, trust_env=False) as client:
            wait_until_ready(client, process)
            yield client, process, time.perf_counter() - started
    finally:
        process.terminate()
        process.wait(30)


def wait_until_ready(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    """Return when /readyz is 200. Exits where the service ends before that."""
    while process.poll() is None:
        try:
            if client.get("/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    sys.exit(f"the service ended with code {process.returncode}")


def ask(client: httpx.Client, question: str) -> dict[str, object]:
    """One answer."""
    body: dict[str, object] = client.post("/v1/ask", json={"question": question}).raise_for_status().json()
    return body


def searches(client: httpx.Client, questions: Sequence[str]) -> list[tuple[float, float]]:
    """Milliseconds of each search: as the server reports it, as the client sees it."""
    return timed(client, "/v1/search", [{"question": question} for question in varied(questions)])


def extracts(client: httpx.Client, questions: Sequence[str]) -> list[tuple[float, float]]:
    """Milliseconds of each answer in a sentence of the sources, without the language model."""
    return timed(client, "/v1/ask", [{"question": question, "mode": "extract"} for question in varied(questions)])


def varied(questions: Sequence[str]) -> list[str]:
    """As many questions as are timed, no two alike, so that no cache helps."""
    return [f"{questions[number % len(questions)]} {number}" for number in range(SEARCHES)]


def timed(client: httpx.Client, path: str, requests: Sequence[dict[str, str]]) -> list[tuple[float, float]]:
    """Milliseconds of each of `requests` to `path`: as the server reports it, as the client sees it."""
    times = []
    for request in requests:
        started = time.perf_counter()
        body = client.post(path, json=request).raise_for_status().json()
        times.append((body["timings_ms"]["total"], (time.perf_counter() - started) * 1000))
    return times


def searches_beside_an_answer(client: httpx.Client, questions: Sequence[str]) -> list[tuple[float, float]]:
    """The same while the language model is kept busy from another connection."""
    stop = threading.Event()

    def keep_asking() -> None:
        with httpx.Client(base_url=client.base_url, timeout=300.0, trust_env=False) as other:
            number = 0
            while not stop.is_set():
                ask(other, f"{questions[number % len(questions)]} ({number})")
                number += 1

    asking = threading.Thread(target=keep_asking)
    asking.start()
    try:
        time.sleep(1.0)
        return searches(client, questions)
    finally:
        stop.set()
        asking.join()


def resident(pid: int) -> int:
    """Bytes that the process and its children hold in memory."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") + sum(resident(int(child)) for child in children)


def print_times(what: str, times: Sequence[tuple[float, float]]) -> None:
    """Median and 95th percentile of both clocks."""
    for clock, values in zip(("server", "client"), zip(*times, strict=True), strict=True):
        p95 = quantiles(values, n=20)[-1]
        print(f"{what + ', ' + clock:34}p50 {median(values):.0f} ms, p95 {p95:.0f} ms")


def print_answer(answer: dict[str, Any]) -> None:
    """Question, answer and quotes."""
    print(f"\n{answer['query']}\n  {answer['answer']}")
    for citation in answer["citations"]:
        print(f"  [{citation['label']}] {citation['quote']} ({citation['article_id']} {citation['start']})")
    print(f"  {answer['timings_ms']} {answer['usage']}")


if __name__ == "__main__":
    sys.exit(main())
