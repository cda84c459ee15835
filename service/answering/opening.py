"""From settings to a pipeline: which models, which index, which generator."""

from __future__ import annotations

import logging
import shlex
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from index.beginning import begin
from index.build import BuildOptions
from index.cores import available_cores
from index.embedding import Embedder, SentenceTransformerEmbedder
from index.errors import IndexingError, SnapshotMissing
from index.models import resolve, resolve_or_hub
from index.publish import current_directory
from index.recovery import open_newest_sound
from index.rerank import CrossEncoderReranker, Reranker, RerankingRetriever, require_cross_encoder
from index.retrieve import Retriever
from index.snapshot import Snapshot
from service.answering.admission import Admission
from service.answering.answer import AnswerPipeline
from service.answering.leases import Opened
from service.answering.writing import Limits
from service.errors import IndexUnavailable, SettingsError
from service.generators import Generator, GeneratorConfig, create
from service.language_model.second_check import AskingTheModel, Entailment, SecondCheck
from service.logs import LOGGER
from service.search import calibration
from service.search.calibration import Calibration
from service.search.finding import Finder
from service.settings import Settings, vector_options
from service.verification import confidence
from service.verification.abstain import QUOTING, Abstention
from service.verification.confidence import Confidence

ASKING = "model"
"""The `second_check` that is the language model itself."""
LOCAL = ("llama_cpp", "transformers")
"""Generators that load a model of this machine."""
SERVER_SLOTS = 8
"""Answers that are asked for at once of a server, unless the settings say otherwise."""

log = logging.getLogger(LOGGER)


@dataclass(frozen=True, slots=True)
class Models:
    """What stays in memory whichever snapshot is served.

    `reranker` is None where the search has one stage, `second_check` where no model of its own checks sentences again.
    """

    embedder: Embedder
    reranker: Reranker | None
    second_check: SecondCheck | None
    calibrated: Calibration
    confidence: Confidence

    def retriever(self, snapshot: Snapshot) -> Retriever:
        """What searches `snapshot`. Raises `SnapshotMismatch` where it holds less than the embedder needs."""
        if self.reranker is None:
            return Retriever(snapshot, self.embedder)
        return RerankingRetriever(snapshot, self.embedder, self.reranker)


class PublishedIndex:
    """The `Source` of the index that settings name. The models are loaded once, when they are needed first."""

    def __init__(self, settings: Settings, second_check: SecondCheck | None = None, *, begins: bool = False) -> None:
        """`second_check` is a judge that is there already; else the settings may name a model for it.

        `begins`: whether an index that has no snapshot yet gets one without articles.
        """
        self._settings = settings
        self._begins = begins
        self._second_check = second_check

    @cached_property
    def models(self) -> Models:
        """Those that the settings name.

        Raises `IndexUnavailable` where one can't be had, `SettingsError` for a calibration that can't be read.
        """
        try:
            return open_models(self._settings)
        except IndexingError as error:
            raise IndexUnavailable(str(error)) from error

    def named(self) -> str:
        """The id in CURRENT. Raises `SnapshotError`."""
        return current_directory(self._settings.index).name

    def open(self) -> Opened:
        """The published snapshot, or one begun. Raises `SnapshotError`, `IndexLocked`, and what `models` raises."""
        embedder, index = self.models.embedder, self._settings.index
        try:
            snapshot = Snapshot.open(index, expect=embedder.identity())
        except SnapshotMissing:
            if not self._begins:
                raise
            if begin(index, embedder, BuildOptions(vectors=vector_options(self._settings))):
                log.warning("there was no index, an empty one was begun", extra={"fields": {"index": str(index)}})
            snapshot = Snapshot.open(index, expect=embedder.identity())
        return self._searched(snapshot)

    def recover(self) -> Opened:
        """The newest snapshot that verifies. Raises as `open`."""
        found, _ = open_newest_sound(self._settings.index, expect=self.models.embedder.identity())
        return self._searched(found)

    def _searched(self, snapshot: Snapshot) -> Opened:
        with ExitStack() as stack:
            stack.callback(snapshot.close)
            models, settings = self.models, self._settings
            finder = Finder(models.retriever(snapshot), models.embedder, evidence_tokens=settings.evidence_tokens)
            risk = QUOTING if settings.generator == "extractive" else settings.risk
            stack.pop_all()
        second_check = self._second_check or models.second_check
        return Opened(finder, Abstention(models.calibrated, risk, models.confidence, second_check))


