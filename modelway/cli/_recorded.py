"""How releases are told, and what a release is recorded from."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from modelway.errors import WrongUsage
from modelway.escaping import line

if TYPE_CHECKING:
    from modelway.cli._looking import AtReleased
    from modelway.governance.record import Policy, Record, Share
    from modelway.governance.recording import ReadBack
    from modelway.governance.releases import Release

DIGITS = 12
"""Hex digits that are shown of a digest."""


def row(release: "Release") -> str:
    """One release in a line."""
    record = release.record
    shares = ", ".join(_share(model.model, share) for model, share in record.answering)
    flags = f"  {len(record.differences)} not as described" if record.differences else ""
    flags += "  GLASS BROKEN" if record.break_glass else ""
    flags += "  STOPPED" if any(model.stopped for model in record.models) else ""
    return line(
        f"{release.number:>6}  {_shown(record.released)}  {record.stack:<24} {record.commit[:DIGITS]}  {shares or 'no model'}{flags}"
    )


def page(release: "Release", signer: str) -> Iterator[str]:
    """All of one release, for people."""
    yield from (line(one) for one in _page(release, signer))


def _page(release: "Release", signer: str) -> Iterator[str]:
    record = release.record
    yield f"release {release.number}: {record.stack}, live since {_shown(record.released)}"
    facts = {
        "recorded": f"{_shown(record.recorded)}, signed by {signer}",
        "commit": f"{record.commit}, by {record.author}",
        "environment": f"{record.environment}, tier {record.tier}, resolved sha256:{record.resolved_sha256}",
        "graph": f"{record.resources:,} resource{'s' if record.resources != 1 else ''} in the state, graph sha256:{record.graph_sha256}",
        "made with": ", ".join([f"engine {record.toolchain.engine}", f"python {record.toolchain.python}"])
        + "".join(f", {name} {version}" for name, version in sorted(record.toolchain.packages.items())),
        "plan": f"sha256:{record.plan_sha256}" if record.plan_sha256 else "none was given",
        "policy": _policy(record.policy),
    }
    yield from (f"  {name:<12} {fact}" for name, fact in facts.items())
    for approval in record.approvals:
        of = f" of {approval.model}" if approval.model else ""
        yield f"  {'approved by':<12} {approval.who}{of}, {approval.when}, {'signed' if approval.signed else 'as given'}: {approval.proof}"
    yield from (f"  {line}" for line in marks(record))
    yield f"  {'gates':<12} {_gates(record)}"
    if record.look is not None:
        yield f"  {'looked at':<12} {_shown(record.look.when)}: {', '.join(record.look.asked) or 'nobody answered'}"
    for model in record.models:
        more = f", system {model.system}" if model.system else ""
        more += f", once stopped {model.fallback} answers" if model.fallback else ""
        yield f"  {model.model}, {model.presence}, risk {model.risk_tier}, owner {model.owner}{more}"
        if model.subject_sha256:
            yield f"    {'approved as':<11} sha256:{model.subject_sha256}"
        for share in model.versions:
            yield f"    {_share('', share).strip() if share.answers else f'{share.version} waits'}"
            pinned = {"image": share.image, "weights": share.weights, "baseline": share.baseline}
            if share.found is not None:
                pinned["found"] = (
                    f"image {share.found.image}, weights {f'sha256:{share.found.weights}' if share.found.weights else 'not told'}"
                )
            if share.seen is not None:
                pinned["seen"] = f"image {share.seen.image}, {share.seen.percent}%, copies {share.seen.copied}%"
            pinned["contract"] = f"{share.contract}@sha256:{share.contract_sha256}"
            yield from (f"      {name:<9} {value}" for name, value in pinned.items() if value)
            if share.metrics:
                yield f"      {'metrics':<9} {', '.join(f'{name} {value:g}' for name, value in share.metrics.items())}"
            yield from (f"      {name:<9} {value}" for name, value in _made_from(share))
        yield from (f"    {'data':<11} {one}" for one in model.data)
    for title, found in (("not as described:", record.differences), ("not known:", record.unknown)):
        if found:
            yield f"  {title}"
            yield from (f"    {line}" for line in found)


def marks(record: "Record") -> Iterator[str]:
    """What is out of the ordinary of a release, a line each."""
    for one in record.break_glass:
        yield line(f"GLASS BROKEN by {one.who}, {_shown(one.since)} to {_shown(one.until)}: {one.reason}")
    for model in record.models:
        if model.stopped is not None:
            yield line(f"STOPPED: {model.model} by {model.stopped.who}, {_shown(model.stopped.when)}: {model.stopped.reason}")


def at_released(seen: "AtReleased") -> Iterator[str]:
    """What is there of a release, a line each."""
    yield f"release {seen.number} of {seen.stack}, asked: {', '.join(seen.asked) or 'nobody'}"
    yield from (f"  {line}" for line in seen.differences)
    yield from (f"  not known: {line}" for line in seen.unknown)
    if not seen.differences and not seen.unknown:
        yield "  all that is there is what was released"


def as_data(release: "Release") -> dict[str, object]:
    """The same as JSON."""
    from modelway.governance.record import plain

    return {
        "number": release.number,
        "entry_sha256": release.entry.hash,
        "key": release.entry.key,
        "record": plain(release.record),
    }


def answering(record: "Record") -> Iterator[str]:
    """What answers, and what it is, a line each: as it was found, or as described where nobody could look."""
    for model, share in record.answering:
        yield f"  {_share(model.model, share)}{'' if share.found else ', as described: the state does not tell'}"
        image, weights = share.image.rpartition("@")[2], share.weights.rpartition("@")[2]
        if share.found is not None:
            image, weights = share.found.image, f"sha256:{share.found.weights}" if share.found.weights else f"{weights}, as described"
        yield f"    image {image}"
        yield f"    weights {weights}"


def read_back(file: Path) -> "ReadBack":
    """The state of a stack in a file. Raises UnusableFile."""
    from modelway.governance.live import Held
    from modelway.governance.recording import ReadBack
    from modelway.preview.resources import name_of
    from modelway.preview.state import State

    state = State(file)
    # What is only read, such as what another stack exports, is no resource of this one.
    held = {one.urn: Held(one.type, name_of(one.urn), one.outputs or one.inputs) for one in state if not one.external}
    if state.unreadable:
        raise WrongUsage(f"{file}: resources of the state that cannot be read: {state.unreadable:,}. Use a newer Modelway.")
    return ReadBack(state.stack, state.hash, state.time, state.engine, held, state.pending)


def changed(labels: tuple[str, str], found: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    """What differs between two things, by where it is."""
    yield f"{' → '.join(labels)}: {len(found) or 'no'} difference{'s' if len(found) != 1 else ''}"
    for what, (before, after) in found.items():
        name = what.partition(": ")[0]
        yield f"  {'+' if not before else '-' if not after else '~'} {name}  {' → '.join(one for one in (before, after) if one)}"


def _share(model: str, share: "Share") -> str:
    percent, copied = (share.found.percent, share.found.copied) if share.found else (share.percent, share.copied)
    doing = [f"{percent}%"] if percent else []
    doing += [f"copies of {copied}%"] if copied else []
    doing += [f"requests with {share.header}"] if share.header else []
    return f"{model} {share.version} {' and '.join(doing) or 'nothing'}"


def _made_from(share: "Share") -> Iterator[tuple[str, str]]:
    """Where a version comes from, and how good it was found to be."""
    if share.training is not None:
        made = [one for one in (share.training.run, share.training.commit and f"commit {share.training.commit}") if one]
        if made:
            yield "training", ", ".join(made)
        for data in share.training.data:
            rows = f", {data.rows:,} rows" if data.rows is not None else ""
            yield data.part, f"{data.name}@sha256:{data.sha256}{rows}"
    if share.evaluation is not None:
        said = [f"{name} {value:g}" for name, value in share.evaluation.metrics.items()]
        said += [f"{one.metric} apart by {one.gap:g} between groups of {one.group}" for one in share.evaluation.gaps]
        yield "reached", ", ".join(said) + "".join(f", {one}" for one in (share.evaluation.by, share.evaluation.day) if one)


def _gates(record: "Record") -> str:
    if record.gates is None:
        return "nobody asked them"
    open_ = [f"{one.gate} of {one.model} {one.outcome.replace('_', ' ')}: {one.detail}" for one in record.gates if one.outcome != "passed"]
    passed = len(record.gates) - len(open_)
    return "; ".join([f"{passed:,} passed", *open_])


def _policy(policy: "Policy | None") -> str:
    if policy is None:
        return "no verdicts were given"
    others = "".join(f"; {one.outcome} {one.rule} {one.where}".rstrip() for one in policy.others)
    return f"{policy.passed:,} passed, exit code {policy.exit_code}{others} (sha256:{policy.sha256})"


def _shown(moment: str) -> str:
    return f"{moment[:19].replace('T', ' ')}Z"
