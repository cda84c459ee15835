#!/usr/bin/env python3
"""Time re-indexing, and measure the memory that building takes: `reindexing.py` under the name that says what it is of.

python scripts/bench/index.py [--articles N] [--words N]
python scripts/bench/index.py --memory N [--words N]
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

# Scripts look for modules beside themselves first, and so would find this file where they mean the package `index`.
_HERE = Path(__file__).resolve().parent
sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != _HERE]
if __name__ == "index":
    del sys.modules[__name__]
    import index as index  # the package, for whoever meant it
elif __name__ == "__main__":
    runpy.run_path(str(_HERE / "reindexing.py"), run_name="__main__")
