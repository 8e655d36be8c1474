"""Exceptions that were in force: from the descriptions that releases were made from, which a ledger keeps by digest."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from modelway.governance.audit import bundle as bundles
from modelway.governance.record import from_statement, is_release
from modelway.governance.verifier import Entry


def exceptions_of(
    entries: Sequence[Entry], kept: Mapping[str, Mapping[str, object]], question: "bundles.Question"
) -> list[dict[str, object]]:
    """What rules and requirements let through, of the environment and of the model, each with the releases that had it."""
    found: dict[str, dict[str, object]] = {}
    for entry in entries:
        if not is_release(entry.statement):
            continue
        record = from_statement(entry.statement, f"entry {entry.sequence}")
        resolved = kept.get(record.resolved_sha256, {})
        for scope, one in _said(resolved, question.model):
            # One that ended before the time that is asked about was in force in none of it.
            if _ended(one.get("expires"), question.since.date()):
                continue
            told = {"environment": record.environment, "of": scope, **one}
            same = repr(sorted((key, str(value)) for key, value in told.items()))
            releases = found.setdefault(same, {**told, "releases": []})["releases"]
            assert isinstance(releases, list)
            releases.append(entry.sequence)
    return [found[key] for key in sorted(found)]


def _said(resolved: Mapping[str, object], model: str) -> Iterator[tuple[str, dict[str, object]]]:
    models = resolved.get("models")
    described = models.get(model) if isinstance(models, Mapping) else None
    for scope, section in (("environment", resolved), (f"model {model}", described)):
        governance = section.get("governance") if isinstance(section, Mapping) else None
        listed = governance.get("exceptions") if isinstance(governance, Mapping) else None
        for one in listed if isinstance(listed, list) else ():
            if isinstance(one, Mapping):
                yield scope, {str(key): value for key, value in one.items()}


def _ended(expires: object, since: date) -> bool:
    try:
        return date.fromisoformat(str(expires)) < since
    except ValueError:
        return False
