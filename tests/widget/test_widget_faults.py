"""What the widget makes of a service that is busy, breaks off, stalls, or sends what it should not."""

from __future__ import annotations

import time

from playwright.sync_api import expect

from tests.widget.conftest import Chat, kept_as
from tests.widget.stage import Host, Reply, Stage, answer, whole

SOURCES = {"id": "answer-1", "query": "", "snapshot": "", "passages": []}


def first(stage: Stage, fault: object) -> None:
    """Have the first question answered by `fault(reply)`, later ones properly."""

    def play(body: object, reply: Reply) -> None:
        if len(stage.asked) == 1:
            fault(reply)  # type: ignore[operator]
        else:
            whole(reply, answer("Said at last."))

    stage.play = play


def test_a_busy_service_is_asked_again_when_it_says(on_stage: Chat, stage: Stage) -> None:
    first(stage, lambda reply: reply.problem(503, {"Retry-After": "2"}, kind="busy"))
    asked = time.monotonic()
    on_stage.ask("What?")

    expect(on_stage.turn.locator(".failure")).to_contain_text("Many questions are being answered right now.")
    expect(on_stage.turn.locator(".countdown")).to_contain_text("Next try in")
    expect(on_stage.turn.locator(".sentence")).to_contain_text("Said at last.")
    assert time.monotonic() - asked >= 2
    assert len(stage.asked) == 2
    expect(on_stage.page.locator("article.turn")).to_have_count(1)


def test_a_service_that_is_starting_is_not_called_busy_and_asked_again(on_stage: Chat, stage: Stage) -> None:
    first(stage, lambda reply: reply.problem(503, kind="index-unavailable"))
    on_stage.page.clock.install()
    on_stage.ask("What?")

    expect(on_stage.turn.locator(".failure")).to_contain_text("The service is not available right now.")
    expect(on_stage.turn.locator(".countdown")).to_contain_text("Next try in")
    on_stage.page.clock.fast_forward(5_100)
    expect(on_stage.turn.locator(".sentence")).to_contain_text("Said at last.")


def test_a_service_that_stays_busy_is_not_asked_for_ever(on_stage: Chat, stage: Stage) -> None:
    stage.play = lambda body, reply: reply.problem(503, {"Retry-After": "30"})
    on_stage.page.clock.install()
    on_stage.ask("What?")

    for tries in (1, 2, 3):
        expect(on_stage.turn.locator(".countdown")).to_be_visible()
        assert len(stage.asked) == tries
        on_stage.page.clock.fast_forward(31_000)
    expect(on_stage.turn.locator(".countdown")).to_have_count(0)
    expect(on_stage.turn.get_by_role("button", name="Try again")).to_be_visible()
    on_stage.page.clock.fast_forward(120_000)
    assert len(stage.asked) == 4


def test_a_stream_that_breaks_off_can_be_tried_again_in_its_place(on_stage: Chat, stage: Stage) -> None:
    def breaks_off(reply: Reply) -> None:
        reply.event("sources", SOURCES)
        reply.event("sentence", {"text": "Half.", "citations": [], "new_citations": []})

    first(stage, breaks_off)
    on_stage.ask("What?")

    expect(on_stage.turn.locator(".failure")).to_contain_text("broke off")
    expect(on_stage.turn.locator(".sentence")).to_have_text(["Half."])
    on_stage.turn.get_by_role("button", name="Try again").click()
    expect(on_stage.turn.locator(".sentence")).to_contain_text(["Said at last."])
    assert [body["question"] for body in stage.asked] == ["What?", "What?"]
    assert stage.asked[1]["history"] == []
    expect(on_stage.page.locator("article.turn")).to_have_count(1)


def test_a_stream_that_makes_no_sense_counts_as_broken_off(on_stage: Chat, stage: Stage) -> None:
    for text in ("event: sentence\ndata: {not json\n\n", "event: done\ndata: \n\n", "data: nothing\n\n", ""):
        stage.play = lambda body, reply, text=text: reply.raw(text)  # type: ignore[misc]
        turn = on_stage.answered("What?")

        expect(turn.locator(".failure")).to_contain_text("broke off")
        expect(turn.get_by_role("button", name="Try again")).to_be_visible()


