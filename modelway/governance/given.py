"""What others said of a release before it, read from the files that they wrote."""

import hashlib
from pathlib import Path

import msgspec

from modelway.errors import WrongUsage
from modelway.governance.record import Approval, Finding, Policy
from modelway.redaction import masked

LONGEST = 2000
"""Most characters of one text that is given."""


class _Exception(msgspec.Struct):
    in_force: bool


class _Finding(msgspec.Struct):
    rule: str
    verdict: str
    where: str
    exception: _Exception | None


class _Verdicts(msgspec.Struct):
    of: str
    findings: list[_Finding]
    exit_code: int


def policy_in(file: Path, stack: str) -> Policy:
    """The verdicts in a file of `modelway policy check --json`. Raises WrongUsage for another file, or one about another stack."""
    content = file.read_bytes()
    try:
        told = msgspec.json.decode(content, type=_Verdicts)
    except msgspec.DecodeError as fault:
        raise WrongUsage(f"{file} is not what `modelway policy check --json` writes: {fault}.") from None
    if told.of != stack:
        raise WrongUsage(f"{file} has verdicts of {told.of}, and the release is of {stack}.")
    for one in told.findings:
        _refuse_unfit(file, one.rule, one.verdict, one.where)
    others = [Finding(one.rule, one.where, _outcome(one)) for one in told.findings if one.verdict != "PASS"]
    return Policy(hashlib.sha256(content).hexdigest(), told.exit_code, len(told.findings) - len(others), others)


def approvals_in(file: Path) -> list[Approval]:
    """The approvals in a JSON file: a list of {"who", "when", "proof"}. Raises WrongUsage."""
    try:
        read = msgspec.json.decode(file.read_bytes(), type=list[Approval])
    except msgspec.DecodeError as fault:
        raise WrongUsage(f'{file} is no list of approvals, [{{"who": …, "when": …, "proof": …}}]: {fault}.') from None
    for one in read:
        _refuse_unfit(file, one.who, one.when, one.proof)
    return read


def _refuse_unfit(file: Path, *texts: str) -> None:
    """Raises WrongUsage for what would be printed as something else, or must not be kept for ever."""
    for text in texts:
        if not text.isprintable() or len(text) > LONGEST:
            raise WrongUsage(f"{file}: {text[:40]!r} is no text of one line with at most {LONGEST:,} characters. Correct it.")
        if masked(text) != text:
            raise WrongUsage(f"{file}: {masked(text)} holds what looks like a credential, and records stay. Leave it out.")


def sha256_of(file: Path) -> str:
    """Of a file, in hex."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _outcome(finding: _Finding) -> str:
    return "EXCEPTED" if finding.exception is not None and finding.exception.in_force else finding.verdict
