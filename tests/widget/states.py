"""Every state that the widget can be in, and how it comes there; for what has to hold in all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from playwright.sync_api import expect

from tests.widget.conftest import Chat
from tests.widget.stage import Reply, Stage, answer, citation, whole

SOURCES = {
    "id": "answer-1",
    "query": "",
    "snapshot": "",
    "passages": [{"article_id": "bridge.md", "title": "New harbour bridge", "start": 0, "end": 40}],
}
ANSWERED = answer(
    "The bridge cost 14.3 million euros.",
    "It was designed by the engineering office Brunvald, which had won the competition two years before.",
    citations=[
        citation(1),
        citation(2, quote="engineering office Brunvald", language="de", url=None, fragment_url=None),
    ],
)
REFUSED = answer(
    status="refused",
    reason="not_in_sources",
    answer="The articles touch on this, but they do not state an answer. What comes nearest: “cost 14.3 million” [1]",
    sentences=[],
    citations=[citation(1)],
)
DISAGREE = answer(
    "The bridge cost 14.3 million euros.",
    citations=[citation(1), citation(2, published_at="2025-05-01", quote="may cost 10 million"), citation(3)],
    conflicts=[
        {
            "values": ["14.3 million euros", "10 million euros", "15 million euros"],
            "citations": [[1], [2], [3]],
            "status": ["current", "superseded", "disputed"],
            "published_at": ["2025-06-03", "2025-05-01", None],
        }
    ],
)


def beginning(chat: Chat, stage: Stage) -> None:
    expect(chat.page.locator(".greeting")).to_be_visible()


def asking(chat: Chat, stage: Stage) -> None:
    def slow(body: object, reply: Reply) -> None:
        reply.event("sources", SOURCES)
        reply.event("sentence", {"text": "One sentence.", "citations": [1], "new_citations": [citation(1)]})
        time.sleep(6)

    stage.play = slow
    chat.ask("What did the bridge cost?")
    expect(chat.turn.locator(".sentence")).to_be_visible()


def answered(chat: Chat, stage: Stage) -> None:
    stage.play = lambda body, reply: whole(reply, ANSWERED)
    chat.answered("What did the bridge cost?")


def card(chat: Chat, stage: Stage) -> None:
    answered(chat, stage)
    chat.turn.locator(".mark").first.click()


def sources(chat: Chat, stage: Stage) -> None:
    answered(chat, stage)
    chat.turn.locator("summary").click()


def refused(chat: Chat, stage: Stage) -> None:
    stage.play = lambda body, reply: whole(reply, REFUSED)
    chat.answered("Who is the mayor of Porthaven?")


def disagree(chat: Chat, stage: Stage) -> None:
    stage.play = lambda body, reply: whole(reply, DISAGREE)
    chat.answered("What did the bridge cost?")


def busy(chat: Chat, stage: Stage) -> None:
    stage.play = lambda body, reply: reply.problem(503, {"Retry-After": "30"})
    chat.answered("What did the bridge cost?")


def broken(chat: Chat, stage: Stage) -> None:
    stage.play = lambda body, reply: reply.event("sources", SOURCES)
    chat.answered("What did the bridge cost?")


def stopped(chat: Chat, stage: Stage) -> None:
    asking(chat, stage)
    chat.page.get_by_role("button", name="Stop").click()
    expect(chat.turn.locator(".note")).to_be_visible()


def rated(chat: Chat, stage: Stage) -> None:
    answered(chat, stage)
    chat.turn.get_by_role("button", name="Not helpful").click()
    expect(chat.turn.locator(".comment")).to_be_visible()


def conversation(chat: Chat, stage: Stage) -> None:
    answered(chat, stage)
    refused(chat, stage)
    disagree(chat, stage)


STATES: Mapping[str, Callable[[Chat, Stage], None]] = {
    made.__name__: made
    for made in (
        beginning,
        asking,
        answered,
        card,
        sources,
        refused,
        disagree,
        busy,
        broken,
        stopped,
        rated,
        conversation,
    )
}
