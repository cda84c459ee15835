"""What is evaluated: the pipeline in this process, or a service at an address. Both are asked in the same words."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, fields, replace
from importlib.metadata import version
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlsplit

import httpx
import msgspec
from msgspec import Struct

from index.checksums import sha256_of
from index.models import resolve_or_hub
from index.snapshot import Snapshot
from service.answering.answer import AnswerPipeline
from service.answering.draft import found_passages
from service.answering.opening import open_pipeline
from service.contracts.answers import Answer, ArticleResponse, AskRequest, SearchRequest, SearchResponse
from service.errors import ArticleNotFound
from service.evaluation.errors import SystemUnreachable
from service.evaluation.gold import Gold
from service.evaluation.results import SourceArticle
from service.language_model.prompt import PROMPT_VERSION
from service.search.finding import Finding
from service.settings import Settings
from service.startup import Startup

NOT_ABOUT_ANSWERS = frozenset(
    {
        *("host", "port", "index", "models", "threads", "log_level", "reload_seconds"),
        *("body_timeout", "shutdown_timeout", "start_timeout"),
    }
)
"""Settings that can't change an answer. What is in `index` and `models` is told apart by hashes."""

_CODE = Path(__file__).resolve().parents[2]
_CODE_SUFFIXES = (".py", ".toml", ".json")
_NOT_ANSWERING = ("service/evaluation/", "service/routes/", "service/static/")


class Ranked(Struct, frozen=True):
    """One passage or sentence that was found; best first."""

    article: str
    start: int
    end: int
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Search:
    """What a search found. `sentences` is None where the system does not tell them."""

    passages: tuple[Ranked, ...]
    sentences: tuple[Ranked, ...] | None


@dataclass(frozen=True, slots=True)
class Identity:
    """What is known of a system. Everything but `settings` outside of answering goes into `fingerprint`."""

    system: str
    snapshot: str
    models: dict[str, dict[str, str]]
    prompt_version: str
    settings: dict[str, str]
    program_version: str
    code_sha256: str

    def fingerprint(self) -> str:
        """SHA-256 of everything that may change an answer."""
        known = {
            "system": self.system,
            "snapshot": self.snapshot,
            "models": self.models,
            "prompt": self.prompt_version,
            "program": self.program_version,
            "code": self.code_sha256,
            "settings": {name: value for name, value in self.settings.items() if name not in NOT_ABOUT_ANSWERS},
        }
        return hashlib.sha256(msgspec.json.encode(known, order="deterministic")).hexdigest()


class System(Protocol):
    """What can be asked questions. Every method may raise anything: that counts as a failed request."""

    async def identity(self) -> Identity:
        """What it is."""
        ...

    async def ask(self, request: AskRequest) -> Answer:
        """Answer or refuse."""
        ...

    async def search(self, gold: Gold, query: str, top_k: int) -> Search:
        """Rank passages for a question, understood as `query`; and sentences where it tells."""
        ...

    async def article(self, article_id: str) -> SourceArticle | None:
        """An article's text; None where there is no such article."""
        ...


class LocalSystem:
    """The pipeline of the service in this process."""

    def __init__(self, pipeline: AnswerPipeline, settings: Settings) -> None:
        """`pipeline` is started, and was opened with `settings`."""
        self._pipeline = pipeline
        self._settings = settings

    async def identity(self) -> Identity:
        """Snapshot, models with their hashes, settings without secrets, and the hash of the code."""
        snapshot = self._pipeline.finder().snapshot
        embedding = {name: str(value) for name, value in snapshot.manifest.embedding.items()}
        generator = await asyncio.to_thread(_generator, self._settings)
        return Identity(
            system="in this process",
            snapshot=snapshot.id,
            models={"embedding": embedding, "generator": generator},
            prompt_version=PROMPT_VERSION,
            settings=shown_settings(self._settings),
            program_version=version("fundstelle"),
            code_sha256=code_sha256(),
        )

    async def ask(self, request: AskRequest) -> Answer:
        """As the service answers."""
        return await self._pipeline.ask(request)

    async def search(self, gold: Gold, query: str, top_k: int) -> Search:
        """As the pipeline searches before it answers."""
        finder = self._pipeline.finder()
        finding = await asyncio.to_thread(finder.find, msgspec.structs.replace(gold.request(), top_k=top_k))
        return _search(finding, finder.snapshot)

    async def article(self, article_id: str) -> SourceArticle | None:
        """From the snapshot."""
        try:
            return _source(self._pipeline.article(article_id))
        except ArticleNotFound:
            return None


class RemoteSystem:
    """A service at an address."""

    def __init__(self, url: str, client: httpx.AsyncClient) -> None:
        """`client` has `url` as its base."""
        self._url = url
        self._client = client

    async def identity(self) -> Identity:
        """What the service tells of itself: its version and its snapshot. Raises `SystemUnreachable`."""
        try:
            document = (await self._client.get("/openapi.json")).raise_for_status().json()
            found = await self._searched(SearchRequest(question="?", top_k=1))
            return Identity(_without_password(self._url), found.snapshot, {}, "", {}, document["info"]["version"], "")
        except (httpx.HTTPError, msgspec.DecodeError, ValueError, KeyError, TypeError) as error:
            raise SystemUnreachable(f"no Fundstelle service answers at {self._url}: {describe(error)}") from error

    async def ask(self, request: AskRequest) -> Answer:
        """`POST /v1/ask`."""
        return msgspec.json.decode(await self._post("/v1/ask", request), type=Answer)

    async def search(self, gold: Gold, query: str, top_k: int) -> Search:
        """`POST /v1/search`; which sentences were ranked is not told."""
        passages = (await self._searched(gold.search(query, top_k))).passages
        return Search(tuple(Ranked(p.article_id, p.start, p.end, p.text, p.score) for p in passages), None)

    async def article(self, article_id: str) -> SourceArticle | None:
        """`GET /v1/articles/{id}`."""
        response = await self._client.get("/v1/articles/" + quote(article_id, safe=""))
        if response.status_code == httpx.codes.NOT_FOUND:
            return None
        return _source(msgspec.json.decode(response.raise_for_status().content, type=ArticleResponse))

    async def _searched(self, request: SearchRequest) -> SearchResponse:
        return msgspec.json.decode(await self._post("/v1/search", request), type=SearchResponse)

    async def _post(self, path: str, body: Struct) -> bytes:
        headers = {"Content-Type": "application/json"}
        response = await self._client.post(path, content=msgspec.json.encode(body), headers=headers)
        return response.raise_for_status().content


