"""The organisation's own datasets, hooks, checks, rule kinds and targets."""
