"""Whether a window's rows are what the contract says, how many they are, and how old: findings of the watch `quality`.

A rule of a contract is for data that somebody checks before they are used; of what strangers ask, some is always wrong. So a rule has
drifted here when more rows break it than may, beyond what chance explains, and what is less is told without being drift.
"""

import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median_high

from scipy import special

from modelway.architecture.contract import Column, Contract, Signature
from modelway.architecture.tensors import Tensor
from modelway.contracts.engine import opened
from modelway.contracts.evaluating import evaluate
from modelway.contracts.result import Fault, Rule, counted, named
from modelway.contracts.saying import share
from modelway.contracts.source import Source, Span
from modelway.monitoring.drift.baseline import Role
from modelway.monitoring.drift.cells import cells
from modelway.monitoring.drift.result import Finding, State

ODD = 0.001
"""Share of rows that may break a rule without being drift, where the contract allows none: one request in a thousand."""
CHANCE = 1e-5
"""A rule is broken, or a volume odd, when chance makes it so less often than this: of a hundred rules, once in a thousand windows."""
FEWEST = 5
"""Windows with rows before that a volume is judged by."""
FACTOR = 2
"""How many times less than in the quietest windows, or more than in the busiest, is no odd volume yet."""
TAIL = 0.1
"""Share of the windows before that count as the quietest, and as the busiest; one of them may be anything."""
DAY, WEEK = 86400, 7 * 86400
MOST = 1_000
"""Values in a row of one input up to which the contract's rules are held against each: the time for more grows with their square."""
OF_ROWS: frozenset[Rule] = frozenset(("not_a_number", "infinite", "fraction", "too_large", "below", "above", "value"))
"""Rules that single values break."""


def quality(
    rows: Sequence[Path],
    contract: Contract,
    *,
    rows_before: Sequence[int],
    rows_now: int,
    newest: float | None,
    end: int,
    start: int | None = None,
    starts_before: Sequence[int] = (),
    columns: Collection[str] | None = None,
) -> tuple[Finding, ...]:
    """What is to be said of a window: one finding for each rule of the contract that its rows break, or one that none does; one for how
    many rows it has; one for how old the newest is, where the contract says how old it may be. None holds a value of a row.

    `rows` are files of Parquet with the columns `_time` (seconds since 1970) and `_wrong` (names of columns whose value was of another
    type and is left out), numbers as DOUBLE and all else as text; with `start`, the rows from it up to `end` alone. `rows_before` are the
    rows of windows before, in any order, and `starts_before` when each of them began, where it is known; `newest` is the time of the
    newest row that is known. `columns` are those of the contract that are kept of requests and answers, all when absent: nothing is
    missing that nobody keeps.
    """
    known = dict(zip(starts_before, rows_before, strict=True)) if starts_before else {}
    then = None if start is None else usual_then(known, start, rows_now)
    return (
        *_contract(rows, contract, columns, start, end),
        _volume(rows_before, rows_now, then),
        *_freshness(contract, rows_now, newest, end),
    )


def usual_then(before: Mapping[int, int], start: int, rows_now: int) -> int | None:
    """How many rows are usual in a window that begins at `start`: the median at the same time of other days, or of other weeks, what is
    less. `before` are rows by the start of their window. None where it is not known, and while an outage lasts.

    Windows without rows since the last one with some say nothing of what is usual. They are an outage from the first one on whose time
    usually has more rows than chance takes away, also through hours that are always empty.
    """
    last = max((one for one, rows in before.items() if rows and one < start), default=None)
    if last is None:
        return None
    ended = {one: rows for one, rows in before.items() if one <= last}
    for one in before if not rows_now else ():
        usual = _usual_at(ended, one) if last < one < start else 0
        if usual is None or special.pdtr(0, usual / FACTOR) < CHANCE:
            return None
    return _usual_at(ended, start)


def _usual_at(before: Mapping[int, int], start: int) -> int | None:
    medians = []
    # One week may have been anything; of two, both have to be quiet.
    for period, fewest in ((DAY, 1), (WEEK, 2)):
        alike = [rows for one, rows in before.items() if (start - one) % period == 0]
        medians += [median_high(alike)] if len(alike) >= fewest else []
    return min(medians, default=None)


