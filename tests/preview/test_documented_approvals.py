"""What the docs say asks for approval, and blocks, is what does."""

import ast
import re
from pathlib import Path

import pytest

from modelway.preview.assembling import assemble
from modelway.preview.changeset import Finding
from modelway.preview.risks.table import as_markdown, table
from scripts.recorded import cases

ROOT = Path(__file__).resolve().parents[2]
DOCS = (ROOT / "docs" / "preview.md").read_text("utf-8")
ROW = re.compile(r"^\| ((?:`traffic-[a-z-]+`(?:, )?)+) \| [^|]+ \| ([^|]+) \| ", re.MULTILINE)
ASKS = {
    name.strip("`"): said
    for names, said in ROW.findall(DOCS.partition("| rule | risk | asks | when |")[2].partition("\n\n")[0])
    for name in names.split(", ")
}


@pytest.fixture(scope="module")
def findings() -> list[Finding]:
    """Of traffic, in all that was recorded."""
    reports = [assemble([case.sources()]) for case in cases()]
    return [one for report in reports for one in report.findings if one.rule.startswith("traffic-")]


def test_of_each_rule_of_traffic_that_was_found_the_docs_say_whether_it_asks(findings: list[Finding]) -> None:
    assert len({one.rule for one in findings}) > 5
    for one in findings:
        assert ("blocks" if one.blocks else "approval" if one.approval else "–") in ASKS[one.rule], one


def test_of_the_others_too() -> None:
    calls = [
        {word.arg: word.value for word in node.keywords}
        for file in (ROOT / "modelway" / "preview" / "traffic").glob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call)
    ]
    named = {words["rule"].value: words for words in calls if isinstance(words.get("rule"), ast.Constant)}
    assert len(named) > 10
    for rule, words in named.items():
        blocks, approval = (words.get(name, ast.Constant(False)) for name in ("blocks", "approval"))
        if isinstance(blocks, ast.Constant) and isinstance(approval, ast.Constant):
            assert ("blocks" if blocks.value else "approval" if approval.value else "–") in ASKS[str(rule)], rule
    code = "".join(file.read_text("utf-8") for file in (ROOT / "modelway" / "preview" / "traffic").glob("*.py"))
    assert set(re.findall(r'"(traffic-[a-z]+(?:-[a-z]+)*)"', code)) == set(ASKS)


def test_of_each_row_the_table_says_what_it_asks_and_of_which_operations() -> None:
    for row, line in zip(table().rows, as_markdown(table().rows).splitlines()[2:], strict=True):
        _, risk, asks, name, on, *_ = (cell.strip() for cell in line.split("|"))
        assert (risk, name) == (row.risk, f"`{row.id}`")
        assert asks == ("blocks" if row.blocks else "approval" if row.approval and row.risk != "safe" else "–")
        assert set(on.split(", ")) == row.on
        assert line in DOCS, "run `make generate`"
