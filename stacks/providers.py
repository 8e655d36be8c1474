"""Where things land: the AWS account of an environment, and its clusters."""

import json
from collections.abc import Mapping
from functools import cached_property

import pulumi

from modelway.architecture import Environment
from stacks.arguments import tags


class Providers:
    """The providers of an environment, each made when something first lands there; what is not used is not even imported."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._kubernetes: dict[str, pulumi.ProviderResource] = {}

    @cached_property
    def aws(self) -> pulumi.ProviderResource:
        """AWS in the environment's account and region. Any other account is refused before anything is made; tags say whose it is."""
        import pulumi_aws as aws

        environment = self._environment
        return aws.Provider(
            "aws",
            region=environment.aws.region,
            allowed_account_ids=[environment.aws.account],
            default_tags={"tags": tags(environment)},
        )

    def kubernetes(self, key: str, facts: Mapping[str, pulumi.Output[str]]) -> pulumi.ProviderResource:
        """Kubernetes in the cluster `key`: by a context of the ambient kubeconfig, or by name, endpoint and authority of an EKS cluster."""
        if key not in self._kubernetes:
            self._kubernetes[key] = self._kubernetes_provider(key, facts)
        return self._kubernetes[key]

    def _kubernetes_provider(self, key: str, facts: Mapping[str, pulumi.Output[str]]) -> pulumi.ProviderResource:
        import pulumi_kubernetes as kubernetes

        # The identifier, not the kubeconfig, tells whether it is another cluster: one that is not known yet would replace every object.
        identifier = f"{self._environment.environment}/{key}"
        if "context" in facts:
            return kubernetes.Provider(
                f"{key}-kubernetes", context=facts["context"], cluster_identifier=identifier, enable_config_map_mutable=True
            )
        region = self._environment.aws.region
        kubeconfig = pulumi.Output.all(facts["name"], facts["endpoint"], facts["certificate_authority"]).apply(
            lambda known: eks_kubeconfig(known[0], known[1], known[2], region)
        )
        return kubernetes.Provider(
            f"{key}-kubernetes", kubeconfig=kubeconfig, cluster_identifier=identifier, enable_config_map_mutable=True
        )


def eks_kubeconfig(cluster: str, endpoint: str, certificate_authority: str, region: str) -> str:
    """A kubeconfig as JSON that holds no credential: `modelway kube-token`, wherever PATH finds it, gives one by whoever runs it."""
    command = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "modelway",
        "args": ["kube-token", "--cluster", cluster, "--region", region],
        "interactiveMode": "Never",
    }
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": cluster, "cluster": {"server": endpoint, "certificate-authority-data": certificate_authority}}],
        "users": [{"name": cluster, "user": {"exec": command}}],
        "contexts": [{"name": cluster, "context": {"cluster": cluster, "user": cluster}}],
        "current-context": cluster,
    }
    return json.dumps(content, sort_keys=True)
