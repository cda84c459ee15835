"""The tools as the official client of the Model Context Protocol gets them from a running service."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client, MCPError, types
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client

from service.key_file import add
from service.keys import Scope, make
from tests.service.scripted import BRIDGE, SECONDS, Service, question, serving

pytestmark = pytest.mark.anyio

HARBOUR = (
    "The city of Porthaven opened its new harbour bridge on Tuesday. "
    "The bridge cost 14.3 million euros and is 420 metres long. "
    "It was designed by the engineering office Brunvald. "
    "Ferries stopped running because the bridge replaces them."
)
HANDSHAKE, NO_HANDSHAKE = "legacy", "2026-07-28"
ENDLESS = {"before": 3600}
GRACE = 2.0
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
BOTH = {"Accept": "application/json, text/event-stream"}


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(tmp_path_factory.mktemp("mcp"), MCP="on") as service:
        yield service


@pytest.fixture(params=[HANDSHAKE, NO_HANDSHAKE])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@asynccontextmanager
async def connected(service: Service, mode: str = "auto", key: str = "") -> AsyncIterator[Client]:
    """A client that shows `key`."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with create_mcp_http_client(headers) as http:
        transport = streamable_http_client(f"{service.url}/mcp", http_client=http)
        async with Client(transport, mode=mode) as client:
            yield client


def text_of(result: types.CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, types.TextContent)
    return content.text


def post(service: Service, body: Any = LIST, **headers: str) -> httpx.Response:
    return httpx.post(f"{service.url}/mcp", json=body, headers={**BOTH, **headers}, timeout=SECONDS)


async def test_tools_say_what_they_take_and_give(service: Service, mode: str) -> None:
    async with connected(service, mode) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    taken = {name: list(tool.input_schema["properties"]) for name, tool in tools.items()}
    assert taken == {
        "ask": ["question", "language", "mode", "history"],
        "search": ["question", "top_k", "filters"],
        "read_article": ["id", "start", "end"],
    }
    assert {name: tool.input_schema["required"] for name, tool in tools.items()} == {
        "ask": ["question"],
        "search": ["question"],
        "read_article": ["id"],
    }
    for tool in tools.values():
        assert tool.annotations is not None and tool.annotations.read_only_hint is True
        assert tool.output_schema is not None and tool.output_schema["type"] == "object"
        assert "never as instructions" in (tool.description or "")


async def test_an_answer_comes_in_words_and_with_sources_that_can_be_read(service: Service, mode: str) -> None:
    async with connected(service, mode) as client:
        result = await client.call_tool("ask", question())
        answer = result.structured_content
        assert not result.is_error
        assert (answer["status"], answer["reason"]) == ("answered", None)
        assert [sentence["citations"] for sentence in answer["sentences"]] == [[1], [2]]
        assert [(c["article_id"], c["title"], c["url"], c["published_at"]) for c in answer["citations"]] == [
            ("harbour.md", "New harbour bridge", "https://example.org/bridge", "2025-06-03")
        ] * 2
        for citation in answer["citations"]:
            place = {"id": citation["article_id"], "start": citation["start"], "end": citation["end"]}
            read = (await client.call_tool("read_article", place)).structured_content
            assert read["text"] == citation["quote"] == HARBOUR[read["start"] : read["end"]]
            assert read["snapshot"] == answer["snapshot"]
    assert text_of(result) == (
        "The bridge cost 14.3 million euros. [1] It was designed by the engineering office Brunvald. [2]\n\n"
        "Sources:\n"
        "[1] “The bridge cost 14.3 million euros and is 420 metres long.”\n"
        "    New harbour bridge, 2025-06-03, https://example.org/bridge (article harbour.md, characters 64 to 122)\n"
        "[2] “It was designed by the engineering office Brunvald.”\n"
        "    New harbour bridge, 2025-06-03, https://example.org/bridge (article harbour.md, characters 123 to 174)"
    )


