"""What depends on what changes: how far a change reaches, drawn small enough to be read."""

from collections import Counter, deque
from collections.abc import Iterable, Sequence

from modelway.preview.changeset import RISKS, BlastRadius, Change, Node, Risk
from modelway.preview.resources import Resource, name_of, type_of

DRAWN = 40
"""Most nodes of a drawing."""
FOLDS = 8
"""Most nodes that stand for several things."""
_ROOT = "pulumi:pulumi:Stack"


def radius(changes: Iterable[Change], resources: Iterable[Resource]) -> BlastRadius:
    """The changes with a risk, and everything that depends on them: by dependency, by a property, or as a child.

    `resources` are all that are known, before and after; two of one URN count as one. A change that is safe is neither drawn nor
    followed: what depends on it goes on as before. What does not change itself has the worst risk that reaches it. Takes time in
    proportion to the resources and their dependencies.
    """
    changed = {change.urn: change for change in changes}
    risky = {urn: change for urn, change in changed.items() if change.risk != "safe"}
    if not risky:
        return BlastRadius()
    parents: dict[str, str] = {}
    dependents: dict[str, list[str]] = {}
    for resource in resources:
        parents[resource.urn] = resource.parent
        for needed in _needs(resource):
            dependents.setdefault(needed, []).append(resource.urn)
    reached = _reached(risky, dependents)
    kept, folds = _folded(reached, risky, parents)
    place = {urn: urn for urn in kept} | {urn: fold for fold, members in folds.items() for urn in members}
    nodes = [Node(urn, _label(urn), reached[urn], urn in changed) for urn in kept]
    for fold, members in folds.items():
        worst = min((reached[urn] for urn in members), key=RISKS.index)
        nodes.append(
            Node(f"fold:{fold}", f"+{len(members):,} more {fold}", worst, any(urn in changed for urn in members), folded=len(members))
        )
    place = {urn: where if where == urn else f"fold:{where}" for urn, where in place.items()}
    edges = {
        (place[needed], place[urn]): None
        for needed in reached
        for urn in dependents.get(needed, ())
        if urn in place and place[needed] != place[urn]
    }
    return BlastRadius(tuple(nodes), _reduced(list(edges)))


def _needs(resource: Resource) -> set[str]:
    needed = set(resource.dependencies)
    for several in resource.property_dependencies.values():
        needed.update(several or ())
    if resource.parent and type_of(resource.parent) != _ROOT:
        needed.add(resource.parent)
    needed.discard(resource.urn)
    return needed


def _reached(risky: dict[str, Change], dependents: dict[str, list[str]]) -> dict[str, Risk]:
    """Each with the worst risk that reaches it: the nearer to a bad change, the earlier."""
    reached: dict[str, Risk] = {}
    for risk in RISKS:
        queue = deque(urn for urn, change in risky.items() if change.risk == risk)
        while queue:
            urn = queue.popleft()
            if urn in reached:
                continue
            # A change that is reached by a worse one keeps its own risk: that is what the page says of it.
            reached[urn] = risky[urn].risk if urn in risky else risk
            queue.extend(other for other in dependents.get(urn, ()) if other not in reached)
    # The sort is stable: changes first, then what is reached, each from the worst and the nearest.
    order = {risk: number for number, risk in enumerate(RISKS)}
    return dict(sorted(reached.items(), key=lambda item: (item[0] not in risky, order[item[1]])))


def _folded(reached: dict[str, Risk], risky: dict[str, Change], parents: dict[str, str]) -> tuple[list[str], dict[str, list[str]]]:
    """Those that are drawn themselves, and the rest by where it is."""
    urns = list(reached)
    if len(urns) <= DRAWN:
        return urns, {}
    kept, rest = urns[: DRAWN - FOLDS], urns[DRAWN - FOLDS :]
    homes: dict[str, str] = {}
    found = {urn: _home(urn, risky, parents, homes) for urn in rest}
    usual = {home for home, _ in Counter(found.values()).most_common(FOLDS - 1)}
    folds: dict[str, list[str]] = {}
    for urn, home in found.items():
        folds.setdefault(home if home in usual else "elsewhere", []).append(urn)
    return kept, folds


def _home(urn: str, risky: dict[str, Change], parents: dict[str, str], homes: dict[str, str]) -> str:
    """The outermost component that it is in, in words."""
    if urn in risky and risky[urn].component:
        return f"in {risky[urn].component.split(' / ', 1)[0]}"
    path: list[str] = []
    at = urn
    while at not in homes and (above := parents.get(at, "")) and type_of(above) != _ROOT and at not in path[-1:]:
        path.append(at)
        at = above
        if len(path) > 100:
            break
    home = homes.get(at) or (f"in {_label(at)}" if path else "elsewhere")
    for one in path:
        homes[one] = home
    return home


def _label(urn: str) -> str:
    return f"{type_of(urn).rsplit(':', 1)[-1]} {name_of(urn)}".strip()


def _reduced(edges: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Without the edges that a longer way says too: what reaches the same stays the same."""
    names = {name: number for number, name in enumerate(dict.fromkeys(name for edge in edges for name in edge))}
    pairs = [(names[tail], names[head]) for tail, head in edges]
    heads = [0] * len(names)
    for tail, head in pairs:
        heads[tail] |= 1 << head
    kept = []
    for edge, (tail, head) in zip(edges, pairs, strict=True):
        heads[tail] &= ~(1 << head)
        if not _reaches(tail, head, heads):
            heads[tail] |= 1 << head
            kept.append(edge)
    return tuple(kept)


def _reaches(tail: int, head: int, heads: Sequence[int]) -> bool:
    seen = front = heads[tail]
    while front:
        if seen >> head & 1:
            return True
        nearest = (front & -front).bit_length() - 1
        front &= front - 1
        new = heads[nearest] & ~seen
        seen |= new
        front |= new
    return False
