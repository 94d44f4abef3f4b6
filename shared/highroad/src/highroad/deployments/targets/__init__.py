"""Kinds of place to deploy to, a package each; entry points of `highroad.targets` name them."""
