"""Is the service of this container well? `python -m highroad.serving.probe PORT`; exit 1 where it is not."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request

from highroad.serving import PATH

TIMEOUT_S = 2


def is_well(port: str) -> bool:
    """Whether what listens here says so."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{PATH}", timeout=TIMEOUT_S):
            return True
    except (urllib.error.URLError, OSError):
        return False


if __name__ == "__main__":
    sys.exit(not is_well(sys.argv[1]))
