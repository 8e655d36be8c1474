"""Pictures of a page as plain geometry, each in a box of WIDTH by HEIGHT: no text is in them, so they may be stretched."""

from collections.abc import Sequence
from dataclasses import dataclass

from modelway.monitoring.drift import wording
from modelway.monitoring.drift.baseline import Baseline, Column
from modelway.monitoring.drift.counts import ColumnCounts
from modelway.monitoring.drift.result import Finding, Result, Watch
from modelway.monitoring.drift.seasons import season

WIDTH, HEIGHT = 600, 100
BARS = 24
"""Most bars of a distribution, about: neighbouring bins are drawn as one until together they have a share worth a bar."""
_GAP = 0.14
"""Of a bar's place, between it and the next."""


@dataclass(frozen=True)
class Bar:
    """A bin in both samples. `reference` and `window` are shares of rows, the rest is where they are drawn."""

    label: str
    reference: float
    window: float
    x: float
    width: float
    heights: tuple[float, float]
    apart: bool
    """Whether it is no place on the axis: rows without a value, of another type, or infinite."""


@dataclass(frozen=True)
class Distribution:
    bars: tuple[Bar, ...]
    axis: tuple[str, ...]
    """What stands below it, from left to right."""
    top: float
    """Share that the highest bar stands for."""


@dataclass(frozen=True)
class Point:
    x: float
    y: float
    told: str
    drifted: bool


@dataclass(frozen=True)
class Curve:
    """Scores of one method over time."""

    method: str
    paths: tuple[str, ...]
    """Of the scores; a window without one is a gap."""
    threshold: str
    points: tuple[Point, ...]
    alarms: tuple[tuple[float, float], ...]
    """x and width of the windows in which there was an alarm."""
    top: float
    first: str
    last: str


@dataclass(frozen=True)
class Cell:
    """A window of a strip."""

    x: float
    width: float
    height: float
    tone: str
    told: str


def distribution(column: Column, counts: ColumnCounts, baseline: Baseline, start: int) -> Distribution | None:
    """Shares of rows in each bin of the reference and the window; None where there is nothing to draw, or the bins are not the same."""
    reference = _season(column, baseline, start)
    if len(reference) != len(counts.counts) or not column.rows or not counts.rows:
        return None
    groups = _numbers(column, reference, counts.counts) if column.kind == "number" else _categories(column, reference, counts.counts)
    known = (sum(reference), sum(counts.counts))
    bars = [(label, _share(one, known[0]), _share(two, known[1]), False) for label, one, two in groups]
    for label, one, two in (
        ("without a value", column.missing, counts.missing),
        ("of another type", column.wrong, counts.wrong),
        ("infinite", column.infinite, counts.infinite),
    ):
        if one or two:
            bars.append((label, _share(one, column.rows), _share(two, counts.rows), True))
    if not bars:
        return None
    top = max(max(one, two) for _, one, two, _ in bars) or 1.0
    place = WIDTH / len(bars)
    drawn = tuple(
        Bar(label, one, two, place * (at + _GAP / 2), place * (1 - _GAP), (_high(one, top), _high(two, top)), apart)
        for at, (label, one, two, apart) in enumerate(bars)
    )
    return Distribution(drawn, _axis(column), top)


def _season(column: Column, baseline: Baseline, start: int) -> tuple[int, ...]:
    """What the window is compared with: the reference's rows of the same hour or weekday where the baseline has them."""
    key = season(baseline.seasonality, start) if baseline.seasonality is not None else ""
    return column.seasons.get(key, column.counts)


def _numbers(column: Column, reference: Sequence[int], window: Sequence[int]) -> list[tuple[str, int, int]]:
    """Bins from the lowest, those beyond the reference's range as one on each side."""
    cuts = column.cuts
    least = (max(1, sum(reference)) / BARS, max(1, sum(window)) / BARS)
    found: list[list[int]] = []
    for at, (one, two) in enumerate(zip(reference, window, strict=True)):
        if found and _belongs(column, found[-1], at, (one, two), least):
            found[-1][1:] = [at, found[-1][2] + one, found[-1][3] + two]
        else:
            found.append([at, at, one, two])
    return [(_range(cuts, first, last), one, two) for first, last, one, two in found if one or two]


def _belongs(column: Column, group: Sequence[int], at: int, rows: tuple[int, int], least: tuple[float, float]) -> bool:
    """Whether a bin is drawn with the ones before it: out of the range all of a side, inside only where neither is worth a bar by itself,
    so that one value that comes often is seen."""
    side = _side(column, at)
    if side != _side(column, group[1]):
        return False
    worth = [group[2] >= least[0] or group[3] >= least[1], rows[0] >= least[0] or rows[1] >= least[1]]
    return bool(side) or not (worth[0] or (worth[1] and (group[2] or group[3])))


def _side(column: Column, at: int) -> int:
    """-1 where a bin is below the reference's range, 1 above it, 0 inside."""
    cuts = column.cuts
    if column.low is not None and at < len(cuts) and cuts[at] < column.low:
        return -1
    return 1 if column.high is not None and at > 0 and cuts[at - 1] >= column.high else 0


