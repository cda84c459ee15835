"""A conversation in a browser, on a page of another origin, with the real service."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.service.scripted import Service
from tests.widget.conftest import Chat
from tests.widget.stage import Host, Stage, answer, whole

SAID = "The bridge cost 14.3 million euros."
SLOW = '{"pause": 0.15}'


def test_an_answer_comes_with_marks_and_its_sources(at_service: Chat) -> None:
    turn = at_service.answered("What did the bridge cost?")

    expect(turn.locator(".question")).to_contain_text("What did the bridge cost?")
    expect(turn.locator(".sentence").first).to_contain_text(SAID)
    expect(turn.locator(".mark").first).to_have_text("1")
    expect(turn.locator("summary")).to_have_text("2 articles found")
    assert at_service.faults == []
    assert at_service.violations() == []


def test_sources_and_sentences_are_shown_before_the_answer_is_whole(at_service: Chat) -> None:
    at_service.ask(f"What did the bridge cost? {SLOW}")

    turn = at_service.turn
    expect(turn.locator("summary")).to_be_visible()
    expect(turn.locator(".progress")).to_have_text("Reading what was found …")
    expect(turn.locator(".sentence")).to_have_count(1)
    assert turn.get_attribute("data-state") == "asking"
    expect(turn.locator(".sentence")).to_have_count(2)


def test_a_mark_shows_the_quote_in_its_context_and_leads_to_it(at_service: Chat) -> None:
    turn = at_service.answered("What did the bridge cost?")

    turn.locator(".mark").first.click()
    card = turn.locator(".card")
    expect(card.locator("strong")).to_have_text("New harbour bridge")
    expect(card.locator("small")).to_contain_text("3 June 2025")
    expect(card.locator("mark")).to_contain_text(SAID[:-1])
    expect(card.locator("q")).to_contain_text("opened its new harbour bridge on Tuesday.")
    with at_service.page.context.expect_page() as opened:
        card.locator("a").first.click()
    article = opened.value
    expect(article.locator("mark#mark")).to_contain_text(SAID[:-1])
    expect(article.locator("mark#mark")).to_be_in_viewport()


def test_a_card_comes_and_goes_with_the_pointer_and_stays_while_it_is_inside(at_service: Chat) -> None:
    turn = at_service.answered("What did the bridge cost?")

    turn.locator(".mark").first.hover()
    card = turn.locator(".card")
    expect(card).to_be_visible()
    card.locator("strong").hover()
    at_service.page.wait_for_timeout(600)
    expect(card).to_be_visible()
    at_service.page.locator("header h2").hover()
    expect(card).to_have_count(0)


def test_a_refusal_looks_like_an_answer_and_shows_what_the_sources_say(at_service: Chat) -> None:
    turn = at_service.answered('What is the name of the mayor? {"say": "NOT STATED"}')

    assert turn.get_attribute("data-state") == "refused"
    expect(turn.locator(".refusal")).to_contain_text("they do not state an answer to the question.")
    expect(turn.locator(".refusal .mark")).to_have_text("1")
    expect(turn.locator(".failure")).to_have_count(0)
    expect(turn.locator(".actions")).to_be_visible()


def test_a_follow_up_question_is_asked_with_the_conversation(at_service: Chat) -> None:
    at_service.answered("What did the bridge cost?")
    with at_service.page.expect_request("**/v1/ask") as sent:
        at_service.answered("Who designed it?")

    history = sent.value.post_data_json["history"]
    assert [turn["role"] for turn in history] == ["user", "assistant"]
    assert history[0]["content"] == "What did the bridge cost?"
    assert history[1]["content"].startswith(SAID)


def test_stopping_keeps_what_was_released_and_offers_another_try(
    at_service: Chat, service: tuple[Service, str]
) -> None:
    before = len(service[0].times("answer ended"))
    at_service.ask(f"What did the bridge cost? {SLOW}")
    expect(at_service.turn.locator(".sentence")).to_have_count(1)

    at_service.page.get_by_role("button", name="Stop").click()

    expect(at_service.turn.locator(".note")).to_contain_text("Stopped.")
    expect(at_service.turn.locator(".sentence")).to_have_count(1)
    service[0].wait_for("answer ended", before + 1)
    at_service.turn.get_by_role("button", name="Try again").click()
    expect(at_service.turn.locator(".actions")).to_be_visible()
    expect(at_service.page.locator("article.turn")).to_have_count(1)


def test_a_suggested_question_is_asked_with_one_press(at_service: Chat) -> None:
    at_service.page.get_by_role("button", name="Who designed the bridge?").click()

    expect(at_service.turn.locator(".question")).to_contain_text("Who designed the bridge?")
    expect(at_service.turn.locator(".actions")).to_be_visible()
    expect(at_service.page.locator(".suggestion").first).to_be_hidden()


def test_copying_takes_the_sources_along(at_service: Chat) -> None:
    at_service.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    turn = at_service.answered("What did the bridge cost?")

    turn.get_by_role("button", name="Copy with sources").click()

    expect(turn.locator(".said")).to_have_text("Copied")
    copied = at_service.page.evaluate("() => navigator.clipboard.readText()")
    assert copied.startswith("What did the bridge cost?\n\nThe bridge cost 14.3 million euros. [1]")
    assert "[1] New harbour bridge, 3 June 2025, https://example.org/bridge: “The bridge cost" in copied


def test_only_the_conversation_scrolls(on_stage: Chat) -> None:
    for _ in range(6):
        on_stage.answered("What did the bridge cost?")

    assert on_stage.page.evaluate("() => window.scrollY") == 0
    assert on_stage.page.locator(".panel").evaluate("(panel) => panel.scrollTop") == 0
    expect(on_stage.turn.locator(".question")).to_be_in_viewport(ratio=1)
    expect(on_stage.turn.locator(".actions")).to_be_in_viewport(ratio=1)


def test_an_answer_that_is_higher_than_the_panel_is_shown_from_its_beginning(on_stage: Chat, stage: Stage) -> None:
    stage.play = lambda body, reply: whole(
        reply, answer(*(f"The council said so {number} times." * 3 for number in range(40)))
    )
    turn = on_stage.answered("What?")

    expect(on_stage.page.get_by_role("button", name="To the end")).to_be_visible()
    expect(turn.locator(".question")).to_be_in_viewport(ratio=1)
    on_stage.page.get_by_role("button", name="To the end").click()
    expect(turn.locator(".actions")).to_be_in_viewport(ratio=1)
    expect(on_stage.page.locator(".newest")).to_be_hidden()


def test_a_new_conversation_begins_with_nothing(at_service: Chat) -> None:
    at_service.answered("What did the bridge cost?")

    at_service.page.get_by_role("button", name="New conversation").click()

    expect(at_service.page.locator("article.turn")).to_have_count(0)
    expect(at_service.page.locator(".suggestion").first).to_be_visible()
    expect(at_service.page.locator(".composer textarea")).to_be_focused()


def test_going_to_another_page_keeps_the_conversation(
    at_service: Chat, host: Host, service: tuple[Service, str]
) -> None:
    at_service.answered("What did the bridge cost?")
    running, key = service
    host.put(running.url, "/two", site_key=key)

    at_service.page.locator("a[href='/two']").click()

    expect(at_service.page).to_have_url(f"{host.url}/two")
    expect(at_service.turn.locator(".sentence").first).to_contain_text(SAID)


def test_two_tabs_have_two_conversations(at_service: Chat, host: Host) -> None:
    at_service.answered("What did the bridge cost?")

    other = at_service.page.context.new_page()
    other.goto(f"{host.url}/")
    other.locator("button.launcher").click()

    expect(other.locator("article.turn")).to_have_count(0)
    expect(at_service.page.locator("article.turn")).to_have_count(1)


def test_the_reader_is_told_for_how_long_questions_are_kept(at_service: Chat) -> None:
    expect(at_service.page.locator(".kept")).to_have_text(
        "Questions and answers are kept for 30 days, so that answers can get better."
    )
    expect(
        at_service.answered("What did the bridge cost?").get_by_role("button", name="Helpful", exact=True)
    ).to_be_visible()


def test_where_nothing_is_kept_nothing_is_said_of_that_and_there_are_no_thumbs(
    chat: Chat, host: Host, stage: Stage
) -> None:
    stage.kept_days = 0
    chat.page.goto(host.put(stage.url))
    chat.open()
    turn = chat.answered("Who?")
    expect(turn.get_by_role("button", name="Copy with sources")).to_be_visible()
    expect(turn.get_by_role("button", name="Helpful", exact=True)).to_have_count(0)
    expect(chat.page.locator(".kept")).to_have_count(0)
    assert chat.faults == []
