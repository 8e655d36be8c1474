"""No value of a row is in anything that a check prints, but of columns that may be shown."""

import json
from pathlib import Path

import duckdb
import pytest

from modelway.cli import main

PLANTED = ("Zebulon Quagmire", "zebulon@quagmire.example", "+49 170 5550123", "1987-13-01", "DE89370400440532013000", "777777.25")
CONTRACT = """\
signature:
  inputs: [{name: x, datatype: FP64, shape: [-1]}]
  outputs: [{name: y, datatype: FP64, shape: [-1]}]
expectations:
  x: {range: [0, 10]}
  n: {type: integer}
  moment: {type: timestamp}
  name: {type: text, values: [a, b]}
  id: {type: text, unique: true}
  flag: {type: boolean}
  open: {type: text, values: [a], shown: true}
sample: {inputs: [{name: x, datatype: FP64, shape: [1], data: [1]}]}
"""
COLUMNS = ("x", "n", "moment", "name", "id", "flag")


def check(tmp_path: Path, file: Path, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    (tmp_path / "contract.yaml").write_text(CONTRACT, "utf-8")
    with pytest.raises(SystemExit) as end:
        main(["check", "data", str(file), "--contract", str(tmp_path / "contract.yaml"), *options])
    assert end.value.code == 1
    printed = capsys.readouterr()
    return printed.out + printed.err


def rows() -> list[dict[str, str]]:
    return [{**dict.fromkeys(COLUMNS, planted), "open": "shown-value"} for planted in (*PLANTED, *PLANTED)]


def files(folder: Path) -> list[Path]:
    names = [*COLUMNS, "open"]
    lines = [",".join(f'"{row[name]}"' for name in names) for row in rows()]
    header = ",".join(names)
    broken = [f"{planted},{planted}" for planted in PLANTED]
    made = {
        "plain.csv": [header, *lines],
        "ragged.csv": [header, *broken, *(f"{line},{line}" for line in lines)],
        "no-header.csv": lines,
        "open.csv": [header, f'"{PLANTED[0]}', *lines],
        "named.csv": [",".join(PLANTED), *lines],
        "plain.jsonl": [json.dumps(row) for row in rows()],
        "broken.jsonl": [f'{{"x": {planted}' for planted in PLANTED],
        "keys.jsonl": [json.dumps({planted: planted}) for planted in PLANTED],
    }
    for name, content in made.items():
        (folder / name).write_text("\n".join(content) + "\n", "utf-8")
    bad = "\n".join([header, *lines]).replace("Quagmire", "Quagmire\xe9")
    (folder / "encoding.csv").write_bytes(bad.encode("latin-1"))
    with duckdb.connect() as connection:
        values = ", ".join("(" + ", ".join(f"'{row[name]}'" for name in names) + ")" for row in rows())
        connection.execute(f"COPY (SELECT * FROM (VALUES {values}) made({', '.join(names)})) TO '{folder}/plain.parquet'")
    (folder / "cut.parquet").write_bytes((folder / "plain.parquet").read_bytes()[:-20])
    return [*(folder / name for name in made), folder / "encoding.csv", folder / "plain.parquet", folder / "cut.parquet"]


def test_no_planted_value_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for file in files(tmp_path):
        for options in ([], ["--json"]):
            printed = check(tmp_path, file, capsys, *options)
            assert "failed" in printed, file.name
            found = [part for planted in PLANTED for part in planted.split() if part in printed.replace("line with", "")]
            assert not found, (file.name, printed)


def test_what_may_be_shown_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = next(one for one in files(tmp_path) if one.name == "plain.csv")
    assert "row 1 (shown-value)" in check(tmp_path, file, capsys)
