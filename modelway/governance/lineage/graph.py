"""What leads to what: nodes and the edges between them, always from what was made to what was made with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["data", "training", "weights", "image", "contract", "baseline", "description", "release", "endpoint"]
KINDS: tuple[Kind, ...] = ("data", "training", "weights", "image", "contract", "baseline", "description", "release", "endpoint")


@dataclass(frozen=True)
class Node:
    """One thing."""

    id: str
    """Says what it is; what has a digest is called by it."""
    kind: Kind
    title: str
    facts: Mapping[str, str] = field(default_factory=dict)
    """What else there is to say, by what it is."""


@dataclass(frozen=True)
class Edge:
    """That one leads to another."""

    tail: str
    head: str
    says: str = ""
    """As what, such as a part of data, or a version and its percentage."""


@dataclass(frozen=True)
class Graph:
    """Nodes by kind, then in the order in which they were found; edges by their nodes. No edge leads in a circle."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def downstream(self, ids: Iterable[str]) -> "Graph":
        """What those lead to, they among it."""
        return self._reached(ids, {(edge.tail, edge.head) for edge in self.edges})

    def upstream(self, ids: Iterable[str]) -> "Graph":
        """What leads to those, they among it."""
        return self._reached(ids, {(edge.head, edge.tail) for edge in self.edges})

    def _reached(self, ids: Iterable[str], steps: Iterable[tuple[str, str]]) -> "Graph":
        following: dict[str, list[str]] = {}
        for here, there in steps:
            following.setdefault(here, []).append(there)
        known = {node.id for node in self.nodes}
        waiting = [one for one in ids if one in known]
        reached = set(waiting)
        while waiting:
            for there in following.get(waiting.pop(), ()):
                if there not in reached:
                    reached.add(there)
                    waiting.append(there)
        nodes = tuple(node for node in self.nodes if node.id in reached)
        return Graph(nodes, tuple(edge for edge in self.edges if edge.tail in reached and edge.head in reached))
