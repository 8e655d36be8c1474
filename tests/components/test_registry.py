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


FULL: dict[str, object] = {
    "keep": {"v": 20},
    "mutable_tags": ["cache-*"],
    "enhanced_scan": True,
    "images_regions": ["eu-central-1"],
    "images_readers": ["444444444444", "333333333333"],
    "pull_through": {"quay": "quay.io"},
    "lock_days": 365,
    "models_regions": ["eu-north-1"],
    "models_readers": ["333333333333"],
    "access_logs_days": 400,
    "protect": True,
    "retain": True,
}


def make_full(name: str, opts: pulumi.ResourceOptions | None = None) -> ArtifactRegistry:
    """With everything that can be asked for."""
    return ArtifactRegistry(name, args(**FULL), opts)


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


@pytest.fixture(scope="module")
def full() -> Recorder:
    return run(lambda: make_full("registry"))


def allowed(text: str) -> list[dict[str, object]]:
    return [statement for statement in json.loads(text)["Statement"] if statement["Effect"] == "Allow"]


def test_the_tree_of_everything(contract) -> None:
    contract(make_full).tree("registry-full")


def test_everything_asked_for_is_made_twice_without_a_clash(contract) -> None:
    contract(make_full).instances()


def test_of_named_tags_the_newest_are_kept_and_nothing_else_goes(full: Recorder) -> None:
    rules = json.loads(full.named("registry-churn-lifecycle").inputs["policy"])["rules"]
    assert [rule["selection"].get("tagPrefixList") for rule in rules] == [None, ["v"]]
    assert rules[1]["selection"]["countNumber"] == 20
    assert len({rule["rulePriority"] for rule in rules}) == len(rules)
    assert "any" not in {rule["selection"]["tagStatus"] for rule in rules}


