"""Citations with what stands around their quotes, and with links to the very words."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from index.snapshot import Snapshot
from index.types import Span
from service.contracts.answers import Citation
from service.errors import IndexUnavailable
from service.quoting.text_fragment import fragment_url, prefix_of, suffix_of


def with_surroundings(citations: Sequence[Citation], snapshot: Snapshot) -> tuple[Citation, ...]:
    """`citations` of articles of `snapshot`, with `prefix`, `suffix` and `fragment_url`. Reads each article once."""
    texts: dict[str, str] = {}
    for citation in citations:
        if citation.article_id not in texts:
            texts[citation.article_id] = _text(citation.article_id, snapshot)
    return tuple(_placed(citation, texts[citation.article_id]) for citation in citations)


def _placed(citation: Citation, text: str) -> Citation:
    place = Span(citation.start, citation.end)
    return replace(
        citation,
        prefix=prefix_of(text, place),
        suffix=suffix_of(text, place),
        fragment_url=fragment_url(citation.url, text, place),
    )


def _text(article_id: str, snapshot: Snapshot) -> str:
    article = snapshot.article(article_id)
    if article is None:
        raise IndexUnavailable(f"Snapshot {snapshot.id} has no article {article_id}; build the index again.")
    return article.text
