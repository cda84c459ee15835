"""The pages of the service on which an administrator looks how the chat is put on other pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.service.scripted import Service
from tests.widget.conftest import Chat
from tests.widget.stage import Host, Stage

# httpx has undone them.
_OF_THE_TRANSFER = {"content-encoding", "content-length", "transfer-encoding"}


@pytest.fixture
def embedding(chat: Chat, service: tuple[Service, str]) -> Page:
    """The page that writes the tag, as it is without a choice made."""
    chat.page.goto(f"{service[0].url}/embed")
    return chat.page


@contextmanager
def passed_on(page: Page, outside: str, inside: str) -> Iterator[None]:
    """Play a proxy that has `inside` answer what the page asks of `outside`, until everything asked is answered.

    Playwright's own `route.fetch` is not used: its responses go away with the page, also while they are passed on.
    """

    def pass_on(route: Route) -> None:
        answer = httpx.get(inside + route.request.url.removeprefix(outside), timeout=60)
        headers = {name: value for name, value in answer.headers.items() if name not in _OF_THE_TRANSFER}
        route.fulfill(status=answer.status_code, headers=headers, body=answer.content)

    page.route(f"{outside}/**", pass_on)
    try:
        yield
    finally:
        page.unroute_all(behavior="wait")


def test_the_tag_names_the_address_that_the_reader_sees(embedding: Page, service: tuple[Service, str]) -> None:
    expect(embedding.locator("#tag")).to_have_text(f'<script src="{service[0].url}/widget.js" defer></script>')


def test_the_tag_has_the_scheme_and_path_of_a_proxy_before_the_service(
    chat: Chat, service: tuple[Service, str]
) -> None:
    with passed_on(chat.page, "https://intranet.example.org/answers", service[0].url):
        chat.page.goto("https://intranet.example.org/answers/embed")

        tag = chat.page.locator("#tag")
        expect(tag).to_have_text('<script src="https://intranet.example.org/answers/widget.js" defer></script>')
        chat.page.get_by_label("Pin this version").check()
        expect(tag).to_have_text(
            re.compile(r'src="https://intranet\.example\.org/answers/widget-[^"/]+\.js" integrity="sha')
        )


def test_the_tag_follows_what_is_typed(embedding: Page) -> None:
    embedding.get_by_label("Site key").press_sequentially("fss_abc")

    expect(embedding.locator("#tag")).to_contain_text('data-site-key="fss_abc"')


def test_a_colour_and_a_place_are_shown_and_written_and_taken_back(embedding: Page) -> None:
    plain = embedding.locator("#tag").text_content()
    embedding.get_by_label("Colour").fill("#7a1f5c")
    embedding.get_by_label("Position").select_option("left")

    expect(embedding.locator("#tag")).to_contain_text('data-position="left" data-accent="#7a1f5c"')
    send = embedding.locator("#place .send")
    expect(send).to_have_css("background-color", "rgb(122, 31, 92)")
    frame, panel = (embedding.locator(part).bounding_box() for part in ("#place", "#place .panel"))
    assert frame is not None
    assert panel is not None
    assert 0 < panel["x"] - frame["x"] < 40
    embedding.get_by_role("button", name="Reset").click()
    expect(embedding.locator("#tag")).to_have_text(str(plain))
    expect(send).to_have_css("background-color", "rgb(29, 90, 150)")


def test_the_tag_is_copied_where_the_browser_has_no_clipboard_to_write_to(
    chat: Chat, service: tuple[Service, str]
) -> None:
    page = chat.page
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.goto(f"{service[0].url}/embed")
    page.evaluate("() => addEventListener('copy', () => { window.copied = String(getSelection()); })")

    page.get_by_role("button", name="Copy").click()

    expect(page.locator("#said")).to_have_text("Copied.")
    assert page.evaluate("() => window.copied") == page.locator("#tag").text_content()
    assert chat.faults == []


def test_the_head_of_the_pages_stays_in_its_place(chat: Chat, service: tuple[Service, str]) -> None:
    tops = []
    for path in ("/", "/articles", "/articles?q=bridge", "/embed"):
        chat.page.goto(service[0].url + path)
        tops.append(chat.page.evaluate("() => document.querySelector('body > header').getBoundingClientRect().top"))

    assert tops == [0, 0, 0, 0]


def test_the_radius_of_a_page_is_that_of_all_corners(chat: Chat, host: Host, stage: Stage) -> None:
    host.style = "fundstelle-chat { --fundstelle-radius: 2px }"
    chat.page.goto(host.put(stage.url, suggestions="What?"))
    chat.open()
    radius = "(shown) => getComputedStyle(shown).borderTopLeftRadius"

    radii = {
        part: chat.page.locator(part).first.evaluate(radius)
        for part in (".panel", ".suggestion", ".send", ".composer textarea", ".icon")
    }
    assert radii == dict.fromkeys(radii, "2px")
    assert chat.answered("What?").locator(".question").evaluate(radius) == "2px"
