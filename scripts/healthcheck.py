"""Whether the service of these settings is ready: exit status 0 if so, 1 with the reason on standard error if not."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request

from service.settings import load_settings

TIMEOUT = 3.0


def main() -> int:
    """Ask `/readyz` on this machine; the exit status."""
    url = f"http://127.0.0.1:{load_settings().port}/readyz"
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT):
            return 0
    except (urllib.error.URLError, TimeoutError) as error:
        print(f"{url}: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
