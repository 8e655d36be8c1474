"""Steps as the engine writes them, as files below cases/risks: NAME.json has a step and what is said of it. What starts with `quiet-` is
nearly dangerous and is not."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelway.preview.changeset import RISKS, Finding, PropertyChange
from modelway.preview.differences import properties
from modelway.preview.resources import SECRET, UNKNOWN, Resource, Step
from modelway.preview.risks.judging import Risks
from modelway.preview.risks.table import InvalidRiskTable, Table, table

CASES = Path(__file__).parent / "cases" / "risks"
OWN = Path(__file__).parent / "cases" / "risk_tables"
TABLE = table()
BUCKET = "urn:pulumi:prod::platform::aws:s3/bucket:Bucket::models"
STEP = msgspec.json.Decoder(Step)


def step(given: dict[str, Any]) -> Step:
    return STEP.decode(json.dumps(given))


def judged(one: Step, rows: Table = TABLE) -> list[Finding]:
    return Risks(rows).judge("prod", one, properties(one))


def told(findings: list[Finding]) -> list[str]:
    return [f"{one.risk} {one.rule} {one.path}".strip() for one in findings]


def cases(prefix: str = "") -> list[str]:
    return sorted(path.stem for path in CASES.glob(f"{prefix}*.json"))


def of_case(name: str) -> tuple[Step, list[str]]:
    content = json.loads((CASES / f"{name}.json").read_text("utf-8"))
    return step(content["step"]), content["findings"]


@pytest.mark.parametrize("name", cases())
def test_what_is_said_of_a_step(name: str) -> None:
    one, expected = of_case(name)
    found = judged(one)
    assert told(found) == expected
    assert all(finding.what.endswith(".") and "{" not in finding.what and finding.subject and finding.urn == one.urn for finding in found)


def test_what_is_nearly_dangerous_is_quiet() -> None:
    quiet = cases("quiet-")
    assert len(quiet) >= 2 * len(RISKS)
    assert not [name for name in quiet if of_case(name)[1]]


def test_every_row_has_a_case() -> None:
    said = {tuple(finding.split()[:2]) for name in cases() for finding in of_case(name)[1]}
    assert not [row.id for row in TABLE.rows if row.risk != "safe" and (row.risk, row.id) not in said]


def test_every_class_has_a_case() -> None:
    said = {finding.split()[0] for name in cases() for finding in of_case(name)[1]}
    assert said == set(RISKS) - {"safe"}


@pytest.mark.parametrize("name", [name for name in cases() if not name.startswith("quiet-") and of_case(name)[0].op == "update"])
def test_a_step_that_changes_nothing_says_nothing(name: str) -> None:
    one, _ = of_case(name)
    same = msgspec.structs.replace(one, old=one.new, detailed=None)
    if one.old is not None:
        assert not judged(same)


@pytest.mark.parametrize("name", cases())
def test_a_new_value_that_is_not_known_is_never_safe(name: str) -> None:
    one, expected = of_case(name)
    found = expected[0].split() if expected else []
    row = next((row for row in TABLE.rows if found[1:2] == [row.id]), None)
    if row is None or not row.property or "*" in row.property or row.property[0] == "@" or row.where or one.old is None:
        return
    if row.when in ("removed", "added"):
        return
    content = json.loads((CASES / f"{name}.json").read_text("utf-8"))["step"]
    *way, last = row.property.replace('values.grafana["grafana.ini"]["auth.anonymous"]', "x").split(".")
    if any("[" in part for part in (*way, last)) or "x" in way:
        return
    inside = content["newState"]["inputs"]
    for part in way:
        inside = inside.setdefault(part, {})
    inside[last] = UNKNOWN
    assert any(finding.risk == "unknown" for finding in judged(step(content)))


@pytest.mark.parametrize(("rest", "approval"), [("", True), ("blocks = true", True), ("approval = false", False)])
def test_of_all_rows_that_look_at_what_is_not_known_the_worst_is_told(rest: str, approval: bool, tmp_path: Path) -> None:
    own = f"""[[risk]]
    id = "own"\nclass = "irreversible"\non = ["update"]\ntypes = ["kubernetes:apps/*:Deployment"]\nwhat = "{{subject}}."
    property = "spec.template.spec.containers.*.resources"\nwhen = "changed"\n{rest}"""
    (tmp_path / "own.toml").write_text(own, "utf-8")
    content = json.loads((CASES / "limits-changed.json").read_text("utf-8"))["step"]
    content["newState"]["inputs"]["spec"]["template"]["spec"]["containers"][0]["resources"] = UNKNOWN
    [built_in] = judged(step(content))
    assert (built_in.rule, built_in.risk, built_in.approval) == ("limits-changed", "unknown", False)
    [finding] = judged(step(content), table(tmp_path / "own.toml"))
    assert (finding.rule, finding.risk, finding.approval, finding.blocks) == ("own", "unknown", approval, False)
    assert "the risk may be irreversible" in finding.why


def test_a_finding_says_why_and_shows_what_may_be_shown() -> None:
    one, _ = of_case("key-window-shortened")
    [finding] = judged(one)
    assert finding.why == "deletionWindowInDays: 30 → 7"
    assert finding.subject == "KMS key one"
    replaced, _ = of_case("replaced-cluster-of-a-component")
    [finding] = judged(replaced)
    assert finding.what == "Subnet one is deleted and made again."
    assert finding.why == "cidrBlock: 10.0.0.0/24 → 10.0.1.0/24, which cannot be changed in place"
    assert (finding.approval, finding.blocks) == (True, False)


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (["a.example", "b.example"], ["b.example"], "spec.hostnames: without a.example"),
        (["a.example"], ["c.example", "d.example"], "spec.hostnames: a.example → c.example, d.example"),
        (["a.example"], [], "spec.hostnames: a.example → none"),
    ],
)
def test_of_a_list_it_is_told_what_goes_and_what_comes(before: list[str], after: list[str], why: str) -> None:
    content = json.loads((CASES / "route-hostnames-changed.json").read_text("utf-8"))["step"]
    for side, names in (("oldState", before), ("newState", after)):
        content[side]["inputs"]["spec"]["hostnames"] = names
    assert [one.why for one in judged(step(content)) if one.rule == "route-hostnames-changed"] == [why]


def test_what_cannot_be_changed_in_place_is_named_also_where_its_value_is_hidden() -> None:
    sides = [
        {
            "urn": BUCKET,
            "type": "",
            "custom": True,
            "inputs": {"password": {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": text}},
        }
        for text in "ab"
    ]
    replaced = {
        "op": "replace",
        "urn": BUCKET,
        "oldState": sides[0],
        "newState": sides[1],
        "detailedDiff": {"password": {"kind": "update-replace"}},
    }
    [finding] = [one for one in judged(step(replaced)) if one.risk == "irreversible"]
    assert finding.why == "password cannot be changed in place"


def test_no_secret_is_shown() -> None:
    token = "ghp_" + "a1B2" * 9
    content = json.loads((CASES / "settings-changed.json").read_text("utf-8"))["step"]
    content["newState"]["inputs"]["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"] = token
    content["urn"] += f"-{token}"
    # URNs are names of changes, and are netted with them.
    found = [msgspec.structs.replace(finding, urn="") for finding in judged(step(content))]
    assert token not in msgspec.json.encode(found).decode()


def test_a_secret_that_may_have_changed_is_not_safe() -> None:
    content = json.loads((CASES / "scaled-to-none.json").read_text("utf-8"))["step"]
    for side in ("oldState", "newState"):
        content[side]["inputs"]["spec"]["replicas"] = SECRET
    assert told(judged(step(content))) == ["unknown scaled-to-none spec.replicas"]
    content["detailedDiff"] = {}
    assert told(judged(step(content))) == []


def test_what_no_row_is_about_is_not_even_parsed() -> None:
    urn = "urn:pulumi:prod::platform::random:index/randomPet:RandomPet::one"
    broken = Resource(urn, "random:index/randomPet:RandomPet", inputs_raw=msgspec.Raw(b"{no JSON"))
    assert not Risks(TABLE).judge("prod", Step("update", urn, "", broken, broken), ())
    bucket = Resource(BUCKET, "aws:s3/bucket:Bucket", inputs_raw=msgspec.Raw(b"{no JSON"))
    elsewhere = (PropertyChange("bucketPrefix", "update"),)
    assert not Risks(TABLE).judge("prod", Step("update", BUCKET, "", bucket, bucket), elsewhere)


def test_a_file_of_ones_own_adds_changes_and_turns_off() -> None:
    own = table(OWN / "own.happy.toml")
    assert told(judged(of_case("bucket-deleted")[0], own)) == ["review bucket-deleted"]
    assert told(judged(of_case("alarm-threshold")[0], own)) == []
    urn = "urn:pulumi:prod::platform::snowflake:index/table:Table::features"
    gone = step({"op": "delete", "urn": urn, "oldState": {"urn": urn, "type": "snowflake:index/table:Table"}})
    [finding] = judged(gone, own)
    assert (finding.risk, finding.rule, finding.what, finding.blocks) == (
        "irreversible",
        "table-of-features",
        "Table features is deleted.",
        True,
    )
    assert finding.approval


@pytest.mark.parametrize("name", sorted(path.name.removesuffix(".error.toml") for path in OWN.glob("*.error.toml")))
def test_a_broken_file_is_refused_with_all_its_faults(name: str) -> None:
    with pytest.raises(InvalidRiskTable) as caught:
        table(OWN / f"{name}.error.toml")
    assert str(caught.value).replace(f"{OWN}/", "") == (OWN / f"{name}.error.txt").read_text("utf-8").rstrip("\n")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidRiskTable, match="cannot be read"):
        table(tmp_path / "none.toml")


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from([UNKNOWN, SECRET]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
_SHAPED = st.sampled_from(sorted({row.property for row in TABLE.rows if row.property and row.property[0] != "@"}))


def _placed(path: str, value: object) -> object:
    for part in reversed([one for one in path.replace(".*", ".[]").split(".") if one]):
        value = [value] if part == "[]" else {part: value}
    return value


@given(
    path=_SHAPED, before=_JSON, after=_JSON, op=st.sampled_from(["create", "update", "replace", "delete", "same", "import"]), data=st.data()
)
def test_whatever_stands_there_no_row_fails(path: str, before: object, after: object, op: str, data: st.DataObject) -> None:
    rows = [row for row in TABLE.rows if row.property == path]
    kind = data.draw(st.sampled_from(rows)).types[0].replace("*", "v1")
    urn = f"urn:pulumi:prod::platform::{kind}::one"
    states = [{"urn": urn, "type": kind, "inputs": _placed(path, value)} for value in (before, after)]
    given_step = {
        "op": op,
        "urn": urn,
        **({} if op == "create" else {"oldState": states[0]}),
        **({} if op == "delete" else {"newState": states[1]}),
    }
    one = step(given_step)
    # Also where whoever compares finds nothing: then all that a row may look at is looked at.
    Risks(TABLE).judge("prod", one, properties(one))


def test_a_row_of_ones_own_names_a_type_that_no_other_does(tmp_path: Path) -> None:
    one, _ = of_case("type-not-known")
    assert [finding.approval for finding in judged(one)] == [False]
    own = '[[risk]]\nid = "%s"\nclass = "%s"\non = ["delete"]\ntypes = ["gcp:sql/*:*"]\nwhat = "{subject}."'
    (tmp_path / "own.toml").write_text(own % ("sql-deleted", "irreversible"), "utf-8")
    assert told(judged(one, table(tmp_path / "own.toml"))) == ["irreversible sql-deleted"]
    (tmp_path / "own.toml").write_text(own % ("sql-harmless", "safe"), "utf-8")
    assert not judged(one, table(tmp_path / "own.toml"))


@pytest.mark.parametrize("rest", ['"all"', '"type"\nproperty = "spec"\nwhen = "changed"'])
def test_what_no_other_row_is_about_goes_by_the_operation_alone(rest: str, tmp_path: Path) -> None:
    own = f'[[risk]]\nid = "own"\nclass = "review"\non = ["delete"]\ntypes = ["*"]\nwhat = "{{subject}}."\nrest = {rest}\n'
    (tmp_path / "own.toml").write_text(own, "utf-8")
    with pytest.raises(InvalidRiskTable, match="row own: rest"):
        table(tmp_path / "own.toml")
