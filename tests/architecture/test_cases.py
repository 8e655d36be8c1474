"""Every folder below cases/ is a case: its files are laid over valid/, which is a small repository with one environment.

NAME.error: what is said of it is in NAME.error.txt. NAME.happy: it loads, and has the values of NAME.happy.txt, one `path: JSON` a line.
"""

import json
import re
import shutil
from pathlib import Path

import pytest

from modelway.architecture import Environment, InvalidArchitecture, load, names
from modelway.architecture.faults import report

HERE = Path(__file__).resolve().parent
CASES = HERE / "cases"


def cases(kind: str) -> list[str]:
    return sorted(str(folder.relative_to(CASES)) for folder in CASES.rglob(f"*.{kind}"))


def lay_out(case: str, folder: Path) -> Path:
    shutil.copytree(HERE / "valid", folder, dirs_exist_ok=True)
    shutil.copytree(CASES / case, folder, dirs_exist_ok=True)
    return folder / "environments"


def expected(case: str) -> str:
    return (CASES / f"{case}.txt").read_text("utf-8")


@pytest.mark.parametrize("case", cases("error"))
def test_every_fault_is_told(case: str, tmp_path: Path) -> None:
    environments = lay_out(case, tmp_path)
    faults = []
    for name in names(environments):
        try:
            load(environments, name)
        except InvalidArchitecture as invalid:
            faults += invalid.faults
    assert report(list(dict.fromkeys(faults)), tmp_path).replace(str(tmp_path), "REPOSITORY") + "\n" == expected(case)


@pytest.mark.parametrize("case", cases("happy"))
def test_it_loads_and_is_what_it_says(case: str, tmp_path: Path) -> None:
    environment = load(lay_out(case, tmp_path), "dev")
    for line in expected(case).splitlines():
        path, _, value = line.partition(": ")
        found: object = environment.model_dump(mode="json")
        for quoted, plain in re.findall(r'"([^"]+)"|([^".\[\]]+)', path):
            key = quoted or plain
            found = found[int(key)] if isinstance(found, list) else found[key]  # type: ignore[index]
        assert found == json.loads(value), path
    assert Environment.model_validate_json(environment.model_dump_json(), strict=True) == environment


def test_no_case_is_left_out() -> None:
    # A case in a folder of another ending, or a text without its case, would never run.
    assert {path.stem for path in CASES.rglob("*.txt")} == {path.name for kind in ("error", "happy") for path in CASES.rglob(f"*.{kind}")}
    loose = [
        path for path in CASES.rglob("*") if path.is_file() and path.suffix != ".txt" and not re.search(r"\.(error|happy)/", str(path))
    ]
    assert not loose
