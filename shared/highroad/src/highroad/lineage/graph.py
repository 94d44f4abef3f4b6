"""What was made from what, across projects: data, and the runs between it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from highroad.config.entries import stem
from highroad.errors import DataError
from highroad.secrets.redaction import redact_texts
from highroad.tracking.record import SHORT, UNKNOWN, DatasetUse, Record, version_told
from highroad_workspace.metadata import meant

RUN, PRODUCT, MODEL, FILE = "run", "product", "model", "file"


@dataclass(frozen=True)
class Node:
    """A run, or data at one place.

    Attributes:
        id: Of this graph; no other node has it.
        kind: `run`, `product`, `model` or `file`.
        title: The project of a run, the name of data.
        says: Short lines on its state.
        facts: As plain values.
    """

    id: str
    kind: str
    title: str
    says: tuple[str, ...]
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Edge:
    """Data goes from one node to another.

    Attributes:
        source: A node's id.
        target: A node's id.
        says: Which version.
        is_old: What lies at the source now is another version.
    """

    source: str
    target: str
    says: str = ""
    is_old: bool = False


@dataclass(frozen=True)
class Graph:
    """Nodes and edges, in no other order than that of their making."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def around(self, wanted: str) -> Graph:
        """A project or data by its name, all it was made from and all that was made of it.

        Raises:
            DataError: It is in no node; says what is there.
        """
        found = {each.id for each in self.nodes if each.title == wanted}
        if not found:
            titles = sorted({each.title for each in self.nodes})
            raise DataError(
                f"'{wanted}' is in no run on record.{meant(wanted, titles)} Expected a project, a product "
                "or another dataset; `highroad lineage` shows them."
            )
        kept = self._reached(found, forward=True) | self._reached(found, forward=False)
        return Graph(
            tuple(each for each in self.nodes if each.id in kept),
            tuple(each for each in self.edges if {each.source, each.target} <= kept),
        )

    def _reached(self, start: set[str], *, forward: bool) -> set[str]:
        onward: dict[str, list[str]] = {}
        for edge in self.edges:
            one, other = (edge.source, edge.target) if forward else (edge.target, edge.source)
            onward.setdefault(one, []).append(other)
        found, left = set(start), list(start)
        while left:
            news = set(onward.get(left.pop(), [])) - found
            found |= news
            left += news
        return found

    def to_dict(self) -> dict[str, Any]:
        """As plain values, ready for JSON."""
        found: dict[str, Any] = redact_texts(asdict(self))
        return found

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        """Each run with what it read and wrote, and who reads that."""
        nodes = {each.id: each for each in self.nodes}
        for run in (each for each in self.nodes if each.kind == RUN):
            yield f"{run.title}: {', '.join(run.says)}, run {run.facts['id']}"
            reads = [(each, nodes[each.source]) for each in self.edges if each.target == run.id]
            writes = [(each, nodes[each.target]) for each in self.edges if each.source == run.id]
            width = max((len(node.title) for _, node in reads + writes), default=0)
            for edge, node in reads:
                old = f" (now {node.says[0]})" if edge.is_old else ""
                yield f"  read   {node.title.ljust(width)}  {edge.says}{old}"
            for _, node in writes:
                readers = [
                    nodes[each.target].title for each in self.edges if each.source == node.id
                ]
                then = f" → {', '.join(dict.fromkeys(readers))}" if readers else ""
                yield f"  wrote  {node.title.ljust(width)}  {', '.join(node.says)}{then}"


def graph_of(records: Iterable[Record]) -> Graph:
    """The latest state: of each job the last run, and of all data the last run that wrote it.

    Args:
        records: Of any projects, as far back as the graph shall look.
    """
    makers: dict[str, Record] = {}
    jobs: set[tuple[str, str]] = set()
    kept: list[Record] = []
    for record in sorted(records, key=lambda each: each.id, reverse=True):
        job = (record.project, str(record.selection.get("pipeline_names") or ""))
        wrote = [each for each in record.outputs if _key(record, each) not in makers]
        if job not in jobs or wrote:
            kept.append(record)
        jobs.add(job)
        makers |= {_key(record, each): record for each in wrote}
    return _drawn(kept[::-1], makers)


def _drawn(records: Sequence[Record], makers: Mapping[str, Record]) -> Graph:
    nodes: dict[str, Node] = {}
    for record in records:
        for use in (*_inputs(record), *record.outputs):
            key, node = _key(record, use), data_node(data_facts(use))
            if key not in nodes or makers.get(key) is record:
                nodes[key] = replace(node, id=key)
    edges = []
    for record in records:
        nodes[record.id] = run_node(run_facts(record))
        for use in _inputs(record):
            key = _key(record, use)
            is_old = use.version is not None and nodes[key].facts["version"] != use.version
            edges.append(Edge(key, record.id, version_told(use.kind, use.version), is_old))
        for use in record.outputs:
            if makers[_key(record, use)] is record:
                edges.append(
                    Edge(record.id, _key(record, use), version_told(use.kind, use.version))
                )
    return Graph(tuple(nodes.values()), tuple(dict.fromkeys(edges)))


def _inputs(record: Record) -> Iterator[DatasetUse]:
    """What a run read that it did not write too: of what it added to, there is no arrow there and back."""
    written = {stem(use.name) for use in record.outputs} | {use.place for use in record.outputs}
    for use in record.inputs:
        if stem(use.name) not in written and use.place not in written:
            yield use


def run_node(facts: Mapping[str, Any]) -> Node:
    """A run by its facts: at least `id`, `project`, `status`, `began_at` and `code`."""
    facts = redact_texts(facts)
    commit = str(facts["code"].get("commit") or UNKNOWN)[:SHORT]
    commit += "+" if facts["code"].get("dirty") else ""
    says = (f"{facts['status']} {facts['began_at'][:16].replace('T', ' ')}", f"commit {commit}")
    return Node(facts["id"], RUN, facts["project"], says, facts)


def data_node(facts: Mapping[str, Any]) -> Node:
    """Data by its facts: at least `name`, `place`, `kind`, `version`, `contract`."""
    facts = redact_texts(facts)
    contract, model = facts.get("contract"), facts.get("model")
    kind = PRODUCT if contract or facts["kind"] == "delta" else MODEL if model else FILE
    title = str((model or {}).get("name") or stem(facts["name"]))
    says = [version_told(facts["kind"], facts["version"])]
    if contract:
        says.append(f"contract {contract.get('version')} {contract.get('verdict')}")
    if facts.get("rows"):
        says.append(f"{facts['rows']:,} rows")
    return Node(f"{facts['place']} {facts['version']}", kind, title, tuple(says), facts)


def run_facts(record: Record) -> dict[str, Any]:
    """What the graph knows of a run."""
    names = ("id", "project", "environment", "status", "began_at", "seconds", "error")
    return {
        **{name: getattr(record, name) for name in names},
        "code": dict(record.code),
        "versions": dict(record.versions),
        "selection": dict(record.selection),
    }


def data_facts(use: DatasetUse) -> dict[str, Any]:
    """What the graph knows of data."""
    return asdict(use)


def _key(record: Record, use: DatasetUse) -> str:
    """The place; of what has none, the catalog's name for it."""
    place = str(use.place)
    return place if "/" in place or "\\" in place else f"{record.project} {use.name}"
