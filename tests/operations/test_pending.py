"""What becomes of what a killed run had begun: by type, by what is found, and in the state."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelway.operations.pending import NOT_READ, Pending, applied, is_ours, operations, settle, unread

URN = "urn:pulumi:dev::modelway::{0}::{1}"


def begun(type_: str, inputs: Any, operation: str = "creating", name: str = "x", **more: Any) -> Pending:
    return Pending(operation, {"urn": URN.format(type_, name), "type": type_, "custom": True, "inputs": inputs, **more})


def nowhere(pending: Pending) -> list[str] | None:
    raise AssertionError(f"{pending.urn} was looked up")


NO_ANSWERS: dict[str, Any] = {"imports": {}, "gone": frozenset()}


@pytest.mark.parametrize(
    ("type_", "inputs", "identifier"),
    [
        ("kubernetes:core/v1:Namespace", {"metadata": {"name": "risk"}}, "risk"),
        ("kubernetes:apps/v1:Deployment", {"metadata": {"name": "credit", "namespace": "risk"}}, "risk/credit"),
        ("kubernetes:helm.sh/v3:Release", {"name": "gateway", "namespace": "system"}, "system/gateway"),
        ("aws:s3/bucket:Bucket", {"bucket": "acme-models"}, "acme-models"),
        ("aws:eks/nodeGroup:NodeGroup", {"clusterName": "dev-main", "nodeGroupName": "gpu"}, "dev-main:gpu"),
        ("aws:eks/addon:Addon", {"clusterName": "dev-main", "addonName": "coredns"}, "dev-main:coredns"),
        ("aws:ec2/route:Route", {"routeTableId": "rtb-1", "destinationCidrBlock": "0.0.0.0/0"}, "rtb-1_0.0.0.0/0"),
    ],
)
def test_what_has_a_name_is_looked_for_by_it(type_: str, inputs: Any, identifier: str) -> None:
    found = settle(begun(type_, inputs), nowhere, **NO_ANSWERS)
    assert (found.way, found.id) == ("import", identifier)


@pytest.mark.parametrize(
    "pending",
    [
        begun("aws:s3/bucket:Bucket", {"bucket": "a"}, "updating"),
        begun("aws:s3/bucket:Bucket", {"bucket": "a"}, "deleting"),
        begun("pulumi:providers:aws", {}),
        begun("modelway:index:Network", {}, custom=False),
        begun("aws:s3/bucketPolicy:BucketPolicy", {"bucket": "a"}),
        begun("aws:iam/rolePolicyAttachment:RolePolicyAttachment", {}),
    ],
)
def test_what_needs_no_look_is_cleared(pending: Pending) -> None:
    assert settle(pending, nowhere, **NO_ANSWERS).way == "clear"


@pytest.mark.parametrize(("found", "way"), [(["vpc-1"], "import"), ([], "clear"), (["vpc-1", "vpc-2"], "ask"), (None, "ask")])
def test_what_has_no_name_is_looked_up(found: list[str] | None, way: str) -> None:
    settled = settle(begun("aws:ec2/vpc:Vpc", {}), lambda _: found, **NO_ANSWERS)
    assert settled.way == way
    if found and way == "ask":
        assert "vpc-1, vpc-2" in settled.why


def test_answers_are_taken() -> None:
    pending = begun("aws:ec2/vpc:Vpc", {})
    assert settle(pending, nowhere, imports={pending.urn: "vpc-9"}, gone=frozenset()).id == "vpc-9"
    assert settle(pending, nowhere, imports={}, gone=frozenset((pending.urn,))).way == "clear"


def test_without_a_name_nobody_guesses() -> None:
    assert settle(begun("kubernetes:core/v1:Secret", {"metadata": {}}), nowhere, **NO_ANSWERS).way == "ask"
    assert settle(begun("aws:iam/role:Role", {"namePrefix": "x"}), lambda _: None, **NO_ANSWERS).way == "ask"


def test_what_is_found_comes_into_the_state_unread() -> None:
    there = {"urn": URN.format("aws:kms/key:Key", "key"), "type": "aws:kms/key:Key", "id": "k-1"}
    pending = begun("aws:s3/bucket:Bucket", {"bucket": "a"}, parent="p", dependencies=["d"])
    cleared = begun("aws:s3/bucketPolicy:BucketPolicy", {"bucket": "a"})
    deployment = {
        "resources": [there],
        "pending_operations": [{"type": "creating", "resource": one.resource} for one in (pending, cleared)],
    }
    assert operations(deployment) == [pending, cleared]
    made = applied(deployment, [settle(one, nowhere, **NO_ANSWERS) for one in (pending, cleared)])
    assert made["pending_operations"] == []
    first, second = made["resources"]  # type: ignore[misc]
    assert first == there
    assert second == {**pending.resource, "id": "a", "outputs": {"bucket": "a"}, "initErrors": [NOT_READ]}
    assert unread(made) == [pending.urn]
    assert len(deployment["resources"]) == 1, "what was given stays as it was"


def test_a_replacement_takes_the_place_of_the_old_one_which_is_deleted_later() -> None:
    pending = begun("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16"})
    old = {"urn": pending.urn, "type": pending.type, "id": "vpc-1"}
    subnet = {"urn": URN.format("aws:ec2/subnet:Subnet", "s"), "type": "aws:ec2/subnet:Subnet", "id": "s-1", "dependencies": [pending.urn]}
    made = applied({"resources": [old, subnet]}, [settle(pending, lambda _: ["vpc-2"], **NO_ANSWERS)])
    resources: list[dict[str, Any]] = made["resources"]  # type: ignore[assignment]
    assert [(one["id"], one.get("delete", False)) for one in resources] == [("vpc-2", False), ("s-1", False), ("vpc-1", True)]


@pytest.mark.parametrize(
    ("inputs", "outputs", "ours"),
    [
        ({"tags": {"Name": "a"}}, {"tags": {"Name": "a"}, "tagsAll": {"Name": "a", "environment": "dev"}}, True),
        ({"tags": {"Name": "a"}, "tagsAll": {"Name": "a", "environment": "dev"}}, {"tagsAll": {"Name": "a", "environment": "prod"}}, False),
        ({"tagsAll": {"environment": "dev"}}, {}, False),
        ({"bucket": "a"}, {"bucket": "a"}, True),
        ({"metadata": {"labels": {"team": "a"}}}, {"metadata": {"labels": {"team": "a", "more": "b"}}}, True),
        ({"metadata": {"labels": {"team": "a"}}}, {"metadata": {"labels": None}}, False),
    ],
)
def test_somebody_elses_is_told_from_ours(inputs: Any, outputs: Any, ours: bool) -> None:
    assert is_ours({"inputs": inputs, "outputs": outputs}) is ours


values = (
    st.none() | st.text(max_size=5) | st.dictionaries(st.sampled_from(["name", "namespace", "labels"]), st.text(max_size=5), max_size=3)
)


@given(
    st.sampled_from(["kubernetes:core/v1:Pod", "aws:s3/bucket:Bucket", "aws:eks/addon:Addon", "aws:ec2/vpc:Vpc", "random:index:Id"]),
    st.dictionaries(st.sampled_from(["metadata", "bucket", "clusterName", "addonName", "name"]), values, max_size=4),
    st.none() | st.lists(st.text(min_size=1, max_size=4), max_size=2),
)
def test_every_operation_is_settled_and_the_state_stays_data(type_: str, inputs: dict[str, Any], found: list[str] | None) -> None:
    settled = settle(begun(type_, inputs), lambda _: found, **NO_ANSWERS)
    assert settled.why
    made = applied({"resources": []}, [settled])
    assert len(made["resources"]) == (settled.way == "import")  # type: ignore[arg-type]
    json.dumps(made)
