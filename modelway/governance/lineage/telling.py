"""Lineage for people: a tree of each endpoint back to its data, and a list of the endpoints that used some data."""

from collections.abc import Iterator, Sequence

from modelway.escaping import plain
from modelway.governance.lineage.asking import Use, matching, uses
from modelway.governance.lineage.making import title_of, when
from modelway.governance.lineage.naming import names
from modelway.governance.lineage.spans import Lineage, Span
from modelway.governance.lineage.tracked import Held
from modelway.governance.lineage.versions import Data, Version

DIGITS = 12
"""Hex digits that are shown of a digest."""


def of_model(found: Lineage, model: str) -> Iterator[str]:
    """The lineage of one model, a line each: its versions back to their data, then its endpoints and what answered there."""
    yield model
    called, waiting = names(found), {version.content for version in found.waiting}
    for name, version in called.listed:
        yield f"  {name}{'  nobody asks it' if version.content in waiting else ''}"
        yield from (f"    {line}" for line in _version(version))
    endpoint = ""
    for span in found.spans:
        if span.endpoint != endpoint:
            endpoint = span.endpoint
            yield f"  {endpoint}  risk {span.risk_tier}, owner {plain(span.owner)}"
        answers = ", ".join(f"{called.of(span.versions[one.version])} {plain(one.says)}" for one in span.answering)
        yield f"    {_headline(span)}: {answers}"
    yield from notes(found)


def of_data(found: Lineage, wanted: str) -> Iterator[str]:
    """Who used some data, a line each. Raises UnknownData."""
    for data in matching(found, wanted):
        yield _data(data)
    listed = uses(found, wanted)
    described = [use for use in listed if use.span.described]
    released = [use for use in listed if not use.span.described]
    for title, some in (("as files say now", described), ("as was released", released)):
        if some:
            yield f"used, {title}"
            yield from _columns([_use(use) for use in some])
    if not listed:
        yield "no endpoint used it: the versions that were made with it are not asked by anybody"
    yield from notes(found)


def of_run(held: Sequence[Held]) -> Iterator[str]:
    """What a run of MLflow said, and the file, a line each: what differs first."""
    for one in sorted(held, key=lambda one: ("differs", "unknown", "same").index(one.outcome)):
        described, tracked = plain(one.described, 90) or "nothing", plain(one.tracked, 90) or "nothing"
        said = described if one.outcome == "same" else f"the file says {described}, the run {tracked}{f': {one.why}' if one.why else ''}"
        yield f"  {one.outcome:<8} {plain(one.what, 160)}: {said}"


def notes(found: Lineage) -> Iterator[str]:
    """What does not fit together, and what is not known."""
    for title, lines in (("not the same:", found.differences), ("not known:", found.unknown)):
        if lines:
            yield title
            yield from (f"  {plain(line)}" for line in lines)


def _headline(span: Span) -> str:
    return when(span) if span.described else f"{title_of(span)}, {when(span)}"


def _version(version: Version) -> Iterator[str]:
    yield f"weights   {_short(version.weights)}"
    if version.said:
        commit = f", commit {version.commit[:DIGITS]}" if version.commit else ""
        yield f"  made by {plain(version.run) if version.run else 'a run that nobody names'}{commit}"
    yield from (f"    {_data(data)}" for data in version.data)
    if version.metrics:
        reached = ", ".join(f"{name} {value:g}" for name, value in version.metrics)
        yield f"  reached {plain(reached)}{f', evaluated {plain(version.evaluated)}' if version.evaluated else ''}"
    yield f"image     {_short(version.image)}"
    yield f"contract  {_short(version.contract)}"
    if version.baseline is not None:
        yield f"baseline  {_short(version.baseline)}"
    if "," in version.told_by:
        yield f"told by   {version.told_by}"


def _data(data: Data) -> str:
    parts = [f"sha256:{data.sha256[:DIGITS]}" if data.sha256 else "no fingerprint"]
    parts += [f"{data.rows:,} rows"] if data.rows is not None else []
    parts += [plain(one, 160) for one in (data.source, data.license) if one]
    return f"{f'{data.part} data' if data.part else 'learned from'} {plain(data.name, 160)}: {', '.join(parts)}"


def _use(use: Use) -> tuple[str, ...]:
    span = use.span
    releases = "" if span.described else f"{title_of(span)}, {when(span)}"
    parts = ", ".join(use.parts) or "said of the model"
    return span.endpoint, use.answering.version, plain(use.answering.says), parts, releases


def _columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield f"  {'  '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))}".rstrip()


def _short(pinned: str) -> str:
    name, at, sha256 = pinned.rpartition("@sha256:")
    return plain(f"{name}{at}{sha256[:DIGITS]}" if at else pinned, 200)