def test_a_stream_without_a_sign_of_life_is_given_up(on_stage: Chat, stage: Stage) -> None:
    def stalls(reply: Reply) -> None:
        reply.event("sources", SOURCES)
        time.sleep(4)

    first(stage, stalls)
    on_stage.page.clock.install()
    on_stage.ask("What?")
    expect(on_stage.turn.locator(".progress")).to_have_text("Reading what was found …")

    on_stage.page.clock.fast_forward(46_000)

    expect(on_stage.turn.locator(".failure")).to_contain_text("broke off")


def test_a_problem_says_what_to_do(on_stage: Chat, stage: Stage) -> None:
    problems = {
        400: "did not accept this question. Because.",
        401: "This page may not ask here.",
        403: "This page may not ask here.",
        429: "many questions in a short time",
        500: "Something went wrong in the service.",
        502: "can't be reached",
        504: "took too long",
    }
    for status, said in problems.items():
        stage.play = lambda body, reply, status=status: reply.problem(status, detail="Because.")  # type: ignore[misc]
        turn = on_stage.answered("What?")

        expect(turn.locator(".failure")).to_contain_text(said)
        expect(turn.get_by_role("button", name="Try again")).to_be_visible()


def test_an_error_in_mid_stream_is_told(on_stage: Chat, stage: Stage) -> None:
    def fails(reply: Reply) -> None:
        reply.event("sources", SOURCES)
        reply.event("error", {"type": "x", "title": "x", "status": 504, "detail": "", "instance": ""})

    first(stage, fails)
    on_stage.ask("What?")

    expect(on_stage.turn.locator(".failure")).to_contain_text("took too long")


def test_being_offline_is_noticed(on_stage: Chat) -> None:
    on_stage.page.context.set_offline(True)
    on_stage.ask("What?")

    expect(on_stage.turn.locator(".failure")).to_contain_text("You seem to be offline.")
    on_stage.page.context.set_offline(False)
    on_stage.turn.get_by_role("button", name="Try again").click()
    expect(on_stage.turn.locator(".sentence")).to_contain_text("Said.")


def test_a_page_left_in_the_middle_offers_the_question_again(on_stage: Chat, stage: Stage, host: Host) -> None:
    def slow(reply: Reply) -> None:
        reply.event("sources", SOURCES)
        time.sleep(3)

    first(stage, slow)
    on_stage.ask("What?")
    expect(on_stage.turn.locator(".progress")).to_have_text("Reading what was found …")

    on_stage.page.reload()

    expect(on_stage.turn.locator(".failure")).to_contain_text("broke off")
    on_stage.turn.get_by_role("button", name="Try again").click()
    expect(on_stage.turn.locator(".sentence")).to_contain_text("Said at last.")


def test_what_was_kept_by_something_else_is_no_conversation(chat: Chat, host: Host, stage: Stage) -> None:
    address = host.put(stage.url, open="")
    for kept in ("{", "17", '{"a": 1}', "[null, 3, {}]", '[{"state": "answered", "sentences": 3}]'):
        chat.page.goto(f"{host.url}/style.css")
        chat.page.evaluate("([name, kept]) => sessionStorage.setItem(name, kept)", [kept_as(stage), kept])
        chat.page.goto(address)

        expect(chat.answered("What?").locator(".sentence")).to_contain_text("Said.")
    assert chat.faults == []


def test_rating_an_answer_reaches_the_service_with_a_comment(on_stage: Chat, stage: Stage) -> None:
    turn = on_stage.answered("What?")

    turn.get_by_role("button", name="Not helpful").click()
    turn.get_by_label("What was wrong or missing?").fill("The year.")
    turn.get_by_role("button", name="Send").click()

    expect(turn.locator(".said")).to_have_text("Thank you.")
    expect(turn.get_by_role("button", name="Not helpful")).to_have_attribute("aria-pressed", "true")
    assert stage.rated[-1] == {"answer_id": "answer-1", "helpful": False, "comment": "The year."}
