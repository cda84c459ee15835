"""From a question to its evidence: follow-ups, the search, the choice of sentences, how likely an answer is."""