class Quoting:
    """A system that is asked to answer in sentences of the sources."""

    def __init__(self, asked: System) -> None:
        """`asked` does everything else as it always does."""
        self._asked = asked
        self.search = asked.search
        self.article = asked.article

    async def identity(self) -> Identity:
        """That of the system, told from that of one whose language model writes."""
        known = await self._asked.identity()
        return replace(known, system=f"{known.system}, quoting")

    async def ask(self, request: AskRequest) -> Answer:
        """Quote, or refuse."""
        return await self._asked.ask(msgspec.structs.replace(request, mode="extract"))


@asynccontextmanager
async def quoting(asked: AbstractAsyncContextManager[System]) -> AsyncIterator[System]:
    """`asked`, opened, answering in sentences of the sources."""
    async with asked as opened:
        yield Quoting(opened)


@asynccontextmanager
async def local(settings: Settings, *, without_model: bool = False) -> AsyncIterator[System]:
    """The pipeline that `settings` describe, started; `without_model` where no language model is going to be asked."""
    # an evaluation is of one snapshot, whatever is published meanwhile
    fixed = replace(settings, reload_seconds=0.0)
    chosen = replace(fixed, generator="extractive") if without_model else fixed
    pipeline = open_pipeline(chosen)
    startup = Startup(pipeline)
    startup.begin()
    try:
        await startup.wait()
        yield LocalSystem(pipeline, chosen)
    finally:
        await startup.end()


@asynccontextmanager
async def remote(url: str, seconds: float) -> AsyncIterator[System]:
    """The service at `url`; a request that takes longer than `seconds` fails."""
    async with httpx.AsyncClient(base_url=url, timeout=seconds, trust_env=False) as client:
        yield RemoteSystem(url, client)


def describe(error: BaseException) -> str:
    """An error in one line; of a refused request, the detail that the service gave."""
    said = str(error)
    if isinstance(error, httpx.HTTPStatusError):
        said = f"{error.response.status_code} {_detail(error.response)}"
    return f"{type(error).__name__}: {' '.join(said.split())}" if said else type(error).__name__


def shown_settings(settings: Settings) -> dict[str, str]:
    """Every setting that is no secret, as text; passwords in addresses are left out."""
    shown = {item.name: getattr(settings, item.name) for item in fields(settings) if item.repr}
    return {
        name: _without_password(str(value)) if name.endswith("url") else str(value)
        for name, value in shown.items()
        if value is not None
    }


def code_sha256() -> str:
    """SHA-256 of the files of this program that answering depends on: another version, another system."""
    digest = hashlib.sha256()
    for package in ("index", "service"):
        for path in sorted((_CODE / package).rglob("*")):
            name = path.relative_to(_CODE).as_posix()
            if path.suffix in _CODE_SUFFIXES and not name.startswith(_NOT_ANSWERING):
                digest.update(f"{name}\0{sha256_of(path)}\n".encode())
    return digest.hexdigest()


def _generator(settings: Settings) -> dict[str, str]:
    """What identifies the model that writes answers; the hash of its files where they are here."""
    known: dict[str, str] = {"backend": settings.generator}
    if settings.generator == "extractive":
        return known
    known["model"] = settings.llm
    if settings.generator == "openai_compatible":
        return {**known, "address": _without_password(settings.llm_base_url or "")}
    place = resolve_or_hub(settings.llm, settings.models)
    return {**known, "sha256": _sha256(place)} if isinstance(place, Path) else known


def _sha256(place: Path) -> str:
    if place.is_file():
        return sha256_of(place)
    files = sorted(path for path in place.rglob("*") if path.is_file())
    listed = "".join(f"{path.relative_to(place).as_posix()}\0{sha256_of(path)}\n" for path in files)
    return hashlib.sha256(listed.encode()).hexdigest()


def _search(finding: Finding, snapshot: Snapshot) -> Search:
    passages = found_passages(finding.hits, snapshot)
    sentences = ((hit.sentence, hit) for hit in finding.found.sentences[: finding.asked.request.top_k])
    return Search(
        tuple(Ranked(p.article_id, p.start, p.end, p.text, p.score) for p in passages),
        tuple(Ranked(s.article_id, s.start, s.end, hit.text, round(hit.score, 4)) for s, hit in sentences),
    )


def _source(article: ArticleResponse) -> SourceArticle:
    return SourceArticle(article.title, article.url, article.published_at, article.language, article.text)


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _detail(response: httpx.Response) -> str:
    try:
        problem = response.json()
    except ValueError:
        return response.reason_phrase
    return str(problem.get("detail") or response.reason_phrase) if isinstance(problem, dict) else response.reason_phrase
