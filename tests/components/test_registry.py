import json

import pulumi
import pytest

from components.registry.artifacts import ArtifactRegistry, ArtifactRegistryArgs
from tests.support.engine import Recorder, run


def args(**changed: object) -> ArtifactRegistryArgs:
    given = ArtifactRegistryArgs(
        account="222222222222",
        region="eu-west-1",
        bucket_name="modelway-dev-models-222222222222",
        repository_prefix="dev",
        models=["credit-risk", "churn"],
    )
    return ArtifactRegistryArgs(**{**given, **changed})  # type: ignore[typeddict-item]


def make(name: str, opts: pulumi.ResourceOptions | None = None) -> ArtifactRegistry:
    return ArtifactRegistry(name, args(), opts)


def test_contract(contract) -> None:
    held = contract(make)
    held.tree("registry")
    held.outputs(ArtifactRegistry)
    held.instances()
    held.options()


@pytest.fixture(scope="module")
def made() -> Recorder:
    return run(lambda: make("registry"))


def test_tags_cannot_be_moved_and_images_are_scanned_and_encrypted(made: Recorder) -> None:
    for repository in made.of("Repository"):
        assert repository.inputs["imageTagMutability"] == "IMMUTABLE"
        assert repository.inputs["imageScanningConfiguration"] == {"scanOnPush": True}
        assert repository.inputs["encryptionConfigurations"][0]["encryptionType"] == "KMS"
        assert repository.inputs["forceDelete"] is False
    assert json.loads(made.named("registry-churn-lifecycle").inputs["policy"])["rules"][0]["selection"]["countNumber"] == 14


def test_the_store_is_closed_versioned_encrypted_and_kept(made: Recorder) -> None:
    assert made.one("Bucket").inputs["forceDestroy"] is False
    closed = made.one("BucketPublicAccessBlock").inputs
    assert all(closed[key] for key in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"))
    assert made.one("BucketVersioning").inputs["versioningConfiguration"] == {"status": "Enabled"}
    assert made.one("BucketOwnershipControls").inputs["rule"] == {"objectOwnership": "BucketOwnerEnforced"}
    (rule,) = made.one("BucketServerSideEncryptionConfiguration").inputs["rules"]
    assert rule["bucketKeyEnabled"] is True
    assert rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"] == "aws:kms"
    (statement,) = json.loads(made.one("BucketPolicy").inputs["policy"])["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_contents_go_only_where_that_is_asked_for() -> None:
    recorder = run(lambda: ArtifactRegistry("registry", args(force_destroy=True)))
    assert recorder.one("Bucket").inputs["forceDestroy"] is True
    assert all(repository.inputs["forceDelete"] for repository in recorder.of("Repository"))


def test_repositories_are_told_by_model(made: Recorder) -> None:
    outputs = made.one("ArtifactRegistry").outputs
    assert outputs is not None
    assert outputs["repositories"] == {
        model: f"222222222222.dkr.ecr.eu-west-1.amazonaws.com/dev/{model}" for model in ("churn", "credit-risk")
    }


def test_a_registry_without_models_is_a_store() -> None:
    recorder = run(lambda: ArtifactRegistry("registry", args(models=[])))
    assert recorder.one("ArtifactRegistry").outputs is not None
    assert recorder.one("ArtifactRegistry").outputs["repositories"] == {}  # type: ignore[index]
