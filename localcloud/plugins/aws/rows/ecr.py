"""Image repositories. Schemas: hashicorp/terraform-provider-aws, internal/service/ecr, files named at each row."""

from __future__ import annotations

from localcloud.plugins.aws import recorded
from localcloud.plugins.aws.table import ID, REMOVED, TAGS, Call, Naming, Read, Row, Source, Step, Tagging, fixed

_ARN = Source(lambda scope: scope.live["repositoryArn"])
_MUTABILITY = ("imageTagMutability", "imageTagMutabilityExclusionFilters")

REPOSITORY = Row(
    type="aws:ecr/repository:Repository",
    service="ecr",
    source="internal/service/ecr/repository.go",
    served="moto",
    create=Call(
        "CreateRepository",
        {
            "repositoryName": "name",
            "imageTagMutability": "imageTagMutability",
            "imageTagMutabilityExclusionFilters": "imageTagMutabilityExclusionFilters",
            "imageScanningConfiguration": "imageScanningConfiguration",
            "encryptionConfiguration": "encryptionConfigurations",
            "tags": TAGS,
        },
    ),
    id="answer.repository.repositoryName",
    read=Read(
        Call("DescribeRepositories", {"repositoryNames": [ID]}),
        "repositories[0]",
        more={"tagging": Call("ListTagsForResource", {"resourceArn": _ARN})},
    ),
    steps=(
        Step(
            _MUTABILITY,
            Call(
                "PutImageTagMutability",
                {
                    "repositoryName": ID,
                    "imageTagMutability": "imageTagMutability",
                    "imageTagMutabilityExclusionFilters": "imageTagMutabilityExclusionFilters",
                },
            ),
            on_create=False,
        ),
        Step(
            ("imageScanningConfiguration",),
            Call("PutImageScanningConfiguration", {"repositoryName": ID, "imageScanningConfiguration": "imageScanningConfiguration"}),
            on_create=False,
        ),
    ),
    delete=(Call("DeleteRepository", {"repositoryName": ID, "force": "forceDelete"}),),
    outputs={
        "arn": "repositoryArn",
        "name": "repositoryName",
        "repositoryUrl": "repositoryUri",
        "encryptionConfigurations": "encryptionConfiguration",
    },
    # `filter` is its name in both, but not its type's plural: the matching finds it by letters.
    replace_on=frozenset({"name", "encryptionConfigurations"}),
    defaults={"imageTagMutability": "MUTABLE", "forceDelete": False},
    # A missing block changes nothing (SuppressMissingOptionalConfigurationBlock).
    computed=frozenset({"encryptionConfigurations", "imageScanningConfiguration", "name"}),
    kept={"forceDelete": "AWS learns it with the deletion"},
    tagging=Tagging(
        Call("TagResource", {"resourceArn": _ARN, "tags": TAGS}),
        Call("UntagResource", {"resourceArn": _ARN, "tagKeys": REMOVED}),
        read="tagging.tags",
    ),
    # ECR takes lower case only; the official provider leaves the logical name as it is.
    naming=Naming(prefix_property=""),
    wait_gone=True,
)

LIFECYCLE_POLICY = Row(
    type="aws:ecr/lifecyclePolicy:LifecyclePolicy",
    service="ecr",
    source="internal/service/ecr/lifecycle_policy.go; pulumi-aws provider/resource_overrides.go (DeleteBeforeReplace)",
    served="moto",
    create=Call("PutLifecyclePolicy", {"repositoryName": "repository", "lifecyclePolicyText": "policy"}),
    id="answer.repositoryName",
    read=Read(Call("GetLifecyclePolicy", {"repositoryName": ID})),
    delete=(Call("DeleteLifecyclePolicy", {"repositoryName": ID}),),
    outputs={"repository": "repositoryName", "policy": "lifecyclePolicyText"},
    replace_on=frozenset({"repository", "policy"}),
    delete_before_replace=True,
    documents=frozenset({"policy"}),
)

