"""The pipeline over an index that is published anew: every answer is of the one snapshot that it names."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from index.build import build
from index.rerank import RerankingRetriever
from index.snapshot import Snapshot
from service.answering.answer import AnswerPipeline
from service.answering.writing import Limits
from service.contracts.answers import Answer, AskRequest, SearchRequest
from service.errors import ArticleNotFound, IndexUnavailable
from service.events import Sources
from service.generators import Delta, Prompt
from service.verification.abstain import Abstention
from tests.service.collection import NEVER, Patient, ScriptedGenerator, WordEmbedder, WordIndex, pipeline_over, running
from tests.service.waiting import eventually

pytestmark = pytest.mark.anyio

ASKED = AskRequest(question="How much did the harbour bridge in Porthaven cost?")
SAID = "The harbour bridge in Porthaven cost 14.3 million euros [1]."
TEXT = "The harbour bridge in Porthaven cost {millions} million euros. It was opened on a rainy day."


@pytest.fixture
def index(tmp_path: Path) -> Path:
    publish(tmp_path / "index", "14.3")
    return tmp_path / "index"


def publish(index: Path, millions: str, name: str = "bridge.md") -> str:
    """An index of one article, published; its id."""

    def refuse(error: Exception) -> None:
        raise error

    articles = index.parent / "articles" / millions
    articles.mkdir(parents=True, exist_ok=True)
    (articles / name).write_text(TEXT.format(millions=millions), encoding="utf-8")
    return build([articles], index, WordEmbedder(), on_error=refuse).snapshot


class Waiting(ScriptedGenerator):
    """Begins to speak, then waits until it is `allowed` to go on."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.begun = asyncio.Event()
        self.allowed = asyncio.Event()

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Delta, None]:
        async with aclosing(super().stream(prompt)) as deltas:
            async for delta in deltas:
                yield delta
                if prompt.evidence:
                    self.begun.set()
                    await self.allowed.wait()


async def test_an_answer_under_way_ends_on_the_snapshot_that_it_began_with(index: Path) -> None:
    generator = Waiting(SAID)
    async with running(pipeline_over(index, generator)) as pipeline:
        old = pipeline.index_status().snapshot
        answering = asyncio.create_task(pipeline.ask(ASKED))
        await generator.begun.wait()
        new = publish(index, "21.7")
        assert await pipeline.reload() == new
        assert pipeline.index_status().open == (old, new)
        assert pipeline.article("bridge.md").snapshot == new
        assert pipeline.article("bridge.md").text == TEXT.format(millions="21.7")
        generator.allowed.set()
        answer = await answering
        assert pipeline.index_status().open == (new,)
        after = await pipeline.ask(ASKED)
    assert (answer.snapshot, answer.status) == (old, "answered")
    (citation,) = answer.citations
    assert TEXT.format(millions="14.3")[citation.start : citation.end] == citation.quote
    assert "14.3" in citation.quote
    assert "14.3" in answer.passages[0].text
    assert after.snapshot == new
    assert "21.7" in after.answer, "looked up where the model says what the new snapshot does not bear out"
    assert [TEXT.format(millions="21.7")[one.start : one.end] for one in after.citations] == [after.citations[0].quote]


async def test_a_deleted_article_is_gone_from_answers_searches_and_reading(index: Path) -> None:
    async with running(pipeline_over(index, ScriptedGenerator(SAID))) as pipeline:
        assert (await pipeline.ask(ASKED)).status == "answered"
        publish(index, "14.4", "other.md")
        await pipeline.reload()
        with pytest.raises(ArticleNotFound):
            pipeline.article("bridge.md")
        found = await pipeline.search(SearchRequest(question=ASKED.question))
        assert {passage.article_id for passage in found.passages} == {"other.md"}
        assert found.snapshot == pipeline.index_status().snapshot
        after = await pipeline.ask(ASKED)
        assert {one.article_id for one in after.citations} == {"other.md"}, "nor is the same question's answer kept"
        assert "14.4" in after.answer


async def test_answers_of_a_snapshot_that_nobody_reads_any_more_are_dropped_from_memory(index: Path) -> None:
    async with running(pipeline_over(index, ScriptedGenerator(SAID))) as pipeline:
        old = await pipeline.ask(ASKED)
        assert pipeline._cache.find(old.snapshot, ASKED, 0.0) is not None
        publish(index, "21.7")
        await pipeline.reload()
        assert pipeline._cache.find(old.snapshot, ASKED, 0.0) is None


async def test_a_client_that_leaves_in_the_middle_of_an_answer_ends_its_lease(index: Path) -> None:
    generator = Waiting(SAID)
    async with running(pipeline_over(index, generator)) as pipeline:
        answering = asyncio.create_task(pipeline.ask(ASKED))
        await generator.begun.wait()
        new = publish(index, "21.7")
        await pipeline.reload()
        assert len(pipeline.index_status().open) == 2
        answering.cancel()
        await asyncio.wait([answering])
        assert pipeline.index_status().open == (new,)


