"""The organisation's kinds of rules."""

from datetime import UTC, datetime

from highroad.testing import RuleKindContract
from platform_extensions.rules import Later

NOON, ONE = (datetime(2026, 1, 1, hour, tzinfo=UTC) for hour in (12, 13))


class TestLater(RuleKindContract):
    kind = Later()
    columns = [
        {"name": "ordered_at", "logicalType": "timestamp"},
        {
            "name": "shipped_at",
            "logicalType": "timestamp",
            "quality": [
                {"type": "custom", "engine": "platform.later", "implementation": "ordered_at"}
            ],
        },
    ]
    good = {"ordered_at": [NOON, NOON, None], "shipped_at": [ONE, None, NOON]}
    bad = {"ordered_at": [NOON, ONE], "shipped_at": [ONE, ONE]}
