"""Waits until the files of a collection change: by looking at them again and again, which every file system allows.

Sizes, times and inodes are compared, nothing is read. A file that comes, goes or is written to is a change; so is one
that takes another's place under its name, whatever its time says, and one that may be read now and could not be before.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from index.articles import files

INTERVAL = 2.0
"""Seconds between two looks, and until an index is tried again that somebody else was writing to."""
AFTER_FAILURE = 60.0
"""Seconds until a building that has failed is tried again, though no file has changed."""
LOOKS_AT_MOST = 30
"""While files go on changing; then they are taken as they are."""


def fingerprint(paths: Sequence[Path], without: Path | None = None) -> str:
    """Changes when a file that is read of `paths` comes, goes, is written to or gets other permissions.

    What vanishes meanwhile is gone.
    Files below `without` are not read.
    """
    digest = hashlib.sha256()
    for path, _ in files(paths, lambda error: None, without):
        try:
            status = path.stat()
        except OSError:
            continue
        known = f"{path}\0{status.st_size}\0{status.st_mtime_ns}\0{status.st_ctime_ns}\0{status.st_ino}\0"
        digest.update(known.encode(errors="surrogateescape"))
    return digest.hexdigest()


class Watch:
    """Notices changes of the files of `paths` since they were last looked at, at first when this object is made."""

    def __init__(
        self, paths: Sequence[Path], sleep: Callable[[float], None] = time.sleep, *, without: Path | None = None
    ) -> None:
        """Files below `without` are not looked at."""
        self._paths = paths
        self._without = without
        self._sleep = sleep
        self._seen = fingerprint(paths, without)

    def wait(self, interval: float, *, at_most: float = math.inf) -> None:
        """Return after the next change, once nothing changes any more between two looks, `interval` seconds apart.

        Without a change it returns after `at_most` seconds.
        """
        waited = 0.0
        while (now := fingerprint(self._paths, self._without)) == self._seen:
            if waited >= at_most:
                return
            self._sleep(interval)
            waited += interval
        for _ in range(LOOKS_AT_MOST):
            self._sleep(interval)
            before, now = now, fingerprint(self._paths, self._without)
            if now == before:
                break
        self._seen = now
