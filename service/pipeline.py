"""The seam between the HTTP edge and what answers."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Protocol

from index.types import ArticleInfo
from service.contracts.answers import Answer, ArticleResponse, AskRequest, SearchRequest, SearchResponse
from service.events import Event
from service.index_status import Status
from service.load import Load


class Pipeline(Protocol):
    """Answers, searches and reads articles. Every method raises kinds of `ServiceError` only.

    Called on the event loop: what blocks for longer than a millisecond is moved off it by the pipeline itself.
    """

    async def start(self) -> None:
        """Open the index and bring up the language model. Requests may come in meanwhile."""
        ...

    async def close(self) -> None:
        """Stop and free everything, also where `start` was cancelled or has failed."""
        ...

    def ready(self) -> Mapping[str, bool]:
        """Each part by name, and whether it would serve a request made now. Has the part `index`."""
        ...

    def load(self) -> Load:
        """How busy the language model is now."""
        ...

    def index_status(self) -> Status:
        """Which snapshot is served, and what became of the last attempt to serve another."""
        ...

    async def reload(self) -> str:
        """Serve what is published now; the id of what is served then. Raises `IndexUnavailable` where it can't be."""
        ...

    async def wait_for(self, snapshot: str, seconds: float) -> str:
        """Serve `snapshot`, just published, within `seconds`; the id of what is served, which may be a later one.

        Raises `IndexUnavailable` where that fails.
        """
        ...

    def kept(self, request: AskRequest, client: str = "") -> Answer | None:
        """The answer where it was given before and is kept, under an id of its own; None where it has to be made.

        `answer` gives it too. This does so at once, for who has nothing to wait for.
        """
        ...

    async def ask(self, request: AskRequest, client: str = "") -> Answer:
        """Answer or refuse: the answer of the last event of `answer`."""
        ...

    def answer(self, request: AskRequest, client: str = "") -> AsyncGenerator[Event, None]:
        """`Sources`, then `Released` sentences, then one `Done`. Closing the generator stops the language model.

        `client` names who asks, for a fair share of the language model.
        """
        ...

    async def search(self, request: SearchRequest) -> SearchResponse:
        """Find passages."""
        ...

    async def list_articles(self, start: int, count: int) -> tuple[Sequence[ArticleInfo], int]:
        """What is known of `count` articles from the `start`-th on, the newest first; and how many there are."""
        ...

    def article(self, article_id: str) -> ArticleResponse:
        """Read one article. Raises `ArticleNotFound`."""
        ...
