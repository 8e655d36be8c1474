"""What the engine wrote, whole and cut, as one step for each resource."""

import json
from pathlib import Path
from typing import Any

import pytest

from modelway.errors import WrongUsage
from modelway.preview.files import UnusableFile
from modelway.preview.reading import Preview, read

STACK = "urn:pulumi:prod::shop"
ROOT = f"{STACK}::pulumi:pulumi:Stack::shop-prod"


def urn(name: str, kind: str = "aws:s3/bucket:Bucket") -> str:
    return f"{STACK}::{kind}::{name}"


def resource(name: str, kind: str = "aws:s3/bucket:Bucket", inputs: object = None, **more: object) -> dict[str, Any]:
    return {"urn": urn(name, kind), "type": kind, "custom": True, "id": f"{name}-1", "inputs": inputs or {}, **more}


def step(op: str, name: str, old: object = None, new: object = None, **more: object) -> dict[str, Any]:
    states = {key: value for key, value in (("oldState", old), ("newState", new)) if value is not None}
    return {"op": op, "urn": urn(name), **states, "detailedDiff": None, **more}


def digest(*steps: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"steps": [{"op": "same", "urn": ROOT}, *steps], "changeSummary": {"same": 1}, **more}


def written(folder: Path, content: object, name: str = "digest.json") -> Path:
    file = folder / name
    file.write_text(content if isinstance(content, str) else json.dumps(content, indent=4), "utf-8")
    return file


def previewed(folder: Path, content: object, stack: str = "") -> Preview:
    return read(stack, written(folder, content), None)


def told(preview: Preview) -> list[tuple[str, str]]:
    return [(one.name, preview.steps.operation(one)) for one in preview.steps]


def test_a_digest_names_its_stack_and_what_happens(tmp_path: Path) -> None:
    found = previewed(tmp_path, digest(step("create", "a", new=resource("a")), step("delete", "b", old=resource("b"))))
    assert (found.stack, found.project, found.result) == ("prod", "shop", "succeeded")
    assert told(found) == [("a", "create"), ("b", "delete")]


def test_text_before_and_behind_the_json_is_passed_over(tmp_path: Path) -> None:
    text = (
        "Loading policy packs {1 of 1}...\n{ not it }\n"
        + json.dumps(digest(step("create", "a", new=resource("a"))), indent=4)
        + "\nerror: x\n"
    )
    found = previewed(tmp_path, text)
    assert told(found) == [("a", "create")]
    assert found.result == "succeeded"


def test_of_a_digest_that_is_cut_the_whole_steps_stay_and_the_rest_is_unknown(tmp_path: Path) -> None:
    text = json.dumps(digest(*(step("create", f"n{at}", new=resource(f"n{at}")) for at in range(9))), indent=4)
    for end in range(text.index("::n3"), len(text) - 1, 97):
        found = previewed(tmp_path, text[:end])
        names = [name for name, _ in told(found)]
        assert names == [f"n{at}" for at in range(len(names))]
        assert found.result == "unknown"
        assert any("ends in the middle" in gap.what for gap in found.gaps)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("error: no stack named prod", "is not JSON: it begins with 'error: no stack named prod'"),
        ({"version": 3, "deployment": {"resources": []}}, "state of a stack, as `pulumi stack export` writes it: give it with --state"),
        ({"resourcePlans": {}, "manifest": {}}, "update plan: give it with --plan"),
        (
            '{"sequence": 1, "timestamp": 2, "preludeEvent": {}}\n{"sequence": 2, "timestamp": 2, "cancelEvent": {}}\n',
            "give it with --events",
        ),
        ({"name": "package", "scripts": {}}, "it is JSON with name, scripts"),
        (digest({"op": "create", "urn": "urn:pulumi:dev::shop::a:b:C::d"}), "names the stacks dev, prod"),
    ],
)
def test_what_is_no_digest_is_refused_in_one_sentence(tmp_path: Path, content: object, said: str) -> None:
    with pytest.raises(UnusableFile) as refused:
        previewed(tmp_path, content)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_digest_of_another_stack_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match="is of stack prod, not of staging"):
        previewed(tmp_path, digest(step("create", "a", new=resource("a"))), "staging")


