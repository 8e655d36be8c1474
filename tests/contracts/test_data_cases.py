"""Every file of cases/ but contract.yaml is data; beside it stands what the contract says of them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from modelway.architecture.loading import load_contract
from modelway.contracts.evaluating import evaluate
from modelway.contracts.result import Result
from modelway.contracts.source import source

CASES = Path(__file__).parent / "cases"
NOW = datetime(2026, 11, 27, tzinfo=UTC).timestamp()


def page(result: Result) -> str:
    rows = "no rows" if result.rows is None else result.rows
    faults = [f"{'?' if fault.undecided else '-'} {fault.text()}" for fault in result.faults]
    return "\n".join([f"{result.outcome}, {rows}", *faults, *result.notes]) + "\n"


@pytest.mark.parametrize("case", sorted(file.name for file in CASES.iterdir() if file.suffix in (".csv", ".jsonl")))
def test_what_the_contract_says(case: str) -> None:
    result = evaluate(load_contract(CASES / "contract.yaml"), source(str(CASES / case)), now=NOW)
    assert page(result) == (CASES / f"{case}.txt").read_text("utf-8")
