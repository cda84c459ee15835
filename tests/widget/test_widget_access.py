"""Everybody can use it: by keyboard, by a screen reader, enlarged, on a narrow screen, in either direction."""

from __future__ import annotations

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.widget.conftest import Chat, held, watched
from tests.widget.stage import Host, Stage, answer, citation, whole
from tests.widget.states import DISAGREE, REFUSED


def focused(page: Page) -> str:
    """The class, or else the name, of what has the focus."""
    name: str = page.evaluate(
        """() => {
          let at = document.activeElement;
          while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
          return at.className || at.localName;
        }"""
    )
    return name


def test_everything_is_reached_and_done_by_keyboard(chat: Chat, host: Host, stage: Stage) -> None:
    page = chat.page
    page.goto(host.put(stage.url))
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert focused(page) == "launcher"
    page.keyboard.press("Enter")
    assert focused(page) == "textarea"
    page.keyboard.type("What?")
    page.keyboard.press("Enter")
    expect(chat.turn.locator(".actions")).to_be_visible()
    assert focused(page) == "textarea"

    seen = []
    for _ in range(9):
        page.keyboard.press("Shift+Tab")
        seen.append(focused(page))
    assert seen[:6] == ["icon", "icon", "icon", "mark", "summary", "log"]
    while focused(page) != "mark":
        page.keyboard.press("Tab")
    expect(chat.turn.locator(".card")).to_be_visible()
    page.keyboard.press("Tab")
    assert focused(page) == "a"
    page.keyboard.press("Escape")
    expect(chat.turn.locator(".card")).to_have_count(0)
    assert focused(page) == "mark"
    page.keyboard.press("Escape")
    expect(page.locator(".panel")).to_be_hidden()
    assert focused(page) == "launcher"


def test_the_panel_is_no_trap(on_stage: Chat) -> None:
    on_stage.answered("What?")
    for _ in range(30):
        on_stage.page.keyboard.press("Shift+Tab")
        if on_stage.page.evaluate("() => document.activeElement.localName") == "a":
            return
    raise AssertionError("the link of the page is out of reach")


def test_only_beginning_and_end_of_an_answer_are_announced(on_stage: Chat, stage: Stage) -> None:
    said = answer("One.", "Two.", "Three.")
    stage.play = lambda body, reply: whole(reply, said, pause=0.2)
    on_stage.page.evaluate(
        """() => {
          const status = document.querySelector("fundstelle-chat").shadowRoot.querySelector("[role=status].unseen");
          window.announced = [];
          new MutationObserver(() => announced.push(status.textContent)).observe(status, { childList: true });
        }"""
    )
    on_stage.answered("What?")

    assert on_stage.page.evaluate("() => announced") == ["Searching the articles …", "One. Two. Three."]
    assert on_stage.page.locator("[role=log]").get_attribute("aria-live") == "off"


def test_a_narrow_screen_shows_all_of_it(context: BrowserContext, host: Host, stage: Stage) -> None:
    stage.play = lambda body, reply: whole(reply, DISAGREE)
    chat = watched(context.new_page())
    chat.page.set_viewport_size({"width": 320, "height": 480})
    chat.page.goto(host.put(stage.url))
    chat.open()
    turn = chat.answered("W" * 300)
    turn.locator(".mark").first.click()

    wide = chat.page.evaluate(
        """() => [...document.querySelector("fundstelle-chat").shadowRoot.querySelectorAll("*")]
          .filter((one) => one.closest(".unseen") === null && one.getBoundingClientRect().right > innerWidth + 1)
          .map((one) => one.className || one.localName)"""
    )
    assert wide == []
    expect(chat.page.locator(".composer textarea")).to_be_in_viewport()
    assert chat.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_twice_the_size_is_still_usable(context: BrowserContext, host: Host, stage: Stage) -> None:
    """Zoom of 200 % halves the pixels of a page: 1280 by 720 is 640 by 360."""
    chat = watched(context.new_page())
    chat.page.set_viewport_size({"width": 640, "height": 360})
    stage.play = lambda body, reply: whole(reply, answer("Said.", citations=[citation(1, prefix="Before it. " * 20)]))
    chat.page.goto(host.put(stage.url, suggestions="|".join(["Why?"] * 9)))
    chat.open()
    expect(chat.page.locator(".greeting")).to_be_in_viewport(ratio=1)
    turn = chat.answered("What?")

    expect(turn.locator(".sentence")).to_be_in_viewport()
    turn.locator(".mark").hover()
    room, card = (held(chat.page.locator(part).bounding_box()) for part in (".log", ".card"))
    assert room["y"] <= card["y"] < card["y"] + card["height"] <= room["y"] + room["height"]
    expect(chat.page.locator(".composer textarea")).to_be_in_viewport(ratio=1)
    expect(chat.page.get_by_role("button", name="Close")).to_be_in_viewport(ratio=1)
    stage.play = lambda body, reply: whole(reply, answer("Said."))
    turn = chat.answered("What?")
    turn.locator(".mark").first.click()
    expect(turn.locator(".card mark")).to_be_in_viewport(ratio=1)
    expect(turn.locator(".card a").first).to_be_in_viewport(ratio=1)
    expect(turn.locator(".mark").first).to_be_in_viewport(ratio=1)


