"""Which passages the filters of a search admit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from index.snapshot import Snapshot
from index.types import ArticleInfo, Filters


def admitted(snapshot: Snapshot, filters: Filters) -> NDArray[np.bool_]:
    """Whether each passage of `snapshot` is admitted by all of `filters`, bool `(passages,)`."""
    articles = np.array([_admits(filters, info) for info in snapshot.article_infos()])
    allowed = articles[snapshot.passage_article]
    if filters.languages:
        languages = np.array([language in filters.languages for language in snapshot.languages])
        allowed &= languages[snapshot.passage_language]
    return allowed


def _admits(filters: Filters, article: ArticleInfo) -> bool:
    if filters.article_ids and article.id not in filters.article_ids:
        return False
    if filters.as_of is not None and article.published_at is not None and article.published_at > filters.as_of:
        return False
    if filters.published_from is None and filters.published_to is None:
        return True
    published = article.published_at
    return (
        published is not None
        and (filters.published_from is None or filters.published_from <= published)
        and (filters.published_to is None or published <= filters.published_to)
    )
