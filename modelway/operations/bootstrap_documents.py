"""Who may do what before anything is deployed: the policies of state, of the roles of CI, and of what those roles make. Data alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Document = dict[str, object]

ISSUER = "token.actions.githubusercontent.com"
"""Who GitHub's tokens are of (docs.github.com/actions/reference/security/oidc)."""

AUDIENCE = "sts.amazonaws.com"

PASSED_TO = (
    *("ec2.amazonaws.com", "ecr.amazonaws.com", "eks.amazonaws.com", "grafana.amazonaws.com", "monitoring.rds.amazonaws.com"),
    *("pods.eks.amazonaws.com", "s3.amazonaws.com", "sagemaker.amazonaws.com", "scheduler.amazonaws.com", "vpc-flow-logs.amazonaws.com"),
)
"""Services that roles of an environment are for."""

LINKED_TO = (
    *("autoscaling.amazonaws.com", "eks.amazonaws.com", "eks-nodegroup.amazonaws.com", "elasticloadbalancing.amazonaws.com"),
    *("sagemaker.application-autoscaling.amazonaws.com", "rds.amazonaws.com", "replication.ecr.amazonaws.com", "scraper.aps.amazonaws.com"),
    *("inspector2.amazonaws.com", "pullthroughcache.ecr.amazonaws.com", "spot.amazonaws.com"),
)
"""Services that make their own roles when they are first used."""


@dataclass(frozen=True)
class Ground:
    """What one environment stands on in its account: names, and ARNs that follow from them."""

    environment: str
    account: str
    region: str
    repository: str
    """OWNER/NAME on GitHub, or the path of a project on GitLab."""
    platform: str = "modelway"
    gitlab: str = ""
    """Host of GitLab; empty where it is GitHub."""

    @property
    def path(self) -> str:
        """The path of everything in IAM that belongs to the environment."""
        return f"/{self.platform}/{self.environment}/"

    @property
    def bucket(self) -> str:
        return f"{self.platform}-{self.environment}-state-{self.account}"

    @property
    def alias(self) -> str:
        return f"alias/{self.platform}-{self.environment}-state"

    @property
    def issuer(self) -> str:
        """Who the tokens of CI are of."""
        return self.gitlab or ISSUER

    @property
    def provider(self) -> str:
        return f"arn:aws:iam::{self.account}:oidc-provider/{self.issuer}"

    @property
    def boundary(self) -> str:
        return f"arn:aws:iam::{self.account}:policy{self.path}{self.platform}-{self.environment}-workloads"

    def role(self, name: str) -> str:
        """The ARN of a role of CI: `preview`, `drift`, `deploy` or `runner`. Their path is one that no deployment may touch."""
        return f"arn:aws:iam::{self.account}:role{self.ci_path}{self.platform}-{self.environment}-{name}"

    def policy(self, name: str) -> str:
        """The ARN of a managed policy of a role of CI."""
        return f"arn:aws:iam::{self.account}:policy{self.ci_path}{self.platform}-{self.environment}-{name}"

    @property
    def runner(self) -> str:
        """Name of the CodeBuild project that runs jobs inside the network, of its log and its security group."""
        return f"{self.platform}-{self.environment}-runner"

    @property
    def ci_path(self) -> str:
        return f"/{self.platform}-ci/{self.environment}/"


