"""Puts a bundle together: the whole ledger as it is, what of it concerns the model, documents, and a list of all with their digests.

The ledger is there whole, since an entry proves nothing without those before it. Which of them concern the model is worked out by the
verifier's own code, so that whoever has the bundle can do it again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from modelway.errors import ModelwayError
from modelway.governance import verifier
from modelway.governance.audit.exceptions import exceptions_of
from modelway.governance.audit.readme import readme
from modelway.governance.ledger import Ledger, Signer
from modelway.governance.ledger.ledger import sealed
from modelway.governance.ledger.store import ENTRIES, HEAD, Store
from modelway.governance.record import from_statement, is_release
from modelway.governance.releases import KEPT, read_kept
from modelway.governance.verifier import AUDIT, INDEX, MANIFEST, SEAL, canonical, index_of, readable, sha256, stamp, statement_file


class NothingKnown(ModelwayError):
    """No entry of the ledger concerns the model."""


class NotWhole(ModelwayError):
    """The ledger does not hold."""


@dataclass(frozen=True)
class Question:
    """What is asked for."""

    model: str
    environments: tuple[str, ...]
    """Of these alone; of all when empty."""
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Bundle:
    """The files of a bundle, by name, and what is not among them with the reason."""

    files: Mapping[str, bytes]
    missing: Mapping[str, str]
    concerned: int
    """Entries that concern the model."""


def assembled(
    ledger: Ledger, store: Store, keys: bytes, question: Question, documents: Mapping[str, bytes], missing: Mapping[str, str]
) -> Bundle:
    """The bundle; `documents` by name, and what could not be made with the reason. Raises NotWhole, NothingKnown, and what the ledger does.

    The same ledger, documents and question give the same bytes.
    """
    result = ledger.verify()
    if result.faults or result.last is None:
        first = f": {result.faults[0]}" if result.faults else ""
        raise NotWhole(f"{ledger.address}: the ledger does not hold{first}. See `modelway release verify`; nothing was written.")
    entries = list(ledger.entries())
    index = index_of(entries, question.model, question.environments, question.since, question.until)
    if not index:
        where = f" in {', '.join(question.environments)}" if question.environments else ""
        raise NothingKnown(
            f"{ledger.address} tells nothing of model {question.model}{where} up to {stamp(question.until)}: name another model,"
            " environment or time; `modelway release list` shows what there is."
        )
    files = {f"ledger/{name}": content for name, content in _ledger(store, len(entries)).items()}
    concerned = [entries[int(str(one["entry"]))] for one in index]
    files |= {statement_file(entry): readable(entry.statement) for entry in concerned}
    lost = dict(missing)
    kept = dict[str, Mapping[str, object]]()
    for entry in concerned:
        if is_release(entry.statement):
            record = from_statement(entry.statement, f"entry {entry.sequence}")
            for digest in (record.resolved_sha256, record.graph_sha256):
                found = read_kept(store, digest)
                if found is None:
                    lost[f"ledger/{KEPT}{digest}.json"] = "the ledger's store has it no more"
                else:
                    kept[digest] = found
                    files[f"ledger/{KEPT}{digest}.json"] = canonical(found)
    files["exceptions.json"] = readable({"exceptions": exceptions_of(concerned, kept, question)})
    files[INDEX] = readable({"entries": index})
    files["keys.json"] = keys
    files["verifier.py"] = Path(verifier.__file__).read_bytes()
    files |= documents
    files["README.md"] = readme(question, index, sorted({*files, "README.md", MANIFEST}), lost, result.last).encode()
    manifest: dict[str, Any] = {
        "version": verifier.VERSION,
        "project": ledger.project,
        "model": question.model,
        "environments": sorted(question.environments),
        "from": stamp(question.since),
        "to": stamp(question.until),
        "ledger": {"sequence": result.last.sequence, "sha256": result.last.hash},
        "missing": lost,
        "files": {name: sha256(content) for name, content in files.items()},
    }
    return Bundle({**files, MANIFEST: readable(manifest)}, lost, len(index))


def sealing(bundle: Bundle, project: str, signer: Signer, now: datetime) -> Bundle:
    """The bundle with a signature on its list of files; it says when that was, so it has other bytes each time."""
    said = {"manifest": sha256(bundle.files[MANIFEST]), "project": project, "time": stamp(now)}
    return Bundle({**bundle.files, SEAL: sealed(said, AUDIT, signer)}, bundle.missing, bundle.concerned)


def _ledger(store: Store, entries: int) -> dict[str, bytes]:
    names: Sequence[str] = [verifier.file_name(number) for number in range(entries)]
    found = {f"{ENTRIES}{name}": content for name, content in store.contents(names)}
    head = store.read(HEAD)
    return found if head is None else {**found, HEAD: head}