async def test_a_client_that_stops_reading_events_ends_its_lease(index: Path) -> None:
    async with running(pipeline_over(index, ScriptedGenerator(SAID))) as pipeline:
        async with aclosing(pipeline.answer(ASKED)) as events:
            assert isinstance(await anext(events), Sources)
            new = publish(index, "21.7")
            await pipeline.reload()
            assert len(pipeline.index_status().open) == 2
        assert pipeline.index_status().open == (new,)


@pytest.fixture
def patient() -> Iterator[Patient]:
    reranker = Patient()
    yield reranker
    reranker.allowed.set()


def judged_by(reranker: Patient, index: Path) -> WordIndex:
    def judged(snapshot: Snapshot) -> RerankingRetriever:
        return RerankingRetriever(snapshot, WordEmbedder(), reranker)

    return WordIndex(index, Abstention(NEVER), judged)


async def test_a_search_whose_client_left_reads_its_snapshot_to_the_end(index: Path, patient: Patient) -> None:
    pipeline = AnswerPipeline(judged_by(patient, index), ScriptedGenerator(), Limits(100, 10.0))
    async with running(pipeline):
        old = weakref.ref(pipeline.finder().snapshot)
        searching = asyncio.create_task(pipeline.search(SearchRequest(question=ASKED.question)))
        await eventually(patient.begun.is_set)
        searching.cancel()
        await asyncio.wait([searching])
        new = publish(index, "21.7")
        assert await pipeline.reload() == new
        assert pipeline.index_status().open == (new,)
        snapshot = old()
        assert snapshot is not None
        assert snapshot.article("bridge.md") is not None, "it is still open"
        patient.allowed.set()
        del snapshot, searching
        await eventually(lambda: old() is None)


async def test_the_memory_of_a_snapshot_is_free_as_soon_as_nobody_reads_it(index: Path) -> None:
    async with running(pipeline_over(index, ScriptedGenerator(SAID))) as pipeline:
        await pipeline.ask(ASKED)
        finder = pipeline.finder()
        snapshot = finder.snapshot
        old = [weakref.ref(item) for item in (finder, finder.retriever, snapshot, snapshot.passage_vectors)]
        del finder, snapshot
        gc.disable()
        try:
            publish(index, "21.7")
            await pipeline.reload()
            assert [item() for item in old] == [None] * len(old), "something keeps it until the collector comes"
        finally:
            gc.enable()


async def test_a_snapshot_of_another_embedder_is_refused_and_the_one_before_serves(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(pipeline_over(index, ScriptedGenerator(SAID))) as pipeline:
        with monkeypatch.context() as patched:
            patched.setattr(WordEmbedder, "name", "other words")
            publish(index, "21.7")
        with pytest.raises(IndexUnavailable, match="'other words' in the snapshot, 'words' in the embedder"):
            await pipeline.reload()
        assert (await pipeline.ask(ASKED)).status == "answered"
        assert "another embedder" in pipeline.index_status().warning


async def test_a_damaged_snapshot_is_refused_by_name_and_the_next_sound_one_is_served(index: Path) -> None:
    async with running(pipeline_over(index, ScriptedGenerator(SAID), reload_seconds=0.01)) as pipeline:
        before = pipeline.index_status().snapshot
        await publish_torn(pipeline, index)
        assert f"{before} is served instead" in pipeline.index_status().warning
        assert "articles.sqlite" in pipeline.index_status().warning
        assert (await pipeline.ask(ASKED)).snapshot == before
        better = publish(index, "14.5")
        await eventually(lambda: pipeline.index_status().snapshot == better)
        assert pipeline.index_status().warning == ""


async def publish_torn(pipeline: AnswerPipeline, index: Path) -> None:
    """A snapshot with a flipped bit, published behind the back of the pipeline's polling."""
    other = index.parent / "other" / "index"
    torn = publish(other, "21.7")
    store = other / "snapshots" / torn / "articles.sqlite"
    content = bytearray(store.read_bytes())
    content[len(content) // 2] ^= 1
    store.write_bytes(content)
    store.parent.rename(index / "snapshots" / torn)
    (index / "CURRENT").write_text(f"{torn}\n", encoding="ascii")
    await eventually(lambda: bool(pipeline.index_status().warning))


async def test_started_over_a_damaged_snapshot_it_serves_the_one_before(index: Path) -> None:
    (sound,) = (path.name for path in (index / "snapshots").iterdir())
    torn = publish(index, "21.7")
    (index / "snapshots" / torn / "manifest.json").write_text("{}", encoding="utf-8")
    async with running(pipeline_over(index, ScriptedGenerator(SAID))) as pipeline:
        answer: Answer = await pipeline.ask(ASKED)
        assert (answer.snapshot, answer.status) == (sound, "answered")
        assert f"{sound} is served instead" in pipeline.index_status().warning
