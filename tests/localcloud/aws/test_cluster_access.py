"""Who gets into a cluster, and what they may do there: through the API server, as kubectl does it."""

import base64
import json
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localcloud.aws.eks_cluster import ACCOUNT, OTHER, REGION, EksCluster, Place, trust, wait

pytestmark = pytest.mark.localcloud

Token = Callable[..., str]
POLICY = "arn:aws:eks::aws:cluster-access-policy/"


def deployer(account: str) -> str:
    return f"arn:aws:iam::{account}:role/deployer"


@pytest.fixture
def access(cluster: EksCluster) -> Iterator[Any]:
    """access(principal, policy, namespaces): gives an access entry, which is gone after the test."""
    given = []

    def give(principal: str, policy: str | None = None, namespaces: list[str] | None = None, **more: Any) -> None:
        if principal not in given:
            cluster.eks.create_access_entry(clusterName=cluster.name, principalArn=principal, **more)
            given.append(principal)
        if policy:
            scope = {"type": "namespace", "namespaces": namespaces} if namespaces else {"type": "cluster"}
            cluster.eks.associate_access_policy(
                clusterName=cluster.name, principalArn=principal, policyArn=POLICY + policy, accessScope=scope
            )

    yield give
    for principal in given:
        cluster.eks.delete_access_entry(clusterName=cluster.name, principalArn=principal)
    assert bindings(cluster) == []


