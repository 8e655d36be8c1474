"""What differs between two environments."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from modelway.architecture import Environment, load
from modelway.architecture.comparing import Change, Group, compare

VALID = Path(__file__).resolve().parent / "valid"
MODEL = "models", "credit-risk"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    repository = tmp_path_factory.mktemp("comparing") / "repository"
    shutil.copytree(VALID, repository)
    return load(repository / "environments", "dev")


def changed(environment: Environment, *changes: tuple[tuple[str, ...], object]) -> Environment:
    """The environment with other values; ... removes one."""
    data = json.loads(environment.model_dump_json())
    for path, value in changes:
        here = data
        for part in path[:-1]:
            here = here[part]
        if value is ...:
            del here[path[-1]]
        else:
            here[path[-1]] = value
    return Environment.model_validate_json(json.dumps(data))


def told(groups: tuple[Group, ...]) -> list[str]:
    def line(change: Change) -> str:
        sides = [side.text if side else "" for side in (change.before, change.after)]
        return " ".join(filter(None, [".".join(map(str, change.path)), sides[0], "→", sides[1], change.note]))

    return [f"{group.kind} {group.title}: {line(change)}" for group in groups for change in group.changes]


def test_nothing_differs_from_itself(environment: Environment) -> None:
    assert compare(environment, environment) == ()
    assert compare(environment, changed(environment)) == ()


def test_the_name_of_an_environment_is_no_difference_and_neither_is_a_default_that_is_written_out(environment: Environment) -> None:
    named = changed(environment, (("environment",), "other"), (("monitoring", "namespace"), "monitoring"))
    assert compare(environment, named) == ()


def test_values_by_section_and_model_in_the_order_of_declaration(environment: Environment) -> None:
    after = changed(
        environment,
        ((*MODEL, "endpoint", "scaling", "min"), 6),
        ((*MODEL, "endpoint", "traffic", "canary"), None),
        (("clusters", "main", "node_pools", "general", "instance_types"), ["m7i.large", "m7i.xlarge"]),
        (("network", "zones"), 3),
        (("tags", "stage"), "late"),
        (("tier",), "staging"),
    )
    assert told(compare(environment, after)) == [
        "changed environment: tier development → staging",
        "changed environment: tags.stage → late",
        "changed network: zones 2 → 3",
        "changed cluster main: node_pools.general.instance_types [m7i.large] → [m7i.large, m7i.xlarge]",
        "changed model credit-risk: endpoint.scaling.min 2 → 6",
        'changed model credit-risk: endpoint.traffic.canary {version: "2026.12.0", percent: 10} →',
    ]
    assert [group.path for group in compare(environment, after)] == [(), ("network",), ("clusters", "main"), MODEL]


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        (("resources", "memory"), "256Mi", "2Gi → 256Mi ×0.125"),
        (("resources", "memory"), "4Gi", "2Gi → 4Gi"),
        (("resources", "memory"), "2048Mi", "2Gi → 2048Mi the same amount"),
        (("resources", "cpu"), "1500m", "1 → 1500m ×1.5"),
        (("slo", "latency_p99"), "1s", "200ms → 1s ×5"),
        (("slo", "availability"), "99.5%", "99.9% → 99.5%"),
    ],
)
def test_quantities_of_several_units(path: tuple[str, ...], value: str, text: str, environment: Environment) -> None:
    (line,) = told(compare(environment, changed(environment, ((*MODEL, "endpoint", *path), value))))
    assert line == f"changed model credit-risk: endpoint.{'.'.join(path)} {text}"


def digest(number: int, start: str = "") -> str:
    return start + f"{number:0{64 - len(start)}x}"


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("a" * 64, "b" * 64, "aaaaaaaa… → bbbbbbbb…"),
        (digest(1, "abcdabcdab1"), digest(1, "abcdabcdab2"), "abcdabcdab1… → abcdabcdab2…"),
        (digest(1), digest(2), f"{digest(1)} → {digest(2)}"),
    ],
)
def test_digests_are_as_short_as_tells_them_apart(old: str, new: str, text: str, environment: Environment) -> None:
    path = (*MODEL, "versions", "2026.12.0", "image")
    before, after = (changed(environment, (path, f"credit-risk@sha256:{each}")) for each in (old, new))
    (group,) = compare(before, after)
    (change,) = group.changes
    sides = [side.text.removeprefix("credit-risk@sha256:") for side in (change.before, change.after) if side]
    assert " → ".join(sides) == text
    assert change.after
    assert change.after.data == f"credit-risk@sha256:{new}"


def test_what_is_added_and_removed(environment: Environment) -> None:
    without = changed(environment, (("models",), {}), (("contracts",), {}))
    (group,) = compare(without, environment)
    (change,) = group.changes
    assert (group.kind, group.title, change.kind, change.path, change.before) == ("added", "model credit-risk", "added", (), None)
    assert change.after
    parts = dict(change.after.parts)
    assert parts["endpoint", "traffic", "canary", "percent"] == "10"
    # What is a default says nothing.
    assert ("description",) not in parts
    assert ("endpoint", "resources", "gpu") not in parts
    (reverse,) = compare(environment, without)
    assert (reverse.kind, reverse.changes[0].before) == ("removed", change.after)


def test_an_environment_that_was_not_there(environment: Environment) -> None:
    groups = compare(None, environment)
    assert {group.title for group in groups} >= {"environment", "aws", "network", "cluster main", "model credit-risk"}
    assert all(change.kind == "added" for group in groups for change in group.changes)
    assert all(change.kind == "removed" for group in compare(environment, None) for change in group.changes)


def test_another_kind_is_told_field_by_field(environment: Environment) -> None:
    existing = {"kind": "existing", "context": "laptop", "gateway": {"kind": "managed", "class": "envoy"}}
    lines = told(compare(environment, changed(environment, (("clusters", "main"), existing), (("network",), None))))
    assert "changed cluster main: kind eks → existing" in lines
    assert "changed cluster main: context → laptop" in lines
    assert "changed cluster main: version 1.35 →" in lines
    assert any(line.startswith("changed cluster main: node_pools.general {instance_types: [m7i.large], min: 2") for line in lines)
    assert any(line.startswith("removed network: ") for line in lines)


def test_items_of_lists_are_known_by_name(environment: Environment) -> None:
    file = "contracts/credit-risk.yaml"
    data: dict[str, Any] = json.loads(environment.model_dump_json())["contracts"][file]
    (metric,) = data["metrics"]
    before = changed(environment, (("contracts", file, "metrics"), [metric, {**metric, "name": "recall"}]))
    after = changed(environment, (("contracts", file, "metrics"), [{**metric, "name": "f1"}, {**metric, "minimum": 0.81}]))
    assert told(compare(before, after)) == [
        f"changed contract {file}: metrics.roc_auc.minimum 0.8 → 0.81",
        f"changed contract {file}: metrics.recall {{name: recall, direction: higher, minimum: 0.8, reference: 0.83}} →",
        f"changed contract {file}: metrics.f1 → {{name: f1, direction: higher, minimum: 0.8, reference: 0.83}}",
    ]
    turned = changed(environment, (("contracts", file, "metrics"), [{**metric, "name": "recall"}, metric]))
    assert told(compare(before, turned)) == [f"changed contract {file}: metrics [roc_auc, recall] → [recall, roc_auc] in another order"]


def test_a_list_without_items_is_nothing(environment: Environment) -> None:
    after = changed(environment, (("network", "reaches"), ["10.200.0.0/16"]))
    assert told(compare(environment, after)) == ["changed network: reaches → [10.200.0.0/16]"]
    assert told(compare(after, environment)) == ["changed network: reaches [10.200.0.0/16] →"]


def test_of_what_follows_the_account_the_account_is_shown(environment: Environment) -> None:
    principal = ("clusters", "main", "access", "deployer", "principal")
    other = "arn:aws:iam::333333333333:role/deployer"
    groups = compare(environment, changed(environment, (("aws", "account"), "333333333333"), (principal, other)))
    assert told(groups) == [
        "changed aws: account 222222222222 → 333333333333",
        "changed cluster main: access.deployer.principal …222222222222… → …333333333333…",
    ]
    assert groups[1].changes[0].after
    assert groups[1].changes[0].after.data == other


def test_what_came_into_a_long_list_and_what_left_it(environment: Environment) -> None:
    path = ("clusters", "main", "node_pools", "general", "instance_types")
    five = changed(environment, (path, ["m7i.large", "m7i.xlarge", "m7i.2xlarge", "m7i.4xlarge", "m7i.8xlarge"]))
    other = changed(environment, (path, ["m7i.large", "m7i.xlarge", "m7i.2xlarge", "m7i.12xlarge", "m7i.8xlarge"]))
    turned = changed(environment, (path, ["m7i.8xlarge", "m7i.xlarge", "m7i.2xlarge", "m7i.4xlarge", "m7i.large"]))
    assert told(compare(five, other))[0].endswith("+ m7i.12xlarge; - m7i.4xlarge")
    assert told(compare(five, turned))[0].endswith("in another order")
