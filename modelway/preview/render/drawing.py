"""The blast radius as a picture: Mermaid for Markdown, boxes and lines for HTML."""

from collections.abc import Iterable
from typing import NamedTuple

from modelway import escaping
from modelway.preview.changeset import BlastRadius, Node, Risk

CHARACTERS = 50_000
"""Most characters that Mermaid draws (`maxTextSize` in its config.schema.yaml)."""
_FILLS: dict[Risk, tuple[str, str]] = {
    "irreversible": ("#fbe3e6", "#a4133c"),
    "disruptive": ("#fdebdc", "#a8430a"),
    "traffic": ("#e1ecfa", "#0b57a4"),
    "exposure": ("#f1e6f8", "#73389c"),
    "blind": ("#f7efd0", "#695200"),
    "unknown": ("#e9ebee", "#434d5c"),
    "review": ("#ddf0ee", "#1f655f"),
    "safe": ("#e5f2e3", "#2f6b2f"),
}
WIDTH, HEIGHT, ACROSS, DOWN, COLUMN = 208, 46, 40, 12, 12
"""Of a box, between boxes, in pixels; most boxes above one another."""


def mermaid(radius: BlastRadius) -> str:
    """The text of a flow chart, left to right; empty without nodes, or where it would be too long to be drawn."""
    if not radius.nodes:
        return ""
    names = {node.id: f"n{number}" for number, node in enumerate(radius.nodes)}
    lines = ["flowchart LR"]
    for node in radius.nodes:
        shape = ("[", "]") if node.changed else ("([", "])")
        label = f"{escaping.mermaid(node.label)}<br/>{says(node)}"
        lines.append(f'  {names[node.id]}{shape[0]}"{label}"{shape[1]}:::{node.risk}')
    lines += [f"  {names[tail]} --> {names[head]}" for tail, head in radius.edges if tail in names and head in names]
    for risk in dict.fromkeys(node.risk for node in radius.nodes):
        fill, ink = _FILLS[risk]
        lines.append(f"  classDef {risk} fill:{fill},stroke:{ink},color:{ink}")
    text = "\n".join(lines)
    return text if len(text) < CHARACTERS else ""


def says(node: Node) -> str:
    """What colour and shape say too."""
    return f"{node.risk}, changes" if node.changed else f"reached by {node.risk}"


class Box(NamedTuple):
    """A node at its place; the place is its upper left corner."""

    x: int
    y: int
    node: Node
    label: str
    """Short enough for the box."""
    says: str


class Drawing(NamedTuple):
    """Boxes and the lines between them, in pixels."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[str, ...]
    """Paths as SVG writes them."""


def drawing(radius: BlastRadius) -> Drawing:
    """In columns: each node right of all that it depends on, near to them."""
    nodes = {node.id: node for node in radius.nodes}
    edges = [(tail, head) for tail, head in radius.edges if tail in nodes and head in nodes]
    places: dict[str, tuple[int, int]] = {}
    x = bottom = 0
    for layer in _layers(nodes, edges):
        before = {name: [places[tail][1] for tail, head in edges if head == name and tail in places] for name in layer}
        layer.sort(key=lambda name: sum(before[name]) / len(before[name]) if before[name] else 0)
        for start in range(0, len(layer), COLUMN):
            for number, name in enumerate(layer[start : start + COLUMN]):
                places[name] = (x, number * (HEIGHT + DOWN))
                bottom = max(bottom, places[name][1] + HEIGHT)
            x += WIDTH + ACROSS
    boxes = tuple(Box(x, y, nodes[name], escaping.plain(nodes[name].label, 29), says(nodes[name])) for name, (x, y) in places.items())
    return Drawing(max(0, x - ACROSS), bottom, boxes, tuple(_line(places[tail], places[head]) for tail, head in edges))


def _layers(nodes: Iterable[str], edges: list[tuple[str, str]]) -> list[list[str]]:
    """Nodes by their longest way from a beginning; those in a circle, which folding can make, after what leads there."""
    layer = dict.fromkeys(nodes, 0)
    needs = dict.fromkeys(layer, 0)
    heads: dict[str, list[str]] = {name: [] for name in layer}
    for tail, head in edges:
        needs[head] += 1
        heads[tail].append(head)
    ready = [name for name, number in needs.items() if not number]
    waiting = dict.fromkeys(name for name, number in needs.items() if number)
    while ready or waiting:
        if not ready:
            ready.append(next(iter(waiting)))
            del waiting[ready[0]]
        name = ready.pop()
        for head in heads[name]:
            needs[head] -= 1
            if head in waiting:
                layer[head] = max(layer[head], layer[name] + 1)
                if not needs[head]:
                    del waiting[head]
                    ready.append(head)
    found: dict[int, list[str]] = {}
    for name, number in layer.items():
        found.setdefault(number, []).append(name)
    return [found[number] for number in sorted(found)]


def _line(tail: tuple[int, int], head: tuple[int, int]) -> str:
    (x, y), (to_x, to_y) = (tail[0] + WIDTH, tail[1] + HEIGHT // 2), (head[0] - 3, head[1] + HEIGHT // 2)
    bend = max(24, abs(to_x - x) // 2)
    return f"M{x} {y}C{x + bend} {y} {to_x - bend} {to_y} {to_x} {to_y}"
