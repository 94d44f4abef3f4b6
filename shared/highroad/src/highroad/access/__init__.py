"""Who may see what: teams and grants, decisions, and the visible set."""

from typing import Literal

Action = Literal["describe", "read", "publish", "administer"]
ACTIONS: tuple[Action, ...] = ("describe", "read", "publish", "administer")
"""From the least to the most; a grant of one is a grant of those before it."""
