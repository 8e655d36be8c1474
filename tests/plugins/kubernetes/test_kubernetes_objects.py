"""Between properties and API objects, without a cluster."""

import base64

import pytest

from localcloud.plugins.kubernetes import objects
from localcloud.plugins.kubernetes.ownership import handed_over, owners
from localcloud.plugins.kubernetes.replacing import force_new, replaces
from localcloud.plugins.serving import Autonaming, ProviderError
from localcloud.plugins.values import UNKNOWN, Secret, differences, path_text


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("kubernetes:core/v1:Namespace", ("v1", "Namespace")),
        ("kubernetes:apps/v1:Deployment", ("apps/v1", "Deployment")),
        ("kubernetes:gateway.networking.k8s.io/v1:HTTPRoute", ("gateway.networking.k8s.io/v1", "HTTPRoute")),
    ],
)
def test_tokens(token: str, expected: tuple[str, str]) -> None:
    assert objects.identity(token) == expected


@pytest.mark.parametrize("token", ["kubernetes:helm.sh/v3:Release", "kubernetes:core/v1:ConfigMapList"])
def test_tokens_that_are_no_single_object(token: str) -> None:
    with pytest.raises(ProviderError):
        objects.identity(token)


def named(inputs: dict, old: dict | None = None, autonaming: Autonaming | None = None) -> dict:
    return objects.named(inputs, old or {}, "web", b"seed", autonaming)["metadata"]


def test_names() -> None:
    own = named({"metadata": {"labels": {"a": "b"}}})
    assert own["name"].startswith("web-")
    assert len(own["name"]) == len("web-") + 8
    assert own["annotations"] == {"pulumi.com/autonamed": "true"}
    assert own["labels"] == {"a": "b"}
    assert named({}) == named({})  # the same seed, the same name
    assert named({"metadata": {"name": "mine"}}) == {"name": "mine"}
    assert named({"metadata": {"name": UNKNOWN}}) == {"name": UNKNOWN}
    before = {"metadata": {"name": "web-old", "annotations": {"pulumi.com/autonamed": "true"}}}
    assert named({"metadata": {"annotations": {"x": "y"}}}, before)["name"] == "web-old"
    assert named({}, autonaming=Autonaming("enforce", "exactly-this"))["name"] == "exactly-this"
    with pytest.raises(ProviderError, match="automatic naming is disabled"):
        named({}, autonaming=Autonaming("disable", ""))
    with pytest.raises(ProviderError, match="generateName"):
        named({"metadata": {"generateName": "x-"}})


def test_inputs_become_an_object() -> None:
    inputs = {
        "apiVersion": "v1",
        "metadata": {"name": Secret("x"), "uid": "1", "managedFields": [], "labels": None},
        "spec": {"schema": {"x_kubernetes_preserve_unknown_fields": True}},
        "__fieldManager": "m",
    }
    expected = {"apiVersion": "v1", "metadata": {"name": "x"}, "spec": {"schema": {"x-kubernetes-preserve-unknown-fields": True}}}
    assert objects.from_inputs(inputs) == expected


def test_the_content_of_a_secret_is_secret_wherever_it_shows() -> None:
    inputs = {"kind": "Secret", "metadata": {"name": "x"}, "stringData": {"a": "b"}}
    live = {"kind": "Secret", "metadata": {"name": "x"}, "data": {"a": "Yg=="}}
    outputs = objects.to_outputs(live, inputs, "manager", "v1")
    assert outputs["data"] == Secret({"a": "Yg=="})
    assert outputs["__inputs"]["stringData"] == Secret({"a": "b"})
    assert outputs["__fieldManager"] == "manager"
    assert outputs["metadata"] == {"name": "x"}


@pytest.mark.parametrize(
    ("inputs", "known", "live", "expected"),
    [
        ({"cpu": "1000m"}, {"cpu": "1"}, {"cpu": "1"}, {"cpu": "1000m"}),  # only written differently
        ({"cpu": "1000m"}, {"cpu": "1"}, {"cpu": "2"}, {"cpu": "2"}),
        ({"a": 1}, {"a": 1, "b": 1}, {"a": 1, "b": 2}, {"a": 1}),  # others' fields
        ({"a": 1, "b": 2}, {"a": 1, "b": 2}, {"a": 1}, {"a": 1}),
        ({"a": {"b": 1}}, {"a": {"b": 1}}, {}, {}),
        ({"a": Secret(1)}, {"a": Secret(1)}, {"a": 2}, {"a": Secret(2)}),
        ([{"n": 1}], [{"n": 1, "d": 0}], [{"n": 2, "d": 0}], [{"n": 2}]),
        ([1], [1], [1, 2], [1, 2]),
        ({"written": "only"}, {}, {}, {"written": "only"}),
    ],
)
def test_drift(inputs: object, known: object, live: object, expected: object) -> None:
    assert objects.drifted(inputs, known, live) == expected


def test_string_data_follows_the_live_secret() -> None:
    def encoded(text: str) -> str:
        return base64.b64encode(text.encode()).decode()

    inputs = {"stringData": Secret({"a": "1", "b": "2", "c": "3"})}
    live = {"kind": "Secret", "data": {"a": encoded("1"), "b": encoded("changed")}}
    assert objects.refreshed(inputs, {}, live)["stringData"] == Secret({"a": "1", "b": "changed"})


