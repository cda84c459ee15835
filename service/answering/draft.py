"""An answer while it is being made: released sentences, their citations, and what was dropped."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from index.snapshot import Snapshot
from index.types import ArticleInfo, Hit
from service.comparing.conflict_wording import note, told, worded
from service.comparing.conflicts import FoundConflict
from service.contracts.answers import AnswerSentence, Citation, Conflict, Copy, Dropped, FoundPassage
from service.errors import IndexUnavailable
from service.search.evidence import Evidence, Place


class Draft:
    """Collects verified sentences in the order in which they come; what is cited twice keeps its label."""

    def __init__(self) -> None:
        self.sentences: list[AnswerSentence] = []
        self.citations: list[Citation] = []
        self.dropped: list[Dropped] = []
        self.support: list[float] = []
        self.claims: list[tuple[str, tuple[Evidence, ...]]] = []
        self.conflicts: list[Conflict] = []
        self.led_in: Callable[[str], str] = str
        """How the first sentence is told: as it was written, or behind a word that it needs ("Yes, ...")."""
        self._labels: dict[tuple[str, int, int], int] = {}

    def next_part(self) -> Draft:
        """An empty draft that cites in one sequence with this one: whatever either cites is cited by both."""
        part = Draft()
        part.citations, part._labels = self.citations, self._labels
        return part

    def release(
        self, text: str, cited: Sequence[Evidence], similarity: float, quotes: Sequence[Evidence] | None = None
    ) -> AnswerSentence:
        """Add a sentence that `cited` bears out; `quotes` are the parts to show of it, if not all."""
        told = text if self.sentences else self.led_in(text)
        sentence = AnswerSentence(told, tuple(sorted({self._label(item) for item in quotes or cited})))
        self.sentences.append(sentence)
        self.support.append(similarity)
        self.claims.append((text, tuple(cited)))
        return sentence

    def disagree(self, conflict: FoundConflict, language: str) -> AnswerSentence | None:
        """Keep where sources differ, and add the sentence that says so in `language`, where readers need one."""
        cited = [tuple(self._label_of_any_part(source) for source in value.sources) for value in conflict.values]
        self.conflicts.append(
            Conflict(
                values=tuple(worded(value.stated[0], language) for value in conflict.values),
                citations=tuple(cited),
                status=tuple(value.status for value in conflict.values),
                published_at=tuple(value.published_at for value in conflict.values),
            )
        )
        text = note(conflict, language)
        if not text:
            return None
        values = told(conflict)
        labels = {label for value, own in zip(conflict.values, cited, strict=True) if value in values for label in own}
        sentence = AnswerSentence(text, tuple(sorted(labels)))
        self.sentences.append(sentence)
        return sentence

    def cite(self, item: Evidence) -> None:
        """Add a citation that no sentence refers to: what a refusal quotes."""
        self._label(item)

    def drop(self, text: str, reason: str) -> None:
        """Keep for the evaluator what was not released, and why; of what was written twice, the first time."""
        if not any(dropped.text == text for dropped in self.dropped):
            self.dropped.append(Dropped(text, reason))

    def says(self, text: str) -> bool:
        """Whether a released sentence says just this already."""
        said = (*(sentence.text for sentence in self.sentences), *(claim for claim, _ in self.claims))
        return any(text.casefold() == other.casefold() for other in said)

    def text(self) -> str:
        """The released sentences as one text."""
        return " ".join(sentence.text for sentence in self.sentences)

    def _label(self, item: Evidence) -> int:
        place = (item.article.id, item.start, item.end)
        for (article, start, end), label in self._labels.items():
            if article == item.article.id and start <= item.start and item.end <= end:
                return label
        label = self._labels[place] = len(self._labels) + 1
        self.citations.append(_citation(label, item))
        return label

    def _label_of_any_part(self, item: Evidence) -> int:
        """That of what was quoted of the sentence `item` before, which has its value; else its own."""
        for (article, start, end), label in self._labels.items():
            if article == item.article.id and item.start <= start and end <= item.end:
                return label
        return self._label(item)


def _citation(label: int, item: Evidence) -> Citation:
    article = item.article
    return Citation(
        label=label,
        article_id=article.id,
        title=article.title,
        url=article.url,
        published_at=article.published_at,
        language=item.language,
        start=item.start,
        end=item.end,
        quote=item.text,
        article_sha256=article.sha256,
        also_at=tuple(_copy(place) for place in item.also_at),
    )


def _copy(place: Place) -> Copy:
    article = place.article
    return Copy(
        article_id=article.id,
        title=article.title,
        url=article.url,
        published_at=article.published_at,
        start=place.start,
        end=place.end,
        quote=place.text,
        article_sha256=article.sha256,
    )


def found_passages(hits: Sequence[Hit], snapshot: Snapshot) -> tuple[FoundPassage, ...]:
    """Hits as they are reported, ranks counted from 1."""
    return tuple(_found(rank, hit, snapshot) for rank, hit in enumerate(hits, start=1))


def _found(rank: int, hit: Hit, snapshot: Snapshot) -> FoundPassage:
    passage = hit.passage
    article = info_of(passage.article_id, snapshot)
    return FoundPassage(
        rank=rank,
        article_id=article.id,
        title=article.title,
        url=article.url,
        start=passage.start,
        end=passage.end,
        text=snapshot.passage_text(hit.row),
        score=round(hit.score, 4),
    )


def info_of(article_id: str, snapshot: Snapshot) -> ArticleInfo:
    """The article that a passage of `snapshot` names; a snapshot without it is broken."""
    info = snapshot.article_info(article_id)
    if info is None:
        raise IndexUnavailable(f"Snapshot {snapshot.id} has no article {article_id}; build the index again.")
    return info
