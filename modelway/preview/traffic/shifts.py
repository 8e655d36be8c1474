"""Checks of how requests move from one version to another."""

from collections.abc import Iterator

from modelway.preview.changeset import Finding, Route
from modelway.preview.traffic.saying import callers, found, percent, short
from modelway.preview.traffic.sides import Pair, Row, Side

LARGEST_STEP = 25
"""Points of percent by which a version's share may grow in one change. No environment says another figure yet."""


def at_once(pair: Pair) -> Iterator[Finding]:
    """A version that answered nobody answers everybody."""
    for version, before, after in _growing(pair):
        if before == 0 and after >= 100:
            yield _shift(
                pair, version, "traffic-live-at-once", f"{version} answers all requests at once, and answered none before.", 0, 100
            )


def jump(pair: Pair) -> Iterator[Finding]:
    """A share that grows by more than is allowed."""
    for version, before, after in _growing(pair):
        if not (before == 0 and after >= 100):
            more = f"{after - before:g} percentage points more of the requests"
            what = f"{version} answers {more} in one step; at most {LARGEST_STEP} are allowed."
            yield _shift(pair, version, "traffic-jump", what, before, after)


def _shift(pair: Pair, version: str, rule: str, what: str, before: float, after: float) -> Finding:
    old, new = (_asked(side, pair.before) if side is not None and pair.before is not None else {} for side in (pair.before, pair.after))
    differs = [key for key in dict.fromkeys((*old, *new)) if old.get(key, _NOTHING) != new.get(key, _NOTHING)]
    path = next((row.path for row in pair.known.rows if row.route.version == version), "")
    return found(
        pair,
        risk="traffic",
        rule=rule,
        what=what,
        why="; ".join(_told(key, old.get(key, _NOTHING), new.get(key, _NOTHING)) for key in differs),
        breaks=f"If it is worse, {after:g}% of the requests of {callers(pair)} get worse answers before anybody can tell.",
        avoid=f"Let it answer at most {min(100, before + LARGEST_STEP):g}% first, as a canary, and the rest once its metrics hold.",
        path=path,
        approval=True,
    )


def moved(pair: Pair) -> Iterator[Finding]:
    """Requests, or copies of them, go elsewhere than before, by no more than is allowed."""
    before, after = pair.before, pair.after
    if before is None or after is None or after.controller or before.controller:
        return
    old, new = _asked(before, before), _asked(after, before)
    differs = [key for key in dict.fromkeys((*old, *new)) if old.get(key, _NOTHING) != new.get(key, _NOTHING)]
    if not differs or any(share is None for side in (old, new) for share, _ in side.values()):
        return
    version, matches = max(differs, key=lambda key: tuple(_more(old.get(key, _NOTHING), new.get(key, _NOTHING))))
    (had, copied), (has, copies) = (side.get((version, matches), _NOTHING) for side in (old, new))
    where = f" with {matches}" if matches else ""
    if has != had:
        what = (
            f"{version} answers {percent(has)} of the requests{where}, {f'{percent(had)} before' if had else 'and answered none before'}."
        )
        most = max(((share or 0, key) for key, (share, _) in old.items()), default=(0, None))[1] == (version, matches)
        breaks = f"If it is worse, {percent(has)} of the requests{where} of {callers(pair)} get worse answers."
        avoid = "Give it a larger share only once its metrics hold."
        if most:
            breaks = f"Requests of {callers(pair)} come back to what answered most of them."
            avoid = "Keep the other versions until no requests reach them."
    else:
        what = f"{version} gets copies of {copies:g}% of the requests{where}, {f'{copied:g}% before' if copied else 'and got none before'}."
        breaks = "Callers do not notice; its replicas get the load." if copies else "Nothing more is learned about it."
        avoid = "Have its replicas ready first." if copies else "Keep the copies for as long as it is to be compared."
    if after.gradual and has:
        avoid = "Its platform shifts step by step, and rolls back when an alarm goes off: check the steps and the alarms."
    told = [_told(key, old.get(key, _NOTHING), new.get(key, _NOTHING)) for key in differs]
    path = next((row.path for row in after.rows if row.route.version == version and row.route.matches == matches), "")
    yield found(pair, risk="traffic", rule="traffic-moved", what=what, why="; ".join(told), breaks=breaks, avoid=avoid, path=path)


_Asked = tuple[float | None, float]
"""Share of the requests, None where it is not known, and of what is copied."""
_NOTHING: _Asked = (0.0, 0.0)


def _asked(side: Side, before: Side) -> dict[tuple[str, str], _Asked]:
    """By version and by what is asked of a request; versions as `_shares` knows them."""
    known = {(route.image, route.weights): route.version for route in before.routes if route.image}
    given: dict[tuple[str, str], _Asked] = {}
    for route in side.routes:
        key = known.get((route.image, route.weights), route.version), route.matches
        share, copies = given.get(key, _NOTHING)
        given[key] = None if share is None or route.percent is None else share + route.percent, copies + route.mirror
    return given


def _more(old: _Asked, new: _Asked) -> Iterator[float]:
    """By how much a share, and then copies, grow."""
    yield (new[0] or 0) - (old[0] or 0)
    yield new[1] - old[1]


def _told(key: tuple[str, str], old: _Asked, new: _Asked) -> str:
    version, matches = key
    sides = []
    if old[0] != new[0]:
        sides.append(f"{percent(old[0])} → {percent(new[0])}")
    if old[1] != new[1]:
        sides.append(f"copies {old[1]:g}% → {new[1]:g}%")
    return f"{version} {', '.join(sides)}{f' of {matches}' if matches else ''}"


