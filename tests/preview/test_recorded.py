"""What a report says of previews that a real engine wrote."""

import re
from functools import cache
from pathlib import Path

import pytest

from modelway.redaction import credentials
from scripts.recorded import CASES, Judged, Recorded, cases, figures, judged

ALL = cases()
MACHINE = re.compile(r"(?<![a-z])(?:tmp|root|home)/[A-Za-z0-9._-]+/")


@cache
def every() -> tuple[Judged, ...]:
    return tuple(judged(case) for case in ALL)


def test_there_are_many() -> None:
    assert len(ALL) >= 60
    assert {folder.name for folder in CASES.iterdir()} == {case.name for case in ALL}


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_it_is_told_how_the_preview_ended(case: Recorded) -> None:
    report = next(one.report for one in every() if one.case == case)
    assert [row.result for row in report.stacks] == [case.result]
    if case.decision:
        assert report.verdict.decision == case.decision


def test_what_a_reviewer_needs_is_found_and_little_else() -> None:
    recall, alarms, expected = figures(every())
    assert expected >= 40
    assert recall >= 95
    assert alarms <= 5


def test_what_rules_were_tuned_by_stays_right() -> None:
    tuned = [one for one in every() if one.case.tuned]
    assert tuned
    assert not [(one.case.name, one.missed, [finding.rule for finding in one.alarms]) for one in tuned if one.missed or one.alarms]


@pytest.mark.parametrize("folder", [case.folder for case in ALL], ids=lambda folder: folder.name)
def test_no_file_holds_a_credential_or_a_place_of_a_machine(folder: Path) -> None:
    for file in folder.rglob("*"):
        if file.is_file():
            text = file.read_text("utf-8")
            assert not next(credentials(text), None), file
            assert not MACHINE.search(text), (file, MACHINE.search(text))
