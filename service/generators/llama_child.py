"""The process that runs llama.cpp: started by `llama_process`, never imported by it.

One JSON line on standard input says what to serve; the address goes to standard output as one line. When standard input
ends the parent is gone, so the process ends too. Needs nothing of this project, so it runs by its path.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

NICENESS = 5
FIRST_TO_GO = 500


def main() -> None:
    """Serve until standard input ends."""
    config = json.loads(sys.stdin.buffer.readline())
    # The C++ side may print: only the address may reach the pipe that the parent reads it from.
    report = os.dup(1)
    os.dup2(2, 1)
    # Finding the evidence for the next question must not wait behind the answer to this one.
    os.nice(NICENESS)
    _be_the_first_to_go()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    server = _serve(config)
    os.write(report, f"{server.listening_address}\n".encode())
    threading.Event().wait()


def _be_the_first_to_go() -> None:
    """Where memory runs out the system shall end this process, which is started again, and not the service."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(FIRST_TO_GO))


def _end_with_parent() -> None:
    while os.read(0, 1):
        pass
    os._exit(0)


def _serve(config: dict[str, Any]) -> Any:
    xllamacpp = importlib.import_module("xllamacpp")
    params = xllamacpp.CommonParams()
    params.model.path = config["model"]
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [config["api_key"]]
    params.n_parallel = config["slots"]
    params.n_ctx = config["context"] * config["slots"]
    params.n_batch = params.n_ubatch = config["batch"]
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = config["threads"]
    params.cache_ram_mib = config["prompt_cache_mib"]
    # Repacked weights are no faster with AVX2 and cost a copy: 600 MB for a 1.5B.
    params.no_extra_bufts = True
    params.fit_params = False
    params.ui = False
    params.verbosity = 2
    return xllamacpp.Server(params)


if __name__ == "__main__":
    main()
