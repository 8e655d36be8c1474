"""What a model says of who answers, and where its weights are."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from modelway.architecture import Environment, Model, Weights, effect, load
from modelway.architecture.effect import ineffective
from stacks import arguments

HERE = Path(__file__).resolve().parent
DIGEST = "sha256:" + "0123456789abcdef" * 4


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    # Elsewhere than in this repository, from whose root contracts would be counted.
    folder = shutil.copytree(HERE / "valid", tmp_path_factory.mktemp("valid"), dirs_exist_ok=True)
    return load(folder / "environments", "dev")


@pytest.fixture
def described(environment: Environment) -> dict[str, Any]:
    return environment.models["credit-risk"].model_dump(by_alias=True)


def versions(described: dict[str, Any], *names: str) -> dict[str, Any]:
    every: dict[str, Any] = described["versions"]
    return every | dict.fromkeys(names, every["2026.11.1"])


def test_live_answers_what_no_other_does(described: dict[str, Any]) -> None:
    traffic = {
        "live": "2026.11.1",
        "canary": {"version": "2026.12.0", "percent": 10},
        "shadow": {"version": "4", "percent": 50},
        "split": ({"version": "2", "percent": 20}, {"version": "3", "header": {"name": "x-cohort", "value": "b"}}),
    }
    endpoint = described["endpoint"] | {"traffic": traffic}
    model = Model.model_validate(described | {"versions": versions(described, "2", "3", "4"), "endpoint": endpoint})
    assert model.traffic is not None
    assert model.traffic.shares == {"2026.11.1": 70, "2026.12.0": 10, "2": 20}
    assert model.traffic.copied == {"4": 50}
    assert model.traffic.versions == ("2", "2026.11.1", "2026.12.0", "3", "4")


def test_a_pinned_version_answers_alone(described: dict[str, Any]) -> None:
    model = Model.model_validate(described | {"pin": "2026.12.0"})
    assert model.traffic is not None
    assert (model.traffic.shares, model.traffic.copied) == ({"2026.12.0": 100}, {})


def test_only_a_pinned_version_may_read_its_weights(environment: Environment) -> None:
    model = environment.models["credit-risk"].model_copy(update={"pin": "2026.12.0"})
    outputs: dict[str, Any] = dict.fromkeys(("cluster_name", "cluster_arn", "namespace", "bucket_arn", "key_arn"), "known later")
    for described, versions in ((environment.models["credit-risk"], ["2026.11.1", "2026.12.0"]), (model, ["2026.12.0"])):
        pinned = environment.model_copy(update={"models": {"credit-risk": described}})
        assert list(arguments.model_identity(pinned, "credit-risk", **outputs)["weights"]) == versions


def test_a_disabled_model_keeps_its_place_and_serves_nothing(environment: Environment) -> None:
    model = environment.models["credit-risk"].model_copy(update={"presence": "disabled"})
    disabled = environment.model_copy(update={"models": {"credit-risk": model}})
    assert model.traffic is None
    assert arguments.served(environment) == ["credit-risk"]
    assert arguments.served(disabled) == []
    assert arguments.registry(disabled) == arguments.registry(environment)
    assert arguments.teams(disabled, "main") == ["risk"]


@pytest.mark.parametrize(
    ("text", "kind", "bucket", "key"),
    [
        ("a/model.ubj", "store", None, "a/model.ubj"),
        ("s3://acme-weights/a/model.ubj", "s3", "acme-weights", "a/model.ubj"),
        ("oci://registry.example.com:5000/a/model", "oci", None, "registry.example.com:5000/a/model"),
    ],
)
def test_weights_are_in_the_store_or_elsewhere(text: str, kind: str, bucket: str | None, key: str) -> None:
    weights = Weights(f"{text}@{DIGEST}")
    assert (weights.kind, weights.bucket, weights.key) == (kind, bucket, key)
    assert weights.sha256 == DIGEST.removeprefix("sha256:")


def test_what_a_disabled_model_would_need_holds_nothing_up(
    environment: Environment, described: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(effect, "NOT_YET", {"models.*.endpoint.scaling.scale_to_zero": "refused"})

    def told(presence: str) -> list[str]:
        zero = {"after": "15m", "cold_start": "30s"}
        endpoint = described["endpoint"] | {"scaling": {"min": 0, "max": 4, "target": {"concurrency": 8}, "scale_to_zero": zero}}
        model = Model.model_validate(described | {"endpoint": endpoint, "presence": presence})
        return [one.field for one in ineffective(environment.model_copy(update={"models": {"credit-risk": model}}))]

    assert told("served") == ["models.credit-risk.endpoint.scaling.scale_to_zero"]
    assert told("disabled") == []
