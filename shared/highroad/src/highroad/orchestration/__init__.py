"""Pipelines as tasks of a scheduler: which nodes go together, and what renders them for one."""