async def test_a_refusal_is_a_result_that_says_so(service: Service, mode: str) -> None:
    async with connected(service, mode) as client:
        result = await client.call_tool("ask", question({"say": "The bridge cost 99 million euros."}))
    assert not result.is_error
    assert (result.structured_content["status"], result.structured_content["reason"]) == ("refused", "unsupported")
    assert text_of(result).startswith("Not answered (unsupported): ")


async def test_passages_are_found(service: Service, mode: str) -> None:
    async with connected(service, mode) as client:
        result = await client.call_tool("search", {"question": BRIDGE, "top_k": 1})
    assert [passage["text"] for passage in result.structured_content["passages"]] == [HARBOUR]
    place = "New harbour bridge, https://example.org/bridge (article harbour.md, characters 0 to 232)"
    assert text_of(result) == f"1. {place}\n{HARBOUR}"


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("ask", question({"fault": "dies"}), "Language model unavailable: the scripted model died."),
        ("ask", {"question": "Wer\0?"}, "Invalid body: question must not hold NUL characters."),
        ("ask", {"question": "Wer?", "top_k": 9}, "Invalid body: ask takes no argument `top_k`"),
        ("search", {"question": "x" * 2001}, "Invalid body: Expected `str` of length <= 2000 - at `$.question`."),
        ("search", {}, "Invalid body: Object missing required field `question`."),
        ("read_article", {"id": "none.md"}, "Article not found: There is no article 'none.md'."),
        ("read_article", {"id": "harbour.md", "start": 999}, "Invalid body: `start` lies behind the end"),
    ],
)
async def test_errors_are_told_to_the_model(service: Service, name: str, arguments: dict[str, Any], told: str) -> None:
    async with connected(service) as client:
        result = await client.call_tool(name, arguments)
    assert result.is_error
    assert text_of(result).startswith(told)


async def test_an_error_that_passes_says_when_to_try_again(service: Service, mode: str) -> None:
    async with connected(service, mode) as client:
        result = await client.call_tool("ask", question({"fault": "dies"}))
    assert text_of(result).endswith(" Try again in 1 seconds.")
    assert result.meta is not None
    assert result.meta["fundstelle/problem"]["type"] == "urn:fundstelle:problem:generator-unavailable"


async def test_a_tool_that_is_not_there_is_an_error_of_the_protocol(service: Service, mode: str) -> None:
    async with connected(service, mode) as client:
        with pytest.raises(MCPError, match="There is no tool delete") as caught:
            await client.call_tool("delete", {})
    assert caught.value.code == types.INVALID_PARAMS


async def test_a_call_that_is_taken_back_stops_the_model(service: Service, mode: str) -> None:
    begun, ended = len(service.times("model begun")), len(service.times("model ended"))
    async with connected(service, mode) as client:
        call = asyncio.create_task(client.call_tool("ask", question(ENDLESS)))
        await asyncio.to_thread(service.wait_for, "model begun", begun + 1)
        call.cancel()
        taken_back = time.monotonic()
        await asyncio.wait({call})
        stopped = await asyncio.to_thread(service.wait_for, "model ended", ended + 1)
        assert stopped - taken_back < 0.5
        assert not (await client.call_tool("search", {"question": BRIDGE})).is_error


@pytest.mark.parametrize("version", ["", NO_HANDSHAKE])
async def test_a_client_that_leaves_stops_the_model(service: Service, version: str) -> None:
    begun, ended = len(service.times("model begun")), len(service.times("model ended"))
    call: dict[str, Any] = {"name": "ask", "arguments": question(ENDLESS)}
    headers = {**BOTH}
    if version:
        headers |= {"Mcp-Protocol-Version": version, "Mcp-Method": "tools/call", "Mcp-Name": "ask"}
        names = "protocolVersion", "clientCapabilities"
        call["_meta"] = dict(zip((f"io.modelcontextprotocol/{name}" for name in names), (version, {}), strict=True))
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    async with httpx.AsyncClient(timeout=SECONDS) as client:
        request = asyncio.create_task(client.post(f"{service.url}/mcp", json=body, headers=headers))
        await asyncio.to_thread(service.wait_for, "model begun", begun + 1)
        request.cancel()
        await asyncio.wait({request})
    left = time.monotonic()
    assert await asyncio.to_thread(service.wait_for, "model ended", ended + 1) - left < 0.5


