"""The widget on pages that exchange their body, change their language, listen to keys, or forbid things."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

import pytest
from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect

from tests.service.scripted import Service
from tests.widget.conftest import CHROMIUM, Chat
from tests.widget.stage import Host, Reply, Stage, answer

ELEMENT = "document.querySelector('fundstelle-chat')"
ARRAYS_AS_STRINGS = "Array.prototype.toJSON = function () { return `[${this.map((one) => JSON.stringify(one))}]`; };"
FORBIDDEN_STORAGE = """
Object.defineProperty(window, "sessionStorage", { get() { throw new DOMException("no", "SecurityError"); } });
"""


def script(stage: Stage, attributes: str = "defer") -> str:
    return f'<script src="{stage.url}/widget.js" {attributes}></script>'


def raw(host: Host, body: str, head: str = "", policy: str = "") -> str:
    """The address of a page with just that, under that policy."""
    host.pages["/"], host.head, host.policy = body, head, policy
    return f"{host.url}/"


def answered(within: Page | FrameLocator) -> Locator:
    """Open the launcher, ask, and wait for the answer."""
    within.locator("button.launcher").click()
    text = within.locator(".composer textarea")
    text.fill("What?")
    text.press("Enter")
    expect(within.locator(".actions")).to_be_visible()
    return within.locator("article.turn")


@pytest.fixture
def rest(stage: Stage) -> Iterator[Event]:
    """What the stage waits for in the middle of an answer of three sentences."""
    said = answer("One.", "Two.", "Three.")
    rest = Event()

    def play(body: object, reply: Reply) -> None:
        reply.event("sources", {"id": said["id"], "query": "", "snapshot": "", "passages": said["passages"]})
        reply.event("sentence", {"text": "One.", "citations": [], "new_citations": []})
        rest.wait(20)
        for text in ("Two.", "Three."):
            reply.event("sentence", {"text": text, "citations": [], "new_citations": []})
        reply.event("done", said)

    stage.play = play
    yield rest
    rest.set()


@pytest.mark.parametrize(
    ("attributes", "place"),
    [("", "head"), ("async", "head"), ('type="module"', "body"), ('type="module" async data-heading="Ours"', "head")],
)
def test_the_script_works_however_it_is_loaded(
    chat: Chat, host: Host, stage: Stage, attributes: str, place: str
) -> None:
    tag = script(stage, attributes)
    chat.page.goto(raw(host, "" if place == "head" else tag + tag, tag if place == "head" else ""))

    answered(chat.page)

    expect(chat.page.locator("fundstelle-chat")).to_have_count(1)
    expect(chat.page.locator("h2")).to_have_text("Ours" if "Ours" in attributes else "Ask the articles")
    assert chat.faults == []


def test_a_sandboxed_frame_without_forms_can_ask(chat: Chat, host: Host, stage: Stage) -> None:
    raw(host, script(stage))
    host.pages["/around"] = '<iframe src="/" sandbox="allow-scripts" width="600" height="500"></iframe>'
    chat.page.goto(f"{host.url}/around")

    expect(answered(chat.page.frame_locator("iframe")).locator(".sentence")).to_contain_text("Said.")
    assert chat.faults == []


def test_a_page_that_forbids_storage_and_names_another_base_can_ask(chat: Chat, host: Host, stage: Stage) -> None:
    chat.page.add_init_script(FORBIDDEN_STORAGE)
    chat.page.goto(raw(host, script(stage), '<base href="https://elsewhere.example/x/">'))
    turn = answered(chat.page)

    turn.locator(".mark").click()
    address = turn.locator(".card a").first.get_attribute("href")
    assert address is not None
    assert address.startswith(f"{stage.url}/articles/")
    assert chat.faults == []


def test_an_old_library_that_turns_arrays_into_strings_takes_nothing_from_the_conversation(
    chat: Chat, host: Host, stage: Stage
) -> None:
    chat.page.add_init_script(ARRAYS_AS_STRINGS)
    chat.page.goto(host.put(stage.url))
    answered(chat.page)
    chat.answered("And why?")

    assert [message["content"] for message in stage.asked[1]["history"]] == ["What?", "Said."]
    chat.page.reload()
    expect(chat.page.locator("article.turn")).to_have_count(2)


def test_a_page_of_an_origin_without_a_key_is_told_so(chat: Chat, host: Host, service: tuple[Service, str]) -> None:
    running, key = service
    elsewhere = host.put(running.url, site_key=key).replace("127.0.0.1", "localhost")
    chat.page.goto(elsewhere)
    chat.open()
    with chat.page.expect_console_message(lambda message: "no site key" in message.text) as told:
        chat.ask("What?")

    assert f'"{elsewhere.removesuffix("/")}"' in told.value.text
    expect(chat.turn.locator(".failure")).to_contain_text("This page may not ask here.")


@pytest.mark.parametrize("place", ["head", "body"])
def test_an_answer_goes_on_when_the_page_exchanges_its_body(
    chat: Chat, host: Host, stage: Stage, rest: Event, place: str
) -> None:
    """As Turbo and others do: scripts of the new body run, those of the head don't run again."""
    tag = script(stage)
    chat.page.goto(raw(host, "" if place == "head" else tag, tag if place == "head" else ""))
    chat.open()
    chat.ask("What?")
    expect(chat.turn.locator(".sentence")).to_have_count(1)

    chat.page.evaluate(
        """() => {
          const body = document.createElement("body");
          const old = document.body.querySelector("script");
          document.body.replaceWith(body);
          if (!old) return;
          const again = document.createElement("script");
          again.src = old.src;
          body.append(again);
        }"""
    )
    rest.set()

    expect(chat.turn.locator(".sentence")).to_have_count(3)
    expect(chat.turn.locator(".failure")).to_have_count(0)
    expect(chat.page.locator("fundstelle-chat")).to_have_count(1)
    assert len(stage.asked) == 1


