"""Drift: how far a table has moved from a reference, by effect size.

january = profile_of(january_rows)           # kilobytes, kept as JSON
compare(july_rows, january)                  # from the profile alone
compare(july_rows, january_rows)             # KS and Wasserstein from both tables, exactly
"""

from highroad.products.drift.comparing import ColumnDrift, Drift, Limits, compare, limits_of
from highroad.products.drift.profile import Profile, profile_of

__all__ = ["ColumnDrift", "Drift", "Limits", "Profile", "compare", "limits_of", "profile_of"]
