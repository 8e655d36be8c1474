"""The graph as a flow chart of Mermaid, for Markdown."""

from modelway import escaping
from modelway.errors import ModelwayError
from modelway.governance.lineage.graph import Graph, Kind, Node

CHARACTERS = 50_000
"""Most characters that Mermaid draws (`maxTextSize` in its config.schema.yaml)."""
EDGES = 500
"""Most edges that it draws (`maxEdges`)."""
SHAPES: dict[Kind, tuple[str, str]] = {
    "data": ("[(", ")]"),
    "training": ("{{", "}}"),
    "weights": ("[", "]"),
    "image": ("[", "]"),
    "contract": ("[", "]"),
    "baseline": ("[", "]"),
    "description": ("([", "])"),
    "release": ("([", "])"),
    "endpoint": ("[[", "]]"),
}


class TooLarge(ModelwayError):
    """Nobody could draw it."""


def mermaid(graph: Graph) -> str:
    """The text of the chart, from left to right. Raises TooLarge where Mermaid would not draw it."""
    names = {node.id: f"n{number}" for number, node in enumerate(graph.nodes)}
    lines = ["flowchart LR"]
    for node in graph.nodes:
        opens, closes = SHAPES[node.kind]
        lines.append(f'  {names[node.id]}{opens}"{_label(node)}"{closes}')
    for edge in graph.edges:
        says = f'|"{escaping.mermaid(edge.says)}"|' if edge.says else ""
        lines.append(f"  {names[edge.tail]} -->{says} {names[edge.head]}")
    text = "\n".join(lines)
    if len(text) > CHARACTERS or len(graph.edges) > EDGES:
        what = f"the chart has {len(graph.edges):,} edges and {len(text):,} characters"
        raise TooLarge(
            f"{what}, and Mermaid draws {EDGES} and {CHARACTERS:,}: name one environment with --env, or leave the ledger out;"
            " --html and --json have all of it."
        )
    return text


def _label(node: Node) -> str:
    sha256 = node.facts.get("sha256", "")
    return "<br/>".join([node.kind, escaping.mermaid(node.title), *([sha256[:12]] if sha256 else [])])
