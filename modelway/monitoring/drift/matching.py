"""Whether a baseline was made for what it is used for: its noise is that of windows of one length, compared by one kind of season."""

from modelway.architecture.contract import Contract
from modelway.architecture.drift import Drift
from modelway.monitoring.drift.baseline import Baseline, NoBaseline
from modelway.monitoring.drift.cells import cells


def check(baseline: Baseline, name: str, drift: Drift, contract: Contract, window_seconds: int) -> None:
    """Raises NoBaseline for the baseline in the file `name` if it was made for other windows or seasons, or for columns of another kind."""
    found = [*mismatches(baseline, drift, window_seconds), *_kinds(baseline, contract)]
    if found:
        raise NoBaseline(f"{name}: {'; '.join(found)}. Make the baseline again with `modelway drift baseline`, and name the new one.")


def mismatches(baseline: Baseline, drift: Drift, window_seconds: int) -> tuple[str, ...]:
    """What the noise of the baseline is of and windows are not; nothing where its rows have no time, which is of no window."""
    found = []
    if baseline.windows and baseline.window_seconds != window_seconds:
        found.append(f"it was made for windows of {baseline.window_seconds:,} s, and windows are {window_seconds:,} s long")
    if baseline.seasonality != drift.seasonality:
        there = f"seasonality {baseline.seasonality}" if baseline.seasonality else "no seasonality"
        declared = f"drift.seasonality is {drift.seasonality}" if drift.seasonality else "drift has no seasonality"
        timed = "; that needs rows with times" if baseline.seasonality is None and not baseline.windows else ""
        found.append(f"it was made with {there}, and {declared}{timed}")
    return tuple(found)


def _kinds(baseline: Baseline, contract: Contract) -> tuple[str, ...]:
    """Columns that were numbers and are none any more, or the other way round. What is not in both is told of elsewhere."""
    now = {cell.name: cell.kind for cell in cells(contract)}
    kinds = {"number": "numbers", "category": "categories"}
    return tuple(
        f"{column.name} was made of {kinds[column.kind]}, and by the contract they are {kinds[now[column.name]]}"
        for column in baseline.columns
        if now.get(column.name, column.kind) != column.kind
    )
