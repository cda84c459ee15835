"""Attacks on an index: writers that are killed and files that are damaged. `scripts/bench/faults.py` runs them."""
