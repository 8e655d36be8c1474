"""How far a change reaches, against the plain definition."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from modelway.preview.blast_radius import DRAWN, radius
from modelway.preview.changeset import RISKS, Change, Risk
from modelway.preview.render import drawing
from modelway.preview.resources import Resource


def urn(name: str, kind: str = "aws:s3/bucket:Bucket", above: str = "") -> str:
    return f"urn:pulumi:dev::acme::{above}{kind}::{name}"


def change(name: str, risk: Risk, component: str = "") -> Change:
    return Change("dev", urn(name), "aws:s3/bucket:Bucket", name, "update", risk, component)


def resource(name: str, *needed: str, through: tuple[str, ...] = (), parent: str = "") -> Resource:
    properties: dict[str, list[str] | None] = {"bucket": [urn(one) for one in through], "nothing": None}
    return Resource(
        urn(name),
        "",
        dependencies=[urn(one) for one in needed],
        property_dependencies_raw=msgspec.Raw(msgspec.json.encode(properties)),
        parent=parent,
    )


def test_what_depends_on_a_change_is_reached_in_each_way() -> None:
    component = urn("registry", "modelway:index:ModelRegistry")
    child = Resource(urn("child"), "", parent=component)
    found = radius(
        [Change("dev", component, "modelway:index:ModelRegistry", "registry", "update", "disruptive"), change("a", "traffic")],
        [resource("a"), resource("b", "a"), resource("c", through=("b",)), resource("d"), Resource(component, ""), child],
    )
    assert [(node.label, node.risk, node.changed) for node in found.nodes] == [
        ("ModelRegistry registry", "disruptive", True),
        ("Bucket a", "traffic", True),
        ("Bucket child", "disruptive", False),
        ("Bucket b", "traffic", False),
        ("Bucket c", "traffic", False),
    ]
    assert set(found.edges) == {(component, urn("child")), (urn("a"), urn("b")), (urn("b"), urn("c"))}


def test_the_stack_itself_reaches_nothing() -> None:
    root = urn("acme-dev", "pulumi:pulumi:Stack")
    found = radius(
        [Change("dev", root, "pulumi:pulumi:Stack", "acme-dev", "update", "review")], [Resource(root, ""), resource("a", parent=root)]
    )
    assert [node.id for node in found.nodes] == [root]


def test_a_safe_change_is_neither_drawn_nor_followed_but_changes_where_it_is_reached() -> None:
    assert radius([change("a", "safe")], [resource("a"), resource("b", "a")]).nodes == ()
    found = radius([change("a", "review"), change("b", "safe")], [resource("a"), resource("b", "a"), resource("c", "b")])
    assert [(node.label, node.changed) for node in found.nodes] == [("Bucket a", True), ("Bucket b", True), ("Bucket c", False)]


def test_the_rest_is_folded_into_its_component() -> None:
    monitoring = urn("main", "modelway:index:MonitoringStack")
    resources = [resource("a"), Resource(monitoring, "")]
    resources += [resource(f"rule-{number}", "a", parent=monitoring) for number in range(60)]
    found = radius([change("a", "blind")], resources)
    assert len(found.nodes) <= DRAWN
    assert found.nodes[-1].label == "+29 more in MonitoringStack main"
    assert (found.nodes[-1].folded, found.nodes[-1].risk, found.nodes[-1].changed) == (29, "blind", False)


RISKY = st.sampled_from(RISKS)
GRAPHS = st.integers(1, 70).flatmap(
    lambda size: st.tuples(
        st.just(size),
        st.dictionaries(st.integers(0, size - 1), RISKY, max_size=size),
        st.lists(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)), max_size=3 * size),
    )
)


@given(GRAPHS)
def test_it_is_the_closure_however_it_is_drawn(graph: tuple[int, dict[int, Risk], list[tuple[int, int]]]) -> None:
    size, risks, edges = graph
    changes = [change(str(name), risk, f"Group {name % 3} / Inner") for name, risk in risks.items()]
    resources = [resource(str(name), *(str(tail) for tail, head in edges if head == name)) for name in range(size)]
    found = radius(changes, resources)

    reached = {name for name, risk in risks.items() if risk != "safe"}
    before = -1
    while before != len(reached):
        before = len(reached)
        reached |= {head for tail, head in edges if tail in reached}
    assert sum(max(1, node.folded) for node in found.nodes) == len(reached)
    assert len(found.nodes) <= DRAWN
    for node in found.nodes:
        if not node.folded and int(node.id.rsplit("::")[-1]) in risks and risks[int(node.id.rsplit("::")[-1])] != "safe":
            assert node.risk == risks[int(node.id.rsplit("::")[-1])]
    if len(reached) <= DRAWN:
        # Edges that were left out are said by others: what reaches what stays the same.
        drawn = {(int(tail.rsplit("::")[-1]), int(head.rsplit("::")[-1])) for tail, head in found.edges}
        assert closure(drawn, size) == closure({(tail, head) for tail, head in edges if tail in reached and tail != head}, size)

    picture = drawing.drawing(found)
    assert len(picture.boxes) == len(found.nodes)
    assert len({(one.x, one.y) for one in picture.boxes}) == len(picture.boxes)
    assert len(drawing.mermaid(found)) < drawing.CHARACTERS


def closure(edges: set[tuple[int, int]], size: int) -> set[tuple[int, int]]:
    heads = {name: {head for tail, head in edges if tail == name} for name in range(size)}
    found = set()
    for start in range(size):
        seen: set[int] = set()
        front = set(heads[start])
        while front:
            name = front.pop()
            if name not in seen:
                seen.add(name)
                front |= heads[name]
        found |= {(start, name) for name in seen if name != start}
    return found


def test_each_dependency_is_looked_at_once() -> None:
    """A chain and a star of 20,000: deeper than Python may call, and nothing that grows faster than they do."""
    chain = [resource("0"), *(resource(str(number), str(number - 1), "0") for number in range(1, 20_000))]
    looked = 0

    class Counted(list[str]):
        def __iter__(self):  # type: ignore[no-untyped-def]
            nonlocal looked
            looked += len(self)
            return super().__iter__()

    found = radius([change("0", "traffic")], [Resource(one.urn, "", dependencies=Counted(one.dependencies)) for one in chain])
    assert sum(max(1, node.folded) for node in found.nodes) == 20_000
    assert looked <= 40_000