def test_a_dry_run_promises_only_what_will_be_true() -> None:
    dry = {"kind": "Service", "metadata": {"name": "x", "uid": "1"}, "spec": {"clusterIP": "10.0.0.9", "type": "ClusterIP"}, "status": {}}
    expected = {
        "kind": "Service",
        "metadata": {"name": "x", "uid": UNKNOWN},
        "spec": {"clusterIP": UNKNOWN, "type": "ClusterIP"},
        "status": UNKNOWN,
    }
    assert objects.foreseen(dry, {"spec": {}}) == expected
    assert objects.foreseen(dry, {"spec": {"clusterIP": "10.0.0.9"}})["spec"]["clusterIP"] == "10.0.0.9"


@pytest.mark.parametrize(
    ("kind", "old", "new", "expected"),
    [
        (
            "apps/v1 Deployment",
            {"spec": {"selector": {"matchLabels": {"a": "1"}}}},
            {"spec": {"selector": {"matchLabels": {"a": "2"}}}},
            True,
        ),
        ("apps/v1 Deployment", {"spec": {"replicas": 1}}, {"spec": {"replicas": 2}}, False),
        ("apps/v1 Deployment", {"metadata": {"name": "a"}}, {"metadata": {"name": "b"}}, True),
        ("v1 Service", {"spec": {"clusterIP": "None"}}, {"spec": {}}, True),
        ("v1 Service", {"spec": {"type": "ClusterIP"}}, {"spec": {"type": "NodePort"}}, False),
        ("v1 ConfigMap", {"data": {"a": "1"}}, {"data": {"a": "2"}}, True),
        ("v1 ConfigMap", {}, {"data": {"a": "2"}}, True),
        ("v1 PersistentVolumeClaim", {"spec": {"storageClassName": "a"}}, {"spec": {"storageClassName": "b"}}, True),
        ("v1 PersistentVolumeClaim", {"spec": {"resources": {"requests": {"storage": "1Gi"}}}}, {"spec": {"resources": {}}}, False),
        ("v1 Pod", {"spec": {"containers": [{"image": "a"}]}}, {"spec": {"containers": [{"image": "b"}]}}, True),
        ("v1 Pod", {"spec": {"containers": [{"image": "a"}]}}, {"spec": {"containers": [{"image": "a"}, {"image": "b"}]}}, True),
        ("v1 Pod", {"metadata": {"labels": {"a": "1"}}}, {"metadata": {"labels": {"a": "2"}}}, False),
        ("batch/v1 Job", {"spec": {"template": {"spec": {"x": 1}}}}, {"spec": {"template": {"spec": {"x": 2}}}}, True),
        ("batch/v1 CronJob", {"spec": {"schedule": "a"}}, {"spec": {"schedule": "b"}}, False),
        ("rbac.authorization.k8s.io/v1 RoleBinding", {"roleRef": {"name": "a"}}, {"roleRef": {"name": "b"}}, True),
        ("apps/v1 StatefulSet", {"spec": {"serviceName": "a"}}, {"spec": {"serviceName": "b"}}, True),
    ],
)
def test_what_replaces(kind: str, old: dict, new: dict, expected: bool) -> None:
    api_version, name = kind.split()
    fields = force_new(api_version, name, immutable=False, mutable_config_maps=False, mutable_secrets=False)

    def value(path: tuple, change: str) -> object:
        body: object = old if change == "delete" else new
        for step in path:
            body = body[step]  # type: ignore[index]
        return body

    found = [path_text(path) for path, change in differences(old, new) if replaces(path, value(path, change), fields)]
    assert bool(found) == expected


def test_mutable_config_maps_and_secrets_are_an_option() -> None:
    options = {"mutable_config_maps": True, "mutable_secrets": True}
    assert ("data",) not in force_new("v1", "ConfigMap", immutable=False, **options)
    assert ("data",) in force_new("v1", "ConfigMap", immutable=True, **options)
    assert ("data",) not in force_new("v1", "Secret", immutable=False, **options)
    assert ("type",) in force_new("v1", "Secret", immutable=False, **options)


def entry(manager: str, operation: str, fields: dict, subresource: str | None = None) -> dict:
    return {"manager": manager, "operation": operation, "fieldsV1": fields, **({"subresource": subresource} if subresource else {})}


def test_what_a_create_wrote_is_handed_over_to_apply() -> None:
    other = entry("kube-controller-manager", "Update", {"f:status": {}}, "status")
    live = {"metadata": {"managedFields": [entry("us", "Update", {"f:spec": {"f:a": {}}}), other]}}
    assert handed_over(live, "us") == [entry("us", "Apply", {"f:spec": {"f:a": {}}}), other]
    assert handed_over(live, "somebody") is None
    both = {"metadata": {"managedFields": [entry("us", "Apply", {"f:spec": {"f:b": {}}}), *live["metadata"]["managedFields"]]}}
    assert handed_over(both, "us") == [entry("us", "Apply", {"f:spec": {"f:a": {}, "f:b": {}}}), other]


def test_owners_of_a_field() -> None:
    live = {
        "metadata": {
            "managedFields": [entry("us", "Apply", {"f:spec": {"f:a": {"f:x": {}}}}), entry("them", "Update", {"f:spec": {"f:b": {}}})]
        }
    }
    assert owners(live, ["spec", "a"]) == {"us"}
    assert owners(live, ["spec"]) == {"us", "them"}
    assert owners(live, ["spec", "c"]) == set()
