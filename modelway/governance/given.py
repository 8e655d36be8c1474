"""What others said of a release before it, read from the files that they wrote."""

import hashlib
from pathlib import Path

import msgspec

from modelway.errors import WrongUsage
from modelway.governance.record import Approval, Finding, Policy


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
    others = [Finding(one.rule, one.where, _outcome(one)) for one in told.findings if one.verdict != "PASS"]
    return Policy(hashlib.sha256(content).hexdigest(), told.exit_code, len(told.findings) - len(others), others)


def approvals_in(file: Path) -> list[Approval]:
    """The approvals in a JSON file: a list of {"who", "when", "proof"}. Raises WrongUsage."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=list[Approval])
    except msgspec.DecodeError as fault:
        raise WrongUsage(f'{file} is no list of approvals, [{{"who": …, "when": …, "proof": …}}]: {fault}.') from None


def sha256_of(file: Path) -> str:
    """Of a file, in hex."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _outcome(finding: _Finding) -> str:
    return "EXCEPTED" if finding.exception is not None and finding.exception.in_force else finding.verdict
