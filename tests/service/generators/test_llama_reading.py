"""Prompts that are read by portions, from a server that keeps what it has read."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from service.generators.llama_reading import LEAST, Reader

pytestmark = pytest.mark.anyio


class Server:
    """Has one slot; reads so many tokens a second."""

    def __init__(self, speed: float = 50.0) -> None:
        self.speed = speed
        self.now = 0.0
        self.slot: list[int] = []
        self.read: list[int] = []

    async def post(self, path: str, body: Any) -> bytes:
        assert path == "/completion"
        assert (body["n_predict"], body["cache_prompt"]) == (0, True)
        await asyncio.sleep(0)
        tokens: list[int] = body["prompt"]
        cached = 0
        while cached < min(len(self.slot), len(tokens)) and self.slot[cached] == tokens[cached]:
            cached += 1
        self.slot = tokens
        self.read.append(len(tokens) - cached)
        self.now += (len(tokens) - cached) / self.speed
        return msgspec.json.encode({"timings": {"cache_n": cached, "prompt_n": 1}})

    def reader(self) -> Reader:
        return Reader(self.post, lambda: self.now)


async def test_all_but_the_last_portion_is_read_portion_by_portion() -> None:
    server = Server()
    assert await server.reader().read(list(range(100))) == 0
    assert server.read == [LEAST, LEAST, LEAST]
    assert server.slot == list(range(96))


async def test_a_short_prompt_is_left_to_the_answer() -> None:
    server = Server()
    assert await server.reader().read(list(range(LEAST))) is None
    assert server.read == []


async def test_what_two_prompts_begin_with_is_read_once_and_told_as_known() -> None:
    server = Server()
    reader = server.reader()
    beginning = list(range(400))
    await reader.read([*beginning, *[-1] * 50])
    reader.remember([*beginning, *[-1] * 50])
    server.slot = [*beginning, *[-1] * 50]
    server.read.clear()
    assert await reader.read([*beginning, *[-2] * 50]) == 400
    assert server.read == [LEAST]


async def test_what_the_server_no_longer_knows_is_read_again() -> None:
    server = Server()
    reader = server.reader()
    tokens = list(range(100))
    await reader.read(tokens)
    reader.remember(tokens)
    server.slot = []
    assert await reader.read([*tokens, *range(200, 300)]) == 0
    assert server.slot == [*tokens, *range(200, 296)]


async def test_on_a_faster_machine_portions_are_larger_and_never_longer_than_a_moment() -> None:
    server = Server(speed=1000.0)
    await server.reader().read(list(range(2000)))
    assert server.read[:3] == [LEAST, 400, 400]


async def test_a_slow_machine_reads_no_smaller_portions() -> None:
    server = Server(speed=5.0)
    await server.reader().read(list(range(100)))
    assert server.read == [LEAST, LEAST, LEAST]


async def test_who_leaves_waits_for_one_portion_and_what_was_read_counts_for_the_next() -> None:
    server = Server()
    reader = server.reader()
    tokens = list(range(200))
    task = asyncio.create_task(reader.read(tokens))
    while len(server.read) < 2:
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert server.read == [LEAST, LEAST]
    assert await reader.read(tokens) == 2 * LEAST
    assert server.slot == list(range(192))