def test_an_empty_digest_is_unknown_and_no_empty_change(tmp_path: Path) -> None:
    found = previewed(tmp_path, "")
    assert found.result == "unknown"
    assert "is empty" in found.gaps[0].what


def test_powershells_utf_16_is_read(tmp_path: Path) -> None:
    file = tmp_path / "digest.json"
    file.write_bytes(json.dumps(digest(step("create", "a", new=resource("a")))).encode("utf-16"))
    assert told(read("", file, None)) == [("a", "create")]


def test_a_failed_preview_is_failed_whatever_it_lists(tmp_path: Path) -> None:
    said = [{"severity": "error", "message": "<{%fg 1%}>boom password=hunter2hunter\u001b[0m", "urn": ""}]
    found = previewed(tmp_path, digest(step("create", "a", new=resource("a")), diagnostics=said))
    assert found.result == "failed"
    assert [(one.severity, one.message) for one in found.diagnostics] == [("error", "boom password=[hidden]")]


def test_a_digest_without_a_summary_did_not_come_to_its_end(tmp_path: Path) -> None:
    assert previewed(tmp_path, {"steps": [step("create", "a", new=resource("a"))]}).result == "unknown"


def test_another_engines_operations_and_fields_are_tolerated(tmp_path: Path) -> None:
    new = resource("a", someday={"deep": [1]})
    found = previewed(tmp_path, digest(step("transmogrify", "a", old=resource("a"), new=new, novel=True), fresh={"field": 1}))
    assert told(found) == [("a", "update")]
    assert found.steps.unknown == {"transmogrify"}


def test_a_step_of_another_shape_is_told_and_not_lost(tmp_path: Path) -> None:
    found = previewed(tmp_path, digest(step("update", "a", old={"urn": 5}), step("create", "b", new=resource("b"))))
    assert told(found) == [("b", "create")]
    assert found.steps.unreadable == [urn("a")]


def test_a_taint_replaces_without_any_difference(tmp_path: Path) -> None:
    found = previewed(tmp_path, digest(step("replace", "a", resource("a", taint=True), resource("a"))))
    (one,) = found.steps
    assert found.steps.operation(one) == "replace"
    assert one.old is not None
    assert one.old.taint


def test_a_refresh_and_its_operation_are_one(tmp_path: Path) -> None:
    drifted = {"tags": {"kind": "update", "inputDiff": False}}
    steps = [
        step("refresh", "a", resource("a"), resource("a")),
        step("update", "b", resource("b"), resource("b"), detailedDiff=drifted),
        step("update", "a", resource("a"), resource("a", inputs={"x": 1})),
        step("replace", "b", resource("b"), resource("b", inputs={"y": 1})),
        step("refresh", "c", resource("c"), resource("c")),
        step("delete", "d", resource("d")),
        step("create", "d", new=resource("d")),
    ]
    assert told(previewed(tmp_path, digest(*steps))) == [("a", "update"), ("b", "replace"), ("d", "create")]


def test_a_protection_that_is_lost_shows_as_same(tmp_path: Path) -> None:
    steps = [step("same", "a", resource("a", protect=True), resource("a")), step("same", "b", resource("b"), resource("b"))]
    assert told(previewed(tmp_path, digest(*steps))) == [("a", "same")]


