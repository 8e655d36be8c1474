"""`modelway approve …`: a person approves exactly what an environment says of a model now, signed, in the ledger that releases are in."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from modelway.cli import _environments
from modelway.cli._ledgers import OwnAddress, OwnKeys

if TYPE_CHECKING:
    from modelway.cli._approving import Here
    from modelway.governance.approvals import Approved
    from modelway.governance.approving import Subject
    from modelway.governance.ledger import Entry, Key, Signer
    from modelway.operations.forges import Reviewed


def command(
    name: Annotated[str | None, typer.Argument(metavar="ENV", help="Name of the environment.", show_default=False)] = None,
    model: Annotated[str | None, typer.Argument(metavar="MODEL", help="Name of the model.", show_default=False)] = None,
    key: Annotated[
        str,
        typer.Option(
            "--key", metavar="KEY", envvar="MODELWAY_LEDGER_KEY", help="Who signs: a PEM file, or awskms:///ARN.", show_default=False
        ),
    ] = "",
    proof: Annotated[str, typer.Option(metavar="TEXT", help="Why, or where it can be looked at.", show_default=False)] = "",
    expires: Annotated[
        str, typer.Option(metavar="DATE", help="From when on it does not count; a day means its end, in UTC.", show_default=False)
    ] = "",
    subject: Annotated[
        str, typer.Option(metavar="SHA256", help="What --list showed: refused when it is something else now.", show_default=False)
    ] = "",
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take back what you approved.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write it signed to a file, which somebody else adds to the ledger.", show_default=False),
    ] = None,
    add: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Add such a file, with a machine's key.", exists=True, dir_okay=False, show_default=False),
    ] = None,
    from_reviews: Annotated[
        str,
        typer.Option(
            "--from-reviews",
            metavar="PULL",
            help="Record the reviews of a pull request, by its number; HEAD for those that brought this commit. Without MODEL, of all.",
            show_default=False,
        ),
    ] = "",
    people: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Whose account is whose, as JSON; default: people.json beside the file of keys.",
            exists=True,
            dir_okay=False,
            show_default=False,
        ),
    ] = None,
    forge: Annotated[
        Literal["github", "gitlab"] | None, typer.Option(help="Where the pull request is; default: whose CI this is.", show_default=False)
    ] = None,
    repository: Annotated[
        str, typer.Option(metavar="NAME", help="OWNER/NAME, or a GitLab project's path or number; default: CI's.", show_default=False)
    ] = "",
    show: Annotated[bool, typer.Option("--list", help="Print what there is to approve, and who has.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --list: print JSON.")] = False,
    address: OwnAddress = None,
    keys: OwnKeys = None,
    environments: _environments.Folder = None,
) -> None:
    """Approve what an environment says of a model at the commit that is checked out.

    Exit codes: 4 when it may not be approved, such as by who wrote it, or files differ from the commit; 1 when the ledger, a key or a file
    is not as it should be; 2 wrong usage. Nothing is written then.
    """
    ways = {"--list": show, "--add": add is not None, "--from-reviews": bool(from_reviews)}
    chosen = [way for way, given in ways.items() if given]
    if len(chosen) > 1:
        raise typer.BadParameter("these are different things; give one of them.", param_hint=", ".join(chosen))
    if as_json and not show:
        raise typer.BadParameter("it is for --list", param_hint="--json")
    if chosen and (withdraw or out is not None or subject or expires or proof):
        raise typer.BadParameter(
            "--withdraw, --out, --subject, --expires and --proof are of who approves by their own key", param_hint=chosen[0]
        )
    if not show and not key:
        raise typer.BadParameter("say who signs", param_hint="--key")
    if add is not None:
        _add(add, name, model, key, address, keys, environments)
        return
    if name is None:
        raise typer.BadParameter("name an environment", param_hint="ENV")
    from modelway.cli._approving import here

    place = here(name, environments)
    if show:
        _show(place, model, address, keys, as_json=as_json)
    elif from_reviews:
        _collect(place, model, key, from_reviews, people, forge, repository, address, keys)
    elif model is None:
        raise typer.BadParameter(f"name one of {', '.join(sorted(place.environment.models)) or 'its models'}", param_hint="MODEL")
    else:
        _approve(place, model, key, (proof, expires, subject), out, address, keys, withdraw=withdraw)


def _approve(
    place: "Here",
    model: str,
    key: str,
    said: tuple[str, str, str],
    out: Path | None,
    address: str | None,
    keys: Path | None,
    *,
    withdraw: bool,
) -> None:
    """By the person whose key it is."""
    from modelway.cli._approving import read
    from modelway.governance.approvals import Refused, approvals_for, offered
    from modelway.governance.approving import may_not, person_of, refuse_unfit
    from modelway.governance.ledger import signer
    from modelway.governance.questions import moment

    (described,) = place.models(model)
    proof, expires, wanted = said
    where, listed = place.ledger(address, keys)
    signs, now = signer(key), datetime.now(UTC)
    project, trusts, entries = read(where, listed)
    who = person_of(trusts, signs.id, project, now)
    subject = place.subject(described, entries)
    if wanted and wanted.removeprefix("sha256:") != subject.sha256:
        raise Refused(f"{place.environment.environment} says something else of {model} now, sha256:{subject.sha256}: look at it again.")
    ends = moment(expires) if expires else None
    if ends is not None and ends <= now:
        raise typer.BadParameter(f"{expires} is past", param_hint="--expires")
    if withdraw:
        there = approvals_for(entries, subject.environment, model, subject.sha256, trusts)
        if who.casefold() not in {one.who.casefold() for one in there}:
            raise Refused(f"{who} has not approved what {subject.environment} says of {model} now: there is nothing to take back.")
        ends = now
    elif (reason := may_not(subject, who)) is not None:
        raise Refused(f"{reason}.")
    proof = proof or f"{'taken back' if withdraw else 'approved'} at commit {place.commit}"
    refuse_unfit("--proof", proof)
    approved = subject.approved(who, now, proof, ends)
    _tell(subject)
    if out is None:
        _written(approved, where, listed, signs)
        return
    written = out.with_name(f".{out.name}.writing")
    try:
        written.write_bytes(offered(approved, project, signs))
        written.replace(out)
    except OSError as fault:
        written.unlink(missing_ok=True)
        raise typer.BadParameter(f"{out}: {fault.strerror or fault}", param_hint="--out") from None
    typer.echo(f"{out}: signed by {who}; `modelway approve --add {out}` adds it to the ledger")


def _add(
    file: Path, name: str | None, model: str | None, key: str, address: str | None, keys: Path | None, environments: Path | None
) -> None:
    """What somebody signed elsewhere, held against what the environment says now."""
    from modelway.cli._approving import here, read
    from modelway.governance.approvals import Refused, from_file, named_in
    from modelway.governance.approving import machine_of, refuse_other, refuse_unfit
    from modelway.governance.ledger import signer

    content = file.read_bytes()
    # What it names is not known to be true before its signature is looked at, with keys that the environment names.
    environment = named_in(content, str(file))
    if name is not None and environment != name:
        raise Refused(f"{file} is of environment {environment!r}, and not of {name}.")
    place = here(environment, environments)
    where, listed = place.ledger(address, keys)
    signs, now = signer(key), datetime.now(UTC)
    project, trusts, entries = read(where, listed)
    machine_of(trusts, signs.id, project)
    approved = from_file(content, str(file), project, trusts, now)
    refuse_unfit(str(file), approved.proof)
    if model is not None and approved.model != model:
        raise Refused(f"{file} is of model {approved.model!r}, and not of {model}.")
    (described,) = place.models(approved.model)
    subject = place.subject(described, entries)
    refuse_other(approved, subject, now)
    _tell(subject)
    if _there(approved, entries, trusts):
        typer.echo(f"{file}: it is in the ledger already", err=True)
        return
    _written(approved, where, listed, signs)


def _collect(
    place: "Here",
    model: str | None,
    key: str,
    pull: str,
    people: Path | None,
    forge: Literal["github", "gitlab"] | None,
    repository: str,
    address: str | None,
    keys: Path | None,
) -> None:
    """Out of reviews, by a machine that may write them down."""
    from modelway.cli import _reviewed
    from modelway.cli._approving import read
    from modelway.governance.approvals import Refused
    from modelway.governance.approving import machine_of
    from modelway.governance.ledger import signer
    from modelway.operations import surroundings
    from modelway.operations.reviews import people_in, pull_requests

    if pull != "HEAD" and not (pull.isascii() and pull.isdigit() and 0 < int(pull) < 10**9):
        raise typer.BadParameter(f"{pull!r} is neither the number of a pull request nor HEAD", param_hint="--from-reviews")
    wanted = place.models(model)
    where, listed = place.ledger(address, keys)
    signs, now = signer(key), datetime.now(UTC)
    project, trusts, entries = read(where, listed)
    machine_of(trusts, signs.id, project)
    at = surroundings.place(os.environ, forge, repository, 0 if pull == "HEAD" else int(pull), reading=True)
    if pull == "HEAD":
        at = _reviewed.of_any(at)
    mapped = people_in(people or listed.parent / "people.json", at.forge)
    found: list[Reviewed] = pull_requests(at, place.commit)
    if not found:
        typer.echo(f"no merged pull request brought commit {place.commit[:12]}, so nothing was reviewed", err=True)
    counted = 0
    for reviewed in found:
        for told in _reviewed.approvals(place, wanted, reviewed, at, mapped, entries, trusts, now):
            for line in told.lines:
                typer.echo(line, err=True)
            for approved in told.approvals:
                counted += not approved.withdrawn
                if not _there(approved, entries, trusts):
                    _written(approved, where, listed, signs)
    if model is not None and not counted:
        raise Refused(f"nobody approved what {place.environment.environment} says of {model}.")


def _show(place: "Here", model: str | None, address: str | None, keys: Path | None, *, as_json: bool) -> None:
    from modelway.cli import _reviewed
    from modelway.cli._approving import read
    from modelway.governance.gates.gate import shown

    where, listed = place.ledger(address, keys)
    _, trusts, entries = read(where, listed)
    now = datetime.now(UTC)
    states = [_reviewed.state(place, one, entries, trusts, now) for one in place.models(model)]
    if as_json:
        typer.echo(json.dumps({"environment": place.environment.environment, "models": states}, indent=2, ensure_ascii=False))
        return
    for state in states:
        for line in _reviewed.page(state):
            typer.echo(shown(line))


def _there(approved: "Approved", entries: "list[Entry]", keys: "tuple[Key, ...]") -> bool:
    """Whether the ledger has it already, in an entry that counts. What was taken back since is not given again by the same review."""
    from modelway.governance.approvals import judged

    same = ("environment", "model", "subject_sha256", "who", "when", "expires")
    return any(
        one.refused is None and all(getattr(one.approved, field) == getattr(approved, field) for field in same)
        for one in judged(entries, keys)
    )


def _written(approved: "Approved", address: str, keys: Path, signs: "Signer") -> None:
    from modelway.cli._ledgers import opened
    from modelway.governance.approvals import statement

    entry = opened(address, keys).append(statement(approved), signs)
    what = f"{approved.environment}/{approved.model}"
    if approved.withdrawn:
        typer.echo(f"{approved.who} does not approve {what} any more: entry {entry.sequence}, sha256:{entry.hash}")
        return
    until = f" until {approved.expires[:19]}Z" if approved.expires else ""
    typer.echo(f"{approved.who} approves {what}{until}: entry {entry.sequence}, sha256:{entry.hash}")


def _tell(subject: "Subject") -> None:
    from modelway.cli import _reviewed

    for line in _reviewed.described(subject):
        typer.echo(line, err=True)
