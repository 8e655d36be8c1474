"""An EKS cluster of our own."""

import json
from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import _cluster_policies as cluster_policies
from components import _policies as policies
from components.cluster._addons import Addon, addons
from components.cluster._charts import AUTOSCALER_ACCOUNT
from components.cluster.callers import callers_group
from components.cluster.nodes import NodePoolArgs, PlaceArgs, live_sizes, node_group, recommended

LOGS = ("api", "audit", "authenticator", "controllerManager", "scheduler")

CLUSTER_POLICIES = ("AmazonEKSClusterPolicy",)
AUTO_CLUSTER_POLICIES = (
    "AmazonEKSBlockStoragePolicy",
    "AmazonEKSComputePolicy",
    "AmazonEKSLoadBalancingPolicy",
    "AmazonEKSNetworkingPolicy",
)
NODE_POLICIES = ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly")
AUTO_NODE_POLICIES = ("AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly")
"""Managed policies of roles (docs.aws.amazon.com/eks/latest/userguide/security-iam-awsmanpol.html, automode-get-started-cli.html)."""


class AccessArgs(TypedDict):
    """Who may enter the cluster."""

    principal: str
    """ARN of an IAM role or user."""
    policy: NotRequired[str]
    """Name of an EKS access policy, such as AmazonEKSClusterAdminPolicy. Without it only what Kubernetes grants to `groups`."""
    groups: NotRequired[list[str]]
    """Groups that Kubernetes takes it for a member of. Default: none."""


class EksClusterArgs(TypedDict):
    """What an EKS cluster is made from."""

    cluster_name: str
    """Physical name; the log group and the kubeconfig carry it too."""
    account: str
    """AWS account, 12 digits."""
    region: str
    version: str
    """Of Kubernetes: control plane, then add-ons, then nodes."""
    subnet_ids: pulumi.Input[list[str]]
    """Subnets for interfaces of the control plane, over two zones at least."""
    node_subnet_ids: pulumi.Input[list[str]]
    """Private subnets that nodes and pods run in."""
    service_cidr: NotRequired[str]
    """Addresses of services. Default: EKS chooses. Another one replaces the cluster."""
    node_pools: dict[str, NodePoolArgs]
    auto_mode_pools: NotRequired[list[str]]
    """EKS Auto Mode, with these of EKS's own pools: general-purpose, system. Off without it."""
    addon_versions: NotRequired[dict[str, str]]
    """By add-on; of what is not named, EKS's default for `version`."""
    access: dict[str, AccessArgs]
    """Who may enter; nobody else does, the creator neither."""
    callers: NotRequired[list[str]]
    """Ids of security groups that reach the API server from inside of the network, besides nodes. Default: none."""
    vpc_id: NotRequired[pulumi.Input[str]]
    """Of the subnets. Only with callers."""
    public_access: NotRequired[bool]
    """Whether the API server also answers on the internet. Default: no."""
    public_access_cidrs: NotRequired[list[str]]
    """Who is answered there. Only with public_access."""
    secrets_key: NotRequired[str]
    """ARN of the KMS key for secrets. Without it one is made, for secrets and for the logs."""
    caches: NotRequired[list[str]]
    """First parts of the names of repositories that images of other registries are kept in; nodes may have them fetched. Default: none."""
    log_types: NotRequired[list[str]]
    """Logs of the control plane that are kept. Default: all five."""
    log_retention_days: NotRequired[int]
    """Default: 90."""
    deletion_window_days: NotRequired[int]
    """Days that AWS keeps the key after its deletion, 7 to 30. Default: 30."""
    protect: NotRequired[bool]
    """Whether the engine refuses to delete the cluster and its key, and EKS the cluster. Default: no."""
    tags: NotRequired[dict[str, str]]
    """Of instances and volumes, which the provider's tags do not reach."""


