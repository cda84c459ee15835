"""The load bench for a moment over a real server, and whether it would notice what it looks for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from argparse import Namespace
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import bilingual
import pytest

from index.build import build
from scripts.bench import loading
from scripts.bench.load import burst, figures, leaving, mixed, pacing, sources, stand
from scripts.bench.load.model import said_to
from scripts.bench.load.wire import Response
from tests.service.collection import ARTICLES, WordEmbedder, published, write_articles

pytestmark = pytest.mark.alone

SERVER = bilingual.ROOT / "tests" / "service" / "serve_chat.py"
QUESTIONS = ("What did the bridge cost?", "Who designed the bridge?", "Was kostet der Eintritt in das Museum?")
CHOSEN = Namespace(overhead_seconds=0.2, times=1, seconds=1.0, minutes=0.06, seed=1)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """An index of words with two snapshots, and a service of it."""
    folder = tmp_path_factory.mktemp("load")
    index = published(folder)
    (folder / "articles" / "ferry.md").write_text("The ferry of Porthaven is in the museum now.")
    build([write_articles(folder / "articles")], index, WordEmbedder(), on_error=lambda error: None)
    return stand.Ground(index, QUESTIONS, [*ARTICLES, "ferry.md"], (sys.executable, str(SERVER)))


def measured(ground: Any, folder: Path, part: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What the part prints, by what it is of."""
    for name in [name for name in os.environ if name.startswith("FUNDSTELLE_")]:
        del os.environ[name]
    loading.measured(ground, folder, [part], CHOSEN)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["part"] for line in lines} == {part}
    assert [line for line in lines if line["what"].startswith("fault:")] == []
    return {line["what"]: line for line in lines}


