"""The graph as a picture: boxes in columns, and lines between them."""

from dataclasses import dataclass

from modelway.escaping import plain
from modelway.governance.lineage.graph import Graph, Kind, Node

WIDTH, HEIGHT, ACROSS, DOWN = 208, 46, 48, 12
"""Of a box, and between boxes, in pixels."""
CHARACTERS, END = 27, 15
"""Most of a label, and those of them that are its end."""
MOST = 40
"""Most boxes of a column that anybody can follow lines between."""
COLUMNS: dict[Kind, int] = {
    "data": 0,
    "training": 1,
    "weights": 2,
    "image": 2,
    "contract": 2,
    "baseline": 2,
    "description": 3,
    "release": 3,
    "endpoint": 4,
}


@dataclass(frozen=True)
class Box:
    """A node at its place; the place is its upper left corner."""

    x: int
    y: int
    node: Node
    kind: str
    """What it is, and the beginning of its digest."""
    label: str
    """Short enough for the box."""


@dataclass(frozen=True)
class Line:
    """An edge."""

    path: str
    """As SVG writes it."""
    says: str


@dataclass(frozen=True)
class Drawing:
    """Boxes and the lines between them, in pixels."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


def drawing(graph: Graph) -> Drawing | None:
    """A column for each step from data to endpoints, each box near to what leads to it; None where there are too many."""
    columns: dict[int, list[Node]] = {}
    for node in graph.nodes:
        columns.setdefault(COLUMNS[node.kind], []).append(node)
    if not columns or max(map(len, columns.values())) > MOST:
        return None
    before: dict[str, list[str]] = {}
    for edge in graph.edges:
        before.setdefault(edge.head, []).append(edge.tail)
    places: dict[str, tuple[int, int]] = {}
    for number, column in enumerate(sorted(columns)):
        heights = {node.id: [places[tail][1] for tail in before.get(node.id, ()) if tail in places] for node in columns[column]}
        ordered = sorted(columns[column], key=lambda node: sum(heights[node.id]) / len(heights[node.id]) if heights[node.id] else 0)
        for row, node in enumerate(ordered):
            places[node.id] = (number * (WIDTH + ACROSS), row * (HEIGHT + DOWN))
    boxes = tuple(Box(*places[node.id], node, _kind(node), _label(node.title)) for node in graph.nodes)
    lines = tuple(Line(_path(places[edge.tail], places[edge.head]), edge.says) for edge in graph.edges)
    height = max(y for _, y in places.values()) + HEIGHT
    return Drawing(len(columns) * (WIDTH + ACROSS) - ACROSS, height, boxes, lines)


def _kind(node: Node) -> str:
    return f"{node.kind} {node.facts['sha256'][:12]}" if "sha256" in node.facts else node.kind


def _label(title: str) -> str:
    """Beginning and end: names that begin alike end otherwise."""
    text = plain(title, 400)
    return text if len(text) <= CHARACTERS else f"{text[: CHARACTERS - END - 1]}…{text[-END:]}"


def _path(tail: tuple[int, int], head: tuple[int, int]) -> str:
    (x, y), (to_x, to_y) = (tail[0] + WIDTH, tail[1] + HEIGHT // 2), (head[0], head[1] + HEIGHT // 2)
    bend = max(24, abs(to_x - x) // 2)
    return f"M{x} {y}C{x + bend} {y} {to_x - bend} {to_y} {to_x} {to_y}"
