"""Measures a system against a gold question set. Only scripts and tests import it; it imports service and index."""
