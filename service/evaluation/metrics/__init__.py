"""Figures of one question, and of a run: pure functions, one formula each, with where it comes from."""