@pytest.fixture
def role(place: Place) -> Callable[..., tuple[str, dict[str, str]]]:
    """role(): a new role of the account, and credentials of a session of it. So no test meets what the API server remembers of another."""

    def make(path: str = "/", session: str = "me") -> tuple[str, dict[str, str]]:
        name = f"person-{uuid.uuid4().hex[:8]}"
        arn = place.client("iam").create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=trust({"AWS": ACCOUNT}))["Role"]["Arn"]
        issued = place.client("sts").assume_role(RoleArn=arn, RoleSessionName=session)["Credentials"]
        return arn, {
            "AWS_ACCESS_KEY_ID": issued["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": issued["SecretAccessKey"],
            "AWS_SESSION_TOKEN": issued["SessionToken"],
        }

    return make


def bindings(cluster: EksCluster) -> list[tuple[str, str]]:
    found = json.loads(cluster.admin("get", "clusterrolebindings,rolebindings", "-A", "-l", "modelway.dev/access-policy", "-o", "json"))[
        "items"
    ]
    return sorted((one["metadata"].get("namespace", ""), one["roleRef"]["name"]) for one in found)


def test_without_an_entry_nobody_gets_in(cluster: EksCluster, token: Token) -> None:
    assert cluster.refused(token(cluster.name))


@pytest.mark.parametrize(
    ("policy", "may", "may_not"),
    [
        ("AmazonEKSClusterAdminPolicy", [("*", "*"), ("create", "nodes")], []),
        ("AmazonEKSAdminPolicy", [("create", "rolebindings.rbac.authorization.k8s.io"), ("get", "secrets")], [("create", "nodes")]),
        ("AmazonEKSEditPolicy", [("create", "deployments.apps")], [("create", "rolebindings.rbac.authorization.k8s.io")]),
        ("AmazonEKSViewPolicy", [("list", "pods")], [("create", "deployments.apps"), ("get", "secrets")]),
    ],
)
def test_a_policy_gives_its_rights_and_no_more(
    cluster: EksCluster, token: Token, access: Any, role: Any, policy: str, may: list[tuple[str, str]], may_not: list[tuple[str, str]]
) -> None:
    arn, credentials = role()
    access(arn, policy)
    made = token(cluster.name, credentials=credentials)
    for verb, thing in may:
        assert cluster.can(made, verb, thing, "--all-namespaces"), f"{verb} {thing}"
    for verb, thing in may_not:
        assert not cluster.can(made, verb, thing, "--all-namespaces"), f"{verb} {thing}"


def test_a_policy_for_namespaces_ends_there(cluster: EksCluster, token: Token, access: Any, role: Any) -> None:
    arn, credentials = role()
    team = f"team-{uuid.uuid4().hex[:6]}"
    access(arn, "AmazonEKSEditPolicy", ["default", f"{team}-*"])
    made = token(cluster.name, credentials=credentials)
    assert cluster.can(made, "create", "deployments.apps", "-n", "default")
    assert not cluster.can(made, "create", "deployments.apps", "-n", "kube-system")
    assert not cluster.can(made, "list", "nodes")
    cluster.admin("create", "namespace", f"{team}-a")
    # A namespace that comes later counts a moment later.
    until = time.monotonic() + 20
    while not cluster.can(made, "create", "deployments.apps", "-n", f"{team}-a") and time.monotonic() < until:
        time.sleep(0.5)
    assert cluster.can(made, "create", "deployments.apps", "-n", f"{team}-a")
    cluster.admin("delete", "namespace", f"{team}-a", "--wait=false")


def test_an_entry_alone_gives_a_name_and_groups(cluster: EksCluster, token: Token, access: Any, role: Any) -> None:
    arn, credentials = role("/people/", "ada@example.com")
    access(arn, kubernetesGroups=["readers"])
    made = token(cluster.name, credentials=credentials)
    name = arn.rpartition("/")[2]
    who = json.loads(cluster.kubectl(made, "auth", "whoami", "-o", "json").stdout)["status"]["userInfo"]
    assert who["username"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/ada-example.com"
    assert sorted(who["groups"]) == ["readers", "system:authenticated"]
    assert who["extra"]["canonicalArn"] == [arn]
    assert not cluster.can(made, "list", "pods")
    binding = f"readers-{uuid.uuid4().hex[:6]}"
    cluster.admin("create", "clusterrolebinding", binding, "--clusterrole=view", "--group=readers")
    assert cluster.can(made, "list", "pods")
    cluster.admin("delete", "clusterrolebinding", binding)


def test_taking_a_policy_away_takes_its_rights_at_once(cluster: EksCluster, token: Token, access: Any, role: Any) -> None:
    arn, credentials = role()
    access(arn, "AmazonEKSClusterAdminPolicy")
    access(arn, "AmazonEKSViewPolicy")
    made = token(cluster.name, credentials=credentials)
    assert cluster.can(made, "*", "*")
    cluster.eks.disassociate_access_policy(clusterName=cluster.name, principalArn=arn, policyArn=f"{POLICY}AmazonEKSClusterAdminPolicy")
    assert bindings(cluster) == [("", "view")]
    assert not cluster.can(made, "*", "*")
    assert cluster.can(made, "list", "pods")


def test_deleting_the_entry_shuts_the_door(cluster: EksCluster, token: Token, access: Any, role: Any) -> None:
    arn, credentials = role()
    cluster.eks.create_access_entry(clusterName=cluster.name, principalArn=arn)
    access_policy = {"policyArn": f"{POLICY}AmazonEKSViewPolicy", "accessScope": {"type": "cluster"}}
    cluster.eks.associate_access_policy(clusterName=cluster.name, principalArn=arn, **access_policy)
    made = token(cluster.name, credentials=credentials)
    assert cluster.can(made, "list", "pods")
    cluster.eks.delete_access_entry(clusterName=cluster.name, principalArn=arn)
    assert bindings(cluster) == []
    until = time.monotonic() + 30
    while not cluster.refused(made) and time.monotonic() < until:
        time.sleep(0.5)
    assert cluster.refused(made)


def test_another_account_needs_an_entry_too(cluster: EksCluster, token: Token, access: Any) -> None:
    made = token(cluster.name, account=OTHER)
    assert cluster.refused(made)
    access(deployer(OTHER), "AmazonEKSViewPolicy")
    until = time.monotonic() + 30
    while cluster.refused(made) and time.monotonic() < until:
        time.sleep(0.5)
    assert cluster.can(made, "list", "pods")


def test_forged_and_foreign_tokens_are_refused(cluster: EksCluster, token: Token, access: Any, role: Any) -> None:
    arn, credentials = role()
    access(arn, "AmazonEKSClusterAdminPolicy")
    good = token(cluster.name, credentials=credentials)
    url = base64.urlsafe_b64decode(good.removeprefix("k8s-aws-v1.") + "===").decode()

    def wrapped(text: str) -> str:
        return "k8s-aws-v1." + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    assert wrapped(url) == good
    for bad in (
        token("another", credentials=credentials),
        token(cluster.name, credentials={**credentials, "AWS_SECRET_ACCESS_KEY": "guessed"}),
        token(cluster.name, credentials={**credentials, "AWS_SESSION_TOKEN": "made up"}),
        token(cluster.name, credentials={**credentials, "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"}),
        wrapped(url.replace("X-Amz-Expires=60", "X-Amz-Expires=59")),
        wrapped(url.replace(REGION, "us-east-1")),
        wrapped(url + "&X-Amz-Expires=60"),
        wrapped(url.replace("http://", "https://")),
        wrapped(url.replace("GetCallerIdentity", "AssumeRole")),
        good[:-4],
        "k8s-aws-v1.",
        "no token at all",
    ):
        assert cluster.refused(bad), bad
    assert cluster.can(good, "*", "*")


@pytest.mark.parametrize(("minutes", "accepted"), [(10, True), (20, False), (-20, False)])
def test_an_expired_token_is_refused(
    cluster: EksCluster, token: Token, access: Any, role: Any, monkeypatch: pytest.MonkeyPatch, minutes: int, accepted: bool
) -> None:
    arn, credentials = role()
    access(arn, "AmazonEKSViewPolicy")
    then = datetime.now(UTC) - timedelta(minutes=minutes)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: then)
    made = token(cluster.name, credentials=credentials)
    monkeypatch.undo()
    assert cluster.refused(made) is not accepted


def test_a_token_without_role_is_nobodys(cluster: EksCluster, place: Place, token: Token, access: Any, role: Any) -> None:
    arn, credentials = role()
    access(arn, "AmazonEKSViewPolicy")
    made = token(cluster.name, credentials=credentials)
    place.client("iam").delete_role(RoleName=arn.rpartition("/")[2])
    assert cluster.refused(made)


def test_a_user_gets_in_by_its_own_name(cluster: EksCluster, place: Place, token: Token, access: Any) -> None:
    name = f"user-{uuid.uuid4().hex[:8]}"
    iam = place.client("iam")
    arn = iam.create_user(UserName=name)["User"]["Arn"]
    key = iam.create_access_key(UserName=name)["AccessKey"]
    access(arn, "AmazonEKSViewPolicy")
    credentials = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"], "AWS_SESSION_TOKEN": ""}
    made = token(cluster.name, credentials=credentials)
    assert json.loads(cluster.kubectl(made, "auth", "whoami", "-o", "json").stdout)["status"]["userInfo"]["username"] == arn
    assert cluster.can(made, "list", "pods")


@pytest.mark.parametrize(
    "request_",
    [
        {"principalArn": f"arn:aws:iam::{ACCOUNT}:role/nobody"},
        {"principalArn": f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/me"},
        {"principalArn": "*"},
        {"principalArn": deployer(ACCOUNT), "kubernetesGroups": ["system:masters"]},
        {"principalArn": deployer(ACCOUNT), "kubernetesGroups": ["modelway:access-entry:0"]},
        {"principalArn": deployer(ACCOUNT), "username": "system:admin"},
    ],
    ids=["no such role", "a session", "anybody", "masters", "groups of access entries", "a name of the system"],
)
def test_a_bad_entry_is_refused(cluster: EksCluster, request_: dict[str, Any]) -> None:
    with pytest.raises(ClientError) as refused:
        cluster.eks.create_access_entry(clusterName=cluster.name, **request_)
    assert refused.value.response["Error"]["Code"] == "InvalidParameterException"


def test_groups_cannot_be_smuggled_in_later(cluster: EksCluster, access: Any, role: Any) -> None:
    arn, _ = role()
    access(arn)
    with pytest.raises(ClientError, match="system:masters"):
        cluster.eks.update_access_entry(clusterName=cluster.name, principalArn=arn, kubernetesGroups=["system:masters"])


def test_an_unknown_policy_is_refused(cluster: EksCluster, access: Any, role: Any) -> None:
    arn, _ = role()
    access(arn)
    with pytest.raises(ClientError, match="not valid"):
        access(arn, "AmazonEKSEverythingPolicy")


def test_the_creator_administers_its_cluster_unless_it_said_no(place: Place, token: Token, cluster: EksCluster) -> None:
    assert cluster.eks.list_access_entries(clusterName=cluster.name)["accessEntries"] == []
    eks = place.client("eks")
    name = f"own-{uuid.uuid4().hex[:6]}"
    eks.create_cluster(**place.request(name, accessConfig={"authenticationMode": "API"}))
    wait(eks, "cluster_active", name=name)
    assert eks.list_access_entries(clusterName=name)["accessEntries"] == [deployer(ACCOUNT)]
    described = eks.describe_cluster(name=name)["cluster"]
    authority = cluster.authority.with_name(f"{name}.crt")
    authority.write_bytes(base64.b64decode(described["certificateAuthority"]["data"]))
    own = EksCluster(place, name, described, authority)
    assert own.can(token(name), "*", "*")
    assert own.refused(token(cluster.name))
    eks.delete_cluster(name=name)
    wait(eks, "cluster_deleted", name=name)


def test_the_webhook_answers_only_to_the_api_server(cluster: EksCluster, place: Place, token: Token, access: Any, role: Any) -> None:
    import urllib.error
    import urllib.request

    arn, credentials = role()
    access(arn, "AmazonEKSViewPolicy")
    made = token(cluster.name, credentials=credentials)
    review = json.dumps({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": made}}).encode()
    endpoint = place.cloud.environment(ACCOUNT)["AWS_ENDPOINT_URL"]
    for path in (cluster.identifier, f"{cluster.identifier}/", f"{cluster.identifier}/{'0' * 64}"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{endpoint}/_modelway/token-review/{path}", data=review, timeout=10)
        with refused.value:
            assert refused.value.code == 403
