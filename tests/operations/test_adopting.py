"""What is there already is found by what was asked for, and becomes a file that the engine imports."""

from typing import Any

from modelway.operations.adopting import BUCKET, KEY, REPOSITORY, Foreseen, Found, adoption, foreseen, with_providers

STACK = "urn:pulumi:dev::modelway::pulumi:pulumi:Stack::modelway-dev"
PROVIDER = "urn:pulumi:dev::modelway::pulumi:providers:aws::aws"
REGISTRY = "urn:pulumi:dev::modelway::modelway:index:ArtifactRegistry::registry"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def step(kind: str, name: str, inputs: dict[str, Any], **more: Any) -> dict[str, Any]:
    urn = f"urn:pulumi:dev::modelway::modelway:index:ArtifactRegistry${kind}::{name}"
    state = {"urn": urn, "type": kind, "custom": True, "parent": REGISTRY, "provider": f"{PROVIDER}::{UNKNOWN}", "inputs": inputs}
    return {"op": "create", "urn": urn, "newState": {**state, **more}}


def preview(*steps: dict[str, Any], provider: str = "create") -> dict[str, Any]:
    components = [
        {"op": "create", "urn": STACK, "newState": {"urn": STACK, "type": "pulumi:pulumi:Stack"}},
        {
            "op": provider,
            "urn": PROVIDER,
            "newState": {
                "urn": PROVIDER,
                "type": "pulumi:providers:aws",
                "custom": True,
                "parent": STACK,
                "inputs": {"region": "eu-west-1"},
            },
        },
        {
            "op": "create",
            "urn": REGISTRY,
            "newState": {"urn": REGISTRY, "type": "modelway:index:ArtifactRegistry", "parent": STACK, "inputs": {}},
        },
    ]
    return {"steps": [*components, *steps]}


def urn(kind: str, name: str) -> str:
    return str(step(kind, name, {})["urn"])


KEY_STEP = step(KEY, "registry-key", {"description": "ours"})
IMAGES = step(
    REPOSITORY, "registry-churn", {"name": "dev/churn"}, propertyDependencies={"encryptionConfigurations": [urn(KEY, "registry-key")]}
)
WEIGHTS = step(BUCKET, "registry-models", {"bucket": "models"})
SETTING = step("aws:s3/bucketVersioning:BucketVersioning", "registry-models-versioning", {"bucket": UNKNOWN})


def there(*known: str, **differs: str) -> Any:
    def find(one: Foreseen) -> Found | None:
        name = str(one.inputs.get("arn") or one.identifier)
        if name not in known:
            return None
        key = "arn:aws:kms:eu-west-1:222222222222:key/k" if one.type == REPOSITORY else ""
        return Found(name.rpartition("/")[2] if one.type == KEY else name, key, differs.get(one.name.replace("-", "_"), ""))

    return find


def test_nothing_there_is_nothing_to_import() -> None:
    found = adoption(foreseen(preview(KEY_STEP, IMAGES, WEIGHTS, SETTING)), there())
    assert not found.found
    assert found.file == {"nameTable": {}, "resources": []}
    assert found.providers == []


def test_what_is_there_is_imported_under_its_component_and_settings_are_put() -> None:
    found = adoption(foreseen(preview(KEY_STEP, IMAGES, WEIGHTS, SETTING)), there("models"))
    assert {at: one.id for at, one in found.found.items()} == {urn(BUCKET, "registry-models"): "models"}
    component, bucket = found.file["resources"]  # type: ignore[misc]
    assert component == {
        "type": "modelway:index:ArtifactRegistry",
        "name": "modelway:index:ArtifactRegistry registry",
        "logicalName": "registry",
        "component": True,
    }
    assert bucket["id"] == "models"  # type: ignore[index]
    assert bucket["parent"] == component["name"]  # type: ignore[index]
    assert found.file["nameTable"] == {"provider aws": PROVIDER}
    assert found.providers == [PROVIDER]


def test_a_component_that_the_stack_has_is_named_by_its_urn() -> None:
    seen = preview(WEIGHTS, provider="same")
    seen["steps"] = [one for one in seen["steps"] if one["urn"] != REGISTRY]
    found = adoption(foreseen(seen), there("models"))
    assert [one["type"] for one in found.file["resources"]] == [BUCKET]  # type: ignore[attr-defined]
    assert found.file["nameTable"] == {"modelway:index:ArtifactRegistry registry": REGISTRY, "provider aws": PROVIDER}
    assert found.providers == []


def test_a_repository_brings_the_key_that_it_is_encrypted_with() -> None:
    key = "arn:aws:kms:eu-west-1:222222222222:key/k"
    found = adoption(foreseen(preview(KEY_STEP, IMAGES)), there("dev/churn", key))
    assert found.found[urn(KEY, "registry-key")].id == "k"


def test_what_would_be_replaced_is_told_and_left_out() -> None:
    found = adoption(foreseen(preview(KEY_STEP, IMAGES, WEIGHTS)), there("models", "dev/churn", registry_churn="another encryption"))
    assert found.differing == {urn(REPOSITORY, "registry-churn"): "another encryption"}
    assert [one.get("id") for one in found.file["resources"]] == [None, "models"]  # type: ignore[attr-defined]


def test_objects_are_known_by_namespace_and_name() -> None:
    service = step("kubernetes:core/v1:Service", "churn", {"apiVersion": "v1", "metadata": {"name": "churn", "namespace": "risk"}})
    space = step("kubernetes:core/v1:Namespace", "risk", {"apiVersion": "v1", "metadata": {"name": "risk"}})
    assert [one.identifier for one in foreseen(preview(service, space))[2:]] == ["risk/churn", "risk"]
    (unknown,) = foreseen(preview(step("kubernetes:core/v1:Service", "x", {"metadata": {}})))[2:]
    assert unknown.identifier is None


def test_what_a_stack_has_already_is_not_looked_for() -> None:
    assert not foreseen({"steps": [{**WEIGHTS, "op": "same"}, {**WEIGHTS, "op": "update"}]})


def test_the_state_gets_the_providers_that_an_import_needs() -> None:
    empty = {"version": 3, "deployment": {"manifest": {}, "resources": None}}
    state = with_providers(empty, preview(WEIGHTS), [PROVIDER], lambda: "an-id")
    root, provider = state["deployment"]["resources"]  # type: ignore[index]
    assert (root["urn"], root["custom"]) == (STACK, False)
    assert (provider["urn"], provider["id"], provider["inputs"]) == (PROVIDER, "an-id", {"region": "eu-west-1"})
    again = with_providers({**state, "version": 3}, preview(WEIGHTS), [], lambda: "another")
    assert again == state


def test_what_is_in_another_region_is_imported_from_there() -> None:
    copy = step(BUCKET, "registry-models-eu-central-1", {"bucket": "models-eu-central-1", "region": "eu-central-1"})
    found = adoption(foreseen(preview(copy)), there("models-eu-central-1"))
    assert found.file["resources"][-1]["id"] == "models-eu-central-1@eu-central-1"  # type: ignore[index]
