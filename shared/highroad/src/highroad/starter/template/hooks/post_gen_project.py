"""Write what lies beside the project: its contract, its owner's line, its lock."""

import sys
from pathlib import Path

from highroad.errors import HighroadError
from highroad.starter.making import finish

try:
    finish(Path.cwd())
except HighroadError as error:
    sys.exit(f"error: {error}")
