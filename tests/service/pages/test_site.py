"""The pages that people read: escaped, highlighted, in their language, and without a way to other addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient

from index.types import ArticleInfo
from service.access.key_file import add
from service.access.keys import Scope, make
from service.app import create_app
from service.contracts.answers import ArticleResponse
from service.pages.article_text import Mark, article_html, mark_of
from service.pages.site import article_page, articles_page, preferred
from service.settings import Settings
from tests.service.fakes import FakePipeline

EVIL = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


@pytest.fixture
def client() -> Iterator[TestClient[Litestar]]:
    articles = {"a.md": "Erster Absatz.\n\nDer zweite Absatz.", f"x/{EVIL}": EVIL}
    app = create_app(Settings(allowed_hosts="*"), FakePipeline(articles))
    with TestClient(app) as client:
        yield client


def article(text: str, url: str | None = None) -> ArticleResponse:
    return ArticleResponse("a.md", "A", url, date(2025, 9, 1), "de", "", text, "snapshot-1")


def test_the_marked_characters_are_highlighted_where_the_address_leads(client: TestClient[Litestar]) -> None:
    page = client.get("/articles/a.md?mark=20-26").text

    assert '<mark id="mark" tabindex="-1">zweite</mark> Absatz.' in page
    assert page.count("<mark") == 1


def test_a_mark_over_two_paragraphs_is_one_in_each(client: TestClient[Litestar]) -> None:
    page = client.get("/articles/a.md?mark=7-26").text

    assert re.findall(r"<mark[^>]*>([^<]*)</mark>", page) == ["Absatz.", "Der zweite"]
    assert page.count('id="mark"') == 1


@pytest.mark.parametrize("mark", ["", "5", "9-3", "0-99999", "-1-4", "a-b", "1-2-3", "٣-٤"])
def test_a_mark_that_is_none_highlights_nothing(client: TestClient[Litestar], mark: str) -> None:
    response = client.get("/articles/a.md", params={"mark": mark})

    assert response.status_code == 200
    assert "<mark" not in response.text


_SHOWN = re.compile(r"</?(p|h2|ul|li|blockquote|pre|strong|em|code|small|mark|span)( [^<>]*)?>")


@settings(deadline=None)
@given(st.text(st.sampled_from("ab \n#*_`[]()-><&\\'\"") | st.characters(codec="utf-8"), max_size=60), st.data())
def test_no_character_is_lost_or_read_as_markup_whatever_is_marked(text: str, data: st.DataObject) -> None:
    start, end = data.draw(st.integers(0, len(text))), data.draw(st.integers(0, len(text)))
    page = article_html(text, mark_of(f"{start}-{end}", len(text)))

    inner = _SHOWN.sub("", page)
    assert "<" not in inner
    assert "".join(unescape(inner).split()) == "".join(text.split())
    marked = re.findall(r"<mark[^>]*>(.*?)</mark>", page, re.DOTALL)
    assert "".join(unescape(_SHOWN.sub("", "".join(marked))).split()) == "".join(text[start:end].split())
    assert page.count('id="mark"') == (1 if text[start:end].strip() else 0)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("## Why\nSo.", '<h2 dir="auto"><span class="sign">## </span>Why\n</h2>\n<p dir="auto">So.</p>'),
        (
            "- **May:** one\n- two",
            '<ul><li dir="auto"><span class="sign">- </span><span class="sign">**</span><strong>May:</strong>'
            '<span class="sign">**</span> one\n</li><li dir="auto"><span class="sign">- </span>two</li></ul>',
        ),
        (
            "See [us](https://a.example/b) \\$5",
            '<p dir="auto">See <span class="sign">[</span>us<span class="sign">]</span>'
            '<small>(https://a.example/b)</small> <span class="sign">\\</span>$5</p>',
        ),
        ("[Click](#)", '<p dir="auto"><span class="sign">[</span>Click<span class="sign">](#)</span></p>'),
        ("#tag 2*3*4 a_b_c", '<p dir="auto">#tag 2*3*4 a_b_c</p>'),
        ("```\n# no\n```", '<pre dir="auto">```\n# no\n```</pre>'),
    ],
)
def test_marks_of_markdown_are_styled_and_hidden_and_links_stay_text(text: str, html: str) -> None:
    assert article_html(text, None) == html


def test_a_mark_goes_through_emphasis_in_one_piece() -> None:
    html = article_html("Meta **pays 14 billion** now.", Mark(12, 20))

    assert '<strong>pays </strong><mark id="mark" tabindex="-1"><strong>14 billi</strong></mark>' in html


def test_nothing_of_an_article_becomes_markup(client: TestClient[Litestar]) -> None:
    listed = client.get("/articles").text
    (address,) = re.findall(r'href="(articles/x[^"]*)"', listed)
    page = client.get("/" + unescape(address)).text

    for html in (listed, page):
        assert "<script>alert" not in html
        assert "<img" not in html


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "https://", None])
def test_only_web_addresses_become_links(url: str | None) -> None:
    assert "Original" not in article_page("en", article("A.", url), None, "../")
    assert 'href="https://news.example/a"' in article_page("en", article("A.", "https://news.example/a"), None, "../")


@pytest.mark.parametrize("path", ["/", "/articles", "/articles/a.md", "/embed", "/articles?q=What"])
def test_every_page_has_the_strict_policy(client: TestClient[Litestar], path: str) -> None:
    response = client.get(path)

    policy = response.headers["content-security-policy"]
    assert response.status_code == 200
    assert "default-src 'none'" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<style|style=|onclick|<script>", response.text)


def test_all_that_a_page_loads_is_there(client: TestClient[Litestar]) -> None:
    for path in ("/", "/embed", "/articles"):
        loaded = re.findall(r'(?:src|<link rel="stylesheet" href)="([^"]+)"', client.get(path).text)
        assert loaded
        assert {address: client.get("/" + address).status_code for address in loaded} == dict.fromkeys(loaded, 200)


@pytest.mark.parametrize(
    ("header", "language"),
    [("de-DE,de;q=0.9,en;q=0.8", "de"), ("en-US,en", "en"), ("fr,de;q=0.5", "de"), ("fr", "en"), ("", "en")],
)
def test_pages_speak_the_language_of_the_reader(header: str, language: str) -> None:
    assert preferred(header) == language


def test_a_long_list_is_turned_page_by_page() -> None:
    infos = [ArticleInfo(f"{n}.md", f"Title {n}", None, None, "en", "") for n in range(50)]

    page = articles_page("en", infos, 50, 120)

    assert 'rel="prev" href="articles?start=0"' in page
    assert 'rel="next" href="articles?start=100"' in page
    assert page.count("<li>") == 50


def test_a_search_on_the_page_leads_to_the_places_found(client: TestClient[Litestar]) -> None:
    page = client.get("/articles", params={"q": "Wörd?"}).text

    assert 'href="articles/a.md?mark=0-4#mark"' in page
    assert 'value="Wörd?"' in page


@pytest.mark.parametrize("query", ["?start=abc", "?start=-4", "?start=99999999999999999999", "?q=%00", "?q=%FF%FE"])
def test_a_query_that_makes_no_sense_shows_a_page_all_the_same(client: TestClient[Litestar], query: str) -> None:
    assert client.get(f"/articles{query}").status_code == 200


def test_an_article_that_is_not_there_is_a_problem(client: TestClient[Litestar]) -> None:
    assert client.get("/articles/none.md").json()["type"] == "urn:fundstelle:problem:article-not-found"


BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "de"}


@pytest.mark.parametrize(
    ("path", "heading", "home"),
    [
        ("/articles/x%2Fnone.md", "Diesen Artikel gibt es nicht", "../"),
        ("/no/such/page", "Diese Seite gibt es nicht", "../../"),
        ("/nothing", "Diese Seite gibt es nicht", "./"),
    ],
)
def test_a_browser_gets_a_problem_as_a_page(client: TestClient[Litestar], path: str, heading: str, home: str) -> None:
    response = client.get(path, headers=BROWSER)

    assert response.status_code == 404
    assert f"<h1>{heading}</h1>" in response.text
    assert f'<a class="name" href="{home}">' in response.text
    assert "require-trusted-types-for" in response.headers["content-security-policy"]
    assert response.headers["vary"] == "Accept, Accept-Language, Origin"


def test_a_program_gets_a_problem_as_a_problem(client: TestClient[Litestar]) -> None:
    for path, headers in (("/nothing", {"Accept": "*/*"}), ("/v1/articles/none.md", BROWSER)):
        assert client.get(path, headers=headers).headers["content-type"] == "application/problem+json"


def test_offsets_that_fit_are_a_mark() -> None:
    assert mark_of("3-7", 7) == Mark(3, 7)


@pytest.fixture
def site_key(tmp_path: Path) -> str:
    secret, key = make("intranet", "site", ("ask", "search"), datetime.now(UTC), origins=["https://intranet.example"])
    add(tmp_path / "keys.json", key)
    return secret


@pytest.fixture
def closed(tmp_path: Path, site_key: str) -> Iterator[TestClient[Litestar]]:
    """A service that takes a key."""
    settings = Settings(allowed_hosts="*", anonymous="never", keys=tmp_path / "keys.json")
    with TestClient(create_app(settings, FakePipeline({"a.md": "Text."}))) as client:
        yield client


def test_a_link_of_the_widget_opens_an_article_where_keys_are_needed(
    closed: TestClient[Litestar], site_key: str
) -> None:
    followed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}

    assert closed.get("/articles/a.md", headers=followed).status_code == 401
    assert closed.get("/articles/a.md?site-key=fss_wrong", headers=followed).status_code == 401
    assert closed.get(f"/articles/a.md?site-key={site_key}", headers=followed).status_code == 200


def test_the_key_in_an_address_opens_nothing_else(closed: TestClient[Litestar], site_key: str) -> None:
    origin = {"Origin": "https://evil.example"}

    assert closed.get(f"/v1/articles/a.md?site-key={site_key}").status_code == 401
    assert closed.post(f"/v1/search?site-key={site_key}", json={"question": "?"}).status_code == 401
    response = closed.get(f"/articles/a.md?site-key={site_key}", headers=origin)
    assert "access-control-allow-origin" not in response.headers


def test_searching_on_the_page_takes_what_searching_takes(tmp_path: Path) -> None:
    scopes: tuple[Scope, ...] = ("ask", "search")
    made = {scope: make(scope, "key", (scope,), datetime.now(UTC)) for scope in scopes}
    for _, key in made.values():
        add(tmp_path / "keys.json", key)
    settings = Settings(allowed_hosts="*", anonymous="never", keys=tmp_path / "keys.json")
    with TestClient(create_app(settings, FakePipeline({"a.md": "Text."}))) as client:

        def status(address: str, scope: Scope) -> int:
            return client.get(address, headers={"Authorization": f"Bearer {made[scope][0]}"}).status_code

        assert {scope: status("/articles", scope) for scope in made} == {"ask": 200, "search": 200}
        assert {scope: status("/articles?q=Text", scope) for scope in made} == {"ask": 403, "search": 200}
