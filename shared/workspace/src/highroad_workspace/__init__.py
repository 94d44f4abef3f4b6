"""Which projects there are, who depends on whom, and what a change affects.

Standard library only: `noxfile.py` imports this before any environment exists.
"""
