"""From data to endpoints, and back: what was made from what, and which version answered where, and when.

found = lineage(described, releases)
used = uses(found, "loans-2024")            # endpoints that were made with it, now and ever
graph = graph_of(found.of("credit-risk"))   # what there is to draw
"""

from modelway.governance.lineage.asking import UnknownData, Use, matching, uses
from modelway.governance.lineage.graph import Edge, Graph, Node
from modelway.governance.lineage.making import graph_of
from modelway.governance.lineage.spans import Lineage, Span, described, lineage, span_described
from modelway.governance.lineage.versions import Answering, Data, Version

__all__ = [
    "Answering",
    "Data",
    "Edge",
    "Graph",
    "Lineage",
    "Node",
    "Span",
    "UnknownData",
    "Use",
    "Version",
    "described",
    "graph_of",
    "lineage",
    "matching",
    "span_described",
    "uses",
]
