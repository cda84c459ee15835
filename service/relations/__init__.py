"""Wrong relations between right words: who did what to whom, whether at all, and which figure belongs to what."""

from service.relations.flaws import flaw, only_names_shared, shared_part, shared_words
from service.relations.reasons import Similar

__all__ = ["Similar", "flaw", "only_names_shared", "shared_part", "shared_words"]
