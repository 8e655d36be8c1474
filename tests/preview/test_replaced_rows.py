"""A report says which built-in rows a table of one's own has taken out."""

from pathlib import Path

import pytest

from modelway.preview.assembling import assemble
from scripts.recorded import cases

OFF = '[[risk]]\nid = "bucket-deleted"\nclass = "safe"\n'
WEAKER = '[[risk]]\nid = "scaling-changed"\napproval = true\n'
OWN = '[[risk]]\nid = "mine"\nclass = "review"\non = ["delete"]\ntypes = ["a:b:C"]\nwhat = "W."\nbreaks = "B."\navoid = "A."\n'


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (OFF, ["ours.toml turns off 1 built-in row of the table of risks (bucket-deleted)."]),
        (WEAKER, ["ours.toml changes 1 built-in row of the table of risks (scaling-changed)."]),
        (
            OFF + WEAKER,
            [
                (
                    "ours.toml turns off 1 built-in row of the table of risks (bucket-deleted) "
                    "and changes 1 built-in row of the table of risks (scaling-changed)."
                )
            ],
        ),
        (OWN, []),
    ],
)
def test_rows_that_are_turned_off_or_changed_are_named(table: str, told: list[str], tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    file.write_text(table, "utf-8")
    (case,) = cases(["bucket-deleted"])
    report = assemble([case.sources()], risk_table=file)
    assert [gap.what for gap in report.gaps if "ours.toml" in gap.what] == told
