"""Tables of an engine that a team has are counted where they are."""

from pathlib import Path

import duckdb
import pytest

from modelway.architecture.contract import Contract
from modelway.monitoring.drift.baseline import Baseline, Column
from modelway.monitoring.drift.counting import count
from modelway.monitoring.drift.tables import NoTable, connected

CUTS = Column(name="income", role="input", kind="number", rows=4, missing=0, cuts=(1.0,), counts=(2, 2))
BASELINE = Baseline(
    schema=1, model="m", version="1", rows=4, contract="", data="", salt="00", columns=(CUTS,), window_seconds=3600
)  # fmt: skip


def contract(ordered_by: str = "applied_at") -> Contract:
    return Contract.model_validate_json(
        '{"signature": {"inputs": [{"name": "income", "datatype": "FP64", "shape": [-1]}],'
        ' "outputs": [{"name": "risk", "datatype": "FP64", "shape": [-1]}]},'
        f' "expectations": {{"{ordered_by}": {{"type": "timestamp"}}}}, "ordered_by": "{ordered_by}",'
        ' "sample": {"inputs": [{"name": "income", "datatype": "FP64", "shape": [1], "data": [1.5]}]}}'
    )


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "team.db"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE TABLE requests AS SELECT i::DOUBLE AS income, TIMESTAMP '2026-01-01 10:00:00' + INTERVAL (i) HOUR AS applied_at, "
            "'soon' AS said FROM range(4) AS numbers (i)"
        )
    return path


def test_a_table_in_a_database(database: Path) -> None:
    table = connected(f"duckdb://{database}#requests", contract())
    assert count(table, BASELINE).columns["income"].counts == (2, 2)
    start = 1_767_261_600 + 3600
    assert count(table, BASELINE, start=start, end=start + 7200).columns["income"].counts == (1, 1)


@pytest.mark.parametrize(
    ("url", "ordered_by", "said"),
    [
        (
            "mysql://me:secret@127.0.0.1/db#requests",
            "applied_at",
            "one of athena, duckdb, pyspark, trino; this one begins with mysql",
        ),
        ("duckdb://{path}", "applied_at", "a table is ENGINE://…#TABLE"),
        ("duckdb://{path}?secret=1#requests", "applied_at", "duckdb cannot open the table requests"),
        ("duckdb://{path}#others", "applied_at", "duckdb cannot open the table others"),
        ("trino://me:secret@127.0.0.1:1/a/b#requests", "applied_at", "trino needs a driver that is not here: pip install"),
        ("duckdb://{path}#requests", "asked_at", "no column that says when a row was: asked_at, _time or time"),
        ("duckdb://{path}#requests", "said", "the table's column said holds string, expected timestamps"),
    ],
)
def test_what_is_no_table_is_said_without_its_password(url: str, ordered_by: str, said: str, database: Path) -> None:
    with pytest.raises(NoTable) as caught:
        connected(url.format(path=database), contract(ordered_by))
    assert said in str(caught.value)
    assert "secret" not in str(caught.value)
