"""The tools as the official client of the Model Context Protocol gets them from a running service."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar.testing import TestClient
from mcp import Client, MCPError, types
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

from service.access.key_file import add
from service.access.keys import Scope, make
from service.app import create_app
from service.errors import SettingsError
from service.settings import Settings
from tests.service.fakes import FakePipeline
from tests.service.processes import ROOT
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
        ("ask", question({"fault": "bug"}), "Internal error: Something went wrong here; the log of the service has it"),
        ("ask", question({"fault": "dies"}), "Language model unavailable: the scripted model died."),
        ("ask", {"question": "Wer\0?"}, "Invalid body: question must not hold NUL characters."),
        ("ask", {"question": "Wer?", "top_k": 9}, "Invalid body: ask takes no argument `top_k`"),
        ("search", {"question": "x" * 2001}, "Invalid body: Expected `str` of length <= 2000 - at `$.question`."),
        ("search", {}, "Invalid body: Object missing required field `question`."),
        ("read_article", {"id": "none.md"}, "Article not found: There is no article 'none.md'."),
        ("search", {"question": "Wer?", "top_k": 10**30}, "Invalid body: Expected `int` <= 50 - at `$.top_k`."),
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


@pytest.mark.alone
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


async def test_the_service_ends_in_time_with_calls_open(tmp_path: Path) -> None:
    with serving(tmp_path, MCP="on", SHUTDOWN_TIMEOUT=str(GRACE)) as service:
        async with connected(service, HANDSHAKE) as old, connected(service, NO_HANDSHAKE) as new:
            calls = [asyncio.create_task(client.call_tool("ask", question(ENDLESS))) for client in (old, new) * 3]
            await asyncio.to_thread(service.wait_for, "model begun", len(calls))
            service.process.send_signal(signal.SIGTERM)
            results = await asyncio.gather(*calls)
            _, err = await asyncio.to_thread(service.process.communicate, timeout=GRACE + 1)
    assert [text_of(result).partition(":")[0] for result in results] == ["Being stopped"] * len(calls)
    assert (service.process.returncode, err) == (0, "")


@dataclass(frozen=True)
class Keyed:
    """A service that wants a key of everybody, which may call one tool a minute. A key of `searching` is unused."""

    service: Service
    searching: list[str]
    asking: str
    administering: str


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keyed]:
    folder = tmp_path_factory.mktemp("keyed")
    path = folder / "keys.json"
    searching = [new_key(path, "search") for _ in range(8)]
    settings = {"KEYS": str(path), "ANONYMOUS": "never", "KEY_PER_MINUTE": "1"}
    asking, administering = new_key(path, "ask"), new_key(path, "admin")
    with serving(folder, MCP="on", **settings) as service:
        yield Keyed(service, searching, asking, administering)


def new_key(path: Path, scope: Scope) -> str:
    text, key = make("a program", "key", (scope,), datetime.now(UTC))
    add(path, key)
    return text


async def test_a_key_calls_what_it_has_the_scopes_for(keyed: Keyed, mode: str) -> None:
    async with connected(keyed.service, mode, keyed.searching.pop()) as client:
        assert [tool.name for tool in (await client.list_tools()).tools] == ["search", "read_article"]
        with pytest.raises(MCPError, match="This takes the scope ask; the key ") as caught:
            await client.call_tool("ask", question())
    assert caught.value.data["status"] == 403


async def test_a_key_for_asking_does_not_search_here_either(keyed: Keyed, mode: str) -> None:
    async with connected(keyed.service, mode, keyed.asking) as client:
        assert [tool.name for tool in (await client.list_tools()).tools] == ["ask", "read_article"]
        with pytest.raises(MCPError, match="This takes the scope search; the key ") as caught:
            await client.call_tool("search", {"question": BRIDGE})
    assert caught.value.data["status"] == 403


def test_who_has_no_key_or_a_wrong_one_is_told_to_send_one(keyed: Keyed) -> None:
    refused = [post(keyed.service), post(keyed.service, Authorization="Bearer fst_wrong")]
    assert [(response.status_code, response.headers["www-authenticate"]) for response in refused] == [
        (401, 'Bearer realm="fundstelle"')
    ] * 2
    assert refused[0].json()["error"]["message"].startswith("This takes a key with the scope ask or search.")
    assert post(keyed.service, Authorization=f"Bearer {keyed.administering}").status_code == 403


async def test_calls_count_and_what_leads_to_them_does_not(keyed: Keyed, mode: str) -> None:
    async with connected(keyed.service, mode, keyed.searching.pop()) as client:
        assert not (await client.call_tool("search", {"question": BRIDGE})).is_error
        with pytest.raises(MCPError, match="No more than 1 requests a minute") as caught:
            await client.call_tool("search", {"question": BRIDGE})
    assert caught.value.data["status"] == 429


def test_one_call_too_many_says_when_to_come_back(keyed: Keyed) -> None:
    key = {"Authorization": f"Bearer {keyed.searching.pop()}"}
    call = {**LIST, "method": "tools/call", "params": {"name": "search", "arguments": {"question": BRIDGE}}}
    granted, refused = post(keyed.service, call, **key), post(keyed.service, call, **key)
    assert (granted.status_code, granted.headers["ratelimit-remaining"]) == (200, "0")
    assert refused.status_code == 429 and 0 < int(refused.headers["retry-after"]) <= 60
    assert refused.json()["id"] == call["id"]


def test_other_pages_hosts_and_bodies_are_refused_as_everywhere(service: Service) -> None:
    large = {**LIST, "params": {"x": "x" * 300_000}}
    refused = {
        403: post(service, Origin="https://evil.example"),
        421: post(service, Host="evil.example"),
        413: post(service, large),
        415: httpx.post(f"{service.url}/mcp", content="{}", headers={"Content-Type": "text/plain"}, timeout=60),
        400: httpx.post(
            f"{service.url}/mcp", content="[" * 1000, headers={"Content-Type": "application/json"}, timeout=60
        ),
        405: httpx.get(f"{service.url}/mcp", headers={"Accept": "text/event-stream"}, timeout=60),
    }
    assert [response.status_code for response in refused.values()] == list(refused)
    assert refused[405].headers["allow"] == "OPTIONS, POST"
    assert refused[400].json()["error"]["code"] == types.PARSE_ERROR
    assert refused[413].json()["error"]["code"] == refused[415].json()["error"]["code"] == types.INVALID_REQUEST
    assert httpx.options(f"{service.url}/mcp").headers["allow"] == "OPTIONS, POST"


@pytest.mark.parametrize(
    "message",
    [3, [LIST], {**LIST, "params": 3}, {**LIST, "method": "tools/call"}, {**LIST, "method": 1}, {}],
)
@pytest.mark.parametrize("version", ["", NO_HANDSHAKE])
def test_malformed_messages_are_refused_as_such(service: Service, message: Any, version: str) -> None:
    response = post(service, message, **({"Mcp-Protocol-Version": version} if version else {}))
    told = response.text.removeprefix("event: message\r\ndata: ")
    assert response.status_code in (200, 400)
    assert json.loads(told)["error"]["code"] in (types.INVALID_REQUEST, types.INVALID_PARAMS, types.PARSE_ERROR)


def test_a_session_takes_back_no_call_of_another(service: Service) -> None:
    call = {**LIST, "method": "tools/call", "params": {"name": "ask", "arguments": question({"before": 0.5})}}
    begun = len(service.times("model begun"))
    with ThreadPoolExecutor() as threads:
        asked = threads.submit(post, service, call, **{"Mcp-Session-Id": "mine"})
        service.wait_for("model begun", begun + 1)
        cancel = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": call["id"]}}
        assert post(service, cancel, **{"Mcp-Session-Id": "another"}).status_code == 202
        assert post(service, cancel).status_code == 202
        assert "14.3 million" in asked.result().text


async def test_the_program_in_the_documentation_runs(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    document = (ROOT / "docs" / "mcp.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"^```python\n(.*?)^```", document, re.MULTILINE | re.DOTALL)
    here = program.replace("http://127.0.0.1:8000", service.url).replace("Why did Google leave Scale?", BRIDGE)
    await asyncio.to_thread(exec, compile(here, "docs/mcp.md", "exec"), {})
    assert capsys.readouterr().out.startswith("The bridge cost 14.3 million euros. [1]")


def test_without_the_setting_nothing_is_served(tmp_path: Path) -> None:
    app = create_app(Settings(index=tmp_path), FakePipeline())
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        assert client.post("/mcp", json=LIST).status_code == 404


def test_without_the_extra_the_setting_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    monkeypatch.delitem(sys.modules, "service.mcp.server", raising=False)
    with pytest.raises(SettingsError) as caught:
        create_app(Settings(index=tmp_path, mcp="on"), FakePipeline())
    assert str(caught.value) == (
        f"FUNDSTELLE_MCP on needs mcp, which is not installed: {sys.executable} -m pip install 'fundstelle[mcp]'"
    )
