from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from index.build import build
from index.embedding import SentenceTransformerEmbedder
from index.errors import SnapshotCorrupt
from index.rerank import CrossEncoderReranker, RerankingRetriever, reranked
from index.retrieve import Retriever
from service.answering.opening import PublishedIndex, entailment_folder, open_admission, open_generator, open_pipeline
from service.errors import Busy, IndexUnavailable, SettingsError
from service.generators.llama_cpp import LlamaCppGenerator
from service.settings import Settings
from tests.index.tiny_cross_encoder import tiny_cross_encoder
from tests.service.collection import write_articles


def test_the_generator_reports_the_name_in_the_settings(tmp_path: Path) -> None:
    gguf = tmp_path / "other.gguf"
    gguf.write_bytes(b"")
    assert open_generator(Settings(llm=str(gguf))).name == str(gguf)
    assert open_generator(Settings(generator="extractive")).name == "extractive"


@pytest.mark.parametrize("generator", ["llama_cpp", "transformers"])
def test_a_model_that_is_not_there_is_a_wrong_setting_with_what_to_do(tmp_path: Path, generator: str) -> None:
    settings = Settings(generator=generator, llm="owner/nowhere", models=tmp_path)  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match=r"no model 'owner/nowhere'.*fetch_models"):
        open_generator(settings)


def test_a_hub_name_is_taken_only_where_the_hub_is_allowed(tmp_path: Path) -> None:
    settings = Settings(generator="transformers", llm="owner/model", models=tmp_path, hub="on")
    assert open_generator(settings).name == "owner/model"


def test_a_missing_embedding_model_makes_the_index_unavailable(tmp_path: Path) -> None:
    with pytest.raises(IndexUnavailable, match="scripts/fetch_models"):
        PublishedIndex(Settings(models=tmp_path, index=tmp_path)).open()


def test_a_pipeline_is_not_ready_before_it_is_started() -> None:
    pipeline = open_pipeline(Settings(generator="extractive"))
    assert pipeline.ready() == {"index": False, "generator": False}


def test_the_queue_is_as_long_as_the_settings_say() -> None:
    pipeline = open_pipeline(Settings(generator="openai_compatible", llm_base_url="http://127.0.0.1:1/v1", queue=5))
    load = pipeline.load()
    assert (load.slots, load.places, load.running, load.waiting) == (8, 5, 0, 0)
    assert (load.restarts, load.refused, load.generating) == (0, 0, False)
    alone = open_admission(Settings(slots=3, queue=0))
    assert (alone.slots, alone.places) == (3, 0)


@pytest.mark.parametrize(("queue", "each", "taken"), [(6, 0, 3), (1, 0, 1), (6, 5, 5)])
def test_one_client_may_have_half_of_the_queue_or_what_the_settings_say(queue: int, each: int, taken: int) -> None:
    admission = open_admission(Settings(queue=queue, queue_each=each))
    with ExitStack() as held:
        for _ in range(taken):
            held.enter_context(admission.place("a"))
        with pytest.raises(Busy, match="of yours"), admission.place("a"):
            pass


def test_a_model_that_judges_its_own_sentences_can_do_so_while_it_writes(tmp_path: Path) -> None:
    gguf = tmp_path / "other.gguf"
    gguf.write_bytes(b"")
    generator = open_generator(Settings(llm=str(gguf), second_check="model"))
    assert isinstance(generator, LlamaCppGenerator)
    assert generator.slots == 2


def test_a_reranker_that_is_not_there_is_a_wrong_setting_before_anything_is_opened(tmp_path: Path) -> None:
    settings = Settings(generator="extractive", reranker="judge", models=tmp_path)
    with pytest.raises(SettingsError, match=f"FUNDSTELLE_RERANKER judge: no folder {tmp_path / 'judge'}"):
        open_pipeline(settings)


def test_a_second_check_that_is_not_there_is_a_wrong_setting_before_anything_is_opened(tmp_path: Path) -> None:
    settings = Settings(generator="extractive", second_check="judge", models=tmp_path)
    with pytest.raises(SettingsError, match="FUNDSTELLE_SECOND_CHECK judge: no folder"):
        open_pipeline(settings)


def test_the_language_model_itself_can_be_the_second_check(tmp_path: Path) -> None:
    assert entailment_folder(Settings(second_check="model", models=tmp_path)) is None
    assert open_pipeline(Settings(generator="extractive", second_check="model", models=tmp_path))


def test_a_reranker_that_is_no_cross_encoder_is_a_wrong_setting(tmp_path: Path, e5_folder: Path) -> None:
    settings = Settings(generator="extractive", reranker=str(e5_folder), models=tmp_path)
    with pytest.raises(SettingsError, match=r"FUNDSTELLE_RERANKER .* holds no cross-encoder"):
        open_pipeline(settings)


def test_the_second_stage_is_off_by_default_and_on_where_one_is_named(tmp_path: Path, e5_folder: Path) -> None:
    index = tmp_path / "index"
    build([write_articles(tmp_path / "articles")], index, SentenceTransformerEmbedder(e5_folder), on_error=raised)
    plain = Settings(index=index, models=e5_folder.parent)
    first = PublishedIndex(plain).open().finder.retriever
    assert type(first) is Retriever
    tiny = tiny_cross_encoder(tmp_path / "models")
    second = PublishedIndex(replace(plain, reranker=str(tiny))).open().finder.retriever
    assert type(second) is RerankingRetriever
    judge = CrossEncoderReranker(tiny)
    question = "What did the bridge cost?"
    found = second.search([question], 5)
    assert found.hits == reranked(first.search([question], 5), question, judge, first.snapshot).hits


def test_another_snapshot_is_searched_with_the_models_that_are_loaded_already(tmp_path: Path, e5_folder: Path) -> None:
    index, articles, embedder = tmp_path / "index", tmp_path / "articles", SentenceTransformerEmbedder(e5_folder)
    build([write_articles(articles)], index, embedder, on_error=raised)
    judge = tiny_cross_encoder(tmp_path / "models")
    source = PublishedIndex(Settings(index=index, models=e5_folder.parent, reranker=str(judge)))
    first = source.open()
    (articles / "museum.md").unlink()
    build([articles], index, embedder, on_error=raised)
    assert source.named() != first.id
    second = source.open()
    assert (second.id, second.finder.snapshot.article_ids) == (source.named(), ("harbour.md",))
    assert second.finder.embedder is first.finder.embedder
    assert type(second.finder.retriever) is RerankingRetriever
    assert second.finder.retriever._reranker is source.models.reranker
    (index / "snapshots" / second.id / "manifest.json").unlink()
    with pytest.raises(SnapshotCorrupt, match="the file is missing"):
        source.open()
    assert source.recover().id == first.id


def raised(error: Exception) -> None:
    raise error
