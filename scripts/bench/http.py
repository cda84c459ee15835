#!/usr/bin/env python3
"""Measure the HTTP side of a real service: `loading.py` under the name that says what it is of.

python scripts/bench/http.py [PART ...] [--seconds N] [--minutes N] [--times N] [--seed N] [--index INDEX] [--llm NAME]
"""

from __future__ import annotations

import sys
from pathlib import Path

# Scripts look for modules beside themselves first, and so would find this file where they mean the package `http`.
_HERE = Path(__file__).resolve().parent
sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != _HERE]
if __name__ == "http":
    del sys.modules[__name__]
    import http as http  # the package, for whoever meant it
elif __name__ == "__main__":
    import runpy

    runpy.run_path(str(_HERE / "loading.py"), run_name="__main__")
