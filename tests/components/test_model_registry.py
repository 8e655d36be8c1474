"""What lists models besides the files: package groups of SageMaker, or MLflow."""

import json

import pulumi

from components.registry.mlflow import MlflowModelRegistry, MlflowModelRegistryArgs
from components.registry.packages import SageMakerModelRegistry, SageMakerModelRegistryArgs
from tests.support.engine import run


def packages(name: str, opts: pulumi.ResourceOptions | None = None) -> SageMakerModelRegistry:
    args = SageMakerModelRegistryArgs(
        prefix="prod", models=["credit-risk", "churn"], readers=["333333333333"], protect=True, unprotected=["churn"], retain=True
    )
    return SageMakerModelRegistry(name, args, opts)


def mlflow(name: str, opts: pulumi.ResourceOptions | None = None) -> MlflowModelRegistry:
    args = MlflowModelRegistryArgs(
        account="222222222222",
        app_name="dev",
        store_name="modelway-dev-models-222222222222",
        key_arn="arn:aws:kms:eu-west-1:222222222222:key/registry",
    )
    return MlflowModelRegistry(name, args, opts)


def test_contract_of_package_groups(contract) -> None:
    held = contract(packages)
    held.tree("registry-sagemaker")
    held.outputs(SageMakerModelRegistry)
    held.instances()
    held.options()


def test_contract_of_mlflow(contract) -> None:
    held = contract(mlflow)
    held.tree("registry-mlflow")
    held.outputs(MlflowModelRegistry)
    held.instances()
    held.options()


def test_a_group_is_called_like_the_environment_and_the_model() -> None:
    recorder = run(lambda: packages("registry"))
    groups = recorder.of("ModelPackageGroup")
    assert {group.inputs["modelPackageGroupName"] for group in groups} == {"prod-churn", "prod-credit-risk"}
    assert {group.name for group in groups if group.protected} == {"registry-credit-risk-packages"}
    assert all(group.retained for group in groups)


def test_other_accounts_look_at_versions_and_approve_none() -> None:
    recorder = run(lambda: packages("registry"))
    group, versions = json.loads(recorder.named("registry-churn-packages-readers").inputs["resourcePolicy"])["Statement"]
    assert group["Resource"] == ["arn:aws:sagemaker:eu-west-1:222222222222:model-package-group/prod-churn"]
    assert versions["Resource"] == ["arn:aws:sagemaker:eu-west-1:222222222222:model-package/prod-churn/*"]
    assert "sagemaker:UpdateModelPackage" not in versions["Action"]
    assert group["Principal"] == versions["Principal"] == {"AWS": ["arn:aws:iam::333333333333:root"]}


def test_nobody_else_reads_versions_unless_asked_for() -> None:
    recorder = run(lambda: SageMakerModelRegistry("registry", SageMakerModelRegistryArgs(prefix="dev", models=["churn"])))
    assert not recorder.of("ModelPackageGroupPolicy")


def test_mlflow_reads_and_writes_its_own_bucket_alone() -> None:
    recorder = run(lambda: mlflow("registry"))
    app = recorder.one("MlflowApp").inputs
    assert (app["name"], app["artifactStoreUri"]) == ("dev", "s3://modelway-dev-models-222222222222-mlflow")
    rights = json.loads(recorder.named("registry-mlflow-artifacts").inputs["policy"])["Statement"]
    bucket = "arn:aws:s3:::modelway-dev-models-222222222222-mlflow"
    assert {resource for right in rights for resource in right["Resource"] if ":s3:" in resource} == {bucket, f"{bucket}/*"}
    trust = json.loads(recorder.named("registry-mlflow-role").inputs["assumeRolePolicy"])["Statement"][0]
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "222222222222"}}


def test_what_mlflow_logs_is_as_closed_as_weights() -> None:
    recorder = run(lambda: mlflow("registry"))
    closed = recorder.one("BucketPublicAccessBlock").inputs
    assert all(closed[key] for key in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"))
    (rule,) = recorder.one("BucketServerSideEncryptionConfiguration").inputs["rules"]
    assert rule["applyServerSideEncryptionByDefault"]["kmsMasterKeyId"].endswith("key/registry")
