"""When a changed provider means another cluster."""

import json

import pytest

from localcloud.plugins.kubernetes import comparing
from localcloud.plugins.values import UNKNOWN, path_text


def kubeconfig(server: str, token: str = "t") -> str:
    return json.dumps(
        {
            "current-context": "one",
            "clusters": [{"name": "c", "cluster": {"server": server}}, {"name": "d", "cluster": {"server": "https://d"}}],
            "contexts": [
                {"name": "one", "context": {"cluster": "c", "user": "u"}},
                {"name": "two", "context": {"cluster": "d", "user": "u"}},
            ],
            "users": [{"name": "u", "user": {"token": token}}],
        }
    )


A, B = kubeconfig("https://a"), kubeconfig("https://b")


@pytest.mark.parametrize(
    ("old", "new", "replaced"),
    [
        ({"kubeconfig": A}, {"kubeconfig": B}, {"kubeconfig"}),
        ({"kubeconfig": A}, {"kubeconfig": kubeconfig("https://a", token="new")}, set()),
        ({"kubeconfig": A}, {"kubeconfig": A, "context": "two"}, {"context"}),
        ({"kubeconfig": A}, {"kubeconfig": A, "namespace": "x"}, set()),
        ({"kubeconfig": A}, {"kubeconfig": UNKNOWN}, {"kubeconfig"}),
        ({"kubeconfig": A}, {}, set()),  # an ambient kubeconfig says nothing about the cluster
        ({"kubeconfig": A, "clusterIdentifier": "x"}, {"kubeconfig": B, "clusterIdentifier": "x"}, set()),
        ({"kubeconfig": A, "clusterIdentifier": "x"}, {"kubeconfig": UNKNOWN, "clusterIdentifier": "x"}, set()),
        ({"kubeconfig": A, "clusterIdentifier": "x"}, {"kubeconfig": A, "clusterIdentifier": "y"}, {"clusterIdentifier"}),
        ({"kubeconfig": A}, {"kubeconfig": A, "clusterIdentifier": "y"}, set()),
    ],
)
def test_which_change_of_a_provider_replaces_everything(old: dict, new: dict, replaced: set[str]) -> None:
    assert {path_text(path) for path in comparing.providers(old, new).replaces} == replaced


def test_the_version_of_the_plugin_is_no_change() -> None:
    assert not comparing.providers({"kubeconfig": A, "version": "1"}, {"kubeconfig": A, "version": "2"}).changes


def body(name: str, namespace: str | None = "n", autonamed: bool = False, **fields: object) -> dict:
    annotations = {"annotations": {"pulumi.com/autonamed": "true"}} if autonamed else {}
    return {"metadata": {"name": name, **({"namespace": namespace} if namespace else {}), **annotations}, **fields}


FIELDS = (("metadata", "name"), ("metadata", "namespace"), ("data",))


@pytest.mark.parametrize(
    ("old", "new", "replaced", "first_deleted"),
    [
        (body("a", data=1), body("a", data=2), True, True),
        (body("a", data=1, autonamed=True), body("a", data=2, autonamed=True), True, False),
        (body("a"), body("b"), True, False),
        (body("a"), body("a", "m"), True, False),
        (body("a", None), body("a", "n"), False, False),  # what was never written was the namespace all along
        (body("a", other=1), body("a", other=2), False, False),
    ],
)
def test_the_old_object_goes_first_when_its_name_is_needed(old: dict, new: dict, replaced: bool, first_deleted: bool) -> None:
    found = comparing.objects_of_a_kind(old, new, body("a"), FIELDS, namespaced=True)
    assert (bool(found.replaces), found.delete_before_replace) == (replaced, first_deleted)


def test_a_namespace_of_a_kind_without_namespaces_does_not_count() -> None:
    assert not comparing.objects_of_a_kind(body("a", "n"), body("a", None), body("a", None), FIELDS, namespaced=False).changes


def test_an_annotation_can_ask_for_a_replacement() -> None:
    same = comparing.objects_of_a_kind(body("a"), body("a"), body("a"), FIELDS, namespaced=True)
    assert not same.changes
    assert {path_text(path) for path in comparing.replaced_anyway(same, "pulumi.com/x").replaces} == {
        'metadata.annotations["pulumi.com/x"]'
    }