def test_overhead_is_told_of_each_kind_of_request_beside_what_was_wanted(
    ground: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = measured(ground, tmp_path, "overhead", capsys)
    for kind in ("/healthz", "a kept answer", "a kept answer as a stream", "refused for its rate"):
        p50, p99 = found[f"{kind}, p50 of 10"], found[f"{kind}, p99 of 10"]
        assert (p50["at_most"], p99["at_most"], p50["unit"]) == (2.0, 8.0, "ms")
        assert 0 < p50["value"] <= p99["value"] < 1000
    least, whole = (found[f"{what}, processor time of the service"] for what in ("the floor", "a kept answer"))
    assert 0 < least["value"] < whole["value"]
    assert "at_most" not in found["the floor, p50 of 10"]
    share = next(line for what, line in found.items() if what.startswith("share of an answer (the fake model's"))
    assert share["met"]
    assert 0 < share["value"] < 0.1


def test_sources_are_timed_while_the_model_is_idle_and_while_it_is_busy(
    ground: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = measured(ground, tmp_path, "sources", capsys)
    assert found["language model idle, p50 of 1"]["at_most"] == 80
    assert found["language model busy, p50 of 1"]["at_most"] == 250
    busy = found["language model busy, p99 of 1"]["value"]
    assert 0 < busy < 1000 * sources.READING, "they came before the other answer was done"


def test_a_burst_is_refused_as_documented_and_leaves_nothing_behind(
    ground: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = measured(ground, tmp_path, "burst", capsys)
    counts = [found[f"responses with status {status}"]["value"] for status in (200, 503)]
    assert min(counts) > 0
    assert counts[1] > 2 * counts[0], "there were more than could be answered"
    held = ("resident memory", "open files", "tasks")
    lines = [line for what, line in found.items() if what.startswith(held)]
    assert len(lines) == len(held)
    assert [line for line in lines if not line["met"]] == []
    # pools start their few threads when they are first needed, which in so short a run may be within the burst
    assert next(line["value"] for what, line in found.items() if what.startswith("threads")) <= 4
    assert next(line["value"] for what, line in found.items() if what.startswith("until an answer")) < 60


def test_mixed_load_meets_documented_responses_only_while_snapshots_change(
    ground: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = measured(ground, tmp_path, "mixed", capsys)
    assert found["changes of the snapshot"]["value"] > 1
    assert sum(line["value"] for what, line in found.items() if what.endswith(", requests")) > 20


def test_who_leaves_frees_the_model_in_every_state(
    ground: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = measured(ground, tmp_path, "leaving", capsys)
    for state in ("queued", "while the model reads", "while the model writes"):
        assert found[f"{state}, longest"]["at_most"] == 500
        assert 0 < found[f"{state}, longest"]["value"] < 1000 * leaving.WRITING * 0.2


def response(status: int, document: Any, **headers: str) -> Response:
    """A response with this JSON."""
    return Response(status, {"content-type": "application/json", **headers}, json.dumps(document).encode())


def stream(*names: str) -> Response:
    """A stream of events without data."""
    body = "".join(f"event: {name}\ndata: {{}}\n\n" for name in names)
    return Response(200, {"content-type": "text/event-stream"}, body.encode())


BUSY = {"type": "urn:fundstelle:problem:busy"}


@pytest.mark.parametrize(
    ("seen", "fault"),
    [
        (response(503, BUSY, **{"retry-after": "2"}), None),
        (response(503, BUSY), "refused with busy"),
        (response(503, {"type": "urn:fundstelle:problem:not-ready"}, **{"retry-after": "2"}), "refused with not-ready"),
        (response(200, {"status": "refused"}), None),
        (response(500, {}), "status 500"),
        (Response(0, {}, b"ConnectionResetError()"), "no response: ConnectionResetError()"),
        (stream("sources", "sentence", "done"), None),
        (stream("sources", "sentence"), "a stream with the events sources, sentence"),
        (stream("sources", "done", "sentence", "done"), "a stream with the events sources, done, sentence, done"),
        (stream("sources", "error"), "a stream with the events sources, error"),
    ],
)
def test_a_burst_notices_what_is_neither_an_answer_nor_a_refusal(seen: Response, fault: str | None) -> None:
    assert burst.fault(burst.Seen(0.1, seen)) == fault


def test_mixed_load_notices_what_is_not_documented() -> None:
    act, documented = mixed.Act("POST", "/v1/ask", b""), {("POST", "/v1/ask"): frozenset({200, 500})}
    assert mixed.wrong_with(act, response(200, {}), documented) == []
    assert mixed.wrong_with(act, stream("sources", "done"), documented) == []
    assert mixed.wrong_with(act, response(404, {}), documented) == ["status 404 is not documented: {}"]
    assert mixed.wrong_with(replace(act, path=None), response(404, {}), documented) == []
    [internal] = mixed.wrong_with(act, response(500, {"type": "urn:fundstelle:problem:internal"}), documented)
    assert internal.startswith("an internal error")
    assert mixed.wrong_with(act, stream("sources", "done", "done"), documented) == ["a stream with sources, done, done"]
    [cut] = mixed.wrong_with(act, stream("sources", "sentence"), documented)
    assert cut.startswith("a stream that ends with")


def test_what_the_service_holds_more_of_afterwards_is_not_met() -> None:
    before = stand.Held(memory=100, threads=5, files=6, tasks=7)
    assert [figure.met for figure in burst.holding("burst", before, stand.Held(104, 5, 6, 7))] == [True] * 4
    assert [figure.met for figure in burst.holding("burst", before, stand.Held(106, 6, 7, 8))] == [False] * 4


def test_a_figure_says_what_was_wanted_and_whether_it_is_met() -> None:
    p50, p99 = figures.spread("part", "it", [n / 1000 for n in range(1, 101)], 50, 98)
    assert (p50.value, p50.met, p99.value, p99.met) == (50, True, 99, False)
    told = json.loads(p99.line())
    assert {name: told[name] for name in ("what", "value", "at_most", "met")} == {
        "what": "it, p99 of 100",
        "value": 99,
        "at_most": 98,
        "met": False,
    }
    faults = [(figure.what, figure.value) for figure in figures.faults("part", ["b", "a", "b"])]
    assert faults == [("faults", 3), ("fault: b", 2), ("fault: a", 1)]


def test_requests_arrive_at_random_and_always_the_same() -> None:
    moments = pacing.arrivals(50, 100, seed=1)
    assert moments == pacing.arrivals(50, 100, seed=1) != pacing.arrivals(50, 100, seed=2)
    assert len(moments) == 5000
    assert moments[-1] == pytest.approx(100, rel=0.1)
    gaps = [after - before for before, after in pairwise(moments)]
    assert min(gaps) >= 0
    assert stdev(gaps) == pytest.approx(mean(gaps), rel=0.1), "as in a Poisson process"


def test_the_fake_model_quotes_the_first_source_of_the_question_not_of_the_example() -> None:
    messages = [
        {"role": "user", "content": "Sources:\n[1] An example.\n\nQuestion: one?"},
        {"role": "assistant", "content": "An example [1]."},
        {"role": "user", "content": "Sources:\n[1] The bridge.\n[2] The ferry.\n\nQuestion: two?"},
    ]
    assert said_to({"messages": messages, "max_tokens": 100}) == "The bridge. [1]"
    assert said_to({"messages": messages, "max_tokens": 1}) == "Yes"


@pytest.mark.parametrize("script", ["http", "serving"])
def test_a_script_beside_it_still_finds_the_package_of_its_name(script: str) -> None:
    run = subprocess.run(
        [sys.executable, bilingual.ROOT / "scripts" / "bench" / f"{script}.py", "--help"],
        text=True,
        capture_output=True,
        check=True,
    )
    assert run.stdout.startswith("usage: ")