class EksCluster(pulumi.ComponentResource):
    """An EKS cluster that is private, keeps its secrets under its own KMS key, and lets in whom its access entries name.

    - an API server that answers nodes and the security groups that are named as callers
    - control-plane logs in a log group with retention, encrypted with that key
    - add-ons in order: vpc-cni with network policies on, kube-proxy, eks-pod-identity-agent; nodes; coredns, eks-node-monitoring-agent,
      aws-ebs-csi-driver, metrics-server, kube-state-metrics, prometheus-node-exporter. Those that call AWS have a role of their own by Pod
      Identity
    - one managed node group per pool, or EKS Auto Mode, or both; the number of nodes is left to whoever scales it. Pools of Auto Mode's
      other than EKS's own are objects inside of the cluster: see AutoNodes
    """

    name: pulumi.Output[str]
    arn: pulumi.Output[str]
    endpoint: pulumi.Output[str]
    """Address of the API server, known once there are nodes, add-ons and access; in previews as soon as the cluster is there."""
    certificate_authority: pulumi.Output[str]
    """PEM of the API server's authority, base64."""
    security_group: pulumi.Output[str]
    """That EKS makes for the cluster; its nodes and pods have it."""
    auto_node_role: pulumi.Output[str]
    """Name of the role that nodes of Auto Mode have; empty without Auto Mode."""

    def __init__(self, name: str, args: EksClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("modelway:index:EksCluster", name, {**args}, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self.auto_node_role = pulumi.Output.from_input("")
        self._protected = pulumi.ResourceOptions(protect=args.get("protect") or None)
        cluster = self._cluster()
        access = [entry for who, granted in sorted(args["access"].items()) for entry in self._access(cluster, who, granted)]
        before, after = addons(own_nodes=bool(args["node_pools"]))
        first = [self._addon(cluster, addon, []) for addon in before]
        nodes = self._nodes(cluster, first) if args["node_pools"] else []
        last = [self._addon(cluster, addon, nodes) for addon in after]
        scaler = self._scaler(cluster) if args["node_pools"] else []
        # By way of URNs, which previews know: with the id of a pool that is new or replaced, the way to the cluster would not be known, and
        # a preview would show an update of every object in it.
        ready = [resource.urn for resource in (*access, *first, *nodes, *last, *scaler)]
        self.name = cluster.name
        self.arn = cluster.arn
        self.endpoint = pulumi.Output.all(cluster.endpoint, *ready).apply(lambda known: str(known[0]))
        self.certificate_authority = cluster.certificate_authority.data.apply(str)
        self.security_group = cluster.vpc_config.cluster_security_group_id.apply(str)
        self.register_outputs(
            {
                "name": self.name,
                "arn": self.arn,
                "endpoint": self.endpoint,
                "certificate_authority": self.certificate_authority,
                "security_group": self.security_group,
                "auto_node_role": self.auto_node_role,
            }
        )

    def _cluster(self) -> aws.eks.Cluster:
        args = self._args
        auto = args.get("auto_mode_pools")
        trust = policies.assumed_by("eks.amazonaws.com", "sts:AssumeRole", "sts:TagSession", account=args["account"])
        role, attached = self._role("cluster", trust, (*CLUSTER_POLICIES, *(AUTO_CLUSTER_POLICIES if auto else ())))
        key_arn, rights, logs = self._secrets_and_logs(role)
        network: aws.eks.ClusterVpcConfigArgsDict = {
            "subnet_ids": args["subnet_ids"],
            "endpoint_private_access": True,
            "endpoint_public_access": args.get("public_access", False),
        }
        if args.get("public_access") and "public_access_cidrs" in args:
            network["public_access_cidrs"] = args["public_access_cidrs"]
        if args.get("callers"):
            network["security_group_ids"] = [callers_group(self._name, args["vpc_id"], args["callers"], self._child).id]
        services: aws.eks.ClusterKubernetesNetworkConfigArgsDict = {}
        if "service_cidr" in args:
            services["service_ipv4_cidr"] = args["service_cidr"]
        compute: aws.eks.ClusterComputeConfigArgsDict | None = None
        storage: aws.eks.ClusterStorageConfigArgsDict | None = None
        if auto:
            node_role, node_rights = self._role("auto-node", policies.assumed_by("ec2.amazonaws.com"), AUTO_NODE_POLICIES)
            attached += node_rights
            rights = [*rights, *self._caches("auto-node", node_role)]
            self.auto_node_role = node_role.name
            # All three or none (docs.aws.amazon.com/eks/latest/APIReference/API_ComputeConfigRequest.html).
            compute = {"enabled": True, "node_pools": list(auto), "node_role_arn": node_role.arn}
            storage = {"block_storage": {"enabled": True}}
            services["elastic_load_balancing"] = {"enabled": True}
        secrets_key: aws.eks.ClusterEncryptionConfigProviderArgsDict = {"key_arn": key_arn}
        return aws.eks.Cluster(
            f"{self._name}-cluster",
            name=args["cluster_name"],
            version=args["version"],
            role_arn=role.arn,
            vpc_config=network,
            kubernetes_network_config=services or None,
            compute_config=compute,
            storage_config=storage,
            access_config={"authentication_mode": "API", "bootstrap_cluster_creator_admin_permissions": False},
            bootstrap_self_managed_addons=False,
            encryption_config={"provider": secrets_key, "resources": ["secrets"]},
            enabled_cluster_log_types=args.get("log_types", list(LOGS)),
            deletion_protection=args.get("protect", False),
            opts=pulumi.ResourceOptions.merge(self._after([*attached, *rights, logs]), self._protected),
        )

    def _secrets_and_logs(self, role: aws.iam.Role) -> tuple[pulumi.Input[str], list[pulumi.Resource], aws.cloudwatch.LogGroup]:
        """The key for secrets, what lets the cluster use it, and the log group of the control plane."""
        args, group = self._args, f"/aws/eks/{self._args['cluster_name']}/cluster"
        # EKS would make the group itself, to keep everything for ever.
        retention = args.get("log_retention_days", 90)
        if "secrets_key" in args:
            use = policies.text(cluster_policies.use_key_of_secrets(args["secrets_key"]))
            rights = aws.iam.RolePolicy(f"{self._name}-secrets", role=role.name, policy=use, opts=self._child)
            logs = aws.cloudwatch.LogGroup(f"{self._name}-logs", name=group, retention_in_days=retention, opts=self._child)
            return args["secrets_key"], [rights], logs
        account, region = args["account"], args["region"]
        key = aws.kms.Key(
            f"{self._name}-secrets",
            description=f"Secrets of the cluster {args['cluster_name']}",
            enable_key_rotation=True,
            deletion_window_in_days=args.get("deletion_window_days", 30),
            policy=role.arn.apply(lambda arn: policies.text(cluster_policies.key_of_cluster(account, region, arn, group))),
            opts=pulumi.ResourceOptions.merge(self._child, self._protected),
        )
        logs = aws.cloudwatch.LogGroup(f"{self._name}-logs", name=group, retention_in_days=retention, kms_key_id=key.arn, opts=self._child)
        return key.arn, [], logs

    def _role(
        self, purpose: str, trust: pulumi.Input[policies.Document], managed: tuple[str, ...]
    ) -> tuple[aws.iam.Role, list[aws.iam.RolePolicyAttachment]]:
        written = pulumi.Output.from_input(trust).apply(policies.text)
        role = aws.iam.Role(f"{self._name}-{purpose}", assume_role_policy=written, opts=self._child)
        attached = [
            aws.iam.RolePolicyAttachment(
                f"{self._name}-{purpose}-{policy.rpartition('/')[2]}",
                role=role.name,
                policy_arn=f"arn:aws:iam::aws:policy/{policy}",
                opts=self._child,
            )
            for policy in managed
        ]
        return role, attached

    def _access(self, cluster: aws.eks.Cluster, who: str, args: AccessArgs) -> list[pulumi.CustomResource]:
        entry = aws.eks.AccessEntry(
            f"{self._name}-access-{who}",
            cluster_name=cluster.name,
            principal_arn=args["principal"],
            kubernetes_groups=args.get("groups"),
            opts=self._child,
        )
        if "policy" not in args:
            return [entry]
        rights = aws.eks.AccessPolicyAssociation(
            f"{self._name}-access-{who}-policy",
            cluster_name=cluster.name,
            principal_arn=entry.principal_arn,
            policy_arn=f"arn:aws:eks::aws:cluster-access-policy/{args['policy']}",
            access_scope={"type": "cluster"},
            opts=self._child,
        )
        return [entry, rights]

    def _addon(self, cluster: aws.eks.Cluster, addon: Addon, after: Sequence[pulumi.Resource]) -> aws.eks.Addon:
        version = self._args.get("addon_versions", {}).get(addon.name)
        return aws.eks.Addon(
            f"{self._name}-{addon.name}",
            cluster_name=cluster.name,
            addon_name=addon.name,
            addon_version=version or self._default_version(addon.name),
            configuration_values=json.dumps(addon.configuration, sort_keys=True) if addon.configuration else None,
            resolve_conflicts_on_create="OVERWRITE",
            resolve_conflicts_on_update="OVERWRITE",
            # A pod gets its role when it starts.
            opts=self._after([*after, *self._identity(cluster, addon)]),
        )

    def _default_version(self, addon: str) -> pulumi.Output[str]:
        """Asked for, because an add-on without a version stays what it is when the cluster is upgraded."""
        found = aws.eks.get_addon_version_output(
            addon_name=addon, kubernetes_version=self._args["version"], opts=pulumi.InvokeOutputOptions(parent=self)
        )
        return found.version

    def _identity(self, cluster: aws.eks.Cluster, addon: Addon) -> list[pulumi.Resource]:
        if addon.identity is None:
            return []
        account = self._args["account"]
        trust: pulumi.Output[policies.Document] = cluster.arn.apply(lambda arn: policies.assumed_by_pods(account, arn))
        role, attached = self._role(addon.name, trust, (addon.identity.policy,))
        return [self._association(cluster, addon.name, addon.identity.service_account, role, attached)]

    def _scaler(self, cluster: aws.eks.Cluster) -> list[aws.eks.PodIdentityAssociation]:
        """What lets whoever is Cluster Autoscaler in the cluster change the size of its groups."""
        account, region, name = self._args["account"], self._args["region"], self._args["cluster_name"]
        trust: pulumi.Output[policies.Document] = cluster.arn.apply(lambda arn: policies.assumed_by_pods(account, arn))
        role, _ = self._role(AUTOSCALER_ACCOUNT, trust, ())
        written = policies.text(cluster_policies.scale_nodes(account, region, name))
        rights = aws.iam.RolePolicy(f"{self._name}-{AUTOSCALER_ACCOUNT}", role=role.name, policy=written, opts=self._child)
        return [self._association(cluster, AUTOSCALER_ACCOUNT, AUTOSCALER_ACCOUNT, role, [rights])]

    def _association(
        self, cluster: aws.eks.Cluster, purpose: str, account: str, role: aws.iam.Role, after: Sequence[pulumi.Resource]
    ) -> aws.eks.PodIdentityAssociation:
        return aws.eks.PodIdentityAssociation(
            f"{self._name}-{purpose}",
            cluster_name=cluster.name,
            namespace="kube-system",
            service_account=account,
            role_arn=role.arn,
            opts=self._after(after),
        )

    def _nodes(self, cluster: aws.eks.Cluster, addons: Sequence[pulumi.Resource]) -> list[aws.eks.NodeGroup]:
        role, attached = self._role("node", policies.assumed_by("ec2.amazonaws.com"), NODE_POLICIES)
        caches = self._caches("node", role)
        place = PlaceArgs(
            cluster_name=cluster.name,
            version=self._args["version"],
            role_arn=role.arn,
            subnet_ids=self._args["node_subnet_ids"],
            release=recommended(self._args["version"], self),
            tags=self._args.get("tags", {}),
        )
        opts = self._after([*attached, *caches, *addons])
        there = live_sizes(self._args["cluster_name"], self)
        pools = sorted(self._args["node_pools"].items())
        return [node_group(self._name, pool, nodes, place, there.get(pool, []), opts) for pool, nodes in pools]

    def _caches(self, purpose: str, role: aws.iam.Role) -> list[pulumi.Resource]:
        """What lets nodes of the role fill caches; nothing where there are none. The policies that AWS manages let them pull alone."""
        prefixes = self._args.get("caches", [])
        if not prefixes:
            return []
        written = policies.text(cluster_policies.fill_caches(self._args["account"], self._args["region"], prefixes))
        return [aws.iam.RolePolicy(f"{self._name}-{purpose}-caches", role=role.name, policy=written, opts=self._child)]

    def _after(self, resources: Sequence[pulumi.Resource]) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions.merge(self._child, pulumi.ResourceOptions(depends_on=list(resources)))