def test_only_named_tags_can_be_moved(full: Recorder) -> None:
    for repository in full.of("Repository"):
        assert repository.inputs["imageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
        assert repository.inputs["imageTagMutabilityExclusionFilters"] == [{"filter": "cache-*", "filterType": "WILDCARD"}]


def test_other_accounts_pull_and_read_and_do_nothing_else(full: Recorder) -> None:
    (pulls,) = allowed(full.named("registry-churn-readers").inputs["policy"])
    assert pulls["Principal"] == {"AWS": ["arn:aws:iam::333333333333:root", "arn:aws:iam::444444444444:root"]}
    assert all(action.startswith(("ecr:Get", "ecr:Batch")) for action in pulls["Action"])  # type: ignore[attr-defined]
    (reads,) = allowed(full.named("registry-models-policy").inputs["policy"])
    assert reads["Principal"] == {"AWS": ["arn:aws:iam::333333333333:root"]}
    assert reads["Action"] == ["s3:GetObject", "s3:GetObjectVersion"]
    key = allowed(full.named("registry-key").inputs["policy"])[-1]
    assert (key["Action"], key["Principal"]) == (["kms:Decrypt"], reads["Principal"])
    assert "s3.eu-west-1" in json.dumps(key["Condition"])


def test_the_whole_registry_is_scanned_under_its_prefix_alone(full: Recorder) -> None:
    scanning = full.one("RegistryScanningConfiguration").inputs
    assert scanning["scanType"] == "ENHANCED"
    assert scanning["rules"][0]["repositoryFilters"] == [{"filter": "dev/*", "filterType": "WILDCARD"}]


def test_copies_of_images_are_as_closed_as_images(full: Recorder) -> None:
    (rule,) = full.one("ReplicationConfiguration").inputs["replicationConfiguration"]["rules"]
    assert rule["destinations"] == [{"region": "eu-central-1", "registryId": "222222222222"}]
    assert rule["repositoryFilters"] == [{"filter": "dev/", "filterType": "PREFIX_MATCH"}]
    template = full.named("registry-copies-eu-central-1").inputs
    assert (template["region"], template["prefix"], template["appliedFors"]) == ("eu-central-1", "dev", ["REPLICATION"])
    assert template["imageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
    assert template["encryptionConfigurations"][0]["kmsKey"].endswith("registry-key-eu-central-1")
    assert template["customRoleArn"]


def test_caches_follow_their_upstream_and_are_encrypted(full: Recorder) -> None:
    rule = full.one("PullThroughCacheRule")
    assert (rule.inputs["ecrRepositoryPrefix"], rule.inputs["upstreamRegistryUrl"]) == ("quay", "quay.io")
    template = full.named("registry-cached-quay")
    assert template.inputs["imageTagMutability"] == "MUTABLE"
    assert template.inputs["encryptionConfigurations"][0]["encryptionType"] == "KMS"
    assert template.urn in rule.dependencies


def test_ecr_makes_repositories_under_these_names_alone(full: Recorder) -> None:
    create, keys = allowed(full.named("registry-repositories-rights").inputs["policy"])
    assert all("repository/dev/*" in name or "repository/quay/*" in name for name in create["Resource"])  # type: ignore[attr-defined]
    assert len(keys["Resource"]) == 2  # type: ignore[arg-type]


def test_weights_are_locked_and_the_bucket_need_not_be_replaced_for_it(full: Recorder) -> None:
    locks = full.of("BucketObjectLockConfiguration")
    assert {lock.name for lock in locks} == {"registry-models-lock", "registry-models-eu-north-1-lock"}
    for lock in locks:
        assert lock.inputs["rule"] == {"defaultRetention": {"mode": "GOVERNANCE", "days": 365}}
    assert all("objectLockEnabled" not in bucket.inputs for bucket in full.of("Bucket"))


def test_who_reads_is_written_down_in_a_closed_bucket(full: Recorder) -> None:
    logging = full.one("BucketLogging").inputs
    (writes,) = allowed(full.named("registry-logs-policy").inputs["policy"])
    assert writes["Principal"] == {"Service": "logging.s3.amazonaws.com"}
    assert writes["Resource"] == [f"arn:aws:s3:::modelway-dev-models-222222222222-logs/{logging['targetPrefix']}*"]
    assert writes["Condition"]["ArnLike"] == {"aws:SourceArn": "arn:aws:s3:::modelway-dev-models-222222222222"}  # type: ignore[index]
    (rule,) = full.named("registry-logs-lifecycle").inputs["rules"]
    assert rule["expiration"] == {"days": 400}


def test_copies_of_weights_are_as_closed_as_weights_and_deletions_are_not_copied(full: Recorder) -> None:
    (rule,) = full.one("BucketReplicationConfig").inputs["rules"]
    assert rule["deleteMarkerReplication"] == {"status": "Disabled"}
    assert rule["sourceSelectionCriteria"] == {"sseKmsEncryptedObjects": {"status": "Enabled"}}
    assert rule["destination"]["encryptionConfiguration"]["replicaKmsKeyId"].endswith("registry-key-eu-north-1")
    there = [resource for resource in full.resources if resource.name.startswith("registry-models-eu-north-1")]
    assert {resource.inputs["region"] for resource in there} == {"eu-north-1"}
    kinds = {resource.type for resource in full.resources if resource.name.startswith("registry-models-") and resource not in there}
    assert {resource.type for resource in there} >= kinds - {
        "aws:s3/bucketLogging:BucketLogging",
        "aws:s3/bucketReplicationConfig:BucketReplicationConfig",
        "aws:iam/role:Role",
        "aws:iam/rolePolicy:RolePolicy",
    }
    actions = [
        action for statement in allowed(full.named("registry-models-replication-rights").inputs["policy"]) for action in statement["Action"]
    ]  # type: ignore[attr-defined]
    assert "s3:ReplicateDelete" not in actions
    assert "s3:GetObjectRetention" in actions


STORING = {"aws:s3/bucket:Bucket", "aws:ecr/repository:Repository", "aws:kms/key:Key"}
SAFEGUARDS = {
    "aws:s3/bucketVersioning:BucketVersioning",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    "aws:s3/bucketPolicy:BucketPolicy",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
}


def test_what_stores_is_protected_with_its_safeguards_and_stays_and_nothing_else_is_in_the_way(full: Recorder) -> None:
    for resource in full.resources:
        assert resource.protected == (resource.type in STORING | SAFEGUARDS), resource.name
        assert resource.retained == (resource.type in STORING), resource.name


def test_a_store_that_stays_keeps_its_safeguards(full: Recorder) -> None:
    whole = {resource.urn: resource for resource in full.resources if resource.type in STORING}
    for resource in full.resources:
        if resource.type.startswith("aws:s3/") and resource.type not in STORING:
            assert whole[resource.deleted_with].inputs["bucket"] in resource.inputs["bucket"] or resource.inputs["bucket"].endswith("-id")
        if resource.type in ("aws:ecr/lifecyclePolicy:LifecyclePolicy", "aws:ecr/repositoryPolicy:RepositoryPolicy"):
            assert whole[resource.deleted_with].inputs["name"] == resource.inputs["repository"]


def test_a_retired_model_lets_its_images_go() -> None:
    recorder = run(lambda: ArtifactRegistry("registry", args(protect=True, unprotected=["churn"])))
    assert {resource.name for resource in recorder.of("Repository") if resource.protected} == {"registry-credit-risk"}


def test_keys_of_ones_own_are_used_and_none_is_made() -> None:
    mine = "arn:aws:kms:eu-west-1:222222222222:key/mine"
    recorder = run(lambda: ArtifactRegistry("registry", args(images_key=mine, models_key=mine)))
    assert not recorder.of("Key")
    assert {one.inputs["encryptionConfigurations"][0]["kmsKey"] for one in recorder.of("Repository")} == {mine}
    assert recorder.one("ArtifactRegistry").outputs["key_arn"] == mine  # type: ignore[index]
    half = run(lambda: ArtifactRegistry("registry", args(images_key=mine)))
    assert half.one("ArtifactRegistry").outputs["key_arn"] != mine  # type: ignore[index]