def volume(rows_before: Sequence[int], rows_now: int, then: int | None = None) -> tuple[float | None, float | None, float | None]:
    """How odd a number of rows is: (score, threshold, chance), all None with fewer than FEWEST windows with rows before. Windows without
    rows do not count, or an outage would be usual after a while. `then` are rows that are usual at that time, where it is known.

    The score is how many times the number has doubled or halved from the median of the windows before (base-2 logarithm of the ratio, one
    added to both, so 0 rows have a score; at least 0). The threshold is as far as half of the quietest tenth of those windows, or twice
    the busiest, is from it, the one most extreme window left out where a tenth is less than one; half of `then` where that is less. The
    chance is that of a Poisson count as far out where its mean is that limit itself, so that few rows are not odd because they are few.
    """
    ordered = sorted(rows for rows in rows_before if rows)
    if len(ordered) < FEWEST:
        return None, None, None
    middle = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
    skipped = math.ceil(TAIL * (len(ordered) - 1))
    quietest = ordered[skipped] if then is None else min(ordered[skipped], then)
    low, high = quietest / FACTOR, ordered[-1 - skipped] * FACTOR
    fewer = rows_now < middle
    limit = low if fewer else high
    # The tail is not defined from 0 on, where it is everything.
    chance = float(special.pdtr(rows_now, low) if fewer else special.pdtrc(rows_now - 1, high)) if fewer or rows_now else 1.0
    return _doublings(rows_now, middle), _doublings(limit, middle), chance


def _doublings(rows: float, middle: float) -> float:
    return abs(math.log2((rows + 1) / (middle + 1)))


