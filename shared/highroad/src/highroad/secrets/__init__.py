"""Secrets: their shapes, how they are kept out of texts, and how they are found in files."""