def test_an_answer_goes_on_while_the_element_is_off_the_page(on_stage: Chat, rest: Event) -> None:
    on_stage.ask("What?")
    expect(on_stage.turn.locator(".sentence")).to_have_count(1)

    on_stage.page.evaluate(f"() => {{ window.taken = {ELEMENT}; taken.remove(); }}")
    rest.set()
    on_stage.page.evaluate("() => { document.body.append(taken); }")

    expect(on_stage.turn.locator(".sentence")).to_have_count(3)
    expect(on_stage.turn.locator(".actions")).to_be_visible()


def test_a_page_that_changes_its_language_changes_the_chat_and_loses_nothing(on_stage: Chat) -> None:
    on_stage.answered("What?")
    on_stage.page.locator(".composer textarea").fill("And then")

    on_stage.page.evaluate("() => { document.documentElement.lang = 'de'; }")

    expect(on_stage.page.get_by_label("Ihre Frage", exact=True)).to_have_value("And then")
    expect(on_stage.page.get_by_label("Ihre Frage", exact=True)).to_be_focused()
    expect(on_stage.turn.locator(".sentence")).to_contain_text("Said.")
    expect(on_stage.page.locator("fundstelle-chat .root")).to_have_attribute("lang", "de")


def test_attributes_that_are_set_late_count(on_stage: Chat) -> None:
    on_stage.page.evaluate(
        f"() => {{ const chat = {ELEMENT}; chat.setAttribute('heading', 'Ours'); chat.setAttribute('inline', ''); }}"
    )

    expect(on_stage.page.locator("h2")).to_have_text("Ours")
    expect(on_stage.page.get_by_role("button", name="Close")).to_have_count(0)
    assert on_stage.page.locator(".panel").evaluate("(panel) => getComputedStyle(panel).position") == "relative"


def test_shortcuts_of_the_page_are_deaf_to_what_is_written(on_stage: Chat) -> None:
    text = on_stage.page.locator(".composer textarea")
    on_stage.page.evaluate("() => document.addEventListener('keydown', (event) => event.preventDefault())")
    text.press_sequentially("s/k?")
    expect(text).to_have_value("s/k?")

    on_stage.page.evaluate("() => addEventListener('keydown', (event) => event.preventDefault(), true)")
    text.press_sequentially(" a b")
    text.press("Control+a")
    expect(text).to_have_value("s/k? a b")