REPOSITORY_POLICY = Row(
    type="aws:ecr/repositoryPolicy:RepositoryPolicy",
    service="ecr",
    source="internal/service/ecr/repository_policy.go",
    served="moto",
    create=Call("SetRepositoryPolicy", {"repositoryName": "repository", "policyText": "policy"}),
    id="inputs.repository",
    read=Read(Call("GetRepositoryPolicy", {"repositoryName": ID})),
    steps=(Step(("policy",), Call("SetRepositoryPolicy", {"repositoryName": ID, "policyText": "policy"}), on_create=False),),
    delete=(Call("DeleteRepositoryPolicy", {"repositoryName": ID}),),
    outputs={"repository": "repositoryName", "policy": "policyText"},
    replace_on=frozenset({"repository"}),
    documents=frozenset({"policy"}),
)

PULL_THROUGH_CACHE_RULE = recorded.row(
    "aws:ecr/pullThroughCacheRule:PullThroughCacheRule",
    "internal/service/ecr/pull_through_cache_rule.go",
    properties=("ecrRepositoryPrefix", "upstreamRegistryUrl", "credentialArn", "upstreamRepositoryPrefix"),
    id="inputs.ecrRepositoryPrefix",
    replace_on=frozenset({"ecrRepositoryPrefix", "upstreamRegistryUrl", "upstreamRepositoryPrefix"}),
    outputs={"registryId": Source(lambda scope: scope.account)},
)

_SCANNING = {"scanType": "scanType", "rules": "rules"}

SCANNING = Row(
    type="aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration",
    service="ecr",
    source="internal/service/ecr/registry_scanning_configuration.go",
    served="moto",
    create=Call("PutRegistryScanningConfiguration", _SCANNING),
    id="'$account'",
    # Every registry has one; without rules it is what a deletion leaves.
    read=Read(Call("GetRegistryScanningConfiguration"), "scanningConfiguration.rules && scanningConfiguration"),
    steps=(Step(("scanType", "rules"), Call("PutRegistryScanningConfiguration", _SCANNING), on_create=False),),
    delete=(Call("PutRegistryScanningConfiguration", {"scanType": fixed("BASIC"), "rules": fixed([])}),),
    outputs={"registryId": Source(lambda scope: scope.account)},
    sets=frozenset({"rules", "rules.repositoryFilters"}),
    note="one that has no rules is not told from none; nothing is scanned",
)

REPLICATION = Row(
    type="aws:ecr/replicationConfiguration:ReplicationConfiguration",
    service="ecr",
    source="internal/service/ecr/replication_configuration.go",
    served="moto",
    create=Call("PutReplicationConfiguration", {"replicationConfiguration": "replicationConfiguration"}),
    id="'$account'",
    read=Read(Call("DescribeRegistry"), "replicationConfiguration.rules && @"),
    steps=(
        Step(
            ("replicationConfiguration",),
            Call("PutReplicationConfiguration", {"replicationConfiguration": "replicationConfiguration"}),
            on_create=False,
        ),
    ),
    delete=(Call("PutReplicationConfiguration", {"replicationConfiguration": fixed({"rules": []})}),),
    note="one rule at most; nothing is copied",
)

CREATION_TEMPLATE = recorded.row(
    "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate",
    "internal/service/ecr/repository_creation_template.go",
    properties=(
        "prefix",
        "appliedFors",
        "customRoleArn",
        "description",
        "encryptionConfigurations",
        "imageTagMutability",
        "imageTagMutabilityExclusionFilters",
        "lifecyclePolicy",
        "repositoryPolicy",
        "resourceTags",
    ),
    id="inputs.prefix",
    replace_on=frozenset({"prefix"}),
    outputs={"registryId": Source(lambda scope: scope.account)},
)

ROWS = (
    REPOSITORY,
    LIFECYCLE_POLICY,
    REPOSITORY_POLICY,
    PULL_THROUGH_CACHE_RULE,
    SCANNING,
    REPLICATION,
    CREATION_TEMPLATE,
)
