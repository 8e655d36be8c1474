"""What a page says of models: the versions behind an endpoint before and after, and in a few words what becomes of their requests."""

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from modelway.preview.changeset import ChangeSet, Endpoint, Route

DIALECTS = {
    "gateway": "Gateway API",
    "kserve": "KServe",
    "sagemaker": "SageMaker",
    "alb": "load balancer",
    "environment": "from the description",
}
Side = tuple[str, str]
"""What stands before and after; equal where nothing changes, empty where there is nothing."""


class Row(NamedTuple):
    """One version behind an endpoint, before and after."""

    version: str
    matches: str
    state: Literal["new", "left out", "kept"]
    """`left out`: nothing leads to it any more, which may well be there still."""
    share: Side
    mirror: Side
    replicas: Side
    hardware: Side
    image: Side
    weights: Side

    @property
    def shares(self) -> tuple[float, float]:
        """Of the requests, before and after, for a picture; 0 where that is not known."""
        return _number(self.share[0]), _number(self.share[1])


class Column(NamedTuple):
    """One column of the table of versions."""

    name: Literal["Requests", "Copies", "Replicas", "Hardware", "Image", "Weights"]
    sides: tuple[Side, ...]
    """For each version. Of one that is new or goes only what it has, but for its requests and copies."""


def columns(rows: tuple[Row, ...]) -> tuple[Column, ...]:
    """Those in which anything stands; digests short."""
    short = (
        [tuple(digest(text) for text in side) for side in sides] for sides in ([one.image for one in rows], [one.weights for one in rows])
    )
    image, weights = ([(before, after) for before, after in sides] for sides in short)
    every = (
        Column("Requests", tuple(one.share for one in rows)),
        Column("Copies", tuple(one.mirror for one in rows)),
        Column("Replicas", _left(rows, [one.replicas for one in rows])),
        Column("Hardware", _left(rows, [one.hardware for one in rows])),
        Column("Image", _left(rows, image)),
        Column("Weights", _left(rows, weights)),
    )
    return tuple(column for column in every if any(side != ("", "") for side in column.sides))


def _left(rows: tuple[Row, ...], sides: list[Side]) -> tuple[Side, ...]:
    # That a version is new, or goes, is said once, by its state.
    return tuple((was or is_,) * 2 if one.state != "kept" else (was, is_) for one, (was, is_) in zip(rows, sides, strict=True))


def rows(endpoint: Endpoint) -> tuple[Row, ...]:
    """The versions behind it, those that were there first; a version is the same where name and condition are."""
    before, after = ({(route.version, route.matches): route for route in side} for side in (endpoint.before, endpoint.after))
    none = "0%" if before else ""
    return tuple(_row(before.get(key), after.get(key), none) for key in [*before, *(key for key in after if key not in before)])


def _row(before: Route | None, after: Route | None, none: str) -> Row:
    """`none` is the share of a version that was not there: behind a new endpoint nobody asked anything."""
    one = before or after
    assert one is not None

    def sides(field: Literal["share", "mirror", "replicas", "hardware", "image", "weights"]) -> Side:
        if field == "share":
            return _of(before, field) or none, _of(after, field) or "0%"
        return _of(before, field), _of(after, field)

    return Row(
        one.version,
        one.matches,
        "new" if before is None else "left out" if after is None else "kept",
        *(sides(field) for field in ("share", "mirror", "replicas", "hardware", "image", "weights")),
    )


def _of(route: Route | None, field: str) -> str:
    if route is None:
        return ""
    if field == "share":
        return "not known" if route.percent is None else percent(route.percent)
    if field == "mirror":
        return percent(route.mirror) if route.mirror else ""
    if field == "replicas":
        return _replicas(route.least, route.most)
    return {"hardware": route.hardware, "image": route.image, "weights": route.weights}[field]


def _replicas(least: int | None, most: int | None) -> str:
    if least is None and most is None:
        return ""
    if least == most:
        return f"{least:,}"
    return f"{'?' if least is None else f'{least:,}'} to {'?' if most is None else f'{most:,}'}"


def percent(value: float) -> str:
    """As `12.5%`."""
    return f"{value:.4g}%"


def _number(text: str) -> float:
    try:
        return min(100.0, max(0.0, float(text.removesuffix("%"))))
    except ValueError:
        return 0.0


def digest(text: str) -> str:
    """A digest in its first twelve digits; a reference with one without what comes before."""
    if "sha256:" in text:
        return f"sha256:{text.rsplit('sha256:', 1)[1][:12]}"
    return text


def endpoint_state(endpoint: Endpoint) -> str:
    """Empty where it is there before and after."""
    return "new" if not endpoint.before else "goes away" if not endpoint.after else ""


def about(endpoint: Endpoint) -> tuple[tuple[str, str], ...]:
    """Whose it is and who asks it: label and text, without what is not known."""
    named = (
        ("team", endpoint.team),
        ("owner", endpoint.owner),
        ("risk tier", endpoint.risk_tier),
        ("called by", ", ".join(endpoint.consumers)),
    )
    return tuple((label, text) for label, text in named if text)


class Moved(NamedTuple):
    """What becomes of an endpoint's requests, or of what answers them."""

    name: str
    state: str
    versions: tuple[tuple[str, str], ...]
    """A version, with what its requests must have, and what becomes of it: `100% → 90%`."""

    def told(self, name: Callable[[str], str] = str, most: int = 4) -> str:
        """As `2026.10.0 100% → 90%, 2026.11.0 0% → 10%`, of at most so many versions; `name` makes a version fit for where it stands."""
        said = [f"{name(version)} {text}" for version, text in self.versions[:most]]
        said += [f"{len(self.versions) - most:,} more"] if len(self.versions) > most else []
        return ": ".join(part for part in (self.state, ", ".join(said)) if part)


def moves(changeset: ChangeSet) -> tuple[Moved, ...]:
    """Each endpoint of which anything differs that can be told; those whose requests move come first."""
    found = [
        Moved(endpoint.name, endpoint_state(endpoint), tuple(_shifted(endpoint)) or tuple(_replaced(endpoint)))
        for endpoint in changeset.endpoints
        if endpoint.changed
    ]
    found.sort(key=lambda one: not any("%" in text for _, text in one.versions))
    return tuple(one for one in found if one.state or one.versions)


def _shifted(endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    every = rows(endpoint)
    for one in every:
        if one.share[0] != one.share[1] and set(one.share) != {"", "0%"}:
            yield _label(one), _change(one.share)
    for one in every:
        if one.mirror[0] != one.mirror[1]:
            yield _label(one), f"copies {_change((one.mirror[0] or 'none', one.mirror[1] or 'none'))}"


def _replaced(endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    for one in rows(endpoint):
        others = (("image", one.image), ("weights", one.weights))
        differs = [f"other {name}" for name, side in others if side[0] != side[1] and all(side)]
        sized = (("replicas", one.replicas), ("hardware", one.hardware))
        differs += [f"{name} {side[0]} → {side[1]}" for name, side in sized if side[0] != side[1] and all(side)]
        if differs:
            yield _label(one), " and ".join(differs)


def _label(one: Row) -> str:
    return f"{one.version}{f' where {one.matches}' if one.matches else ''}"


def _change(side: Side) -> str:
    return f"{side[0]} → {side[1]}" if side[0] else side[1]
