"""The rules about descriptions, on environments: RULE.CASE.json below cases/declared says what differs from a small valid one (`set`, by
path), which day it is, and the verdict of every part."""

import json
import shutil
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from modelway.architecture import Environment, load
from modelway.rules.catalogue import DECLARED, IDS
from modelway.rules.configured import ConfigurationRule
from modelway.rules.verdicts import Verdict
from tests.rules.test_pack import told

HERE = Path(__file__).parent
CASES = HERE / "cases" / "declared"
VALID = HERE.parent / "architecture" / "valid"
NAMES = sorted(path.stem for path in CASES.glob("*.json"))


@cache
def valid() -> str:
    # Contracts are counted from the repository that the files lie in; a copy lies in none.
    with TemporaryDirectory() as folder:
        shutil.copytree(VALID, folder, dirs_exist_ok=True)
        return load(Path(folder) / "environments", "dev").model_dump_json(by_alias=True)


def changed(differences: dict[str, Any]) -> Environment:
    plain = json.loads(valid())
    for path, value in differences.items():
        *way, last = path.split("/")
        inside = plain
        for name in way:
            inside[name] = inside.get(name) or {}
            inside = inside[name]
        inside[last] = value
    return Environment.model_validate_json(json.dumps(plain), strict=True)


def verdicts(name: str) -> dict[str, Verdict]:
    case = json.loads((CASES / f"{name}.json").read_text("utf-8"))
    rule = IDS[name.split(".")[0]]
    assert isinstance(rule, ConfigurationRule)
    return dict(rule.judge(changed(case["set"]), date.fromisoformat(case.get("today", "2026-11-28"))))


@pytest.mark.parametrize("name", NAMES)
def test_the_verdict_about_a_description(name: str) -> None:
    expected = json.loads((CASES / f"{name}.json").read_text("utf-8"))["verdicts"]
    assert {where: [type(one).__name__, *told(one)] for where, one in verdicts(name).items()} == expected


@pytest.mark.parametrize("rule", [rule.id for rule in DECLARED])
def test_every_rule_about_descriptions_has_cases(rule: str) -> None:
    kinds = {verdict for name in NAMES if name.startswith(f"{rule}.") for verdict in map(_kind, verdicts(name).values())}
    assert {"Passed", "Failed"} <= kinds
    assert len([name for name in NAMES if name.startswith(f"{rule}.")]) >= 8


def _kind(verdict: Verdict) -> str:
    return type(verdict).__name__
