"""Departures per airport and hour for the next day."""