def _range(cuts: Sequence[float], first: int, last: int) -> str:
    low = wording.number(cuts[first - 1]) if first else None
    high = wording.number(cuts[last]) if last < len(cuts) else None
    if low is None or high is None:
        return f"over {low}" if low else f"up to {high}" if high else "all values"
    return low if low == high else f"{low} to {high}"


def _categories(column: Column, reference: Sequence[int], window: Sequence[int]) -> list[tuple[str, int, int]]:
    """The most frequent ones of both; a value's name is not known here, only its hash."""
    pairs = list(zip(column.categories, reference, window, strict=False))
    total = (max(1, sum(reference)), max(1, sum(window)))
    kept = sorted(pairs, key=lambda one: -max(one[1] / total[0], one[2] / total[1]))[:BARS]
    names = {name for name, *_ in kept}
    shown = [(f"value #{name[:6]}", one, two) for name, one, two in pairs if name in names]
    one, two = sum(reference) - sum(pair[1] for pair in kept), sum(window) - sum(pair[2] for pair in kept)
    return [*shown, ("all other values", one, two)] if one or two else shown


def _axis(column: Column) -> tuple[str, ...]:
    if column.kind == "category":
        return ("most frequent", "rarer")
    ends = [value for value in (column.low, column.high) if value is not None]
    return tuple(wording.number(value) for value in ends)


def _share(count: int, rows: int) -> float:
    return count / rows if rows else 0.0


def _high(share: float, top: float) -> float:
    # What is there is seen.
    return min(HEIGHT, max(1.0, HEIGHT * share / top)) if share else 0.0


def curve(results: Sequence[Result], watch: Watch, subject: str, method: str) -> Curve | None:
    """Scores over time, oldest first, with the threshold and the windows in which the watch was an alarm; None without two windows."""
    scored = [(result, _found(result, watch, subject, method)) for result in results]
    values = [one.score for _, one in scored if one is not None and one.score is not None]
    limits = [one.threshold for _, one in scored if one is not None and one.threshold is not None]
    if len(values) < 2:
        return None
    start, end = results[0].start, results[-1].end
    top = 1.08 * max([*values, *limits, 1e-12])
    lowest = min(0.0, *values, *limits)

    def x(second: float) -> float:
        return round(WIDTH * (second - start) / max(1, end - start), 2)

    def y(value: float) -> float:
        return round(HEIGHT * (1 - (value - lowest) / (top - lowest)), 2)

    points: list[Point] = []
    paths: list[str] = []
    threshold, before = "", start
    for result, one in scored:
        if result.start > before:
            # Windows that nobody looked at.
            paths.append("")
        before = result.end
        middle = x((result.start + result.end) / 2)
        if one is None or one.score is None:
            paths.append("")
            continue
        told = f"{wording.moment(result.start)}: {wording.score_words(one)}, {one.state}"
        points.append(Point(middle, y(one.score), told, one.state == "drifted"))
        line = f"{middle} {y(one.score)}"
        paths = [*paths[:-1], f"{paths[-1]}L{line}"] if paths and paths[-1] else [*paths, f"M{line}"]
        if one.threshold is not None:
            threshold += f"M{x(result.start)} {y(one.threshold)}H{x(result.end)}"
    alarms = tuple(
        (x(result.start), round(x(result.end) - x(result.start), 2))
        for result in results
        if any(alarm.watch == watch and alarm.raised for alarm in result.alarms)
    )
    shown = tuple(path for path in paths if "L" in path)
    return Curve(method, shown, threshold, tuple(points), alarms, top, wording.moment(start), wording.moment(end))


def _found(result: Result, watch: Watch, subject: str, method: str) -> Finding | None:
    same = (one for one in result.findings if (one.watch, one.subject, one.method, one.segment) == (watch, subject, method, None))
    return next(same, None)


_HEIGHTS = {"alarm": 1.0, "drifted": 0.75, "steady": 0.4, "unknown": 0.15}


def strip(results: Sequence[Result], watch: Watch) -> tuple[Cell, ...]:
    """States of a watch over time, oldest first. By their heights they can be told apart without colours."""
    if not results:
        return ()
    start, end = results[0].start, results[-1].end
    scale = WIDTH / max(1, end - start)
    cells = []
    for result in results:
        alarm = next((one for one in result.alarms if one.watch == watch), None)
        if alarm is None:
            continue
        tone: wording.Tone = "unknown" if alarm.state == "unknown" else wording.alarm_tone(alarm)
        width = max(1.0, (result.end - result.start) * scale * 0.9)
        told = f"{wording.span(result)}: {alarm.state}, {wording.alarm_words(alarm)}"
        cells.append(Cell(round((result.start - start) * scale, 2), round(width, 2), _HEIGHTS[tone] * HEIGHT, tone, told))
    return tuple(cells)
