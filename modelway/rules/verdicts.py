"""What a rule may answer. What could not be looked at is never taken for allowed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Evidence:
    """One place where a value breaks a rule."""

    path: str
    """Where, as `Statement[1].Action[0]`."""
    value: str
    """What is there; of a secret, that it is one."""
    rule: str
    """What is allowed there."""
    way_out: str

    def __str__(self) -> str:
        return f"{self.path}: {self.value}: {self.rule}. {self.way_out}"


@dataclass(frozen=True)
class Passed:
    """Looked at whole, and allowed."""


@dataclass(frozen=True)
class Failed:
    """At least one place breaks the rule, whatever the unknown ones turn out to be."""

    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class NotApplicable:
    """There is nothing that the rule is about."""


@dataclass(frozen=True)
class Undecided:
    """What is known is allowed; what stands at `paths` is not known yet."""

    paths: tuple[str, ...]


@dataclass(frozen=True)
class Unreadable:
    """What was given is not what the rule is about: AWS would refuse it, or read it in another way than it was meant."""

    faults: tuple[str, ...]


Verdict = Passed | Failed | NotApplicable | Undecided | Unreadable