def _growing(pair: Pair) -> Iterator[tuple[str, float, float]]:
    """Versions whose share of all requests grows by more than is allowed. None where the platform itself goes step by step."""
    before, after = pair.before, pair.after
    if before is None or after is None or after.gradual or after.refused or after.controller:
        return
    old, new = _shares(before, before), _shares(after, before)
    if old is None or new is None or not sum(old.values()):
        return
    for version, share in new.items():
        if share - old.get(version, 0) > LARGEST_STEP:
            yield version, old.get(version, 0), share


def _shares(side: Side, before: Side) -> dict[str, float] | None:
    """Share by version of requests that nothing is asked of; None where one is not known.

    A version that is called otherwise than before and is the same image with the same weights is the same version.
    """
    known = {(route.image, route.weights): route.version for route in before.routes if route.image}
    given: dict[str, float] = {}
    for row in side.unmatched:
        if row.route.percent is None:
            return None
        version = known.get((row.route.image, row.route.weights), row.route.version)
        given[version] = given.get(version, 0) + row.route.percent
    return given


def floor(pair: Pair) -> Iterator[Finding]:
    """Fewer replicas for what still answers, while requests move."""
    before, after = pair.before, pair.after
    if before is None or after is None:
        return
    old, new = _shares(before, before), _shares(after, before)
    if old is None or new is None or old == new:
        return
    were = {row.route.version: row.route for row in before.rows if row.route.percent}
    for row in after.rows:
        was, is_ = were.get(row.route.version), row.route
        if was is None or not is_.percent or was.least is None or is_.least is None or is_.least >= was.least:
            continue
        yield found(
            pair,
            risk="disruptive",
            rule="traffic-floor-lowered",
            what=f"{is_.version} keeps {is_.percent:g}% of the requests, and loses replicas while requests move.",
            why=f"fewest replicas {was.least} → {is_.least}; share {was.percent or 0:g}% → {is_.percent:g}%",
            breaks=f"Until the others are ready {is_.version} may be too small: requests of {callers(pair)} wait or fail.",
            avoid="Move the requests first; lower the replicas in a later change.",
            path=row.path,
        )


def same_version(pair: Pair) -> Iterator[Finding]:
    """Another image or other weights under a name that stays."""
    if pair.before is None or pair.after is None:
        return
    were: dict[str, Route] = {}
    for route in pair.before.routes:
        were.setdefault(route.version, route)
    told = set()
    for row in pair.after.rows:
        was, is_ = were.get(row.route.version), row.route
        if was is None or is_.version in told or row.found == "missing":
            continue
        other = [
            f"{part} {short(old)} → {short(new)}"
            for part, old, new in (("image", was.image, is_.image), ("weights", was.weights, is_.weights))
            if old and new and old != new
        ]
        if other:
            told.add(is_.version)
            yield _same(pair, row, other)


def _same(pair: Pair, row: Row, other: list[str]) -> Finding:
    share = row.route.mirror or row.route.percent
    seen = "nobody sees its answers" if row.route.mirror else f"{share:g}% of the requests" if share is not None else "an unknown share"
    return found(
        pair,
        risk="traffic",
        rule="traffic-same-version-new-digest",
        what=f"{row.route.version} serves something else under the same name.",
        why="; ".join(other),
        breaks=f"What was tested and recorded as {row.route.version} is no longer what answers {callers(pair)}: {seen}.",
        avoid="Give it a version of its own, and begin that as a canary.",
        path=row.path,
        approval=True,
    )


def sums(pair: Pair) -> Iterator[Finding]:
    """Shares that do not mean what they look like, or that are refused."""
    side = pair.after
    if side is None or not pair.changed or side.controller:
        return
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in side.rows:
        if row.weight is not None and not row.route.mirror:
            groups.setdefault((row.route.matches, row.path.partition("backendRefs")[0] if side.dialect == "gateway" else ""), []).append(
                row
            )
    for group in groups.values():
        written = [row.weight for row in group if row.weight is not None]
        total = sum(written)
        if side.sum_of == "percent":
            total -= written[0] if group[0].path == "spec.predictor" else 0
            if total > 100:
                yield _too_much(pair, group, total)
        elif sum(weight > 0 for weight in written) > 1 and _looks_like_percent(total):
            yield _relative(pair, group, total)


def _looks_like_percent(total: float) -> bool:
    """Whether people would read weights as percentages, which they are not: 90 and 20, but not 1 and 1, 9 and 1, 1000 and 50."""
    return total != 100 and 50 <= total <= 200


def _relative(pair: Pair, group: list[Row], total: float) -> Finding:
    shares = ", ".join(f"{row.target} {row.weight:g} is {row.route.percent or 0:g}%" for row in group)
    return found(
        pair,
        risk="review",
        rule="traffic-sum",
        what=f"Weights add up to {total:g}, not to 100: each counts as a part of the sum, not as a percentage.",
        why=shares,
        avoid="Where percentages are meant, write weights that add up to 100.",
        path=group[0].path,
    )


def _too_much(pair: Pair, group: list[Row], total: float) -> Finding:
    return found(
        pair,
        risk="disruptive",
        rule="traffic-sum",
        what=f"Together, canaries take {total:g}% of the requests; 100% is the most.",
        why=", ".join(f"{row.target} {row.weight:g}%" for row in group if row.path != "spec.predictor"),
        breaks="KServe refuses it, and the update fails.",
        avoid="Lower the percentages of the canaries to 100 in all.",
        path=group[-1].path,
        blocks=True,
    )
