"""How a report does on previews that a real engine wrote: what it finds of what a reviewer needs, and what it says beside that.

`python -m scripts.recorded [NAME …]` prints, for each case in tests/preview/recorded, what is missing and what is too much.
"""

import sys
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from modelway.architecture import Environment, load
from modelway.preview.assembling import assemble
from modelway.preview.changeset import ChangeSet, Finding
from modelway.preview.resources import name_of
from modelway.preview.sources import Sources

ROOT = Path(__file__).resolve().parents[1]
CASES = ROOT / "tests" / "preview" / "recorded"
QUIET = frozenset({"safe", "review"})
"""Risks that nobody is kept from merging by: no false alarm."""

Named = tuple[str, str]
"""Risk, and logical name of what it is about."""


@dataclass(frozen=True)
class Recorded:
    """One preview, and what a report has to say of it."""

    name: str
    folder: Path
    expected: tuple[Named, ...]
    may: tuple[Named, ...]
    result: str
    decision: str
    tuned: bool
    environment: str

    def sources(self) -> Sources:
        digest, events, state, plan = (self._file(name) for name in ("digest.json", "events.jsonl", "state.json", "plan.json"))
        before, after = (self._environment(side) for side in ("before", "after"))
        return Sources("", digest, events, state, plan, before, after, environment=self.environment)

    def _file(self, name: str) -> Path | None:
        return self.folder / name if (self.folder / name).is_file() else None

    def _environment(self, side: str) -> Environment | None:
        folder = self.folder / side
        return load(folder, self.environment, ROOT) if (folder / self.environment).is_dir() and self.environment else None


@dataclass(frozen=True)
class Judged:
    """What became of a case."""

    case: Recorded
    report: ChangeSet
    missed: tuple[Named, ...]
    alarms: tuple[Finding, ...]
    """Findings that are neither expected nor may be there."""


def cases(names: Sequence[str] = ()) -> list[Recorded]:
    """All cases, or those of these names."""
    return [
        _case(folder) for folder in sorted(CASES.iterdir()) if (folder / "expected.toml").is_file() and (not names or folder.name in names)
    ]


def _case(folder: Path) -> Recorded:
    said = tomllib.loads((folder / "expected.toml").read_text("utf-8"))
    expected, may = (tuple((risk, about) for risk, about in said.get(field, ())) for field in ("expected", "may"))
    return Recorded(
        folder.name, folder, expected, may, said["result"], said.get("decision", ""), said["tuned"], said.get("environment", "")
    )


def judged(case: Recorded) -> Judged:
    report = assemble([case.sources()])
    missed = tuple(one for one in case.expected if not any(_is(finding, one) for finding in report.findings))
    known = (*case.expected, *case.may)
    alarms = [one for one in report.findings if one.risk not in QUIET and not any(_is(one, right) for right in known)]
    return Judged(case, report, missed, tuple(alarms))


def figures(found: Iterable[Judged]) -> tuple[float, float, int]:
    """Recall in percent, false alarms for each hundred previews, and how many findings were expected; of the cases that nobody tuned by."""
    others = [one for one in found if not one.case.tuned]
    expected = sum(len(one.case.expected) for one in others)
    missed = sum(len(one.missed) for one in others)
    alarms = sum(len(one.alarms) for one in others)
    return 100 * (expected - missed) / max(expected, 1), 100 * alarms / max(len(others), 1), expected


def _is(finding: Finding, named: Named) -> bool:
    risk, about = named
    return finding.risk == risk and (f"{name_of(finding.urn)}-".startswith(f"{about}-") or about in finding.subject.split())


def main() -> None:
    found = [judged(case) for case in cases(sys.argv[1:])]
    for one in found:
        for risk, about in one.missed:
            print(f"{one.case.name}: nothing says {risk} of {about}")
        for finding in one.alarms:
            print(f"{one.case.name}: {finding.risk} of {finding.subject} ({finding.rule}): {finding.what} {finding.why}")
    recall, alarms, expected = figures(found)
    print(f"{len(found)} previews; of {expected} findings {recall:.1f} %; {alarms:.1f} false alarms for each hundred previews")


if __name__ == "__main__":
    main()
