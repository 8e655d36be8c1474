"""Whether somebody may approve what an environment says of a model, and what is written down when they do."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from modelway.architecture import Environment, Model
from modelway.errors import WrongUsage
from modelway.governance.approvals import Approved, Refused, person
from modelway.governance.ledger import Key
from modelway.governance.subject import subject_of
from modelway.governance.verifier import SLACK, Broken, moment_of, stamp
from modelway.redaction import masked

LONGEST = 2000
"""Most characters of one text that is kept."""


@dataclass(frozen=True)
class Subject:
    """What is approved: what one environment says of one model at one commit, and who wrote it."""

    described: Environment
    model: Model
    commit: str
    authors: tuple[str, ...]
    """By address, sorted."""

    @property
    def environment(self) -> str:
        return self.described.environment

    @property
    def sha256(self) -> str:
        return subject_of(self.described, self.model)

    def approved(self, who: str, now: datetime, proof: str, expires: datetime | None = None) -> Approved:
        """What is signed."""
        ends = None if expires is None else stamp(expires)
        return Approved(self.environment, self.model.model, self.sha256, who, ", ".join(self.authors), stamp(now), proof, ends)


def may_not(subject: Subject, who: str) -> str | None:
    """Why somebody may not approve this; None when they may."""
    model, named = subject.model, approvers(subject.model)
    if who.casefold() in {one.casefold() for one in subject.authors}:
        return f"{who} wrote what is to be approved of {model.model}: somebody else has to approve it"
    if who.casefold() == model.owner.casefold():
        return f"{who} is the owner of {model.model}: somebody else has to approve it"
    if not named:
        return f"nobody is named who may approve {model.model}: write governance.approvers in its file"
    if who.casefold() not in {one.casefold() for one in named}:
        return f"{who} is none of those who approve {model.model}, governance.approvers in its file: {', '.join(named)}"
    return None


def approvers(model: Model) -> tuple[str, ...]:
    """Who may approve, as its file names them."""
    return model.governance.approvers if model.governance is not None else ()


def refuse_unfit(what: str, text: str) -> None:
    """Raises WrongUsage for what would be printed as something else, or must not be kept for ever."""
    if not text.strip() or not text.isprintable() or len(text) > LONGEST:
        raise WrongUsage(f"{what}: {text[:40]!r} is no text of one line with at most {LONGEST:,} characters. Correct it.")
    if masked(text) != text:
        raise WrongUsage(f"{what}: {masked(text)} holds what looks like a credential, and the ledger is kept for ever. Leave it out.")


def signing(keys: Collection[Key], id_: str, project: str) -> Key:
    """The trusted key with an id. Raises Refused where it is none, or of another project."""
    key = next((one for one in keys if one.id == id_), None)
    if key is None:
        raise Refused(f"the key {id_} is not among those that may sign. Add it to the file of keys, in a reviewed change.")
    if key.project != project:
        raise Refused(f"key {key.name!r} is for project {key.project!r}, and this is {project!r}. Sign with a key of its own.")
    return key


def person_of(keys: Collection[Key], id_: str, project: str, now: datetime) -> str:
    """Whose key it is. Raises Refused for a machine's, and for one whose time is past or has not come."""
    key = signing(keys, id_, project)
    if not person(key):
        raise Refused(
            f"key {key.name!r} is a machine's: only a person approves, with a key whose name in the file of keys is their address."
        )
    if not key.since <= now < key.until:
        raise Refused(f"key {key.name!r} is for {stamp(key.since)} to {stamp(key.until)}, and now is {stamp(now)}. Sign with a newer key.")
    return key.name


def machine_of(keys: Collection[Key], id_: str, project: str) -> str:
    """The name of a key that may write down what others said. Raises Refused for a person's."""
    key = signing(keys, id_, project)
    if person(key):
        raise Refused(
            f"key {key.name!r} is a person's, and says what that person approves alone. What others said is written down with the key of"
            " a machine, whose name has no @."
        )
    return key.name


def refuse_other(approved: Approved, subject: Subject, now: datetime) -> None:
    """Raises Refused for an approval that somebody signed elsewhere and that is not of what the environment says now, may not be given, or
    is over."""
    what = f"the approval of {approved.environment}/{approved.model} by {approved.who}"
    if approved.subject_sha256 != subject.sha256:
        raise Refused(
            f"{what} is of sha256:{approved.subject_sha256}, and {subject.environment} says something else of {subject.model.model} now,"
            f" sha256:{subject.sha256}, at commit {subject.commit[:12]}: it changed since. Let them look at it and sign again."
        )
    if (reason := may_not(subject, approved.who)) is not None:
        raise Refused(f"{reason}.")
    try:
        when = moment_of(approved.when)
    except Broken as fault:
        raise Refused(f"{what}: {fault.text}.") from None
    if when > now + SLACK:
        raise Refused(f"{what} says {approved.when}, and now is {stamp(now)}: one of the two clocks is wrong. Set it, and sign again.")
    if approved.over(now) and not approved.withdrawn:
        raise Refused(f"{what} was until {approved.expires}, which is past. Let them sign again.")
