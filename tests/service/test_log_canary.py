"""A word is asked through every way in; no line of the log has it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[2]
CANARY = "zwetschgenblau"
KEY = "a-key-of-the-tests-0123456789"
QUESTION = f"What did the {CANARY} harbour bridge cost?"
SECONDS = 20


class Service:
    """A running service, and after the block what it has logged."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.log = ""

    def __enter__(self) -> httpx.Client:
        assert self._process.stdout is not None
        url = self._process.stdout.readline().rstrip().removeprefix("Fundstelle is ready: ")
        headers = {"Authorization": f"Bearer {KEY}", "X-Request-Id": "call-7"}
        self.client = httpx.Client(base_url=url, headers=headers, timeout=SECONDS)
        return self.client

    def __exit__(self, *raised: object) -> None:
        self.client.close()
        self._process.terminate()
        _, self.log = self._process.communicate(timeout=SECONDS)


def served(tmp_path: Path, **settings: str) -> Service:
    names = {"PORT": "0", "ADMIN_KEY": KEY, "INDEX": str(tmp_path / "index"), **settings}
    variables = {f"FUNDSTELLE_{name}": value for name, value in names.items()}
    command = [sys.executable, "-m", "tests.service.serve_scripted"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return Service(subprocess.Popen(command, env={**os.environ, **variables}, cwd=ROOT, text=True, **pipes))


def planted(value: Any) -> Any:
    """`value` with the word behind every text of several words."""
    match value:
        case dict():
            return {name: planted(inner) for name, inner in value.items()}
        case list():
            return [planted(inner) for inner in value]
        case str() if " " in value:
            return f"{value} {CANARY}"
    return value


def bodies(client: httpx.Client) -> Iterator[tuple[str, str, Any]]:
    """Every method and path that takes a body, with the bodies of its examples; publishing has no text in its own."""
    for path, operations in client.get("/openapi.json").json()["paths"].items():
        for method, operation in operations.items() if "publish" not in path else ():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                for example in content.get("examples", {}).values():
                    yield method, path.replace("{id}", "canary.md"), example["value"]


def test_no_word_of_a_question_or_a_document_is_in_the_log(tmp_path: Path) -> None:
    service = served(tmp_path, LOG_LEVEL="info")
    with service as client:
        statuses = {path: ask_in_every_way(client, method, path, body) for method, path, body in bodies(client)}
        client.post("/v1/ask", json={"question": f"How much did the harbour bridge in Porthaven cost, {CANARY}?"})
        for script in ({"say": f"The {CANARY} cost 3 euros."}, {"fault": "dies"}, {"fault": "bug"}):
            client.post("/v1/ask", json={"question": f"{QUESTION} {json.dumps(script)}"})
        leave_early(client)
        assert client.get("/articles", params={"q": QUESTION}).status_code == 200
    log = service.log
    assert CANARY not in log
    assert {200, 400} <= statuses["/v1/ask"]
    assert {200, 400} <= statuses["/v1/search"]
    assert {200, 400} <= statuses["/v1/chat/completions"]
    assert {202, 400} <= statuses["/v1/articles/canary.md"]
    lines = log.splitlines()
    assert any(" ask id=call-7 outcome=answered " in line and " client=" in line for line in lines)
    assert any(" ask id=call-7 outcome=failed " in line and " reason=generator-unavailable" in line for line in lines)
    assert any(" ask id=call-7 outcome=left " in line for line in lines)
    assert any(" ERROR fundstelle: unforeseen id=call-7" in line for line in lines)
    assert KEY not in log


def ask_in_every_way(client: httpx.Client, method: str, path: str, body: Any) -> set[int]:
    """The statuses of the body as it is shown and with what is wrong about it, as JSON and as a stream."""
    good = planted(body)
    wrong = ({**good, CANARY: 1}, {**good, next(iter(good)): [CANARY]}, {**good, next(iter(good)): "\0" + CANARY})
    sent = [json.dumps(one).encode() for one in (good, *wrong)] + [f'{{"{CANARY}'.encode()]
    headers = {"Content-Type": "application/json"}
    answers = [
        client.request(method, path, content=content, headers={**headers, "Accept": accept})
        for content in sent
        for accept in ("application/json", "text/event-stream")
    ]
    answers.append(client.request(method, path, content=sent[0], headers={"Content-Type": f"text/{CANARY}"}))
    return {answer.status_code for answer in answers}


def leave_early(client: httpx.Client) -> None:
    question = f'{QUESTION} {{"pause": 0.2}}'
    with client.stream(
        "POST", "/v1/ask", json={"question": question}, headers={"Accept": "text/event-stream"}
    ) as response:
        next(response.iter_lines())


def test_who_wants_questions_in_the_log_gets_them(tmp_path: Path) -> None:
    service = served(tmp_path, LOG_QUESTIONS="on", LOG_FORMAT="json")
    with service as client:
        client.post("/v1/ask", json={"question": QUESTION})
    (line,) = [line for line in service.log.splitlines() if CANARY in line]
    shown = json.loads(line)
    assert (shown["message"], shown["id"], shown["question_text"]) == ("ask", "call-7", QUESTION)
    assert "14.3 million euros" in shown["answer_text"]
