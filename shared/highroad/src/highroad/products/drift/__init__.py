"""Drift: how far a table has moved from a reference, by effect size.

profile = profile_of(january)                 # kilobytes, kept as JSON
report = compare(july, profile)               # from the profile alone
report = compare(july, january)               # from both tables, exactly
"""

from highroad.products.drift.comparing import compare
from highroad.products.drift.partitions import PartitionDrift, compare_partitions
from highroad.products.drift.profile import Profile, Provenance, read_profile
from highroad.products.drift.profiling import profile_of
from highroad.products.drift.report import ColumnDrift, Drift
from highroad.products.drift.thresholds import Limits, Thresholds, thresholds_of

__all__ = [
    "ColumnDrift",
    "Drift",
    "Limits",
    "PartitionDrift",
    "Profile",
    "Provenance",
    "Thresholds",
    "compare",
    "compare_partitions",
    "profile_of",
    "read_profile",
    "thresholds_of",
]