def _volume(rows_before: Sequence[int], rows_now: int, then: int | None) -> Finding:
    score, threshold, chance = volume(rows_before, rows_now, then)
    filled = sorted(rows for rows in rows_before if rows)
    if score is None or threshold is None or chance is None:
        why = f"{counted(rows_now)}, and how many are usual is known after {FEWEST} windows with rows; there are {len(filled)} before"
        return Finding("quality", "rows", "volume", "unknown", rows_now, why)
    drifted = score > threshold and chance < CHANCE
    usual = filled[len(filled) // 2]
    quiet = "" if then is None or then * FACTOR >= usual else f", and {f'about {then:,}' if then else 'none'} at this time of other days"
    why = f"{counted(rows_now)}, usual are about {usual:,}{quiet}"
    return Finding("quality", "rows", "volume", "drifted" if drifted else "steady", rows_now, why, score, threshold, chance)


def _freshness(contract: Contract, rows: int, newest: float | None, end: int) -> Iterator[Finding]:
    if contract.freshness is None:
        return
    allowed = contract.freshness.seconds
    if newest is None:
        why = "no row has a time, so its age is not known"
        yield Finding("quality", "rows", "freshness", "unknown", rows, why, threshold=allowed)
        return
    age = max(0.0, end - newest)
    state: State = "drifted" if age > allowed else "steady"
    why = f"the newest row came {age / 3600:,.1f}h before the end of the window, expected at most {contract.freshness}"
    yield Finding("quality", "rows", "freshness", state, rows, why, age, allowed)


def _contract(rows: Sequence[Path], contract: Contract, columns: Collection[str] | None, start: int | None, end: int) -> Iterator[Finding]:
    """What the contract says of the rows."""
    span = None if start is None else Span("_time", start, end)
    served, left_out = _as_served(contract, columns)
    table = Source("window", tuple(rows), "parquet", span)
    result = evaluate(served, table, now=float(end))
    judged = result.rows or 0
    broken = [fault for fault in result.faults if fault.rule == "file"]
    if broken or not judged:
        why = "; ".join(fault.text() for fault in broken) or "there is no row to hold against the contract"
        yield Finding("quality", "contract", "contract", "unknown", judged, why)
        return
    wrong = _wrong(table)
    findings = [*_types(served, wrong, judged)]
    for fault in result.faults:
        findings += _of_fault(served, fault, wrong.get(fault.subject, 0), judged)
    yield from findings
    if not any(one.state == "drifted" for one in findings):
        told = f", beside {named(left_out)}, whose number of values is free or above {MOST:,}" if left_out else ""
        why = f"no rule of the contract is broken by more rows than may be{told}"
        yield Finding("quality", "contract", "contract", "steady", judged, why, 0.0)


def _as_served(contract: Contract, columns: Collection[str] | None) -> tuple[Contract, list[str]]:
    """The contract as far as it holds for requests and answers that are kept, and the columns that it leaves out.

    Labels, times and groups are in no request. Somebody may ask twice, so nothing is unique; how many rows there are and how old they
    are is looked at elsewhere. True and false come as text, and several values in a row as columns of their own.
    """
    every = {tensor.name: tensor for tensor in (*contract.signature.inputs, *contract.signature.outputs)}
    many = Counter(cell.column for cell in cells(contract))
    kept = [name for name in every if (columns is None or name in columns)]
    there = [cell for cell in cells(contract) if cell.column in kept and many[cell.column] <= MOST]
    tensors: dict[Role, list[Tensor]] = {"input": [], "output": []}
    expectations: dict[str, Column] = {}
    for cell in there:
        column = contract.expectations.get(cell.column, Column())
        change: dict[str, object] = {"unique": False, "shown": False}
        datatype = every[cell.column].datatype
        if cell.boolean:
            datatype = "BYTES"
            change |= {"type": None, "values": tuple(str(one).lower() for one in column.values or (True, False))}
        tensors[cell.role].append(Tensor.model_construct(name=cell.name, datatype=datatype, shape=(-1,)))
        expectations[cell.name] = column.model_copy(update=change)
    signature = Signature.model_construct(inputs=tuple(tensors["input"]), outputs=tuple(tensors["output"]))
    left_out = [name for name in kept if not 0 < many[name] <= MOST]
    served: dict[str, object] = {"signature": signature, "expectations": expectations}
    return contract.model_copy(update=served | {"rows": None, "freshness": None, "ordered_by": None}), left_out


def _wrong(table: Source) -> Mapping[str, int]:
    """Rows whose value was of another type, by column."""
    with opened(table.files) as engine:
        where = ""
        if table.within is not None:
            where = f" WHERE _time >= {float(table.within.start)!r} AND _time < {float(table.within.end)!r}"
        links = ", ".join(engine.link(file) for file in range(len(table.files)))
        read = f"SELECT unnest(_wrong) AS name FROM read_parquet([{links}]){where}"
        counts = engine.rows(f"SELECT name, count(*) FROM ({read}) GROUP BY name")
    return {str(name): count for name, count in counts if isinstance(count, int)}


def _types(contract: Contract, wrong: Mapping[str, int], rows: int) -> Iterator[Finding]:
    for tensor in (*contract.signature.inputs, *contract.signature.outputs):
        if count := wrong.get(tensor.name, 0):
            yield _judged(tensor.name, "type", count, rows, ODD, f"{counted(count)} of {rows:,} have a value of another type")


def _of_fault(contract: Contract, fault: Fault, wrong: int, rows: int) -> Iterator[Finding]:
    if fault.rule == "missing":
        # A value of another type is told as such; it is not missing too.
        allowed = contract.expectations.get(fault.subject, Column()).null_rate
        missing = max(0, (fault.count or 0) - wrong)
        if missing > allowed * rows:
            may = f"at most {share(allowed)} may be" if allowed else "none may be"
            what = f"{missing:,} of {counted(rows)} ({share(missing / rows)}) are missing; {may}"
            yield _judged(fault.subject, "missing", missing, rows, max(allowed, ODD), what)
    elif fault.rule in OF_ROWS and fault.count is not None:
        yield _judged(fault.subject, fault.rule, fault.count, rows, ODD, fault.what)
    else:
        state: State = "unknown" if fault.undecided else "drifted"
        score = None if fault.undecided else 1.0
        yield Finding("quality", fault.subject or "contract", f"contract_{fault.rule}", state, rows, fault.what, score)


def _judged(column: str, rule: str, count: int, rows: int, allowed: float, what: str) -> Finding:
    """Whether so many rows are more than `allowed`, by the tail of a binomial distribution."""
    found = count / rows
    chance = float(special.bdtrc(count - 1, rows, allowed))
    state: State = "drifted" if found > allowed and chance < CHANCE else "steady"
    why = what if state == "drifted" else f"{what}; up to {share(allowed)}, and what chance adds, is no drift"
    effect = max(0.0, found - allowed)
    return Finding("quality", column, f"contract_{rule}", state, rows, why, found, allowed, chance, effect)
