"""An EKS cluster of our own."""

import json
from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import _policies as policies

LOGS = ["api", "audit", "authenticator", "controllerManager", "scheduler"]

NODE_POLICIES = ("AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryPullOnly")

BEFORE_NODES: dict[str, dict[str, object]] = {
    # Without the agent's rules the default-deny policies would be stored and not held.
    "vpc-cni": {"enableNetworkPolicy": "true"},
    "kube-proxy": {},
    "eks-pod-identity-agent": {},
}
"""Add-ons a node needs to become ready and pods need to get their identity, with what is configured."""

GPU_TAINT = {"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}


class NodePoolArgs(TypedDict):
    """Nodes of one kind."""

    instance_types: list[str]
    min: int
    max: int
    gpu: NotRequired[bool]
    """Nodes have NVIDIA GPUs: they get the image with drivers and a taint that keeps others off."""


class AccessArgs(TypedDict):
    """Who may enter the cluster."""

    principal: str
    """ARN of an IAM role or user."""
    policy: str
    """Name of an EKS access policy, such as AmazonEKSClusterAdminPolicy."""


class EksClusterArgs(TypedDict):
    """What an EKS cluster is made from."""

    cluster_name: str
    """Physical name; the log group and the kubeconfig carry it too."""
    account: str
    """AWS account, 12 digits."""
    version: str
    subnet_ids: pulumi.Input[list[str]]
    """Subnets for interfaces of the control plane, over two zones at least."""
    node_subnet_ids: pulumi.Input[list[str]]
    """Private subnets that nodes and pods run in."""
    node_pools: dict[str, NodePoolArgs]
    access: dict[str, AccessArgs]
    """Who may enter; nobody else does, the creator neither."""
    public_access: NotRequired[bool]
    """Whether the API server also answers on the internet. Default: no."""
    public_access_cidrs: NotRequired[list[str]]
    """Who is answered there. Only with public_access."""
    log_retention_days: NotRequired[int]
    """Default: 90."""
    deletion_window_days: NotRequired[int]
    """Days that AWS keeps the key after its deletion, 7 to 30. Default: 30."""


class EksCluster(pulumi.ComponentResource):
    """An EKS cluster that is private, keeps its secrets under its own KMS key, and lets in whom its access entries name.

    - all control-plane logs in a log group with retention
    - add-ons: vpc-cni with network policies on, kube-proxy, eks-pod-identity-agent, coredns
    - one managed node group per pool; its size between min and max is left to whoever scales it
    """

    name: pulumi.Output[str]
    arn: pulumi.Output[str]
    endpoint: pulumi.Output[str]
    """Address of the API server; known once there are nodes, add-ons and access."""
    certificate_authority: pulumi.Output[str]
    """PEM of the API server's authority, base64."""

    def __init__(self, name: str, args: EksClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("modelway:index:EksCluster", name, {**args}, opts)
        self._name = name
        self._child = pulumi.ResourceOptions(parent=self)
        cluster = self._cluster(args)
        access = [entry for who, granted in sorted(args["access"].items()) for entry in self._access(cluster, who, granted)]
        first = [self._addon(cluster, addon, configured, []) for addon, configured in BEFORE_NODES.items()]
        nodes = self._nodes(cluster, args, first)
        dns = self._addon(cluster, "coredns", {}, nodes)
        ready = [resource.id for resource in (*access, *first, *nodes, dns)]
        self.name = cluster.name
        self.arn = cluster.arn
        self.endpoint = pulumi.Output.all(cluster.endpoint, *ready).apply(lambda known: str(known[0]))
        self.certificate_authority = cluster.certificate_authority.data.apply(str)
        self.register_outputs(
            {"name": self.name, "arn": self.arn, "endpoint": self.endpoint, "certificate_authority": self.certificate_authority}
        )

    def _cluster(self, args: EksClusterArgs) -> aws.eks.Cluster:
        trust = policies.assumed_by("eks.amazonaws.com", "sts:AssumeRole", "sts:TagSession", account=args["account"])
        role, attached = self._role("cluster", trust, ("AmazonEKSClusterPolicy",))
        key = aws.kms.Key(
            f"{self._name}-secrets",
            description=f"Secrets of the cluster {args['cluster_name']}",
            enable_key_rotation=True,
            deletion_window_in_days=args.get("deletion_window_days", 30),
            policy=role.arn.apply(lambda arn: policies.text(policies.key_of_cluster_secrets(args["account"], arn))),
            opts=self._child,
        )
        # EKS would make the group itself, to keep everything for ever.
        logs = aws.cloudwatch.LogGroup(
            f"{self._name}-logs",
            name=f"/aws/eks/{args['cluster_name']}/cluster",
            retention_in_days=args.get("log_retention_days", 90),
            opts=self._child,
        )
        public = args.get("public_access", False)
        network: aws.eks.ClusterVpcConfigArgsDict = {
            "subnet_ids": args["subnet_ids"],
            "endpoint_private_access": True,
            "endpoint_public_access": public,
        }
        if public and "public_access_cidrs" in args:
            network["public_access_cidrs"] = args["public_access_cidrs"]
        secrets_key: aws.eks.ClusterEncryptionConfigProviderArgsDict = {"key_arn": key.arn}
        return aws.eks.Cluster(
            f"{self._name}-cluster",
            name=args["cluster_name"],
            version=args["version"],
            role_arn=role.arn,
            vpc_config=network,
            access_config={"authentication_mode": "API", "bootstrap_cluster_creator_admin_permissions": False},
            bootstrap_self_managed_addons=False,
            encryption_config={"provider": secrets_key, "resources": ["secrets"]},
            enabled_cluster_log_types=LOGS,
            opts=self._after([*attached, logs]),
        )

    def _role(
        self, purpose: str, trust: policies.Document, managed: tuple[str, ...]
    ) -> tuple[aws.iam.Role, list[aws.iam.RolePolicyAttachment]]:
        role = aws.iam.Role(f"{self._name}-{purpose}", assume_role_policy=policies.text(trust), opts=self._child)
        attached = [
            aws.iam.RolePolicyAttachment(
                f"{self._name}-{purpose}-{policy}", role=role.name, policy_arn=f"arn:aws:iam::aws:policy/{policy}", opts=self._child
            )
            for policy in managed
        ]
        return role, attached

    def _access(self, cluster: aws.eks.Cluster, who: str, args: AccessArgs) -> list[pulumi.CustomResource]:
        entry = aws.eks.AccessEntry(
            f"{self._name}-access-{who}", cluster_name=cluster.name, principal_arn=args["principal"], opts=self._child
        )
        rights = aws.eks.AccessPolicyAssociation(
            f"{self._name}-access-{who}-policy",
            cluster_name=cluster.name,
            principal_arn=entry.principal_arn,
            policy_arn=f"arn:aws:eks::aws:cluster-access-policy/{args['policy']}",
            access_scope={"type": "cluster"},
            opts=self._child,
        )
        return [entry, rights]

    def _addon(
        self, cluster: aws.eks.Cluster, addon: str, configured: dict[str, object], after: Sequence[pulumi.Resource]
    ) -> aws.eks.Addon:
        return aws.eks.Addon(
            f"{self._name}-{addon}",
            cluster_name=cluster.name,
            addon_name=addon,
            configuration_values=json.dumps(configured, sort_keys=True) if configured else None,
            resolve_conflicts_on_create="OVERWRITE",
            resolve_conflicts_on_update="OVERWRITE",
            opts=self._after(after),
        )

    def _nodes(self, cluster: aws.eks.Cluster, args: EksClusterArgs, addons: Sequence[pulumi.Resource]) -> list[aws.eks.NodeGroup]:
        role, attached = self._role("node", policies.assumed_by("ec2.amazonaws.com"), NODE_POLICIES)
        # The autoscaler owns the number of nodes between the limits.
        scaled = pulumi.ResourceOptions(ignore_changes=["scalingConfig.desiredSize"])
        opts = pulumi.ResourceOptions.merge(self._after([*attached, *addons]), scaled)
        return [
            aws.eks.NodeGroup(
                f"{self._name}-{pool}",
                cluster_name=cluster.name,
                node_role_arn=role.arn,
                subnet_ids=args["node_subnet_ids"],
                instance_types=nodes["instance_types"],
                ami_type="AL2023_x86_64_NVIDIA" if nodes.get("gpu") else "AL2023_x86_64_STANDARD",
                scaling_config={"min_size": nodes["min"], "max_size": nodes["max"], "desired_size": nodes["min"]},
                update_config={"max_unavailable": 1},
                labels={"modelway.dev/pool": pool},
                taints=[aws.eks.NodeGroupTaintArgs(**GPU_TAINT)] if nodes.get("gpu") else None,
                opts=opts,
            )
            for pool, nodes in sorted(args["node_pools"].items())
        ]

    def _after(self, resources: Sequence[pulumi.Resource]) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions.merge(self._child, pulumi.ResourceOptions(depends_on=list(resources)))
