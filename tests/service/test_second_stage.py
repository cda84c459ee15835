"""The second stage inside the pipeline: in use, and left by a client while it works."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from index.rerank import RerankingRetriever
from index.snapshot import Snapshot
from service.answering.answer import AnswerPipeline
from service.answering.writing import Limits
from service.contracts.answers import AskRequest, SearchRequest
from service.verification.abstain import Abstention
from tests.service.collection import NEVER, Patient, ScriptedGenerator, WordEmbedder, WordIndex

ASKED = AskRequest("What did the 420 metres long bridge cost?", mode="extract")


def pipeline_with(index: Path, reranker: Patient) -> AnswerPipeline:
    def judged(snapshot: Snapshot) -> RerankingRetriever:
        return RerankingRetriever(snapshot, WordEmbedder(), reranker)

    return AnswerPipeline(WordIndex(index, Abstention(NEVER), judged), ScriptedGenerator(), Limits(100, 10.0))


def test_answers_and_searches_go_through_the_second_stage(index: Path) -> None:
    async def run() -> None:
        reranker = Patient()
        reranker.allowed.set()
        pipeline = pipeline_with(index, reranker)
        await pipeline.start()
        answer = await pipeline.ask(ASKED)
        found = await pipeline.search(SearchRequest("Eintritt", top_k=1))
        await pipeline.close()
        assert answer.answer == "The bridge cost 14.3 million euros and is 420 metres long."
        assert [passage.score for passage in answer.passages] == sorted(
            (float(len(f"{passage.title}\n{passage.text}")) for passage in answer.passages), reverse=True
        )
        assert found.passages[0].article_id == "harbour.md"

    asyncio.run(run())


def test_a_client_that_leaves_is_let_go_at_once_and_the_next_one_is_served(index: Path) -> None:
    async def run() -> None:
        reranker = Patient()
        pipeline = pipeline_with(index, reranker)
        await pipeline.start()
        left = asyncio.create_task(pipeline.ask(ASKED))
        assert await asyncio.to_thread(reranker.begun.wait, 30)
        left.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(left, 5)
        reranker.allowed.set()
        answer = await asyncio.wait_for(pipeline.ask(ASKED), 30)
        await pipeline.close()
        assert answer.answer == "The bridge cost 14.3 million euros and is 420 metres long."

    asyncio.run(run())
