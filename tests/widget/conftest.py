"""A real browser, a page of another origin, and a service, real or played."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright

from service.access.key_file import add
from service.access.keys import make
from tests.service.scripted import Service, serving
from tests.widget.stage import Host, Stage, hosted, staged

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SECONDS = 20.0

# Violations are told to the page they happen on.
_WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  violations.push(`${event.violatedDirective} ${event.blockedURI}`);
});
window.executed = 0;
"""


@dataclass
class Chat:
    """A page with the widget on it, as somebody uses it. `faults` are errors of scripts and what the console says."""

    page: Page
    faults: list[str] = field(default_factory=list)

    def open(self) -> None:
        """Press the launcher."""
        self.page.locator("button.launcher").click()

    def ask(self, question: str) -> None:
        """Write a question and send it."""
        self.page.locator(".composer textarea").fill(question)
        self.page.keyboard.press("Enter")

    def answered(self, question: str) -> Locator:
        """Ask, and wait for the end of the answer; its turn."""
        self.ask(question)
        self.page.wait_for_function("() => !document.querySelector('fundstelle-chat').panel.conversation.asking")
        return self.turn

    @property
    def turn(self) -> Locator:
        """The last turn."""
        return self.page.locator("article.turn").last

    def violations(self) -> list[str]:
        """What the page's policy had to forbid."""
        found: list[str] = self.page.evaluate("() => window.violations")
        return found


# Playwright keeps an event loop in the thread while it runs, which tests with loops of their own have no use for.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        assert not os.environ.get("CI"), "no Chromium: scripts/test installs Debian's where it is root"
        pytest.skip("there is no Chromium: install Debian's package chromium, or Google Chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def _host() -> Iterator[Host]:
    with hosted() as host:
        yield host


@pytest.fixture
def host(_host: Host) -> Host:
    """The other site, as it is without a test's doing."""
    _host.pages.clear()
    _host.style, _host.head, _host.language, _host.direction = "", "", "en", "ltr"
    return _host


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory, _host: Host) -> Iterator[tuple[Service, str]]:
    """A real service with a language model that says what it is told, and a site key for the host's origin."""
    folder = tmp_path_factory.mktemp("service")
    secret, key = make(
        "intranet", "site", ("ask", "search"), datetime.now(UTC), origins=[_host.url], per_minute=100_000
    )
    add(folder / "keys.json", key)
    limits = {"VISITOR_PER_MINUTE": "0", "VISITOR_PER_DAY": "0"}
    with serving(folder, KEYS=str(folder / "keys.json"), **limits) as running:
        yield running, secret


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as stage:
        yield stage


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1000, "height": 760}, locale="en-GB")
    context.set_default_timeout(SECONDS * 1000)
    context.add_init_script(_WATCH)
    yield context
    context.close()


@pytest.fixture
def chat(context: BrowserContext) -> Chat:
    return watched(context.new_page())


def watched(page: Page) -> Chat:
    """A page whose faults are collected."""
    chat = Chat(page)
    page.on("pageerror", lambda error: chat.faults.append(str(error)))
    page.on("console", lambda message: chat.faults.append(message.text) if message.type == "error" else None)
    return chat


def kept_as(stage: Stage) -> str:
    """The name under which a tab keeps the conversation with `stage`."""
    return f"fundstelle turns  {stage.url}/"


def before(page: Page, stage: Stage, kept: str) -> None:
    """Have `page` find `kept` as the conversation that was had with `stage` before it was loaded."""
    page.add_init_script(f"sessionStorage.setItem('{kept_as(stage)}', {json.dumps(kept)})")


@pytest.fixture
def at_service(chat: Chat, host: Host, service: tuple[Service, str]) -> Chat:
    """The widget of the real service, opened on the host's page."""
    running, key = service
    chat.page.goto(
        host.put(running.url, site_key=key, suggestions="What did the bridge cost?|Who designed the bridge?")
    )
    chat.open()
    return chat


@pytest.fixture
def on_stage(chat: Chat, host: Host, stage: Stage) -> Chat:
    """The widget of the played service, opened on the host's page."""
    chat.page.goto(host.put(stage.url))
    chat.open()
    return chat


@pytest.fixture(scope="session")
def screens() -> Path:
    """Where screenshots go: `FUNDSTELLE` reads no such setting, so that a folder of the checkout has to do."""
    folder = Path(__file__).resolve().parents[2] / "reports" / "widget"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def held(value: Any) -> Any:
    """`value`, where a test asks the browser for something that must be there."""
    assert value is not None
    return value
