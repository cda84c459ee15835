"""Every state of the widget, in light and dark, on a desk and on a phone: looked at by axe-core, and in screenshots.

The screenshots are in reports/widget to look through. A state is brought about once and then shown in each way, because
bringing it about is what takes time. What axe-core asks of the structure is the same in all of them; contrast is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize

from tests.service.scripted import Service
from tests.widget.conftest import Chat
from tests.widget.stage import Host, Stage
from tests.widget.states import STATES

Scheme = Literal["light", "dark"]

SCHEMES: tuple[Scheme, ...] = ("light", "dark")
SIZES: dict[str, ViewportSize] = {"desk": {"width": 900, "height": 720}, "phone": {"width": 360, "height": 660}}
PAGES = ("/", "/articles", "/articles/harbour.md?mark=10-40#mark", "/embed", "/articles?q=bridge", "/status")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
QUESTIONS = "What did the bridge cost?|Who designed it?"


def violations(page: Page, rules: list[str]) -> list[str]:
    """What axe-core finds, in the widget and in the page around it."""
    found = Axe().run(page, options={"runOnly": rules}).response["violations"]
    return [f"{one['id']}: {node['target']} {node['failureSummary']}" for one in found for node in one["nodes"]]


def all_violations(page: Page) -> list[str]:
    """What axe-core finds of everything in light, and of contrast in dark."""
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    found = violations(page, RULES)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    return found + violations(page, ["color-contrast"])


@pytest.fixture(scope="module")
def seen() -> dict[bytes, str]:
    """The screenshots so far, with what they show."""
    return {}


@contextmanager
def sized(page: Page, size: ViewportSize) -> Iterator[None]:
    before = page.viewport_size
    page.set_viewport_size(size)
    yield
    if before is not None:
        page.set_viewport_size(before)


@pytest.mark.parametrize("state", STATES)
def test_every_state_looks_different_and_axe_finds_nothing_in_it(
    chat: Chat, host: Host, stage: Stage, screens: Path, seen: dict[bytes, str], state: str
) -> None:
    page = chat.page
    host.style = ":root { color-scheme: light dark; } body { font: 17px/1.5 serif; background: Canvas; }"
    page.emulate_media(reduced_motion="reduce")
    page.goto(host.put(stage.url, suggestions=QUESTIONS))
    chat.open()
    STATES[state](chat, stage)

    for name, size in SIZES.items():
        with sized(page, size):
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                shot = page.screenshot(path=screens / f"{name}-{scheme}-{state}.png")
                assert seen.setdefault(shot, state) == state, f"{state} looks like {seen[shot]}"
    assert all_violations(page) == []


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_on_the_pages(chat: Chat, service: tuple[Service, str], path: str) -> None:
    chat.page.goto(service[0].url + path)
    if path in ("/", "/embed"):
        chat.page.locator(".panel").wait_for()

    assert all_violations(chat.page) == []
    assert chat.faults == []
