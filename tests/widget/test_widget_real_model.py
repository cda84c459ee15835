"""The widget once with nothing played: real models, a built index of example articles, a page of another origin."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Locator, expect

from index.build import build
from index.embedding import SentenceTransformerEmbedder
from service.access.key_file import add
from service.access.keys import make
from tests.service.processes import ROOT, environment, ready_url
from tests.widget.conftest import Chat
from tests.widget.stage import Host

ARTICLES = ROOT / "examples" / "articles"
INDEXED = (  # a few of them, because what takes longest is to build the index
    "2025-06-13-meta-closes-deal.md",
    "2025-06-17-google-zieht-sich-zurueck.md",
    "2025-06-24-rivals-court-scale-customers.md",
)
QUESTION = "How much does Meta pay for 49 per cent of Scale AI?"
SECONDS = 120


@pytest.fixture
def tag(
    tmp_path: Path, host: Host, e5_folder: Path, embedder: SentenceTransformerEmbedder, small_llm: Path
) -> Iterator[tuple[str, str]]:
    """Address and site key of a service whose small language model answers from example articles."""
    skipped: list[Exception] = []
    build([ARTICLES / name for name in INDEXED], tmp_path / "index", embedder, on_error=skipped.append)
    assert skipped == []
    secret, key = make("intranet", "site", ("ask", "search"), datetime.now(UTC), origins=[host.url])
    add(tmp_path / "keys.json", key)
    settings = {"INDEX": tmp_path / "index", "KEYS": tmp_path / "keys.json", "LLM": small_llm, "EMBEDDING": e5_folder}
    process = subprocess.Popen(
        [sys.executable, "-m", "service"],
        cwd=ROOT,
        env=environment(**{name: str(path) for name, path in settings.items()}, LOG_LEVEL="error"),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield ready_url(process), secret
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.communicate()


def test_a_question_is_answered_with_a_quote_of_the_article_or_refused(
    chat: Chat, host: Host, tag: tuple[str, str]
) -> None:
    chat.page.goto(host.put(tag[0], site_key=tag[1]))
    chat.open()
    chat.ask(QUESTION)
    expect(chat.turn).to_have_attribute("data-state", re.compile("answered|refused"), timeout=SECONDS * 1000)

    if chat.turn.get_attribute("data-state") == "refused":
        expect(chat.turn.locator(".refusal")).not_to_be_empty()
        expect(chat.turn.locator(".sentence .mark")).to_have_count(0)
    else:
        marks = chat.turn.locator(".mark").all()
        assert marks
        for mark in marks:
            mark.click()
            _assert_verbatim(chat.turn.locator(".card"))
            chat.page.keyboard.press("Escape")
    assert chat.faults == []
    assert chat.violations() == []


def _assert_verbatim(card: Locator) -> None:
    """Assert that what `card` highlights stands in the file of its article, which the link to its page leads to."""
    quote = card.locator("mark").text_content()
    link = card.locator("a").first.get_attribute("href")
    assert quote
    assert link
    article = unquote(urlsplit(link).path.rpartition("/")[2])
    assert quote in (ARTICLES / article).read_text(encoding="utf-8")