def open_pipeline(settings: Settings, *, begins: bool = False) -> AnswerPipeline:
    """The pipeline that `settings` describe, not started yet. Raises `SettingsError` for what can't be had.

    `begins`: whether starting it begins an index in a directory that has none, for somebody to fill over HTTP.
    """
    if begins and not settings.index.is_dir():
        raise SettingsError(
            f"there is no directory {settings.index}: see whether FUNDSTELLE_INDEX names the right one; an index to be "
            f"filled over HTTP is begun in one that is there: mkdir -p {shlex.quote(str(settings.index))}"
        )
    reranker_folder(settings)
    entailment_folder(settings)
    generator = open_generator(settings)
    second_check = AskingTheModel(generator) if settings.second_check == ASKING else None
    limits = Limits(settings.answer_tokens, settings.answer_timeout, settings.cached_answers, settings.quoting)
    source = PublishedIndex(settings, second_check, begins=begins)
    return AnswerPipeline(source, generator, limits, settings.reload_seconds, open_admission(settings))


def open_admission(settings: Settings) -> Admission:
    """The queue in front of the language model."""
    return Admission(_slots(settings), settings.queue, settings.queue_each or max(1, settings.queue // 2))


def open_models(settings: Settings) -> Models:
    """The models that search. Raises `ModelError`, and `SettingsError` for a calibration that can't be read."""
    embedder = SentenceTransformerEmbedder(_found(settings.embedding, settings), threads=1, hub=settings.hub == "on")
    folder = reranker_folder(settings)
    reranker = CrossEncoderReranker(folder) if folder else None
    judging = entailment_folder(settings)
    second_check = Entailment(judging) if judging else None
    return Models(embedder, reranker, second_check, calibration.load(embedder.name), confidence.load(settings.llm))


def reranker_folder(settings: Settings) -> Path | None:
    """The folder of the second stage's model, None where there is to be none.

    Raises `SettingsError` where the setting names no cross-encoder.
    """
    return _cross_encoder_folder("FUNDSTELLE_RERANKER", settings.reranker, settings)


def entailment_folder(settings: Settings) -> Path | None:
    """The folder of the model that checks sentences again, None where there is to be none or the language model does.

    Raises `SettingsError` where the setting names no cross-encoder.
    """
    named = None if settings.second_check == ASKING else settings.second_check
    return _cross_encoder_folder("FUNDSTELLE_SECOND_CHECK", named, settings)


def _cross_encoder_folder(setting: str, name: str | None, settings: Settings) -> Path | None:
    if name is None:
        return None
    named = Path(name).expanduser()
    folder = named if named.is_dir() else settings.models / named
    try:
        require_cross_encoder(folder)
    except IndexingError as error:
        raise SettingsError(f"{setting} {name}: {error}") from error
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
            # A judge that is the model itself is asked while the answer that it judges is still being written.
            slots=_slots(settings) * (2 if settings.second_check == ASKING else 1),
            startup_timeout=settings.start_timeout,
            token_timeout=settings.token_timeout,
            offline=settings.hub == "off",
        )
    )


def _slots(settings: Settings) -> int:
    """A model of this machine has one answer's work to do at a time; a server is there for many."""
    return settings.slots or (1 if settings.generator in LOCAL else SERVER_SLOTS)


def _found(name: str, settings: Settings) -> Path | str:
    find = resolve_or_hub if settings.hub == "on" else resolve
    return find(name, settings.models)
