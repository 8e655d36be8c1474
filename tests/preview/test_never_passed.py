"""What may never end with "nothing stands in the way", over all that was recorded: rows of one's own that block or ask, and traffic that is
not known."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from modelway.preview.assembling import assemble
from modelway.preview.changeset import ChangeSet, Finding
from modelway.preview.resources import UNKNOWN
from scripts.recorded import Recorded, cases

ALL = {case.name: case for case in cases()}
REPORTS = {name: assemble([case.sources()]) for name, case in ALL.items()}
EVERY = '["create", "update", "replace", "delete", "import", "forget"]'
COMPARED = '["update", "replace"]'
OPTIONS = {name.removeprefix("@"): name for name in ("@protect", "@retainOnDelete")}
"""How the engine treats a resource, as rows call it."""
TRAFFIC = ("HTTPRoute", "sagemaker/endpointConfiguration:", "InferenceService", "lb/listener:")


def own(folder: Path, *rows: str) -> Path:
    file = folder / "risks.toml"
    file.write_text("".join(f"[[risk]]\n{row}\n" for row in rows), "utf-8")
    return file


def row(name: str, risk: str, kind: str, rest: str, on: str = EVERY) -> str:
    return f'id = "{name}"\nclass = "{risk}"\non = {on}\ntypes = ["{kind}"]\nwhat = "{{subject}} is {{done}}."\n{rest}'


def judged(case: Recorded, table: Path) -> ChangeSet:
    return assemble([case.sources()], risk_table=table)


def types_of(report: ChangeSet) -> list[str]:
    """Of what changes, but for that of which the files do not say enough to hold anything against it."""
    changed = [one for one in report.changes if one.operation not in ("same", "refresh", "read")]
    return sorted({one.type for one in changed if not one.type.startswith("pulumi:providers:")})


@pytest.mark.parametrize("asks", ["blocks", "approval"])
@pytest.mark.parametrize("risk", ["review", "traffic", "irreversible"])
def test_a_row_of_ones_own_that_sees_an_operation_blocks_or_asks_whatever_else_is_said(asks: str, risk: str, tmp_path: Path) -> None:
    looked_at = 0
    for name, report in REPORTS.items():
        types = types_of(report)
        table = own(tmp_path, *(row(f"own-{number}", risk, kind, f"{asks} = true") for number, kind in enumerate(types)))
        found = {one.rule for one in judged(ALL[name], table).findings if (one.blocks if asks == "blocks" else one.approval)}
        assert {f"own-{number}" for number in range(len(types))} <= found, name
        looked_at += len(types)
    assert looked_at > 100


@pytest.mark.parametrize("asks", ["blocks", "approval"])
@pytest.mark.parametrize("name", sorted(ALL))
def test_a_row_of_ones_own_that_sees_a_property_blocks_or_asks_whatever_else_is_said(name: str, asks: str, tmp_path: Path) -> None:
    changes = [one for one in REPORTS[name].changes if one.operation in ("update", "replace")]
    # An id is no input that a row could look at, and a part of a list that has no order has no path.
    seen = {(one.type, part.path) for one in changes for part in one.properties if part.path != "id" and not {"#", "["} & set(part.path)}
    rows = [
        row(f"own-{number}", "review", kind, f'{asks} = true\nproperty = "{OPTIONS.get(path, path)}"\nwhen = "changed"', COMPARED)
        for number, (kind, path) in enumerate(sorted(seen))
    ]
    report = judged(ALL[name], own(tmp_path, *rows))
    # What is not known cannot block, as it may not be so; it asks.
    asking = {one.path for one in report.findings if one.blocks or (one.approval and (asks == "approval" or one.risk == "unknown"))}
    assert {path for _, path in seen} <= asking
    assert report.verdict.decision != "ok" or not seen


def test_a_row_of_ones_own_with_the_name_of_one_that_is_there_is_what_it_says(tmp_path: Path) -> None:
    table = own(tmp_path, 'id = "route-changed"\nblocks = true\napproval = true')
    report = judged(ALL["canary-begun"], table)
    assert report.verdict.decision == "blocked"
    assert [one.rule for one in report.findings if one.risk == "traffic"] == ["route-changed", "traffic-moved"]


def changed(case: Recorded, folder: Path, name: str, value: object) -> Recorded:
    """The same preview, with another value wherever `name` stands on the new side of what decides traffic."""

    def put(there: Any) -> None:
        for key, item in there.items() if isinstance(there, dict) else enumerate(there) if isinstance(there, list) else ():
            if key == name:
                there[key] = value
            else:
                put(item)

    digest = json.loads((case.folder / "digest.json").read_text("utf-8"))
    for step in digest["steps"]:
        if any(kind in step["urn"] for kind in TRAFFIC) and step.get("newState"):
            put(step["newState"].get("inputs", {}))
    folder.mkdir(exist_ok=True)
    (folder / "digest.json").write_text(json.dumps(digest), "utf-8")
    (folder / "expected.toml").write_text("", "utf-8")
    for file in ("state.json", "before", "after"):
        if (case.folder / file).exists():
            (folder / file).symlink_to(case.folder / file)
    return replace(case, folder=folder)


SHARES = {"weight", "initialVariantWeight", "canaryTrafficPercent"}


@pytest.mark.parametrize("field", sorted(SHARES))
@pytest.mark.parametrize("name", [name for name, report in REPORTS.items() if any(one.changed for one in report.endpoints)])
def test_shares_that_nobody_knows_are_never_passed(name: str, field: str, tmp_path: Path) -> None:
    report = assemble([changed(ALL[name], tmp_path / "case", field, UNKNOWN).sources()])
    open_shares = [one for one in report.endpoints if one.changed and any(route.percent is None for route in one.after)]
    if open_shares:
        assert report.verdict.decision != "ok"


def of_traffic() -> list[tuple[str, Finding]]:
    return [(name, one) for name, report in REPORTS.items() for one in report.findings if one.rule.startswith("traffic-")]


def test_both_weights_of_a_route_that_are_not_known_ask(tmp_path: Path) -> None:
    for number, name in enumerate(("model-canary", "canary-begun")):
        report = assemble([changed(ALL[name], tmp_path / f"{number}", "weight", UNKNOWN).sources()])
        assert report.verdict.decision == "needs approval"
        assert [one.approval for one in report.findings if one.risk == "unknown"] == [True]
        assert "is not known before the update (unknown)" in " ".join(report.verdict.needed)


def test_nothing_that_is_not_known_of_traffic_is_passed() -> None:
    assert of_traffic()
    assert not [name for name, one in of_traffic() if one.risk == "unknown" and not one.approval]
