"""Whether a version has answered, with the same digests and long enough, in the environment that versions come from."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from modelway.architecture import Environment, Model
from modelway.architecture.quantities import Duration
from modelway.errors import ModelwayError
from modelway.governance.gates.gate import Gate, answering_people, listed, shown
from modelway.governance.gates.known import Known
from modelway.governance.gates.releases import Release, releases
from modelway.governance.record import Share


def proof(environment: Environment, name: str, model: Model, soak: Duration | None, known: Known, now: datetime, rule: str) -> Gate:
    """The gate. A version counts that got requests, and was found so: in the state, or in cluster and cloud where these were asked. What a
    release with differences had proves nothing."""
    where = environment.promotion.from_ if environment.promotion is not None else ""
    needed = timedelta(seconds=soak.seconds if soak is not None else 0)
    if known.why_not or not where:
        from modelway.governance.gates.recorded import unknown

        detail = (
            unknown(environment, known)
            if known.why_not
            else ("no environment is named that versions come from", "Add `promotion: {from: …}`.")
        )
        return Gate("proof", name, rule, "unknown", *detail)
    try:
        there = releases(known, where)
    except ModelwayError as fault:
        return Gate("proof", name, rule, "unknown", shown(str(fault)), "Use the Modelway that wrote it.")
    told: list[str] = []
    short = False
    for version in answering_people(model):
        answered, notes = _answered(there, name, model, version, now)
        if answered is not None and answered >= needed:
            told.append(f"{version}: {_time(answered)} in {where}")
            continue
        short = True
        so_far = f"{_time(answered)} of {_time(needed)} in {where}" if answered is not None else f"it has not answered in {where}"
        told.append(f"{version}: {so_far}{''.join(f', {note}' for note in notes[-3:])}")
    if not short:
        return Gate("proof", name, rule, "passed", listed(told))
    for_long = f" for {_time(needed)}" if needed else ""
    supply = f"Release the same digests in {where}, record that (`modelway release record`), and let them answer there{for_long}."
    return Gate("proof", name, rule, "missing", listed(told), supply)


def _answered(there: list[Release], name: str, model: Model, version: str, now: datetime) -> tuple[timedelta | None, list[str]]:
    """How long a version answered, all times together; None where it never did. And why some times do not count."""
    described = model.versions[version]
    image, weights = described.image.digest, f"sha256:{described.weights.sha256}"
    total: timedelta | None = None
    notes: list[str] = []
    for release, until in _times(there, now):
        for share in (share for one in release.record.models if one.model == name for share in one.versions):
            if share.image.rpartition("@")[2] != image or share.weights.rpartition("@")[2] != weights:
                continue
            reason = _not_proven(release, share)
            if reason is None:
                total = (total or timedelta()) + max(until - release.since, timedelta())
            elif reason:
                notes.append(f"release {release.number} {reason}")
    return total, notes


def _times(there: list[Release], now: datetime) -> Iterator[tuple[Release, datetime]]:
    """Each release and until when it was live: until the next of its stack, or now."""
    stacks: dict[str, list[Release]] = {}
    for release in there:
        if release.since <= now:
            stacks.setdefault(release.record.stack, []).append(release)
    for of_stack in stacks.values():
        for release, following in pairwise(of_stack):
            yield release, following.since
        yield of_stack[-1], now


def _not_proven(release: Release, share: Share) -> str | None:
    """Why a version of a release proves nothing; None where it does, empty where there is nothing to say."""
    if not share.percent and not share.header:
        return "gave it no requests" if share.copied else ""
    if release.record.differences:
        return f"was not as described, in {len(release.record.differences)} places"
    seen = share.seen or share.found
    if seen is None:
        return "does not tell what was live"
    if not seen.percent and not share.header:
        return "was found to give it no requests"
    if seen.image != share.image.rpartition("@")[2]:
        return "was found with another image"
    if seen.weights is not None and f"sha256:{seen.weights}" != share.weights.rpartition("@")[2]:
        return "was found with other weights"
    return None


def _time(time: timedelta) -> str:
    """In its two largest units."""
    seconds = int(time.total_seconds())
    said: list[str] = []
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m"), (1, "s")):
        if seconds >= size and len(said) < 2:
            said.append(f"{seconds // size}{unit}")
            seconds %= size
    return " ".join(said) or "0s"
