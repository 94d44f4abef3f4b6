"""Model files, the registry they are known by, and the gates between its aliases."""

CANDIDATE, STAGING, PROD = "candidate", "staging", "prod"
ALIASES = (CANDIDATE, STAGING, PROD)
FILES, ORDER, METRIC, CONTRACTS, AGE = "files", "order", "metric", "contracts", "age of data"
GATES = (FILES, ORDER, METRIC, CONTRACTS, AGE)
LONGEST_REASON = 1_000
"""Characters of a reason that a registry keeps with the rest of a move."""
