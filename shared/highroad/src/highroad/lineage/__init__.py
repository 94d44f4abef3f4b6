"""Lineage: Open Lineage events of runs, and the graph of what was made from what."""
