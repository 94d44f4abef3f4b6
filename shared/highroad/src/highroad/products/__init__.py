"""Data products: contracts, the checks they imply, versions, freshness and drift."""
