"""What the ledger of an environment tells, whole and held against its signatures; or why nobody knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from modelway.architecture import Environment
from modelway.errors import ModelwayError

if TYPE_CHECKING:
    from modelway.governance.ledger import Entry, Key, Ledger


@dataclass(frozen=True)
class Known:
    """The entries of a ledger, oldest first, and the keys that may sign."""

    entries: "Sequence[Entry]" = ()
    keys: "Sequence[Key]" = ()
    why_not: str = ""
    """Why nothing is known; empty where all of it is."""
    declared: bool = True
    """Whether the environment names a ledger."""
    begun: bool = True
    """Whether there is one where it names it."""

    def of(self, *kinds: str) -> "list[Entry]":
        """The entries of some kinds of statement, such as `approval`, of whatever form."""
        return sorted((entry for kind in kinds for entry in self._sorted_out.get(kind, ())), key=lambda entry: entry.sequence)

    def approvals_of(self, subject: str) -> "list[Entry]":
        """Those about one subject, so that not all of them are looked at for each model."""
        return self._approvals.get(subject, [])

    @cached_property
    def _sorted_out(self) -> "Mapping[str, list[Entry]]":
        found: dict[str, list[Entry]] = {}
        for entry in self.entries:
            found.setdefault(entry.predicate_type.rpartition("/")[0].rpartition("/")[2], []).append(entry)
        return found

    @cached_property
    def _approvals(self) -> "Mapping[str, list[Entry]]":
        found: dict[str, list[Entry]] = {}
        for entry in self.of("approval"):
            found.setdefault(str(predicate(entry).get("subject_sha256")), []).append(entry)
        return found


UNDECLARED = Known(why_not="no ledger is named that could tell of it", declared=False)


def predicate(entry: "Entry") -> Mapping[str, object]:
    """What a statement says, whatever its form; empty where it says nothing."""
    said = entry.statement.get("predicate")
    return said if isinstance(said, Mapping) else {}


def known(environment: Environment, root: Path, *, whole: bool = True, until: datetime | None = None) -> Known:
    """What the environment's own ledger tells now. `root`: of the repository that holds the environments. Nothing of the ledger is raised:
    what is wrong with it stands in `why_not`. Without `whole` what gates and evidence do not count with is left out, and no signature of it
    is checked; and what is later than `until`."""
    if environment.governance.ledger is None:
        return UNDECLARED
    from modelway.governance.ledger import NoLedger

    try:
        ledger, keys = opened(environment, root)
        if whole:
            entries = list(ledger.entries())
            # The head names an entry that was removed from the end.
            ledger.last()
        else:
            entries = counted_with(environment, ledger, keys, until)
    except NoLedger:
        return Known(why_not=f"{environment.governance.ledger.address}: there is no ledger here", begun=False)
    except ModelwayError as fault:
        return Known(why_not=f"the ledger does not tell: {fault}")
    return Known(entries, keys)


def counted_with(environment: Environment, ledger: "Ledger", keys: "Sequence[Key]", until: datetime | None = None) -> "list[Entry]":
    """The entries that gates and evidence of the environment count with, up to a time. Raises what the ledger does."""
    from modelway.governance.gates.counting import Counting
    from modelway.governance.gates.reading import entries
    from modelway.governance.ledger.store import store_at

    return entries(ledger, store_at(ledger.address), Counting(environment, keys, until))


def opened(environment: Environment, root: Path) -> "tuple[Ledger, Sequence[Key]]":
    """The ledger that the environment names, and the keys that may sign. Raises what is wrong with either."""
    from modelway.governance.ledger import opened as found

    address, project, keys = place(environment, root)
    return found(address, project, keys), keys


def place(environment: Environment, root: Path) -> "tuple[str, str, Sequence[Key]]":
    """Address of the ledger that the environment names, its project, and the keys that may sign. Raises WrongKey; ModelwayError where the
    environment names none, or the keys are of several projects."""
    from modelway.governance.ledger import trusted

    described = environment.governance.ledger
    if described is None:
        raise ModelwayError(
            f"environment {environment.environment} names no ledger: add `governance: {{ledger: {{address: …, keys: …}}}}` to its file."
        )
    keys = trusted(root / described.keys)
    projects = sorted({key.project for key in keys})
    if len(projects) != 1:
        raise ModelwayError(f"{described.keys} has keys of {', '.join(projects) or 'no project'}: name a file with those of one project.")
    address = described.address if described.address.startswith("s3://") else str(root / described.address)
    return address, projects[0], keys
