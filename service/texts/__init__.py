"""What a text says by itself: its names, clauses, references and small words, without any source beside it."""
