"""Bring in a Kedro project that was made elsewhere, as it is but for what it cannot be without."""
