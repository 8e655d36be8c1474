"""The rules of the pack, on subjects as files below cases/pack: RULE.CASE.json has a type, properties and the verdict.

`{"!": "unknown"}` is a value that is not known yet, `{"!": "secret", "value": …}` one that is secret.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelway.rules.pack import RULES
from modelway.rules.subjects import Subject
from modelway.rules.values import Secret, Unknown
from modelway.rules.verdicts import Evidence, Failed, NotApplicable, Passed, Undecided, Unreadable, Verdict

CASES = Path(__file__).parent / "cases" / "pack"
OF = {rule.id: rule for rule in RULES}
REQUIRED = ("compliant", "non-compliant", "missing", "unknown", "secret", "wrong-type")


def value(given: Any) -> Any:
    match given:
        case {"!": "unknown"}:
            return Unknown()
        case {"!": "secret", "value": inner}:
            return Secret(value(inner))
        case dict():
            return {key: value(item) for key, item in given.items()}
        case list():
            return [value(item) for item in given]
    return given


def case(name: str) -> tuple[Subject, str, list[str]]:
    content = json.loads((CASES / f"{name}.json").read_text("utf-8"))
    before = content.get("before")
    compared = before != "never looked for"
    subject = Subject(content["type"], value(content["properties"]), value(before) if compared else None, compared)
    return subject, content["verdict"], content["said"]


def told(verdict: Verdict) -> list[str]:
    match verdict:
        case Failed(evidence):
            return [str(one) for one in evidence]
        case Undecided(paths):
            return list(paths)
        case Unreadable(faults):
            return list(faults)
    return []


NAMES = sorted(path.stem for path in CASES.glob("*.json"))


@pytest.mark.parametrize("name", NAMES)
def test_the_verdict(name: str) -> None:
    subject, expected, said = case(name)
    verdict = OF[name.split(".")[0]].judge(subject)
    assert (type(verdict).__name__, told(verdict)) == (expected, said)


@pytest.mark.parametrize("rule", OF)
def test_every_rule_has_the_cases_of_its_contract(rule: str) -> None:
    assert not [one for one in REQUIRED if f"{rule}.{one}" not in NAMES]
    spelled = [
        name for name in NAMES if name.startswith(f"{rule}.") and name.rpartition("-")[2] in ("text", "otherwise", "structure", "tag")
    ]
    assert spelled or f"{rule}.text" in NAMES


def test_a_secret_is_never_shown() -> None:
    for name in NAMES:
        subject, _, _ = case(name)
        if '"secret"' in (CASES / f"{name}.json").read_text("utf-8"):
            for one in evidence(OF[name.split(".")[0]].judge(subject)):
                assert one.value in ("[secret]", "not set"), name


def evidence(verdict: Verdict) -> tuple[Evidence, ...]:
    return verdict.evidence if isinstance(verdict, Failed) else ()


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=9)
    | st.just(Unknown())
    | st.builds(Secret, st.text(max_size=9)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=9,
)


@given(name=st.sampled_from(NAMES), data=st.data())
def test_no_rule_raises_whatever_it_is_given(name: str, data: st.DataObject) -> None:
    subject, _, _ = case(name)

    def torn(given: object) -> object:
        if data.draw(st.integers(0, 6)) == 0:
            return data.draw(ANYTHING)
        if isinstance(given, dict):
            return {key: torn(item) for key, item in given.items()}
        return [torn(item) for item in given] if isinstance(given, list) else given

    properties = torn(dict(subject.properties))
    if isinstance(properties, dict):
        for rule in RULES:
            verdict = rule.judge(Subject(subject.type, properties, subject.before, compared=True))
            assert isinstance(verdict, Passed | Failed | Undecided | NotApplicable | Unreadable)
