"""A release that was made again from its commit, held against what was recorded."""

from collections.abc import Iterator, Mapping

from modelway.governance.ledger.store import Store
from modelway.governance.record import Record, hashed
from modelway.governance.recording import Rendering
from modelway.governance.releases import read_kept


def compared(record: Record, again: Rendering, lock: str, store: Store) -> dict[str, tuple[str, str]]:
    """What was recorded and what it is now, by where it differs; empty when the release is the same. An empty text stands for what was not
    there. Raises Damaged where what the record names by digest is not that."""
    found = {f"package {name}": (was, again.packages.get(name, "")) for name, was in record.toolchain.packages.items()}
    found["python"] = (record.toolchain.python, again.python)
    found["requirements.lock"] = (record.toolchain.lock_sha256, lock)
    found |= dict(_held("environment", record.resolved_sha256, again.resolved, store))
    found |= dict(_held("resource", record.graph_sha256, again.graph, store))
    return {what: pair for what, pair in found.items() if pair[0] != pair[1]}


def _held(what: str, digest: str, now: Mapping[str, object], store: Store) -> Iterator[tuple[str, tuple[str, str]]]:
    if hashed(now) == digest:
        return
    was = read_kept(store, digest)
    if was is None:
        # The digest alone says that something differs, not what.
        yield f"{what}, whose record is not in the ledger any more", (digest, hashed(now))
        return
    before, after = dict(_leaves(was)), dict(_leaves(now))
    for path in [*after, *(path for path in before if path not in after)]:
        yield f"{what} {path}", (before.get(path, ""), after.get(path, ""))


def _leaves(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and value:
        for number, item in enumerate(value):
            yield from _leaves(item, f"{path}[{number}]")
    else:
        yield path, "null" if value is None else str(value)
