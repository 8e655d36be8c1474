"""An account is prepared once; done again, only what is not as it should be is changed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from modelway.architecture import load
from modelway.cli import main
from modelway.operations import bootstrap as operation
from modelway.operations import bootstrap_documents as documents
from modelway.operations.bootstrap import NotARepository, bootstrap, ground
from modelway.rules.iam import judge
from modelway.rules.verdicts import NotApplicable, Passed

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = ROOT / "stacks" / "environments"
PLACE = documents.Ground("dev", "222222222222", "eu-west-1", "acme/models")
KEY = "arn:aws:kms:eu-west-1:222222222222:key/k"
SUBNETS = ["subnet-0123456789abcdef0"]

DOCUMENTS: list[tuple[documents.Document, Any]] = [
    (documents.state_bucket(PLACE), "resource"),
    (documents.state_key(PLACE.account), "key"),
    (documents.assumed_by_github(PLACE, "pull_request"), "trust"),
    (documents.assumed_by_codebuild(PLACE), "trust"),
    (documents.preview(PLACE, KEY), "identity"),
    (documents.deploy(PLACE, KEY), "identity"),
    (documents.runner(PLACE, KEY, SUBNETS), "identity"),
]

ANY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:DescribeVpcs", "Resource": "*"}]}

UNDER_THE_PATH = {"IAM-05", "IAM-10"}
"""Rules that want the start of a role's name. Here the path is named, under which only deployments of the environment make roles."""


def test_documents_name_what_they_grant() -> None:
    told = []
    for document, kind in DOCUMENTS:
        for one in judge(document, kind, ()):
            if isinstance(one.verdict, Passed | NotApplicable):
                continue
            evidence = getattr(one.verdict, "evidence", ())
            under = all(each.value == f"arn:aws:iam::222222222222:role{PLACE.path}*" for each in evidence) and evidence
            if not (one.rule.id in UNDER_THE_PATH and under):
                told.append(one)
    assert not told


def test_a_preview_writes_nothing_and_reads_no_object_but_state() -> None:
    statements: Any = documents.preview(PLACE, KEY)["Statement"]
    actions = [action for statement in statements for action in statement["Action"]]
    assert all(action.split(":")[1].startswith(("Get", "List", "Describe", "Decrypt")) for action in actions)
    objects = [each for each in statements if "s3:GetObject" in each["Action"]]
    assert [each["Resource"] for each in objects] == [[f"arn:aws:s3:::{PLACE.bucket}/.pulumi/*"]]


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
    assert "iam:*" in documents.workloads()["Statement"][1]["Action"]  # type: ignore[index]


def test_the_stacks_name_the_boundary_that_is_made() -> None:
    from stacks.bounds import boundary

    assert boundary(load(ENVIRONMENTS, "dev", ROOT))["permissions_boundary"] == PLACE.boundary
    assert boundary(load(ENVIRONMENTS, "dev", ROOT))["path"] == PLACE.path


def client(service: str) -> Any:
    """With the credentials of the moment; the default session keeps those it had first."""
    return boto3.Session(region_name="eu-west-1").client(service)


@pytest.fixture
def account(use_account: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> str:
    use_account("222222222222")
    # moto has the policies of AWS itself only when it is told to, and then takes 20 seconds for each account.
    own = client("iam").create_policy(PolicyName="PowerUserAccess", PolicyDocument=json.dumps(ANY))
    monkeypatch.setattr(operation, "POWER", own["Policy"]["Arn"])
    return "222222222222"


def run() -> list[str]:
    made: list[str] = []
    bootstrap(load(ENVIRONMENTS, "dev", ROOT), "acme/models", SUBNETS, made.append)
    return made


def test_it_is_made_once(account: str) -> None:
    made = run()
    assert len(made) > 10
    assert run() == []


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
    iam.detach_role_policy(RoleName="modelway-dev-deploy", PolicyArn=operation.POWER)
    assert run() == [
        f"versioning of bucket modelway-dev-state-{account}",
        f"permissions of role {PLACE.role('preview')}",
        f"PowerUserAccess of role {PLACE.role('deploy')}",
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


@pytest.mark.parametrize("repository", ["models", "acme/", "acme/models:*", "acme/models/x", "*/models", "-acme/models"])
def test_a_repository_is_named_whole(repository: str) -> None:
    with pytest.raises(NotARepository, match="OWNER/NAME"):
        ground(load(ENVIRONMENTS, "dev", ROOT), repository)
