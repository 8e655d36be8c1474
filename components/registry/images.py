"""Repositories of images, and what a registry does with all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components import _registry_policies as policies
from components._policies import text
from components.registry.lasting import Lasting


@dataclass(frozen=True)
class Images:
    """What all repositories of a registry have in common."""

    name: str
    """Logical name of the registry."""
    account: str
    prefix: str
    """Put before a model's name, with a slash."""
    lasting: Lasting
    key: pulumi.Input[str]
    """ARN of the KMS key."""
    mutable_tags: Sequence[str]
    lifecycle: str
    """Lifecycle policy."""
    readers: Sequence[str]
    """Other accounts that may pull."""

    def repository(self, model: str, *, protect: bool) -> pulumi.Output[str]:
        """The model's repository; returns its address."""
        lasting = self.lasting
        repository = aws.ecr.Repository(
            f"{self.name}-{model}",
            name=f"{self.prefix}/{model}",
            image_tag_mutability=self._mutability,
            image_tag_mutability_exclusion_filters=self._exclusions,
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=[{"encryption_type": "KMS", "kms_key": self.key}],
            force_delete=lasting.force_destroy,
            tags={"model": model},
            opts=lasting.options(protect=protect),
        )
        aws.ecr.LifecyclePolicy(
            f"{self.name}-{model}-lifecycle", repository=repository.name, policy=self.lifecycle, opts=lasting.of(repository)
        )
        if self.readers:
            aws.ecr.RepositoryPolicy(
                f"{self.name}-{model}-readers",
                repository=repository.name,
                policy=text(policies.pulled_by(self.readers)),
                opts=lasting.of(repository),
            )
        return repository.repository_url

    def scanned_continuously(self) -> None:
        """Amazon Inspector scans every image again and again. A registry, which an account has one of in a region, has one such setting."""
        aws.ecr.RegistryScanningConfiguration(
            f"{self.name}-scanning",
            scan_type="ENHANCED",
            rules=[
                {
                    "scan_frequency": "CONTINUOUS_SCAN",
                    "repository_filters": [{"filter": f"{self.prefix}/*", "filter_type": "WILDCARD"}],
                }
            ],
            opts=self.lasting.child,
        )

    def copied(self, keys: Mapping[str, aws.kms.Key], role: pulumi.Input[str]) -> None:
        """Images are copied to the regions of `keys`, into repositories made like those here. One setting for the account and region."""
        templates = [
            self._template(f"{self.name}-copies-{region}", self.prefix, "REPLICATION", key.arn, role, region)
            for region, key in sorted(keys.items())
        ]
        aws.ecr.ReplicationConfiguration(
            f"{self.name}-replication",
            replication_configuration={
                "rules": [
                    {
                        "destinations": [{"region": region, "registry_id": self.account} for region in sorted(keys)],
                        "repository_filters": [{"filter": f"{self.prefix}/", "filter_type": "PREFIX_MATCH"}],
                    }
                ]
            },
            # What is copied before there is a template gets a repository that is not encrypted by our key, whose tags can be moved.
            opts=pulumi.ResourceOptions.merge(self.lasting.child, pulumi.ResourceOptions(depends_on=templates)),
        )

    def cached(self, upstream: Mapping[str, str], role: pulumi.Input[str]) -> None:
        """Images whose name begins with a key of `upstream` are fetched from the registry there, and kept."""
        for prefix, registry in sorted(upstream.items()):
            template = self._template(f"{self.name}-cached-{prefix}", prefix, "PULL_THROUGH_CACHE", self.key, role)
            aws.ecr.PullThroughCacheRule(
                f"{self.name}-cache-{prefix}",
                ecr_repository_prefix=prefix,
                upstream_registry_url=registry,
                opts=pulumi.ResourceOptions.merge(self.lasting.child, pulumi.ResourceOptions(depends_on=[template])),
            )

    def _template(
        self, name: str, prefix: str, purpose: str, key: pulumi.Input[str], role: pulumi.Input[str], region: str | None = None
    ) -> aws.ecr.RepositoryCreationTemplate:
        copies = purpose == "REPLICATION"
        return aws.ecr.RepositoryCreationTemplate(
            name,
            prefix=prefix,
            applied_fors=[purpose],
            description=f"Repositories that ECR makes under {prefix}/",
            # Upstream moves its tags, and a cache whose tags cannot be moved would stay with the first image
            # (docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache.html). Pods name digests.
            image_tag_mutability=self._mutability if copies else "MUTABLE",
            image_tag_mutability_exclusion_filters=self._exclusions if copies else None,
            encryption_configurations=[{"encryption_type": "KMS", "kms_key": key}],
            lifecycle_policy=self.lifecycle,
            custom_role_arn=role,
            region=region,
            opts=self.lasting.child,
        )

    @property
    def _mutability(self) -> str:
        return "IMMUTABLE_WITH_EXCLUSION" if self.mutable_tags else "IMMUTABLE"

    @property
    def _exclusions(self) -> list[aws.ecr.RepositoryImageTagMutabilityExclusionFilterArgsDict] | None:
        return [{"filter": pattern, "filter_type": "WILDCARD"} for pattern in self.mutable_tags] or None
