"""From settings to a pipeline: which models, which index, which generator."""

from __future__ import annotations

from pathlib import Path

from index.cores import available_cores
from index.embedding import Embedder, SentenceTransformerEmbedder
from index.errors import IndexingError
from index.models import resolve, resolve_or_hub
from index.rerank import CrossEncoderReranker, RerankingRetriever, require_cross_encoder
from index.retrieve import Retriever
from index.snapshot import Snapshot
from service import calibration, confidence
from service.abstain import QUOTING, Abstention
from service.answer import AnswerPipeline
from service.errors import IndexUnavailable, SettingsError
from service.finding import Finder
from service.generators import Generator, GeneratorConfig, create
from service.settings import Settings
from service.writing import Limits

LOCAL = ("llama_cpp", "transformers")
"""Generators that load a model of this machine."""


def open_pipeline(settings: Settings) -> AnswerPipeline:
    """The pipeline that `settings` describe, not started yet. Raises `SettingsError` for what can't be had."""
    reranker_folder(settings)
    limits = Limits(settings.answer_tokens, settings.answer_timeout, settings.cached_answers, settings.quoting)
    return AnswerPipeline(lambda: open_index(settings), open_generator(settings), limits)


def open_index(settings: Settings) -> tuple[Finder, Abstention]:
    """The published index, ready to be asked, and when its evidence is too little.

    Raises `IndexUnavailable` where it can't be opened, `SettingsError` for a calibration that can't be read.
    """
    retriever, embedder = open_retriever(settings)
    calibrated = calibration.load(embedder.name)
    finder = Finder(retriever, embedder, evidence_tokens=settings.evidence_tokens)
    risk = QUOTING if settings.generator == "extractive" else settings.risk
    return finder, Abstention(calibrated, risk, confidence.load(settings.llm))


def open_retriever(settings: Settings) -> tuple[Retriever, Embedder]:
    """The published index and the model that its questions are embedded with.

    Raises `IndexUnavailable` where either can't be opened, with what to do.
    """
    try:
        model = _found(settings.embedding, settings)
        embedder = SentenceTransformerEmbedder(model, threads=1, hub=settings.hub == "on")
        folder = reranker_folder(settings)
        reranker = CrossEncoderReranker(folder) if folder else None
        snapshot = Snapshot.open(settings.index, expect=embedder.identity())
    except IndexingError as error:
        raise IndexUnavailable(str(error)) from error
    if reranker is None:
        return Retriever(snapshot, embedder), embedder
    return RerankingRetriever(snapshot, embedder, reranker), embedder


def reranker_folder(settings: Settings) -> Path | None:
    """The folder of the second stage's model, None where there is to be none.

    Raises `SettingsError` where the setting names no cross-encoder.
    """
    if settings.reranker is None:
        return None
    named = Path(settings.reranker).expanduser()
    folder = named if named.is_dir() else settings.models / named
    try:
        require_cross_encoder(folder)
    except IndexingError as error:
        raise SettingsError(f"FUNDSTELLE_RERANKER {settings.reranker}: {error}") from error
    return folder


def open_generator(settings: Settings) -> Generator:
    """The generator that the settings name, not started yet."""
    model = settings.llm
    if settings.generator in LOCAL:
        try:
            model = str(_found(settings.llm, settings))
        except IndexingError as error:
            raise SettingsError(str(error)) from error
    return create(
        GeneratorConfig(
            backend=settings.generator,
            model=model,
            name=settings.llm,
            models_dir=settings.models,
            base_url=settings.llm_base_url or "",
            api_key=settings.llm_api_key or "",
            threads=settings.threads or available_cores(),
            context=settings.context,
            startup_timeout=settings.start_timeout,
            token_timeout=settings.token_timeout,
            offline=settings.hub == "off",
        )
    )


def _found(name: str, settings: Settings) -> Path | str:
    find = resolve_or_hub if settings.hub == "on" else resolve
    return find(name, settings.models)