def test_a_finger_opens_the_panel_without_a_keyboard_over_it(browser: Browser, host: Host, stage: Stage) -> None:
    with browser.new_context(viewport={"width": 390, "height": 760}, is_mobile=True, has_touch=True) as context:
        page = context.new_page()
        page.goto(host.put(stage.url))
        page.locator("button.launcher").tap()

        expect(page.locator(".log")).to_be_focused()


def test_a_keyboard_on_the_screen_covers_nothing_of_the_panel(chat: Chat, host: Host, stage: Stage) -> None:
    page = chat.page
    page.set_viewport_size({"width": 390, "height": 760})
    page.add_init_script(
        "Object.defineProperty(window, 'visualViewport', { value: Object.assign(new EventTarget(), { scale: 1 }) });"
    )
    page.goto(host.put(stage.url, position="left"))
    chat.open()
    places = []
    for height, top in ((400, 30), (760, 0)):
        page.evaluate(
            "(now) => { Object.assign(visualViewport, now); visualViewport.dispatchEvent(new Event('resize')); }",
            {"height": height, "offsetTop": top},
        )
        places.append(page.locator(".panel").bounding_box())

    assert places == [{"x": 0, "y": 30, "width": 390, "height": 400}, {"x": 0, "y": 0, "width": 390, "height": 760}]


def test_forced_colours_keep_borders(on_stage: Chat, stage: Stage) -> None:
    on_stage.page.emulate_media(forced_colors="active")
    stage.play = lambda body, reply: whole(reply, REFUSED)
    turn = on_stage.answered("What?")

    for part in (".question", ".refusal"):
        assert turn.locator(part).evaluate("(part) => getComputedStyle(part).borderTopStyle") == "solid"


def test_reduced_motion_moves_nothing(on_stage: Chat) -> None:
    on_stage.page.emulate_media(reduced_motion="reduce")
    on_stage.answered("What?")

    moving = on_stage.page.evaluate(
        "() => [...document.querySelector('fundstelle-chat').shadowRoot.querySelectorAll('*')]"
        ".filter((one) => getComputedStyle(one).animationName !== 'none').length"
    )
    assert moving == 0


def test_right_to_left_turns_the_panel_round(chat: Chat, host: Host, stage: Stage) -> None:
    host.language, host.direction = "ar", "rtl"
    stage.play = lambda body, reply: whole(reply, answer("قال.", citations=[citation(1, title="جسر")], language="ar"))
    chat.page.goto(host.put(stage.url))
    left = chat.page.locator(".launcher").bounding_box()
    chat.open()
    chat.answered("ماذا؟")

    assert left is not None
    assert left["x"] < 100
    send, text = (chat.page.locator(f".composer {part}").bounding_box() for part in (".send", "textarea"))
    assert send is not None
    assert text is not None
    assert send["x"] < text["x"]


def test_the_interface_speaks_the_language_of_the_page(chat: Chat, host: Host, stage: Stage) -> None:
    labels = {}
    for language in ("de", "de-AT", "fr"):
        host.language = language
        chat.page.goto(host.put(stage.url))
        labels[language] = chat.page.locator("button.launcher").get_attribute("aria-label")

    assert labels == {"de": "Chat öffnen", "de-AT": "Chat öffnen", "fr": "Open the chat"}
