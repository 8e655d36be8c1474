"""An account is prepared once; done again, only what is not as it should be is changed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import botocore.client
import pytest
from botocore.validate import ParamValidator
from moto.eks.models import eks_backends

from modelway.architecture import load
from modelway.architecture.platform_rules import bucket_name
from modelway.cli import main
from modelway.operations import bootstrap as operation
from modelway.operations import bootstrap_documents as documents
from modelway.operations.bootstrap import NotAHost, NotARepository, Runner, RunnerHalfDescribed, bootstrap, ground, next_steps, runner
from modelway.operations.bootstrap_actions import DASHBOARDS
from modelway.operations.bootstrap_deploy import deployments, drift
from modelway.rules.iam import judge, judge_attachment
from modelway.rules.verdicts import NotApplicable, Passed

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = ROOT / "stacks" / "environments"
PLACE = documents.Ground("dev", "222222222222", "eu-west-1", "acme/models")
GITLAB = documents.Ground("dev", "222222222222", "eu-west-1", "acme/platform/models", gitlab="gitlab.example.com")
KEY = "arn:aws:kms:eu-west-1:222222222222:key/k"
SUBNETS = ["subnet-0123456789abcdef0"]
CONNECTION = "arn:aws:codeconnections:eu-west-1:222222222222:connection/1234abcd-12ab-34cd-56ef-1234567890ab"

DOCUMENTS: list[tuple[documents.Document, Any]] = [
    (documents.state_bucket(PLACE), "resource"),
    (documents.state_key(PLACE.account), "key"),
    (documents.assumed_by_github(PLACE, *documents.LOOKING), "trust"),
    (documents.assumed_by_github(PLACE, *documents.ON_MAIN), "trust"),
    (documents.trust(GITLAB, "deploy"), "trust"),
    (documents.assumed_by_codebuild(PLACE), "trust"),
    (documents.preview(PLACE, KEY), "identity"),
    (documents.deploy(PLACE, KEY), "identity"),
    (documents.preview(PLACE, KEY, "s3://acme-ledger/dev/"), "identity"),
    (documents.deploy(PLACE, KEY, "s3://acme-ledger/dev/"), "identity"),
    (documents.runner(PLACE, SUBNETS, CONNECTION), "identity"),
]

ANY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:DescribeVpcs", "Resource": "*"}]}


def test_documents_name_what_they_grant() -> None:
    told = [one for document, kind in DOCUMENTS for one in judge(document, kind, ())]
    assert not [one for one in told if not isinstance(one.verdict, Passed | NotApplicable)]


def test_who_runs_anybodys_workflow_may_not_deploy() -> None:
    statements: Any = documents.runner(PLACE, SUBNETS, CONNECTION)["Statement"]
    services = {action.split(":")[0] for statement in statements for action in statement["Action"]}
    assert services == {"codeconnections", "ec2", "logs"}


def test_a_preview_writes_nothing_and_reads_no_object_but_state() -> None:
    statements: Any = documents.preview(PLACE, KEY)["Statement"]
    actions = [action for statement in statements for action in statement["Action"]]
    assert all(action.split(":")[1].startswith(("Get", "List", "Describe", "Decrypt")) for action in actions)
    objects = [each for each in statements if "s3:GetObject" in each["Action"]]
    assert [each["Resource"] for each in objects] == [[f"arn:aws:s3:::{PLACE.bucket}/.pulumi/*"]]


LEDGERS = [
    ("s3://acme-ledger/dev/", "dev/"),
    ("s3://acme-ledger/dev", "dev/"),
    ("s3://acme-ledger/a/b", "a/b/"),
    ("s3://acme-ledger", ""),
]


@pytest.mark.parametrize(("address", "below"), LEDGERS, ids=[address for address, _ in LEDGERS])
def test_a_ledger_is_read_by_previews_and_added_to_by_deployments_alone(address: str, below: str) -> None:
    told: dict[str, dict[str, Any]] = {}
    for name, document in (("preview", documents.preview(PLACE, KEY, address)), ("deploy", documents.deploy(PLACE, KEY, address))):
        told[name] = {each["Sid"]: each for each in document["Statement"] if "Ledger" in each["Sid"]}  # type: ignore[attr-defined]
        assert told[name]["ListLedger"]["Resource"] == ["arn:aws:s3:::acme-ledger"]
        assert told[name]["ReadLedger"]["Resource"] == [f"arn:aws:s3:::acme-ledger/{below}*"]
        assert ("Condition" in told[name]["ListLedger"]) is bool(below)
        # What guards the bucket is asked of all of it: no such request names a prefix.
        looking = {"Action": ["s3:GetBucketObjectLockConfiguration", "s3:GetBucketVersioning"], "Resource": ["arn:aws:s3:::acme-ledger"]}
        assert told[name]["LookAtLedger"] == {"Sid": "LookAtLedger", "Effect": "Allow", **looking}
    assert set(told["preview"]) == {"ListLedger", "ReadLedger", "LookAtLedger"}
    assert set(told["deploy"]) == {"ListLedger", "ReadLedger", "LookAtLedger", "AddToLedger", "SignInLedger", "KeepTheLedger"}
    assert told["deploy"]["AddToLedger"]["Action"] == ["s3:PutObject"]
    # No other ledger below the same bucket, and no key but that of ledgers.
    assert (
        told["deploy"]["AddToLedger"]["Resource"] == told["deploy"]["KeepTheLedger"]["Resource"] == [f"arn:aws:s3:::acme-ledger/{below}*"]
    )
    condition = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/modelway-dev-ledger"}}
    assert told["deploy"]["SignInLedger"]["Condition"] == condition
    assert told["deploy"]["KeepTheLedger"]["Effect"] == "Deny"


def test_a_ledger_in_a_folder_needs_nobody() -> None:
    assert documents.preview(PLACE, KEY, "ledger") == documents.preview(PLACE, KEY)
    assert documents.deploy(PLACE, KEY, "ledger") == documents.deploy(PLACE, KEY)


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_who_looks_for_drift_reads_every_resource_and_writes_nothing(environment: str) -> None:
    place = documents.Ground(environment, "222222222222", "eu-west-1", "acme/models")
    described = load(ENVIRONMENTS, environment, ROOT)
    looking: Any = drift(place, described, KEY)["Statement"]
    deploying: Any = [one for document in deployments(place, described).values() for one in document["Statement"]]  # type: ignore[attr-defined]
    assert {one["Effect"] for one in looking} == {"Allow"}
    actions = {action for one in looking for action in one["Action"]}
    assert {one for one in actions if not one.partition(":")[2].startswith(("Get", "List", "Describe"))} == {"kms:Decrypt"}
    # State alone is decrypted, and its objects read; neither weights nor payloads. What jobs watch is a resource.
    assert [one["Resource"] for one in looking if "kms:Decrypt" in one["Action"]] == [[KEY]]
    watched = [f"arn:aws:s3:::{bucket_name(described)}-drift/*/watched-*"]
    read = [one["Resource"] for one in looking if "s3:GetObject" in one["Action"]]
    assert read == [[f"arn:aws:s3:::{place.bucket}/.pulumi/*"], watched]
    # What a deployment reads of a resource, a refresh reads as well.
    unread = {action for one in deploying for action in one["Action"] if action.partition(":")[2].startswith(("Get", "List", "Describe"))}
    assert unread - actions <= {*DASHBOARDS, "s3:ListBucketVersions"}
    # Of all policies within a role together (docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
    assert len(json.dumps(drift(place, described, KEY), separators=(",", ":"))) <= 10_240
    assert all(isinstance(one.verdict, Passed | NotApplicable) for one in judge(drift(place, described, KEY), "identity", ()))


def test_only_reviewed_runs_of_the_repository_deploy() -> None:
    statements: Any = documents.assumed_by_github(PLACE, "environment:dev")["Statement"]
    assert statements[0]["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": "repo:acme/models:environment:dev",
        }
    }


def test_a_deployment_touches_no_role_of_ci_and_makes_none_without_the_boundary() -> None:
    statements = {each["Sid"]: each for each in documents.deploy(PLACE, KEY)["Statement"]}  # type: ignore[attr-defined]
    for sid in ("MakeRoles", "CareForRoles", "PassRoles"):
        assert statements[sid]["Resource"] == ["arn:aws:iam::222222222222:role/modelway/dev/*"]
    assert statements["MakeRoles"]["Condition"] == {"StringEquals": {"iam:PermissionsBoundary": PLACE.boundary}}
    assert not PLACE.role("deploy").startswith("arn:aws:iam::222222222222:role/modelway/dev/")


def test_no_role_that_a_deployment_makes_does_more_in_iam_than_clusters_do() -> None:
    statements: dict[str, Any] = {each["Sid"]: each for each in documents.workloads(PLACE)["Statement"]}  # type: ignore[attr-defined]
    assert statements["AtMost"]["NotAction"] == ["iam:*"]
    allowed = {action: one for one in statements.values() if one["Effect"] == "Allow" for action in one.get("Action", [])}
    # What AWS's own policies for the cluster's role have: AmazonEKSClusterPolicy, AmazonEKSComputePolicy.
    needed = {"iam:AddRoleToInstanceProfile", "iam:CreateInstanceProfile", "iam:PassRole", "iam:CreateServiceLinkedRole"}
    assert needed <= set(allowed)
    assert allowed["iam:CreateInstanceProfile"]["Resource"] == ["arn:aws:iam::222222222222:instance-profile/eks*"]
    assert allowed["iam:PassRole"]["Resource"] == ["arn:aws:iam::222222222222:role/modelway/dev/*"]
    # The second for the schedule that starts jobs which look for drift.
    passed = allowed["iam:PassRole"]["Condition"]
    assert passed == {"StringEquals": {"iam:PassedToService": ["ec2.amazonaws.com", "sagemaker.amazonaws.com"]}}
    linked = allowed["iam:CreateServiceLinkedRole"]["Condition"]["StringEquals"]["iam:AWSServiceName"]
    assert "elasticloadbalancing.amazonaws.com" in linked
    assert not [action for action in allowed if "InstanceProfile" not in action and action not in needed]


def test_the_stacks_name_the_boundary_that_is_made() -> None:
    from stacks.bounds import boundary

    assert boundary(load(ENVIRONMENTS, "dev", ROOT))["permissions_boundary"] == PLACE.boundary
    assert boundary(load(ENVIRONMENTS, "dev", ROOT))["path"] == PLACE.path


def client(service: str) -> Any:
    """With the credentials of the moment; the default session keeps those it had first."""
    return boto3.Session(region_name="eu-west-1").client(service)


@pytest.fixture
def account(use_account: Callable[[str], None]) -> str:
    use_account("222222222222")
    return "222222222222"


def run(running: Runner | None = None) -> list[str]:
    made: list[str] = []
    described = load(ENVIRONMENTS, "dev", ROOT)
    bootstrap(described, ground(described, "acme/models"), running, made.append)
    return made


def test_it_is_made_once(account: str) -> None:
    made = run()
    assert len(made) > 10
    assert run() == []


def test_deployments_of_an_earlier_version_lose_what_was_too_much(account: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # moto has the policies of AWS itself only when it is told to, and then takes 20 seconds for each account.
    wide = client("iam").create_policy(PolicyName="PowerUserAccess", PolicyDocument=json.dumps(ANY))["Policy"]["Arn"]
    monkeypatch.setattr(operation, "TOO_MUCH", wide)
    run()
    client("iam").attach_role_policy(RoleName="modelway-dev-deploy", PolicyArn=wide)
    assert run() == [f"role {PLACE.role('deploy')} without PowerUserAccess"]
    attached = client("iam").list_attached_role_policies(RoleName="modelway-dev-deploy")["AttachedPolicies"]
    assert {each["PolicyName"].rpartition("-")[2] for each in attached} == {"cluster", "monitoring", "network", "registry", "serving"}
    assert all(isinstance(judge_attachment(each["PolicyArn"]).verdict, Passed) for each in attached)


def test_on_gitlab_branches_look_and_main_alone_deploys() -> None:
    subjects = {}
    for role in ("preview", "drift", "deploy"):
        statement: Any = documents.trust(GITLAB, role)["Statement"]
        assert statement[0]["Principal"] == {"Federated": "arn:aws:iam::222222222222:oidc-provider/gitlab.example.com"}
        assert statement[0]["Condition"]["StringEquals"]["gitlab.example.com:aud"] == "sts.amazonaws.com"
        (subjects[role],) = [
            value for one in statement[0]["Condition"].values() for name, value in one.items() if name == "gitlab.example.com:sub"
        ]
        # By meaning: a wildcard counts as one only under StringLike.
        assert ("*" in subjects[role]) is ("StringLike" in statement[0]["Condition"])
    of = "project_path:acme/platform/models:ref_type:branch:ref:"
    assert subjects == {"preview": f"{of}*", "drift": f"{of}main", "deploy": f"{of}main"}
    # No `sub` of GitLab's says that it is of a merge request: that the subject is open is so, and docs/bootstrap.md says it.
    open_ = [
        one.verdict for one in judge(documents.trust(GITLAB, "preview"), "trust", ()) if not isinstance(one.verdict, Passed | NotApplicable)
    ]
    assert "sub is open here" in str(open_)
    assert len(open_) == 1


def test_on_gitlab_it_is_made_once_and_trusts_nobody_on_github(account: str) -> None:
    described = load(ENVIRONMENTS, "dev", ROOT)
    made: list[str] = []
    assert bootstrap(described, GITLAB, None, made.append) is None
    assert "identity provider gitlab.example.com" in made
    bootstrap(described, GITLAB, None, (again := []).append)
    assert again == []
    iam = client("iam")
    for role in ("preview", "drift", "deploy"):
        trusted = json.dumps(iam.get_role(RoleName=f"modelway-dev-{role}")["Role"]["AssumeRolePolicyDocument"])
        assert "gitlab.example.com:sub" in trusted
        assert "githubusercontent" not in trusted
    assert "templates/gitlab/modelway.gitlab-ci.yml" in next_steps(GITLAB, None)
    assert "GitHub" not in next_steps(GITLAB, None)


def test_a_runner_hears_of_github_alone(account: str) -> None:
    with pytest.raises(RunnerHalfDescribed, match="leave --runner-subnet out"):
        bootstrap(load(ENVIRONMENTS, "dev", ROOT), GITLAB, Runner(SUBNETS, CONNECTION), print)


def test_state_is_locked_down(account: str) -> None:
    run()
    s3 = client("s3")
    bucket = {"Bucket": f"modelway-dev-state-{account}"}
    assert s3.get_bucket_versioning(**bucket)["Status"] == "Enabled"
    assert all(s3.get_public_access_block(**bucket)["PublicAccessBlockConfiguration"].values())
    (rule,) = s3.get_bucket_encryption(**bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert rule["BucketKeyEnabled"] is True
    statements = json.loads(s3.get_bucket_policy(**bucket)["Policy"])["Statement"]
    assert {statement["Sid"] for statement in statements} == {"TlsOnly", "OwnAccountOnly"}
    key = client("kms").get_key_rotation_status(KeyId=rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"].rpartition("/")[2])
    assert key["KeyRotationEnabled"] is True


def test_what_somebody_changed_comes_back(account: str) -> None:
    run()
    s3, iam = client("s3"), client("iam")
    s3.put_bucket_versioning(Bucket=f"modelway-dev-state-{account}", VersioningConfiguration={"Status": "Suspended"})
    iam.delete_role_policy(RoleName="modelway-dev-preview", PolicyName="modelway")
    iam.detach_role_policy(RoleName="modelway-dev-deploy", PolicyArn=PLACE.policy("deploy-serving"))
    assert run() == [
        f"versioning of bucket modelway-dev-state-{account}",
        f"permissions of role {PLACE.role('preview')}",
        f"modelway-dev-deploy-serving of role {PLACE.role('deploy')}",
    ]


def test_half_made_is_made_whole(account: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from modelway.operations._aws_bootstrap import Ensurer

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as cutting:
        cutting.setattr(Ensurer, "provider", cut)
        with pytest.raises(KeyboardInterrupt):
            run()
    rest = run()
    assert not any("bucket" in line for line in rest)
    assert f"role {PLACE.role('deploy')}" in rest
    assert run() == []


def test_it_says_what_comes_next(account: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit) as end:
        main(["bootstrap", "dev", "--repository", "acme/models"])
    out, err = capsys.readouterr()
    assert end.value.code in (0, None)
    assert f"pulumi login 's3://modelway-dev-state-{account}?region=eu-west-1'" in out
    assert "bounded_roles: true" in out
    assert "made: role" in err


def test_another_account_is_left_alone(use_account: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    use_account("111111111111")
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit) as end:
        main(["bootstrap", "dev", "--repository", "acme/models"])
    assert end.value.code == 1
    assert client("s3").list_buckets()["Buckets"] == []


@pytest.fixture
def codebuild(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """What moto does not know of CodeBuild, as AWS describes it: calls that change, in order. Their arguments are checked by botocore."""
    calls: list[tuple[str, dict[str, Any]]] = []
    hooks: dict[str, dict[str, Any]] = {}
    real = botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined]

    def called(self: Any, operation_name: str, arguments: dict[str, Any]) -> Any:
        if self.meta.service_model.service_name != "codebuild":
            return real(self, operation_name, arguments)
        wrong = ParamValidator().validate(arguments, self.meta.service_model.operation_model(operation_name).input_shape)
        assert not wrong.has_errors(), wrong.generate_report()
        if operation_name == "BatchGetProjects":
            found = [hooks[name] for name in arguments["names"] if name in hooks]
            return {"projects": found}
        calls.append((operation_name, arguments))
        if operation_name == "CreateWebhook":
            hooks[arguments["projectName"]]["webhook"] = {"filterGroups": arguments["filterGroups"]}
        else:
            hooks[arguments["name"]] = hooks.get(arguments["name"], {}) | arguments
        return {}

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", called)
    return calls


def network() -> tuple[str, list[str]]:
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return vpc, [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24")["Subnet"]["SubnetId"] for number in (1, 2)]


def test_a_runner_stands_in_the_network_and_is_called_for_jobs(account: str, codebuild: list[tuple[str, dict[str, Any]]]) -> None:
    vpc, subnets = network()
    running = Runner(subnets, CONNECTION)
    run(running)
    (_, project), (_, hook) = codebuild
    assert project["name"] == hook["projectName"] == "modelway-dev-runner"
    assert project["vpcConfig"]["vpcId"] == vpc
    assert project["vpcConfig"]["subnets"] == sorted(subnets)
    assert project["serviceRole"] == PLACE.role("runner")
    assert project["source"]["auth"] == {"type": "CODECONNECTIONS", "resource": CONNECTION}
    assert project["environment"]["privilegedMode"] is False
    assert hook["filterGroups"] == [[{"type": "EVENT", "pattern": "WORKFLOW_JOB_QUEUED"}]]
    assert run(running) == []


def test_what_somebody_changed_of_the_runner_comes_back(account: str, codebuild: list[tuple[str, dict[str, Any]]]) -> None:
    _, subnets = network()
    run(Runner(subnets, CONNECTION))
    codebuild[0][1]["vpcConfig"]["subnets"] = subnets[:1]
    assert run(Runner(subnets, CONNECTION)) == ["settings of CodeBuild project modelway-dev-runner"]
    assert codebuild[-1][1]["vpcConfig"]["subnets"] == sorted(subnets)


def test_the_runner_is_let_in_to_the_api_server_once_there_is_one(account: str, codebuild: list[tuple[str, dict[str, Any]]]) -> None:
    _, subnets = network()
    running = Runner(subnets, CONNECTION)
    run(running)
    cluster = client("eks").create_cluster(
        name="dev-main",
        roleArn="arn:aws:iam::222222222222:role/cluster",
        resourcesVpcConfig={"subnetIds": subnets},
    )["cluster"]
    del cluster
    vpc = client("ec2").describe_subnets(SubnetIds=subnets)["Subnets"][0]["VpcId"]
    own = client("ec2").create_security_group(GroupName="eks", Description="of the cluster", VpcId=vpc)["GroupId"]
    placed = dict(client("eks").describe_cluster(name="dev-main")["cluster"]["resourcesVpcConfig"], clusterSecurityGroupId=own)
    eks_backends["222222222222"]["eu-west-1"].clusters["dev-main"].resources_vpc_config = placed
    assert run(running) == ["way to the API server of dev-main"]
    (rule,) = client("ec2").describe_security_groups(GroupIds=[own])["SecurityGroups"][0]["IpPermissions"]
    assert (rule["FromPort"], rule["ToPort"]) == (443, 443)
    (group,) = client("ec2").describe_security_groups(GroupNames=["modelway-dev-runner"])["SecurityGroups"]
    assert [pair["GroupId"] for pair in rule["UserIdGroupPairs"]] == [group["GroupId"]]
    assert run(running) == []
    client("ec2").revoke_security_group_ingress(GroupId=own, IpPermissions=[rule])
    described = load(ENVIRONMENTS, "dev", ROOT)
    main = described.clusters["main"]
    named = main.model_copy(update={"endpoint": main.endpoint.model_copy(update={"callers": (group["GroupId"],)})})  # type: ignore[union-attr]
    made: list[str] = []
    place = ground(described, "acme/models")
    told = bootstrap(described.model_copy(update={"clusters": {"main": named}}), place, running, made.append)
    assert (made, told) == ([], group["GroupId"]), "the cluster's own description lets it in"
    assert f"callers: [{told}]" in next_steps(place, told)


@pytest.mark.parametrize(("subnets", "connection"), [(SUBNETS, None), ([], CONNECTION), (SUBNETS, "github")])
def test_half_a_runner_is_refused(subnets: list[str], connection: str | None) -> None:
    with pytest.raises(RunnerHalfDescribed, match="--runner-connection"):
        runner(subnets, connection)


@pytest.mark.parametrize("repository", ["models", "acme/", "acme/models:*", "acme/models/x", "*/models", "-acme/models"])
def test_a_repository_is_named_whole(repository: str) -> None:
    with pytest.raises(NotARepository, match="OWNER/NAME"):
        ground(load(ENVIRONMENTS, "dev", ROOT), repository)


@pytest.mark.parametrize("project", ["models", "acme/", "acme/models:*", "*/models", "acme//models", "acme/models:ref_type:branch"])
def test_a_project_is_named_whole(project: str) -> None:
    with pytest.raises(NotARepository, match="GROUP/PROJECT"):
        ground(load(ENVIRONMENTS, "dev", ROOT), project, "gitlab.com")


@pytest.mark.parametrize("host", ["https://gitlab.com", "gitlab.com/", "gitlab", "*.com", "gitlab.com:sub"])
def test_a_host_of_gitlab_is_a_host_alone(host: str) -> None:
    with pytest.raises(NotAHost, match="a host alone"):
        ground(load(ENVIRONMENTS, "dev", ROOT), "acme/models", host)
