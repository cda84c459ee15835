"""Nothing that comes from elsewhere runs, and the page and the widget leave each other alone."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.service.scripted import Service
from tests.widget.conftest import Chat
from tests.widget.stage import HOSTILE, Host, Stage, answer, citation, whole

RUN = "window.executed=1"
PAYLOADS = [
    f"<script>{RUN}</script>",
    f"<ScRiPt>{RUN}</sCrIpT>",
    f"<img src=x onerror={RUN}>",
    f"<img src=x onerror='{RUN}'//",
    f"<svg onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<math><mi xlink:href='javascript:{RUN}'>x</mi></math>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    f"<iframe src='javascript:parent.{RUN}'></iframe>",
    f"<body onload={RUN}>",
    f"<input autofocus onfocus={RUN}>",
    f"<select autofocus onfocus={RUN}>",
    f"<textarea autofocus onfocus={RUN}>",
    f"<details open ontoggle={RUN}>",
    f"<video><source onerror={RUN}></video>",
    f"<audio src=x onerror={RUN}>",
    f"<marquee onstart={RUN}>",
    f"<object data='javascript:{RUN}'>",
    f"<embed src='javascript:{RUN}'>",
    f"<a href='javascript:{RUN}' id=x>x</a>",
    f"<form action='javascript:{RUN}'><button>x</button></form>",
    f"<button formaction='javascript:{RUN}'>x</button>",
    f"<link rel=stylesheet href='javascript:{RUN}'>",
    f"<style>@import 'javascript:{RUN}';</style>",
    f"<style>*{{background:url('javascript:{RUN}')}}</style>",
    f"<div style='background:url(javascript:{RUN})'>",
    f"<meta http-equiv=refresh content='0;url=javascript:{RUN}'>",
    f"<base href='javascript:{RUN}//'>",
    f"<template><script>{RUN}</script></template>",
    f"<noscript><p title='</noscript><img src=x onerror={RUN}>'>",
    f"</textarea><script>{RUN}</script>",
    f"</script><script>{RUN}</script>",
    f"</style><script>{RUN}</script>",
    f"--><script>{RUN}</script>",
    f"]]><script>{RUN}</script>",
    f'"><script>{RUN}</script>',
    f"'><img src=x onerror={RUN}>",
    f'" onmouseover="{RUN}" x="',
    f"' autofocus onfocus='{RUN}",
    f"`-{RUN}-`",
    f"${{{RUN}}}",
    f"{{{{constructor.constructor('{RUN}')()}}}}",
    f"\\u003cscript\\u003e{RUN}\\u003c/script\\u003e",
    f"&lt;script&gt;{RUN}&lt;/script&gt;",
    f"&#60;img src=x onerror={RUN}&#62;",
    f"<\x00script>{RUN}</script>".replace("\x00", "\u0000 "),
    f"\u202e<script>{RUN}</script>",
    f"[x](javascript:{RUN})",
    f'![x](x" onerror="{RUN})',
]
ADDRESSES = [
    f"javascript:{RUN}",
    f"JaVaScRiPt:{RUN}",
    f" javascript:{RUN}",
    f"java\nscript:{RUN}",
    f"data:text/html,<script>{RUN}</script>",
    f"vbscript:{RUN}",
    "blob:https://x/1",
    "file:///etc/passwd",
    "//evil.example/x",
    "x",
    "",
]


def everywhere(text: str) -> dict[str, Any]:
    """An answer that says `text` wherever something is said."""
    cited = citation(1, title=text, quote=text, prefix=text, suffix=text, url=text, fragment_url=text, article_id=text)
    conflict = {"values": [text, text], "citations": [[1], [1]], "status": ["current", "disputed"]}
    return answer(
        text,
        citations=[cited],
        passages=[{"article_id": text, "title": text, "start": 0, "end": 1}],
        conflicts=[{**conflict, "published_at": [text, None]}],
        language=text,
    )


def test_there_are_fifty_payloads() -> None:
    assert len(set(PAYLOADS)) == 50


def test_no_payload_runs_and_all_are_shown_as_text(on_stage: Chat, stage: Stage) -> None:
    stage.play = lambda body, reply: whole(reply, everywhere(body["question"]))
    for payload in PAYLOADS:
        shown = on_stage.page.evaluate(
            """async (payload) => {
              const chat = document.querySelector("fundstelle-chat");
              chat.ask(payload);
              while (chat.panel.conversation.asking) await new Promise((shown) => requestAnimationFrame(shown));
              const turn = [...chat.shadowRoot.querySelectorAll("article.turn")].at(-1);
              turn.querySelector("summary").click();
              turn.querySelector(".mark").click();
              return [turn.querySelector(".question").textContent, turn.querySelector(".card mark").textContent];
            }""",
            payload,
        )
        said = payload.strip()
        assert shown == [f"You asked: {said}", said]

    on_stage.page.wait_for_timeout(500)
    assert on_stage.page.evaluate("() => window.executed") == 0
    assert on_stage.violations() == []
    inside = on_stage.page.locator("fundstelle-chat")
    for tag in ("script", "img", "iframe", "style", "object", "video", "form:not(.composer, .comment)"):
        assert inside.locator(tag).count() == 0, tag


def test_only_web_addresses_become_links(on_stage: Chat, stage: Stage) -> None:
    links = {}
    for address in ADDRESSES:
        said = answer("Said.", citations=[citation(1, url=address, fragment_url=address)])
        stage.play = lambda body, reply, said=said: whole(reply, said)  # type: ignore[misc]
        turn = on_stage.answered("What?")
        turn.locator(".mark").click()
        links[address] = turn.locator(".card a").evaluate_all("(links) => links.map((link) => link.pathname)")

    assert links == {key: ["/articles/bridge.md"] for key in ADDRESSES}


def test_payloads_in_articles_stay_text_on_their_pages(chat: Chat, service: tuple[Service, str]) -> None:
    page = chat.page
    page.goto(f"{service[0].url}/articles?q=" + "%22%3E%3Cscript%3Ewindow.executed%3D1%3C%2Fscript%3E")
    page.goto(f"{service[0].url}/embed")
    page.locator("input[name=heading]").fill(f'"><img src=x onerror={RUN}>')
    page.locator("input[name=heading]").blur()

    expect(page.locator("#tag")).to_contain_text("&quot;><img")
    assert page.evaluate("() => window.executed") == 0
    assert chat.violations() == []


def test_a_hostile_style_sheet_does_not_reach_the_widget(chat: Chat, host: Host, stage: Stage) -> None:
    page = chat.page
    shape = """(tag) => {
      const shown = document.querySelector("fundstelle-chat").shadowRoot.querySelector(tag);
      const { x, y, width, height } = shown.getBoundingClientRect();
      return [...[x, y, width, height].map(Math.round), getComputedStyle(shown).color];
    }"""
    host.put(stage.url, language="en")
    shapes = []
    for style in ("", HOSTILE):
        host.style = style
        page.goto(host.url)
        page.wait_for_function("() => document.querySelector('fundstelle-chat')?.shadowRoot")
        shapes.append([page.evaluate(shape, "button.launcher")])
        chat.open()
        chat.answered("What?")
        shapes[-1] += [page.evaluate(shape, tag) for tag in (".panel", ".question", ".mark", ".composer textarea")]
        page.evaluate("() => sessionStorage.clear()")

    assert shapes[0] == shapes[1]


def test_the_widget_adds_one_element_and_nothing_else_to_the_page(chat: Chat, host: Host, stage: Stage) -> None:
    page = chat.page
    page.goto(host.put(stage.url))
    names = page.evaluate("() => Object.keys(window).filter((name) => !['violations', 'executed'].includes(name))")
    page.goto(host.url + "/style.css")
    plain = page.evaluate("() => Object.keys(window).filter((name) => !['violations', 'executed'].includes(name))")
    page.goto(host.url)
    page.wait_for_function("() => document.querySelector('fundstelle-chat')?.shadowRoot")

    assert set(names) == set(plain)
    assert page.evaluate("() => [...document.body.children].map((child) => child.localName)") == [
        "main",
        "script",
        "fundstelle-chat",
    ]


def test_nobody_but_the_service_is_asked_for_anything(chat: Chat, host: Host, stage: Stage) -> None:
    asked: set[str] = set()
    chat.page.on("request", lambda request: asked.add(request.url.split("/", 3)[2]))
    chat.page.goto(host.put(stage.url))
    chat.open()
    chat.answered("What?").locator(".mark").first.click()

    assert asked == {host.url.removeprefix("http://"), stage.url.removeprefix("http://")}
