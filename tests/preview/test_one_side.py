"""Descriptions of which one side was given, and previews of which nobody said what was before."""

from dataclasses import replace
from pathlib import Path

import pytest

from modelway.cli import main
from modelway.preview.assembling import assemble
from modelway.preview.render import line, markdown
from scripts.recorded import cases

ENVIRONMENT = Path(__file__).resolve().parents[2] / "stacks" / "environments" / "local"


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        main(["report", *arguments])
    return int(ended.value.code or 0), " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--after", "Only the description after the change was given, so all of it is told as new"),
        ("--before", "Only the description before the change was given, so all of it is told as if it goes away"),
    ],
)
def test_one_description_alone_says_that_it_is_alone(capsys: pytest.CaptureFixture[str], option: str, said: str) -> None:
    code, text = told(capsys, option, str(ENVIRONMENT))
    assert code == 1
    assert f"Look at what could not be analysed: {said}" in text
    assert "Preview stack local: no preview of it was given." in text
    assert "again" not in text
    assert "not known not known" in text  # traffic and cost
    assert "1 preview missing" in told(capsys, option, str(ENVIRONMENT), "--format", "line")[1]


def test_both_descriptions_say_what_moves(capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "--before", str(ENVIRONMENT), "--after", str(ENVIRONMENT))[1]
    assert "Only the description" not in text
    assert "not known not known" in text


def test_without_a_base_it_is_said_that_the_description_counts_as_unchanged() -> None:
    (case,) = cases(["model-canary"])
    sources = case.sources()
    report = assemble([replace(sources, before=sources.after, described_by="now")])
    assert [gap.what for gap in report.gaps] == [
        "What the description was before was not said: it counts as unchanged, and none of its differences is told."
    ]
    assert report.verdict.decision == "ok"
    assert "not analysed" not in line.render(report)
    assert "Name the revision with" in markdown.render(report)
