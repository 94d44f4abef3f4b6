"""A trace as a graph: the chain around one thing, drawn."""

from __future__ import annotations

from dataclasses import replace

from highroad.lineage.graph import Edge, Graph, Node, data_node, run_node
from highroad.tracking.tracing import PREDICTION, Step, Trace


def graph_of_trace(trace: Trace) -> Graph:
    """Every run and every version of data in a trace once, each edge from what was read to what was made."""
    nodes: dict[str, Node] = {}
    edges: dict[tuple[str, str], Edge] = {}

    def walk(step: Step, *, upwards: bool) -> str:
        node = run_node(step.facts) if step.kind == "run" else data_node(step.facts)
        if step.kind == "data" and step.facts["version"] is None:
            node = replace(node, id=f"{node.id} {step.facts['name']}")
        nodes.setdefault(node.id, node)
        for each in step.beyond:
            other = walk(each, upwards=upwards)
            # What a run made and read again stands behind it, like all that it made.
            is_input = upwards and not each.facts.get("made_here")
            source, target = (other, node.id) if is_input else (node.id, other)
            if (target, source) not in edges:
                edges[source, target] = Edge(source, target)
        return node.id

    if trace.up.kind == PREDICTION:  # drawn from its model on
        walk(trace.up.beyond[-1], upwards=True)
    else:
        walk(trace.up, upwards=True)
        walk(trace.down, upwards=False)
    return Graph(tuple(nodes.values()), tuple(edges.values()))