def test_the_three_steps_of_a_replacement_are_one(tmp_path: Path) -> None:
    detail = {"bucket": {"kind": "update-replace", "inputDiff": True}}
    steps = [
        step("create-replacement", "a", resource("a", inputs={"bucket": "x"}), resource("a", inputs={"bucket": "y"}), detailedDiff=detail),
        step("replace", "a", resource("a", inputs={"bucket": "x"}), resource("a", inputs={"bucket": "y"}), detailedDiff=detail),
        step("delete-replaced", "a", resource("a", inputs={"bucket": "x"})),
    ]
    for order in (steps, steps[::-1]):
        found = previewed(tmp_path, digest(*order))
        (one,) = found.steps
        assert (found.steps.operation(one), one.old is None, one.new is None) == ("replace", False, False)
        assert one.detailed
        assert one.detailed["bucket"].kind == "update-replace"


def test_what_is_kept_when_it_is_deleted_is_forgotten(tmp_path: Path) -> None:
    assert told(previewed(tmp_path, digest(step("delete", "a", resource("a", retainOnDelete=True))))) == [("a", "forget")]


def event(sequence: int, **payload: object) -> str:
    return json.dumps({"sequence": sequence, "timestamp": 1, **payload})


def log(*payloads: dict[str, Any]) -> str:
    return "\n".join(event(at, **payload) for at, payload in enumerate(payloads)) + "\n"


def pre(op: str, name: str, old: object = None, new: object = None) -> dict[str, Any]:
    detail = {"acl": {"diffKind": "update", "inputDiff": True}}
    return {
        "resourcePreEvent": {"metadata": {"op": op, "urn": urn(name), "old": old, "new": new, "detailedDiff": detail}, "planning": True}
    }


SUMMARY = {"summaryEvent": {"resourceChanges": {"same": 2}, "result": "succeeded", "isPreview": True}}
HIDDEN = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "[secret]"}


def test_events_alone_have_steps_and_say_what_they_lack(tmp_path: Path) -> None:
    old, new = resource("a", inputs={"acl": HIDDEN}), resource("a", inputs={"acl": "private"})
    found = read("", None, written(tmp_path, log(pre("update", "a", old, new), SUMMARY), "events.jsonl"))
    (one,) = found.steps
    assert (found.stack, found.result, one.detailed["acl"].kind if one.detailed else "") == ("prod", "succeeded", "update")
    assert one.old
    assert one.old.inputs == {"acl": "[secret]"}
    assert any("what depends on what changes" in gap.what for gap in found.gaps)


def test_with_both_the_digest_has_the_steps_and_the_events_have_policies_and_outputs(tmp_path: Path) -> None:
    root = {"op": "update", "urn": ROOT, "old": {"urn": ROOT, "type": "", "outputs": {"url": "a", "kept": 1}}}
    root["new"] = {"urn": ROOT, "type": "", "outputs": {"url": "b", "kept": 1}}
    lines = log(
        pre("create", "a", new=resource("a")),
        {"resOutputsEvent": {"metadata": root}},
        {"policyEvent": {"policyName": "p", "message": "m"}},
        {"diagnosticEvent": {"message": "seen", "severity": "warning"}},
        {"diagnosticEvent": {"message": "passing", "severity": "info", "ephemeral": True}},
        SUMMARY,
    )
    first = digest(step("create", "a", new=resource("a")), changeSummary={"same": 2})
    found = read("", written(tmp_path, first), written(tmp_path, lines, "events.jsonl"))
    assert told(found) == [("a", "create")]
    assert found.policy_events is not None
    assert [one["policyEvent"]["policyName"] for one in found.policy_events] == ["p"]
    assert (found.outputs, [one.message for one in found.diagnostics], found.gaps) == (("url",), ["seen"], ())


def test_an_event_log_that_is_cut_is_unknown(tmp_path: Path) -> None:
    text = log(pre("create", "a", new=resource("a")), pre("create", "b", new=resource("b")), SUMMARY)
    found = read("", None, written(tmp_path, text[: text.rindex('"summaryEvent"') + 5], "events.jsonl"))
    assert (found.result, len(found.steps)) == ("unknown", 2)


def test_what_is_no_event_log_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableFile, match="is not an event log but the digest of a preview"):
        read("", None, written(tmp_path, digest()))