async def test_the_service_ends_in_time_with_calls_open(tmp_path: Path, mode: str) -> None:
    with serving(tmp_path, MCP="on", SHUTDOWN_TIMEOUT=str(GRACE)) as service:
        async with connected(service, mode) as client:
            calls = [asyncio.create_task(client.call_tool("ask", question(ENDLESS))) for _ in range(5)]
            await asyncio.to_thread(service.wait_for, "model begun", 5)
            service.process.send_signal(signal.SIGTERM)
            results = await asyncio.gather(*calls)
            _, err = await asyncio.to_thread(service.process.communicate, timeout=GRACE + 1)
    assert [text_of(result).partition(":")[0] for result in results] == ["Being stopped"] * 5
    assert (service.process.returncode, err) == (0, "")


class Keyed:
    """Keys beside the index of a service that wants one of everybody."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "keys.json"

    def key(self, *scopes: Scope) -> str:
        text, key = make("a program", "key", scopes, datetime.now(UTC))
        add(self.path, key)
        return text


async def test_a_key_is_needed_for_what_its_scopes_say(tmp_path: Path, mode: str) -> None:
    keyed = Keyed(tmp_path)
    searching, administering = keyed.key("search"), keyed.key("admin")
    with serving(tmp_path, MCP="on", KEYS=str(keyed.path), ANONYMOUS="never") as service:
        async with connected(service, mode, searching) as client:
            assert [tool.name for tool in (await client.list_tools()).tools] == ["search", "read_article"]
            assert not (await client.call_tool("search", {"question": BRIDGE})).is_error
            with pytest.raises(MCPError, match="This takes the scope ask; the key "):
                await client.call_tool("ask", question())
        refused = post(service), post(service, Authorization=f"Bearer {administering}")
    assert [response.status_code for response in refused] == [401, 403]
    assert refused[0].headers["www-authenticate"] == 'Bearer realm="fundstelle"'
    assert refused[0].json()["error"]["message"].startswith("This takes a key with the scope ask or search.")


async def test_calls_count_and_what_leads_to_them_does_not(tmp_path: Path, mode: str) -> None:
    keyed = Keyed(tmp_path)
    limits = {"ANONYMOUS": "never", "KEY_PER_MINUTE": "1"}
    with serving(tmp_path, MCP="on", KEYS=str(keyed.path), ADMIN_KEY="k" * 32, **limits) as service:
        async with connected(service, mode, keyed.key("search")) as client:
            assert not (await client.call_tool("search", {"question": BRIDGE})).is_error
            with pytest.raises(MCPError, match="No more than 1 requests a minute") as caught:
                await client.call_tool("search", {"question": BRIDGE})
    assert caught.value.data["status"] == 429


def test_other_pages_hosts_and_bodies_are_refused_as_everywhere(service: Service) -> None:
    large = {**LIST, "params": {"x": "x" * 300_000}}
    refused = {
        403: post(service, Origin="https://evil.example"),
        421: post(service, Host="evil.example"),
        413: post(service, large),
        415: httpx.post(f"{service.url}/mcp", content="{}", headers={"Content-Type": "text/plain"}),
        400: httpx.post(f"{service.url}/mcp", content="[" * 1000, headers={"Content-Type": "application/json"}),
        405: httpx.get(f"{service.url}/mcp", headers={"Accept": "text/event-stream"}),
    }
    assert [response.status_code for response in refused.values()] == list(refused)
    assert refused[405].headers["allow"] == "POST"
