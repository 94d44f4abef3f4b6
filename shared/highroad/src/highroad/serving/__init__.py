"""What a project's service answers; so far, that it is well."""

PATH = "/health"
"""Answered with 200 by a release that is well, and which it is."""
