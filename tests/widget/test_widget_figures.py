"""What the widget costs the page it is on, and how soon it shows what came."""

from __future__ import annotations

import json
import statistics

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from tests.widget.conftest import Chat, before
from tests.widget.stage import Host, Stage, answer, whole

pytestmark = pytest.mark.alone

MAIN_THREAD_MS = 50
SOURCES_MS = 200
FRAME_MS = 50
TURNS = 200


def observed(page: Page) -> None:
    """Have the page note layout shifts from its beginning."""
    page.add_init_script(
        """
        window.shifts = [];
        new PerformanceObserver((list) => shifts.push(...list.getEntries().map((one) => one.value)))
          .observe({ type: "layout-shift", buffered: true });
        """
    )


def main_thread_ms(session: CDPSession) -> float:
    """Milliseconds of processor time that the page has taken of its main thread since `session` measures."""
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return 1000 * float(metrics["TaskDuration"])


def test_the_closed_launcher_takes_little_time_and_moves_nothing(chat: Chat, host: Host, stage: Stage) -> None:
    page = chat.page
    observed(page)
    session = page.context.new_cdp_session(page)
    # from before the pages are loaded: it begins at nothing
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    taken = []
    for _ in range(5):
        host.pages["/plain"] = ""
        page.goto(host.url + "/plain")
        plain = main_thread_ms(session)
        page.goto(host.put(stage.url))
        expect(page.locator("button.launcher")).to_be_visible()
        taken.append(main_thread_ms(session) - plain)
        assert plain > 0
        assert page.evaluate("() => shifts") == []

    assert 0 < statistics.median(taken) <= MAIN_THREAD_MS, taken


def test_opening_and_asking_move_nothing_on_the_page(chat: Chat, host: Host, stage: Stage) -> None:
    observed(chat.page)
    chat.page.goto(host.put(stage.url))
    place = chat.page.locator("main").bounding_box()
    chat.open()
    chat.answered("What?")

    assert chat.page.locator("main").bounding_box() == place


def test_sources_are_on_the_screen_soon_after_enter(at_service: Chat) -> None:
    page = at_service.page
    page.evaluate(
        """() => {
          window.waited = [];
          const root = document.querySelector("fundstelle-chat").shadowRoot;
          let began = 0;
          root.addEventListener("keydown", (event) => { if (event.key === "Enter") began = performance.now(); }, true);
          new MutationObserver(() => {
            const turns = root.querySelectorAll("article.turn");
            if (began && turns[turns.length - 1]?.querySelector("summary")) {
              const from = began;
              began = 0;
              requestAnimationFrame(() => waited.push(performance.now() - from));
            }
          }).observe(root, { childList: true, subtree: true });
        }"""
    )
    for number in range(9):
        at_service.answered(f"What did the bridge cost, {number}?")

    waited = page.evaluate("() => waited")
    assert len(waited) == 9
    assert statistics.median(waited) <= SOURCES_MS, waited


def test_no_frame_is_blocked_while_a_long_answer_streams_into_a_long_conversation(
    browser: Browser, chat: Chat, host: Host, stage: Stage
) -> None:
    page = chat.page
    said = answer(*(f"Sentence {n}." for n in range(5)))
    turn = {"question": "What?", "state": "answered", **{name: said[name] for name in ("id", "sentences", "citations")}}
    before(page, stage, json.dumps([turn] * TURNS))
    page.goto(host.put(stage.url))
    chat.open()
    expect(page.locator("article.turn")).to_have_count(TURNS)
    long = answer(*(f"This is sentence number {n} of a very long answer about the bridge." for n in range(80)))
    stage.play = lambda body, reply: whole(reply, long, pause=0.01)

    # showing 200 turns for the first time is not what streams
    page.evaluate("() => new Promise((shown) => requestAnimationFrame(() => setTimeout(shown, 200)))")
    browser.start_tracing(page=page, categories=["disabled-by-default-devtools.timeline", "toplevel"])
    chat.answered("What?")
    longest = longest_task_ms(browser.stop_tracing())

    assert 0 < longest <= FRAME_MS
    expect(page.locator("article.turn")).to_have_count(TURNS)


def longest_task_ms(trace: bytes) -> float:
    """Milliseconds of processor time of the longest task of the page's main thread: another program's is not in it."""
    events = json.loads(trace)["traceEvents"]
    renderers = {one["pid"] for one in events if one["name"] == "thread_name" and "CrRendererMain" in str(one["args"])}
    tasks: dict[int, list[int]] = {pid: [0] for pid in renderers}
    for one in events:
        if one["name"] == "RunTask" and one["pid"] == one["tid"] in renderers:
            tasks[one["pid"]].append(one.get("tdur", 0))
    # a browser keeps a second renderer at hand, which starts while the page's is at work
    return max(max(tasks.values(), key=len)) / 1000