def test_escape_closes_the_card_and_not_the_dialog_around_it(chat: Chat, host: Host, stage: Stage) -> None:
    page = chat.page
    page.goto(raw(host, f"<dialog><fundstelle-chat inline></fundstelle-chat></dialog>{script(stage)}"))
    page.evaluate("() => document.querySelector('dialog').showModal()")
    chat.answered("What?").locator(".mark").click()

    page.keyboard.press("Escape")
    expect(page.locator(".card")).to_have_count(0)
    expect(page.locator("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_be_hidden()


def test_the_launcher_tells_of_an_answer_that_nobody_has_seen(on_stage: Chat, rest: Event) -> None:
    on_stage.ask("What?")
    on_stage.page.keyboard.press("Escape")
    launcher = on_stage.page.locator("button.launcher")
    expect(launcher).to_have_accessible_name("Open the chat")
    rest.set()

    expect(launcher).to_have_accessible_name("Open the chat: there is an answer")
    launcher.click()
    on_stage.page.keyboard.press("Escape")
    expect(launcher).to_have_accessible_name("Open the chat")


@pytest.mark.parametrize(
    ("accent", "colours"),
    [
        ("#7a1f5c", ["rgb(122, 31, 92)", "rgb(255, 255, 255)"]),
        ("#fd0", ["rgb(255, 221, 0)", "rgb(13, 28, 46)"]),
        ("url(x)", ["rgb(29, 90, 150)", "rgb(255, 255, 255)"]),
    ],
)
def test_a_chosen_colour_is_written_on_legibly(
    chat: Chat, host: Host, stage: Stage, accent: str, colours: list[str]
) -> None:
    chat.page.goto(host.put(stage.url, accent=accent, label="Ask us"))

    shown = "(one) => [getComputedStyle(one).backgroundColor, getComputedStyle(one).color]"
    assert chat.page.get_by_role("button", name="Ask us").evaluate(shown) == colours
    assert chat.violations() == []


def test_print_shows_the_page_alone(on_stage: Chat) -> None:
    on_stage.answered("What?")
    on_stage.page.emulate_media(media="print")

    expect(on_stage.page.locator(".panel")).to_be_hidden()


def test_the_whole_conversation_is_copied_and_the_question_before_comes_back(on_stage: Chat, stage: Stage) -> None:
    on_stage.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    on_stage.answered("First?")
    on_stage.answered("Second?")

    on_stage.page.get_by_role("button", name="Copy the conversation").click()
    on_stage.page.locator(".composer textarea").press("ArrowUp")

    expect(on_stage.page.locator(".composer textarea")).to_have_value("Second?")
    text = on_stage.page.evaluate("() => navigator.clipboard.readText()")
    assert text.startswith("First?\n\nSaid. [1]\n\n[1] New harbour bridge")
    assert "\n\n\nSecond?\n\nSaid. [1]" in text


def test_going_back_shows_what_was_asked_since(browser: Browser, host: Host, stage: Stage) -> None:
    """In a browser that keeps pages as they were left, which Playwright otherwise forbids it."""
    with browser.browser_type.launch(
        executable_path=CHROMIUM, args=["--no-sandbox"], ignore_default_args=["--disable-back-forward-cache"]
    ) as keeping:
        chat = Chat(keeping.new_page())
        host.put(stage.url, "/two")
        chat.page.goto(host.put(stage.url))
        chat.open()
        chat.answered("First?")
        chat.page.evaluate("() => { window.kept = true; }")
        chat.page.locator("a").first.click()
        chat.answered("Since?")
        chat.page.evaluate("() => history.back()")

        expect(chat.page.locator(".question")).to_contain_text(["First?", "Since?"])
        assert chat.page.url == f"{host.url}/"
        assert chat.page.evaluate("() => window.kept") is True
