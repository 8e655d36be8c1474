"""What is published where, and what is refused before AWS is asked."""

import dataclasses
import hashlib
from pathlib import Path

import pytest

from modelway.architecture import Environment, Weights, load
from modelway.operations.images import build
from modelway.operations.publish import NotRegistered, Refused, Wanted, find_all, places, plan, publish_all

ROOT = Path(__file__).resolve().parents[2]
MODEL, VERSION = "tumor-screening", "2026.10.0"
HOST = "222222222222.dkr.ecr.eu-west-1.amazonaws.com"
OUTPUTS = {"registry": {"bucket": "dev-models", "repositories": {MODEL: f"{HOST}/dev/{MODEL}", "co2-forecast": f"{HOST}/dev/co2-forecast"}}}


@pytest.fixture(scope="module")
def dev() -> Environment:
    """The committed environment dev."""
    return load(ROOT / "stacks" / "environments", "dev")


def test_a_release_is_what_the_model_file_pins_in_the_places_of_the_stacks(dev: Environment) -> None:
    release = plan(dev, places("dev", OUTPUTS), MODEL, VERSION)
    pinned = dev.models[MODEL].versions[VERSION]
    assert str(pinned.image) == f"{MODEL}@{release.image_digest}"
    assert release.image == f"{HOST}/dev/{MODEL}@{release.image_digest}"
    assert release.weights == f"s3://dev-models/{MODEL}/{VERSION}/model.json"
    assert str(pinned.weights) == f"{release.key}@sha256:{release.weights_sha256}"


@pytest.mark.parametrize("outputs", [{}, {"registry": None}, {"registry": {}}, {"registry": {"bucket": "b"}}])
def test_an_environment_that_is_not_up_says_so(outputs: dict[str, object]) -> None:
    with pytest.raises(NotRegistered, match="environment dev has no registry yet: bring it up first"):
        places("dev", outputs)


def test_a_model_that_the_stacks_do_not_know_yet_says_so(dev: Environment) -> None:
    kept = dataclasses.replace(places("dev", OUTPUTS), repositories={"other": f"{HOST}/dev/other"})
    with pytest.raises(NotRegistered, match="environment dev has no repository for tumor-screening yet: bring it up first"):
        plan(dev, kept, MODEL, VERSION)


@pytest.mark.parametrize(
    ("model", "version", "text"),
    [
        ("other", VERSION, "environment dev has no model 'other'; it has co2-forecast, tumor-screening"),
        (MODEL, "1", "model tumor-screening of environment dev has no version '1'; it has 2026.10.0, 2026.11.0"),
    ],
)
def test_what_the_environment_does_not_know_is_refused(model: str, version: str, text: str, dev: Environment) -> None:
    with pytest.raises(Refused, match=text):
        plan(dev, places("dev", OUTPUTS), model, version)


def test_weights_elsewhere_are_refused(dev: Environment) -> None:
    model = dev.models[MODEL]
    elsewhere = model.versions[VERSION].model_copy(update={"weights": Weights(f"s3://another/model.json@sha256:{'a' * 64}")})
    moved = model.model_copy(update={"versions": {**model.versions, VERSION: elsewhere}})
    changed = dev.model_copy(update={"models": {**dev.models, MODEL: moved}})
    with pytest.raises(Refused, match="only the environment's own store is published to, and it is s3://dev-models"):
        plan(changed, places("dev", OUTPUTS), MODEL, VERSION)


def test_everything_in_a_folder_is_found(dev: Environment, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="there is nothing to publish"):
        find_all(dev, tmp_path)
    for version in (VERSION, "2026.11.0"):
        (tmp_path / MODEL / version).mkdir(parents=True)
        (tmp_path / MODEL / version / "model.json").touch()
    folder = tmp_path / MODEL / VERSION
    assert find_all(dev, tmp_path)[0] == Wanted(MODEL, VERSION, folder / "image", folder / "model.json")
    assert [each.version for each in find_all(dev, tmp_path)] == [VERSION, "2026.11.0"]
    (tmp_path / MODEL / "9").mkdir()
    (tmp_path / MODEL / "9" / "model.json").touch()
    with pytest.raises(Refused, match="environment dev does not know tumor-screening 9: add the version"):
        find_all(dev, tmp_path)


def test_all_differences_of_all_versions_are_said_before_anything_is_sent(dev: Environment, tmp_path: Path) -> None:
    weights = tmp_path / "model.json"
    weights.write_bytes(b"{}")
    image = build({"serve.py": weights}, tmp_path / "image", entrypoint=["python3"])
    wanted = [Wanted(MODEL, version, tmp_path / "image", weights) for version in (VERSION, "2026.11.0")]
    # No credentials and no endpoint: a call to AWS would fail otherwise.
    with pytest.raises(Refused) as refusal:
        list(publish_all(dev, OUTPUTS, wanted, lambda _: None))
    for version in (VERSION, "2026.11.0"):
        assert f'models.{MODEL}.versions."{version}".image: ' in str(refusal.value)
        assert f'models.{MODEL}.versions."{version}".weights: ' in str(refusal.value)
    assert image.digest in str(refusal.value)
    assert hashlib.sha256(b"{}").hexdigest() in str(refusal.value)
