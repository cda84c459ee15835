"""Generators: one file a backend behind one protocol."""