def state_bucket(ground: Ground) -> Document:
    """The policy of the state's bucket: over TLS alone, of this account alone."""
    everything = [f"arn:aws:s3:::{ground.bucket}", f"arn:aws:s3:::{ground.bucket}/*"]
    denied = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": everything}
    return document(
        {"Sid": "TlsOnly", **denied, "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        {"Sid": "OwnAccountOnly", **denied, "Condition": {"StringNotEquals": {"aws:PrincipalAccount": ground.account}}},
    )


def state_key(account: str) -> Document:
    """The policy of the key: IAM policies of the account decide, action by action."""
    care = (
        *("CancelKeyDeletion", "CreateAlias", "DeleteAlias", "DescribeKey", "DisableKey", "EnableKey", "EnableKeyRotation"),
        *("GetKeyPolicy", "GetKeyRotationStatus", "ListGrants", "ListKeyPolicies", "ListResourceTags", "PutKeyPolicy"),
        *("ScheduleKeyDeletion", "TagResource", "UntagResource", "UpdateAlias", "UpdateKeyDescription"),
    )
    use = ("Decrypt", "Encrypt", "GenerateDataKey", "ReEncryptFrom", "ReEncryptTo")
    owner = {"Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Resource": ["*"]}  # in a key's policy: the key itself
    return document(
        allow("Care", [f"kms:{action}" for action in care], **owner), allow("Use", [f"kms:{action}" for action in use], **owner)
    )


ON_MAIN = ("ref:refs/heads/main",)
"""Runs that get the role `drift`: nobody's pull request reads what every resource holds."""
LOOKING = ("pull_request", *ON_MAIN)
"""Runs that get the role `preview`: of pull requests, and on main to plan a deployment."""


def assumed_by_github(ground: Ground, *subjects: str) -> Document:
    """The trust policy of a role that runs of one repository get; `subjects` are what may follow the repository in their token."""
    trusted = [f"repo:{ground.repository}:{subject}" for subject in subjects]
    return document(
        {
            "Sid": "GitHub",
            "Effect": "Allow",
            "Principal": {"Federated": ground.provider},
            "Action": ["sts:AssumeRoleWithWebIdentity"],
            "Condition": {"StringEquals": {f"{ISSUER}:aud": AUDIENCE, f"{ISSUER}:sub": trusted[0] if len(trusted) == 1 else trusted}},
        }
    )


def assumed_by_gitlab(ground: Ground, branch: str) -> Document:
    """The trust policy of a role that jobs on a branch of one project get; `*` for every branch.

    By default a token's `sub` names the branch alone, of a merge request the one that it comes from; neither the environment nor whether
    the branch is protected (docs.gitlab.com/ci/secrets/id_token_authentication). A project may have set it otherwise. Before 18.2.2 GitLab
    named the project that a fork's pipeline runs in, and not the fork (gitlab.com/gitlab-org/gitlab/-/issues/548165).
    """
    subject = {f"{ground.issuer}:sub": f"project_path:{ground.repository}:ref_type:branch:ref:{branch}"}
    audience = {f"{ground.issuer}:aud": AUDIENCE}
    conditions = {"StringEquals": audience, "StringLike": subject} if "*" in branch else {"StringEquals": {**audience, **subject}}
    return document(
        {
            "Sid": "GitLab",
            "Effect": "Allow",
            "Principal": {"Federated": ground.provider},
            "Action": ["sts:AssumeRoleWithWebIdentity"],
            "Condition": conditions,
        }
    )


def trust(ground: Ground, role: Literal["preview", "drift", "deploy"]) -> Document:
    """Which runs of CI get a role."""
    if ground.gitlab:
        return assumed_by_gitlab(ground, "*" if role == "preview" else "main")
    subjects = {"preview": LOOKING, "drift": ON_MAIN, "deploy": (f"environment:{ground.environment}",)}
    return assumed_by_github(ground, *subjects[role])


def assumed_by_codebuild(ground: Ground) -> Document:
    """The trust policy of the runner inside the network: CodeBuild, for its one project."""
    project = f"arn:aws:codebuild:{ground.region}:{ground.account}:project/{ground.runner}"
    condition = {"StringEquals": {"aws:SourceAccount": ground.account}, "ArnEquals": {"aws:SourceArn": project}}
    return document(allow("CodeBuild", ["sts:AssumeRole"], Principal={"Service": "codebuild.amazonaws.com"}, Condition=condition))


def preview(ground: Ground, key: str, ledger: str = "") -> Document:
    """What a preview may: read state, its secrets' key, the ledger at an address, and what providers look up. It writes nothing, and reads
    no weights or payloads."""
    return document(
        *reading_state(ground, key),
        *reading_ledger(ledger),
        allow(
            "FindCluster",
            ["eks:DescribeCluster", "eks:DescribeNodegroup", "eks:ListNodegroups"],
            Resource=[f"arn:aws:eks:{ground.region}:{ground.account}:{kind}/{ground.environment}-*" for kind in ("cluster", "nodegroup")],
        ),
        # They name no resource (docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html,
        # list_amazonelastickubernetesservice.html).
        allow(
            "LookUp",
            [*("ec2:DescribeAvailabilityZones", "ec2:DescribeManagedPrefixLists"), *("eks:DescribeAddonVersions", "eks:ListClusters")],
            Resource=["*"],
        ),
        allow("LookUpImages", ["ssm:GetParameter"], Resource=[node_images(ground.region)]),
        allow("LookUpLists", ["ec2:GetManagedPrefixListEntries"], Resource=[f"arn:aws:ec2:{ground.region}:aws:prefix-list/*"]),
    )


def node_images(region: str) -> str:
    """The ARN of public parameters that say which image EKS recommends for nodes."""
    return f"arn:aws:ssm:{region}::parameter/aws/service/eks/optimized-ami/*"


def deploy(ground: Ground, key: str, ledger: str = "") -> Document:
    """What a deployment may besides what it does to resources (bootstrap_deploy): state, the ledger at an address, and roles under the
    environment's path that have the boundary."""
    roles = [f"arn:aws:iam::{ground.account}:role{ground.path}*"]
    bounded = {"StringEquals": {"iam:PermissionsBoundary": ground.boundary}}
    own = f"arn:aws:s3:::{ground.bucket}"
    return document(
        *reading_state(ground, key),
        *writing_ledger(ground, ledger),
        allow("WriteState", ["s3:DeleteObject", "s3:PutObject"], Resource=[f"{own}/.pulumi/*"]),
        allow("EncryptState", ["kms:Encrypt", "kms:GenerateDataKey"], Resource=[key]),
        allow(
            "MakeRoles",
            [
                *("iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy"),
                *("iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"),
            ],
            Resource=roles,
            Condition=bounded,
        ),
        allow(
            "CareForRoles",
            [
                *("iam:DeleteRole", "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole"),
                *(
                    "iam:ListRolePolicies",
                    "iam:ListRoleTags",
                    "iam:TagRole",
                    "iam:UntagRole",
                    "iam:UpdateAssumeRolePolicy",
                    "iam:UpdateRole",
                ),
            ],
            Resource=roles,
        ),
        allow("PassRoles", ["iam:PassRole"], Resource=roles, Condition={"StringEquals": {"iam:PassedToService": list(PASSED_TO)}}),
        allow(
            "LinkServices",
            ["iam:CreateServiceLinkedRole"],
            Resource=[f"arn:aws:iam::{ground.account}:role/aws-service-role/*"],
            Condition={"StringEquals": {"iam:AWSServiceName": list(LINKED_TO)}},
        ),
        # Creating a node group, EKS looks whether the role of its own is there.
        allow("FindServices", ["iam:GetRole"], Resource=[f"arn:aws:iam::{ground.account}:role/aws-service-role/*"]),
        # Whatever else is allowed, now or by somebody's addition.
        {
            "Sid": "KeepTheGround",
            "Effect": "Deny",
            "Action": [
                *("s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:DeleteObjectVersion", "s3:PutBucketPolicy", "s3:PutBucketVersioning"),
                *("s3:PutBucketPublicAccessBlock", "s3:PutLifecycleConfiguration", "s3:PutEncryptionConfiguration"),
            ],
            "Resource": [own, f"{own}/*"],
        },
        {
            "Sid": "KeepTheKey",
            "Effect": "Deny",
            "Action": ["kms:DisableKey", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"],
            "Resource": [key],
        },
    )


def runner(ground: Ground, subnets: Sequence[str], connection: str) -> Document:
    """What the runner inside the network may: have a network interface there, write its log, and hear of jobs by the connection to GitHub.

    It may not deploy: whoever writes a workflow can have it run there. A job that deploys takes on `deploy`, as everywhere.
    """
    here = f"arn:aws:ec2:{ground.region}:{ground.account}"
    log = f"arn:aws:logs:{ground.region}:{ground.account}:log-group:/aws/codebuild/{ground.runner}"
    placed = [f"{here}:subnet/{subnet}" for subnet in sorted(subnets)]
    looks = ("DescribeDhcpOptions", "DescribeNetworkInterfaces", "DescribeSecurityGroups", "DescribeSubnets", "DescribeVpcs")
    interfaces = [f"{here}:network-interface/*", f"{here}:security-group/*", *placed]
    statements = [
        allow("WriteLog", ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], Resource=[log, f"{log}:*"]),
        # They name no resource (docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html).
        allow("LookUp", [f"ec2:{action}" for action in looks], Resource=["*"]),
        allow("MakeInterfaces", ["ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface"], Resource=interfaces),
        allow(
            "UseInterfaces",
            ["ec2:CreateNetworkInterfacePermission"],
            Resource=[f"{here}:network-interface/*"],
            Condition={"StringEquals": {"ec2:AuthorizedService": "codebuild.amazonaws.com"}, "ArnEquals": {"ec2:Subnet": placed}},
        ),
    ]
    use = ("GetConnection", "GetConnectionToken", "UseConnection")
    statements.append(allow("Connection", [f"codeconnections:{action}" for action in use], Resource=[connection]))
    return document(*statements)


def workloads(ground: Ground) -> Document:
    """The boundary of every role that a deployment makes. It grants nothing by itself
    (docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html): it says what no such role may, whatever it was given.

    Of IAM it leaves what clusters do there: load balancers' own role, and in Auto Mode profiles for nodes, whose names EKS chooses
    (docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonEKSClusterPolicy.html, AmazonEKSComputePolicy.html); and that a
    schedule gives a job of SageMaker its role.
    """
    account = f"arn:aws:iam::{ground.account}"
    profiles = ("AddRoleToInstanceProfile", "CreateInstanceProfile", "DeleteInstanceProfile", "GetInstanceProfile")
    never = (
        *(
            "account:*",
            "aws-portal:*",
            "billing:*",
            "cloudtrail:DeleteTrail",
            "cloudtrail:StopLogging",
            "config:DeleteConfigurationRecorder",
        ),
        *("guardduty:DeleteDetector", "organizations:*", "sso:*", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"),
    )
    return document(
        {"Sid": "AtMost", "Effect": "Allow", "NotAction": ["iam:*"], "Resource": ["*"]},
        allow(
            "NodeProfiles",
            [*(f"iam:{action}" for action in profiles), "iam:RemoveRoleFromInstanceProfile", "iam:TagInstanceProfile"],
            Resource=[f"{account}:instance-profile/eks*"],
        ),
        allow(
            "PassedOn",
            ["iam:PassRole"],
            Resource=[f"{account}:role{ground.path}*"],
            Condition={"StringEquals": {"iam:PassedToService": ["ec2.amazonaws.com", "sagemaker.amazonaws.com"]}},
        ),
        allow(
            "LinkServices",
            ["iam:CreateServiceLinkedRole"],
            Resource=[f"{account}:role/aws-service-role/*"],
            Condition={"StringEquals": {"iam:AWSServiceName": ["elasticloadbalancing.amazonaws.com", "spot.amazonaws.com"]}},
        ),
        {"Sid": "Never", "Effect": "Deny", "Action": list(never), "Resource": ["*"]},
    )


def reading_state(ground: Ground, key: str) -> list[Document]:
    """What reads the state of the environment, and decrypts the secrets in it."""
    bucket = f"arn:aws:s3:::{ground.bucket}"
    return [
        allow("ListState", ["s3:GetBucketLocation", "s3:ListBucket"], Resource=[bucket]),
        allow("ReadState", ["s3:GetObject"], Resource=[f"{bucket}/.pulumi/*"]),
        allow("DecryptState", ["kms:Decrypt", "kms:DescribeKey"], Resource=[key]),
    ]


def reading_ledger(address: str) -> list[Document]:
    """What reads a ledger in a bucket; nothing for one in a folder. Gates ask it in every preview."""
    if not address.startswith("s3://"):
        return []
    bucket, _, prefix = address.removeprefix("s3://").partition("/")
    below = f"{prefix.rstrip('/')}/" if prefix else ""
    listed: dict[str, object] = {"Condition": {"StringLike": {"s3:prefix": [f"{below}*"]}}} if below else {}
    return [
        allow("ListLedger", ["s3:ListBucket"], Resource=[f"arn:aws:s3:::{bucket}"], **listed),
        allow("ReadLedger", ["s3:GetObject"], Resource=[f"arn:aws:s3:::{bucket}/{below}*"]),
        # What guards it, which verify tells of; it is of the whole bucket, and no prefix comes with it.
        allow("LookAtLedger", ["s3:GetBucketObjectLockConfiguration", "s3:GetBucketVersioning"], Resource=[f"arn:aws:s3:::{bucket}"]),
    ]


def writing_ledger(ground: Ground, address: str) -> list[Document]:
    """What adds to it and signs with the key that has the alias of ledgers, and what nobody may whatever else is allowed."""
    reading = reading_ledger(address)
    if not reading:
        return []
    objects = reading[1]["Resource"]
    alias = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": f"alias/{ground.platform}-{ground.environment}-ledger"}}
    keys = [f"arn:aws:kms:{ground.region}:{ground.account}:key/*"]
    return [
        *reading,
        allow("AddToLedger", ["s3:PutObject"], Resource=objects),
        allow("SignInLedger", ["kms:GetPublicKey", "kms:Sign"], Resource=keys, Condition=alias),
        {
            "Sid": "KeepTheLedger",
            "Effect": "Deny",
            "Action": ["s3:BypassGovernanceRetention", "s3:DeleteObject", "s3:DeleteObjectVersion"],
            "Resource": objects,
        },
    ]


def document(*statements: Document) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(sid: str, actions: Sequence[str], **more: object) -> Document:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), **more}
