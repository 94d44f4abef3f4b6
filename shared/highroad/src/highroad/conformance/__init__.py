"""Checks that a project conforms to the platform."""
