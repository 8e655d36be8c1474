"""Statements of a ledger besides releases: what they say, by kind. Each kind has a struct, a number of its form, and a predicate type."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from modelway.governance.ledger import Entry, Ledger
from modelway.governance.record import STATEMENT, NotARecord

BASE = "https://modelway.dev"
Said = TypeVar("Said", bound=msgspec.Struct)


@dataclass(frozen=True)
class Kind(Generic[Said]):
    """One kind of statement, such as approvals."""

    name: str
    """As its predicate type has it, such as `approval`."""
    of: type[Said]
    """What a statement of this kind says; a frozen struct that forbids unknown fields."""
    version: int = 1
    """Of its form."""

    @property
    def type(self) -> str:
        """The predicate type."""
        return f"{BASE}/{self.name}/v{self.version}"

    def statement(self, said: Said, subjects: Mapping[str, str]) -> dict[str, Any]:
        """The in-toto statement, to be signed and appended. `subjects`: SHA-256 in hex, by name; at least one."""
        listed = [{"name": name, "digest": {"sha256": digest}} for name, digest in sorted(subjects.items())]
        return {"_type": STATEMENT, "subject": listed, "predicateType": self.type, "predicate": msgspec.to_builtins(said)}

    def said(self, statement: Mapping[str, object], place: str) -> Said | None:
        """What a statement says; None where it is of another kind. Raises NotARecord, which names `place`, for one of this kind in a form
        that is not known here."""
        type_ = str(statement.get("predicateType", ""))
        if type_.rpartition("/")[0] != f"{BASE}/{self.name}":
            return None
        predicate = statement.get("predicate")
        if type_ != self.type or not isinstance(predicate, Mapping):
            raise NotARecord(f"{place} has the form {type_}; known here is {self.type}: use the Modelway that wrote it.")
        try:
            # A ledger adds which place it has; that is the ledger's to check.
            return msgspec.convert({key: value for key, value in predicate.items() if key != "ledger"}, self.of)
        except msgspec.ValidationError as fault:
            raise NotARecord(f"{place} is no statement of kind {self.name}: {fault}.") from None

    def all_in(self, ledger: Ledger) -> Iterator[tuple[Entry, Said]]:
        """All statements of this kind in a ledger, the oldest first. Raises NotARecord, and what the ledger does."""
        return self.among(list(ledger.entries()))

    def among(self, entries: Sequence[Entry]) -> Iterator[tuple[Entry, Said]]:
        """The same of entries that were read already."""
        for entry in entries:
            if (said := self.said(entry.statement, f"entry {entry.sequence}")) is not None:
                yield entry, said
