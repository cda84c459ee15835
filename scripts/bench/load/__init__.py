"""The parts of `scripts/bench/http.py`."""
