"""Whether an answer cites the gold evidence, and whether its quotes are the source's own characters.

Precision and recall of citations as in Gao et al. 2023 (ALCE), with gold evidence in the place of an entailment model.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from service.evaluation.metrics.regions import Groups, Region, characters, groups_met


def precision(cited: Sequence[Region], groups: Groups) -> float | None:
    """Share of the citations that overlap a place of some group; None where nothing is cited."""
    if not cited:
        return None
    return sum(bool(groups_met(region, groups)) for region in cited) / len(cited)


def recall(cited: Sequence[Region], groups: Groups) -> float:
    """Share of the groups of which some place is cited. `groups` must not be empty."""
    met = {group for region in cited for group in groups_met(region, groups)}
    return len(met) / len(groups)


def character_precision(cited: Sequence[Region], groups: Groups) -> float | None:
    """Share of the cited characters (each once) that belong to some place; None where nothing is cited."""
    said = characters(cited)
    if not said:
        return None
    return len(said & characters(place for group in groups for place in group)) / len(said)


def character_recall(cited: Sequence[Region], groups: Groups) -> float:
    """Mean over the groups of the share of a place's characters that are cited, each group's best place.

    `groups` must not be empty.
    """
    said = characters(cited)
    return sum(max(_share_in(place, said) for place in group) for group in groups) / len(groups)


def f1(precision_: float | None, recall_: float) -> float:
    """Harmonic mean; 0 where either is 0 or nothing is cited. Van Rijsbergen 1979."""
    if not precision_ or not recall_:
        return 0.0
    return 2 * precision_ * recall_ / (precision_ + recall_)


def is_exact(text: str | None, start: int, end: int, quote: str) -> bool:
    """Whether `quote` is `text[start:end]`, character by character; false where there is no such article (None)."""
    return text is not None and 0 <= start < end <= len(text) and text[start:end] == quote


def uncited_share(sentences: Sequence[Sequence[int]], labels: Collection[int]) -> float | None:
    """Share of the sentences (each given as the labels that it cites) without any citation that is in `labels`.

    None where there are no sentences.
    """
    if not sentences:
        return None
    return sum(not set(cited) & set(labels) for cited in sentences) / len(sentences)


def _share_in(place: Region, said: set[tuple[str, int]]) -> float:
    mine = characters([place])
    return len(mine & said) / len(mine)
