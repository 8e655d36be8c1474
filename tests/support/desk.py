"""Reports, and a desk from which they are put on pull request 7 of a forge that answers on loopback."""

from dataclasses import dataclass
from typing import Literal

from modelway.operations.comment import Posted, Wanted, post
from modelway.operations.forges import Place, opened
from modelway.preview.changeset import ChangeSet, Finding, Made, Risk, StackChanges, Verdict
from tests.support.forge import ACTIONS, HEAD, TOKEN, State

Kind = Literal["github", "gitlab"]
OLD, NEW = "2222222222222222222222222222222222222222", "3333333333333333333333333333333333333333"
ARTIFACT = "https://ci.example.com/artifacts/1?name=report.html"


def report(
    word: str, *, at: str = "10:00", commit: str = HEAD, result: str = "succeeded", risk: Risk = "review", size: int = 0
) -> ChangeSet:
    """One whose text has `word` in it; `size` characters more in findings."""
    findings = [Finding(risk, "a-rule", "dev", "a bucket", f"Something about {word} happens.")]
    findings += [Finding("review", "a-rule", "dev", f"thing {number}", "Much is to be said. " * 20) for number in range(size // 400)]
    failed = result == "failed"
    return ChangeSet(
        Verdict("unknown" if failed else "ok", (f"Make the preview of {word} succeed.",) if failed else ()),
        (StackChanges("dev", result="failed" if failed else "succeeded"),),
        findings=tuple(findings),
        made=Made(at=f"2026-11-20T{at}:00Z", commit=commit),
    )


def nothing(*, at: str = "10:00", commit: str = HEAD) -> ChangeSet:
    return ChangeSet(Verdict("ok"), (StackChanges("dev"),), made=Made(at=f"2026-11-20T{at}:00Z", commit=commit))


@dataclass
class Desk:
    """Where reports are put on pull request 7."""

    kind: Kind
    state: State
    api: str
    token: str = TOKEN
    settled: float = 0
    commit: str = ""

    def place(self) -> Place:
        return Place(self.kind, "acme/models" if self.kind == "github" else "42", 7, self.api, self.token)

    def post(self, report: ChangeSet, told: list[str] | None = None, *, labels: bool = True, status: bool = True) -> Posted:
        wanted = Wanted(report, ARTIFACT, "https://ci.example.com/runs/1", labels, status, self.commit)
        pull = opened(self.place(), patience=3, pause=0.01)
        return post(pull, self.place(), wanted, (told if told is not None else []).append, settled=self.settled)

    def only(self) -> str:
        (comment,) = self.state.of()
        return str(comment["body"])


def own(desk: Desk) -> dict[str, object]:
    return ACTIONS if desk.kind == "github" else {"id": 77, "login": "ops", "type": "User"}
