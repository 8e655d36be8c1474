"""How a stop is recorded, and what is told of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from modelway.errors import ModelwayError, WrongUsage

if TYPE_CHECKING:
    from modelway.architecture import Environment
    from modelway.governance.ledger import Entry, Key, Ledger, Signer
    from modelway.governance.stops import Resumed, Stopped
    from modelway.operations.stopping import Done


@dataclass(frozen=True)
class Recorded:
    """What became of a record."""

    entry: int | None = None
    """Of the ledger."""
    file: Path | None = None
    """Where it is kept otherwise."""
    why_not: str = ""
    fault: bool = False
    """Whether there is a ledger, and it does not have it."""


@dataclass
class Book:
    """The ledger of an environment, as far as it can be used. Whatever is wrong with it is told after the model was stopped."""

    address: str | None
    project: str = ""
    keys: "tuple[Key, ...]" = ()
    signer: "Signer | None" = None
    why_not: str = ""

    def person(self, who: str | None) -> str:
        """Who does it. Raises WrongUsage where the key is another person's."""
        key = next((one.name for one in self.keys if self.signer is not None and one.id == self.signer.id), "")
        if "@" not in key:
            return who or _logged_in()
        if who is not None and who.casefold() != key.casefold():
            raise WrongUsage(f"--who: the key is {key}'s, and what {who} does is signed with another. Nothing was changed.")
        return key

    def in_force(self, environment: str, model: str) -> "Stopped | None":
        """The stop that the ledger says a model is under; None also where it cannot be read."""
        from modelway.governance.stops import in_force

        try:
            return in_force(list(self.opened().entries()), environment, model, self.keys)
        except ModelwayError:
            return None

    def append(self, said: "Stopped | Resumed") -> "Entry":
        """Raises ModelwayError where it cannot be written; WrongUsage where the key may not sign it."""
        from modelway.governance.stops import statement

        return self.append_statement(statement(said), said.who)

    def append_statement(self, made: Mapping[str, object], who: str) -> "Entry":
        """The same of any statement that says what somebody did."""
        from modelway.governance.stops import may_say

        ledger = self.opened()
        if self.signer is None:
            raise WrongUsage(self.why_not or "nobody signs: give --key, or set MODELWAY_LEDGER_KEY.")
        name = next((one.name for one in self.keys if one.id == self.signer.id), "")
        if name and not may_say(name, who):
            raise WrongUsage(f"the key is {name}'s, and it was {who}. Sign with that person's key, or one of a machine.")
        return ledger.append(made, self.signer)

    def write(self, said: "Stopped | Resumed", file: Path | None) -> Recorded:
        """The record is in the ledger, or else in a file."""
        try:
            return Recorded(self.append(said).sequence)
        except ModelwayError as fault:
            why_not = str(fault)
        from modelway.governance.stops import written

        named = _unused(file or Path(f"modelway-{said.environment}-{said.model}-{said.when[:19].replace(':', '')}Z.json"))
        try:
            replace(named, written(said))
        except OSError as unwritten:
            why_not += f" {named}: {unwritten.strerror or unwritten}."
            return Recorded(why_not=why_not, fault=True)
        return Recorded(file=named, why_not=why_not, fault=self.address is not None)

    def opened(self) -> "Ledger":
        """Raises ModelwayError."""
        from modelway.governance.ledger import opened

        if self.address is None or not self.project:
            raise WrongUsage(self.why_not)
        return opened(self.address, self.project, self.keys)


def book(described: "Environment | None", root: Path, address: str | None, keys: Path | None, key: str | None) -> Book:
    """The ledger that an environment names, or whoever calls. Never raises: a model is stopped, whatever is wrong with it."""
    from modelway.cli._ledgers import of_environment, trusted
    from modelway.governance.ledger import signer

    found = Book(address)
    try:
        if described is not None:
            found.address, keys = of_environment(described, root, address, keys)
        if found.address is None or keys is None:
            raise WrongUsage("no ledger is named: give --ledger and --keys.")
        found.project, found.keys = trusted(keys)
        found.signer = signer(key) if key is not None else None
    except ModelwayError as fault:
        found.why_not = str(fault)
    return found


def now() -> str:
    """This moment in UTC, as records write it."""
    from datetime import UTC, datetime

    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def lines(said: "Stopped | Resumed", done: "Done", described: "Environment | None") -> list[str]:
    """What was done, for people: the first line is the result, the others say what goes with it."""
    from modelway.governance.stops import Stopped, lasting

    name = f"{said.model} in {said.environment}"
    told = [f"note: {note}" for note in done.notes]
    if not isinstance(said, Stopped):
        return [f"{name} answers again: {_shares(said.after)}, after {said.seconds:.2f} s", *told]
    if said.drill:
        back = f"put back as it was after {said.resumed_seconds:.2f} s more"
        return [f"drill: {name} was stopped within {said.seconds:.2f} s, {_shares(said.after)}; {back}", *told]
    told.append(f"it was: {_shares(said.before)}; changed: {', '.join(said.where)}")
    escalation = _escalation(described, said.model)
    if escalation:
        told.append(f"tell {escalation}")
    told.append(
        f"write {lasting(said.after)} into its file for {said.environment}: until then its next release is blocked, where a ledger tells"
    )
    told.append(f"back: modelway stop {said.model} --env {said.environment} --resume")
    return [f"{name} is stopped after {said.seconds:.2f} s: {_shares(said.after)}", *told]


def about(recorded: object) -> list[str]:
    """What became of the record, for people."""
    assert isinstance(recorded, Recorded)
    if recorded.entry is not None:
        return [f"recorded as entry {recorded.entry}"]
    if recorded.file is None:
        return [f"NOT RECORDED: {recorded.why_not}"]
    return [f"not in a ledger: {recorded.why_not}", f"the record is in {recorded.file}; add it with --add {recorded.file}"]


def data(said: "Stopped | Resumed", done: "Done", recorded: object) -> Mapping[str, object]:
    """The same as JSON."""
    from modelway.governance.stops import plain

    assert isinstance(recorded, Recorded)
    kept = str(recorded.file) if recorded.file is not None else None
    return {**plain(said), "notes": done.notes, "entry": recorded.entry, "file": kept}


def _shares(shares: Mapping[str, int]) -> str:
    return f"{', '.join(f'{version} answers {percent}%' for version, percent in shares.items())}" if shares else "nobody answers"


def _escalation(described: "Environment | None", model: str) -> str:
    found = described.models.get(model) if described is not None else None
    oversight = found.governance.human_oversight if found is not None and found.governance is not None else None
    return oversight.escalation if oversight is not None else ""


def _logged_in() -> str:
    from getpass import getuser
    from socket import gethostname

    try:
        return f"{getuser()} on {gethostname()}"
    except (KeyError, OSError):
        return f"somebody on {gethostname()}"


def _unused(file: Path) -> Path:
    """That name, or one like it where an earlier record has it."""
    number, found = 1, file
    while found.exists():
        number += 1
        found = file.with_name(f"{file.stem}-{number}{file.suffix}")
    return found


def replace(file: Path, content: bytes) -> None:
    """The file holds the content, whole."""
    import os

    beside = file.with_name(f".{file.name}.{os.getpid()}")
    beside.write_bytes(content)
    beside.replace(file)
