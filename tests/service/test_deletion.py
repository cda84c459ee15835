"""What was deleted is not answered from any more: not found, not cited, not remembered."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.build import build
from service.contracts.answers import Answer, AskRequest, SearchRequest
from service.errors import ArticleNotFound
from tests.service.collection import ARTICLES, ScriptedGenerator, WordEmbedder, pipeline_over, running

pytestmark = pytest.mark.anyio

COST = "How much did the harbour bridge in Porthaven cost?"
SAID = "The bridge cost 14.3 million euros."
COPY = ARTICLES["harbour.md"].replace("https://example.org/bridge", "https://example.org/copy")


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    folder = tmp_path / "articles"
    folder.mkdir()
    for name, text in {**ARTICLES, "copy.md": COPY}.items():
        (folder / name).write_text(text, encoding="utf-8")
    built(folder)
    return folder


def built(folder: Path) -> None:
    report = build([folder], folder.parent / "index", WordEmbedder(), on_error=lambda error: pytest.fail(str(error)))
    assert not report.unchanged


def named(answer: Answer) -> set[str]:
    """Every article that an answer names anywhere."""
    cited = {citation.article_id for citation in answer.citations}
    copies = {place.article_id for citation in answer.citations for place in citation.also_at}
    return cited | copies | {passage.article_id for passage in answer.passages}


async def test_a_deleted_article_is_neither_cited_nor_named_as_a_copy(collection: Path) -> None:
    async with running(pipeline_over(collection.parent / "index", ScriptedGenerator(SAID))) as pipeline:
        before = await pipeline.ask(AskRequest(question=COST))
        assert before.status == "answered"
        assert {"harbour.md", "copy.md"} <= named(before)

        (collection / "copy.md").unlink()
        built(collection)
        await pipeline.reload()
        after = await pipeline.ask(AskRequest(question=COST))

    assert after.status == "answered"
    assert after.snapshot != before.snapshot
    assert "copy.md" not in named(after)
    assert "harbour.md" in named(after)


async def test_what_only_deleted_articles_said_is_not_answered_not_even_from_memory(collection: Path) -> None:
    async with running(pipeline_over(collection.parent / "index", ScriptedGenerator(SAID))) as pipeline:
        first = await pipeline.ask(AskRequest(question=COST))
        assert (await pipeline.ask(AskRequest(question=COST))).answer == first.answer

        for name in ("harbour.md", "copy.md"):
            (collection / name).unlink()
        built(collection)
        await pipeline.reload()
        after = await pipeline.ask(AskRequest(question=COST))
        found = await pipeline.search(SearchRequest(question="harbour bridge million euros Brunvald ferries"))
        with pytest.raises(ArticleNotFound):
            pipeline.article("harbour.md")

    assert after.status == "refused"
    assert "14.3" not in after.answer
    assert named(after) <= {"museum.md"}
    assert {passage.article_id for passage in found.passages} <= {"museum.md"}
