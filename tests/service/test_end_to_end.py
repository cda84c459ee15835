"""The whole service with real models: a built index, a process on a port, questions over HTTP."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from index.build import build
from index.embedding import SentenceTransformerEmbedder

ROOT = Path(__file__).resolve().parent.parent.parent
WHY = "Why does Google want to end its work with Scale AI?"
WARUM = "Warum will Google die Zusammenarbeit mit Scale AI beenden?"


@dataclass(frozen=True)
class Served:
    """A running service."""

    client: httpx.Client
    process: subprocess.Popen[bytes]

    def ask(self, question: str, **fields: object) -> httpx.Response:
        return self.client.post("/v1/ask", json={"question": question, **fields})

    def language_model(self) -> int:
        """Process id of the child that runs the language model."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return int(children.read_text(encoding="ascii").split()[0])


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory, embedder: SentenceTransformerEmbedder, small_llm: Path
) -> Iterator[Served]:
    index = tmp_path_factory.mktemp("examples") / "index"
    skipped: list[Exception] = []
    build([ROOT / "examples" / "articles"], index, embedder, on_error=skipped.append)
    assert skipped == []
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "FUNDSTELLE_PORT": str(port), "FUNDSTELLE_INDEX": str(index)}
    environment |= {"FUNDSTELLE_LLM": str(small_llm), "FUNDSTELLE_MODELS": str(ROOT / ".fundstelle" / "models")}
    process = subprocess.Popen([sys.executable, "-m", "service"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=180, trust_env=False) as client:
        _wait_until_ready(client, process)
        yield Served(client, process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


def _wait_until_ready(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        assert process.poll() is None, "the service ended while it started"
        try:
            if client.get("/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    pytest.fail("the service was not ready within 180 s")


def test_every_quote_is_exactly_what_stands_at_its_offsets(served: Served) -> None:
    quotes = 0
    for question in (WHY, WARUM, "How much did Meta pay for 49 per cent of Scale AI?"):
        body = served.ask(question, mode="extract").json()
        for citation in body["citations"]:
            article = served.client.get(f"/v1/articles/{citation['article_id']}").json()
            assert article["text"][citation["start"] : citation["end"]] == citation["quote"]
            assert article["sha256"] == citation["article_sha256"]
            quotes += 1
    assert quotes >= 2


def test_an_answer_names_its_models_and_cites_each_sentence(served: Served) -> None:
    body = served.ask("Who is Alexandr Wang?").json()
    assert body["models"]["embedding"] == "multilingual-e5-small"
    assert body["usage"]["prompt_tokens"] > 50
    labels = {citation["label"] for citation in body["citations"]}
    for sentence in body["sentences"]:
        assert sentence["citations"]
        assert set(sentence["citations"]) <= labels


def test_a_question_about_something_else_is_refused_before_the_model_is_asked(served: Served) -> None:
    body = served.ask("What is the capital of Australia?").json()
    assert (body["status"], body["citations"], body["usage"]["prompt_tokens"]) == ("refused", [], 0)


def test_an_english_question_finds_a_german_article(served: Served) -> None:
    found = served.client.post("/v1/search", json={"question": WHY, "top_k": 8}).json()["passages"]
    assert "2025-06-17-google-zieht-sich-zurueck.md" in [passage["article_id"] for passage in found[:3]]


def test_a_model_killed_while_answering_is_a_clear_error_and_the_next_question_works(served: Served) -> None:
    responses: list[httpx.Response] = []
    asking = threading.Thread(target=lambda: responses.append(served.ask(WARUM)))
    asking.start()
    time.sleep(1.0)
    killed = served.language_model()
    os.kill(killed, signal.SIGKILL)
    asking.join()
    (failed,) = responses
    assert failed.status_code == 503
    assert failed.headers["content-type"] == "application/problem+json"
    assert failed.json()["type"] == "urn:fundstelle:problem:generator-unavailable"
    assert served.ask(WARUM).status_code == 200
    assert served.language_model() != killed
