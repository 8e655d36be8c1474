"""MLflow in a cluster: its database, its bucket, who it is to AWS, its pods, who reaches it."""

import configparser
import json
import string
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

import pulumi
from hypothesis import given
from hypothesis import strategies as st

from components.registry import _mlflow as mlflow
from components.registry.mlflow_backend import MlflowBackend, MlflowBackendArgs
from components.registry.mlflow_server import MlflowServer, MlflowServerArgs
from components.registry.postgres import DatabaseArgs, Postgres, PostgresArgs
from tests.components.conftest import Contract, secret_marks
from tests.support.engine import Recorder, run

DATABASE = DatabaseArgs(
    identifier="dev-mlflow",
    password="hidden-database",
    version="17",
    instance_class="db.t4g.small",
    storage_gib=20,
    vpc_id="vpc-1",
    subnet_ids=["subnet-1", "subnet-2"],
    callers="sg-cluster",
    alarms="arn:aws:sns:eu-west-1:222222222222:dev-alarms",
)


def postgres(name: str, opts: pulumi.ResourceOptions | None = None, **more: Any) -> Postgres:
    args: PostgresArgs = {**DATABASE, "account": "222222222222", "database": "mlflow", "username": "mlflow", **more}  # type: ignore[typeddict-item]
    return Postgres(name, args, opts)


def backend(name: str, opts: pulumi.ResourceOptions | None = None, **more: Any) -> MlflowBackend:
    args: MlflowBackendArgs = {
        "account": "222222222222",
        "cluster_name": "dev-main",
        "cluster_arn": "arn:aws:eks:eu-west-1:222222222222:cluster/dev-main",
        "store_name": "modelway-dev-models-222222222222",
        "key_arn": "arn:aws:kms:eu-west-1:222222222222:key/registry",
        "database": DATABASE,
        **more,  # type: ignore[typeddict-item]
    }
    return MlflowBackend(name, args, opts)


def server(name: str, opts: pulumi.ResourceOptions | None = None, **more: Any) -> MlflowServer:
    args: MlflowServerArgs = {
        "image": f"222222222222.dkr.ecr.eu-west-1.amazonaws.com/tools/mlflow@sha256:{'a' * 64}",
        "replicas": 2,
        "region": "eu-west-1",
        "bucket": "models-mlflow",
        "address": "dev-mlflow.example",
        "identity": "a-mlflow",
        "database_password": "hidden-database",
        "admin_password": "hidden-admin",
        "certificates": "/etc/ssl/certs/rds-global-bundle.pem",
        "database_blocks": ["10.20.0.0/16"],
        **more,  # type: ignore[typeddict-item]
    }
    return MlflowServer(name, args, opts)


def reached(name: str, opts: pulumi.ResourceOptions | None = None) -> MlflowServer:
    route = {"hostname": "mlflow.example.com", "gateway_name": "models", "gateway_namespace": "gateway-system"}
    return server(name, opts, callers={"risk": "risk"}, route=route)


def test_contract_of_the_database(contract: Callable[[Any], Contract]) -> None:
    held = contract(postgres)
    held.tree("registry-postgres")
    held.outputs(Postgres)
    held.instances()
    held.options()


def test_contract_of_the_backend(contract: Callable[[Any], Contract]) -> None:
    held = contract(backend)
    held.tree("registry-mlflow-backend")
    held.outputs(MlflowBackend)
    held.instances()
    held.options()


def test_contract_of_the_server(contract: Callable[[Any], Contract]) -> None:
    held = contract(reached)
    held.tree("registry-mlflow-server")
    held.outputs(MlflowServer)
    held.instances()
    held.options()


def test_the_database_is_encrypted_private_and_reached_from_the_cluster_over_tls_alone() -> None:
    recorder = run(lambda: postgres("db"))
    made = recorder.one("Instance").inputs
    assert made["storageEncrypted"] is True
    assert made["kmsKeyId"] == "arn:aws:kms:eu-west-1:222222222222:key/db-key"
    assert made["publiclyAccessible"] is False
    group = recorder.one("SecurityGroup").inputs
    (allowed,) = group["ingress"]
    assert (allowed["securityGroups"], allowed["fromPort"], allowed["toPort"]) == (["sg-cluster"], 5432, 5432)
    assert "cidrBlocks" not in allowed
    assert not group["egress"]
    (forced,) = recorder.one("ParameterGroup").inputs["parameters"]
    assert (forced["name"], forced["value"]) == ("rds.force_ssl", "1")
    assert made["parameterGroupName"] == "dev-mlflow-17"


def test_the_password_is_a_secret_wherever_it_is() -> None:
    recorder = run(lambda: postgres("db"))
    assert secret_marks(recorder.one("Instance").raw["password"]) == ["hidden-database"]
    pods = run(lambda: reached("registry"))
    for resource in pods.resources:
        if resource.type.startswith("kubernetes:"):
            hidden = json.dumps(secret_marks(resource.raw))
            assert ("hidden-" in json.dumps(resource.raw)) == ("hidden-" in hidden), resource.name


def test_what_is_thrown_away_leaves_nothing_and_what_is_not_leaves_a_snapshot() -> None:
    gone = run(lambda: postgres("db", last_snapshot=False)).one("Instance")
    assert (gone.inputs["skipFinalSnapshot"], gone.inputs["deleteAutomatedBackups"]) == (True, True)
    assert "finalSnapshotIdentifier" not in gone.inputs
    kept = run(lambda: postgres("db", protect=True, retain=True, two_zones=True, backup_days=35))
    made = kept.one("Instance")
    assert made.inputs["skipFinalSnapshot"] is False
    # RDS takes no name twice, and a database of the same identifier may have been deleted before: the end comes from the key's id.
    other = run(lambda: postgres("another")).one("Instance").inputs
    names = [inputs["finalSnapshotIdentifier"] for inputs in (made.inputs, other)]
    assert other["identifier"] == made.inputs["identifier"]
    assert all(name.startswith("dev-mlflow-last-") for name in names)
    assert len(set(names)) == 2
    assert (made.inputs["deletionProtection"], made.inputs["multiAz"], made.inputs["backupRetentionPeriod"]) == (True, True, 35)
    assert made.protected
    assert not made.retained, "its subnets could not go"
    assert kept.one("Key").retained, "the snapshot would be lost"


def test_somebody_is_told_before_the_volume_is_full() -> None:
    alarm = run(lambda: postgres("db")).one("MetricAlarm").inputs
    assert (alarm["metricName"], alarm["dimensions"]) == ("FreeStorageSpace", {"DBInstanceIdentifier": "dev-mlflow"})
    assert alarm["threshold"] == 2 << 30
    assert alarm["alarmActions"] == ["arn:aws:sns:eu-west-1:222222222222:dev-alarms"]


def test_the_server_reads_and_writes_what_is_logged_alone() -> None:
    recorder = run(lambda: backend("registry"))
    rights = {right["Sid"]: right for right in json.loads(recorder.named("registry-mlflow-artifacts").inputs["policy"])["Statement"]}
    bucket = "arn:aws:s3:::modelway-dev-models-222222222222-mlflow-server"
    assert rights["Artifacts"]["Resource"] == [f"{bucket}/artifacts/*"]
    assert rights["List"]["Condition"] == {"StringLike": {"s3:prefix": ["artifacts/", "artifacts/*"]}}
    assert rights["Key"]["Resource"] == ["arn:aws:kms:eu-west-1:222222222222:key/registry"]
    trust = json.loads(recorder.named("registry-mlflow-role").inputs["assumeRolePolicy"])["Statement"][0]
    assert trust["Condition"]["ArnLike"] == {"aws:SourceArn": "arn:aws:eks:eu-west-1:222222222222:cluster/dev-main"}
    association = recorder.one("PodIdentityAssociation").inputs
    assert (association["namespace"], association["serviceAccount"]) == ("mlflow", "mlflow")


def of(recorder: Recorder, kind: str, name: str = "mlflow") -> Any:
    (found,) = [one for one in recorder.manifests() if one["kind"] == kind and one["metadata"]["name"] == name]
    return found


def test_pods_are_held_back_and_the_namespace_holds_them_to_it() -> None:
    recorder = run(lambda: server("registry"))
    labels = of(recorder, "Namespace")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    assert "modelway.dev/team" not in labels, "no route of anybody's may be attached"
    pod = of(recorder, "Deployment")["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["automountServiceAccountToken"] is False
    assert "@sha256:" in container["image"]
    assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(container)
    writable = {mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")}
    assert writable == {"/tmp"}


def test_passwords_are_in_the_secret_and_nowhere_else() -> None:
    recorder = run(lambda: reached("registry"))
    content = of(recorder, "Secret")["stringData"]
    assert "hidden-database" in content["uri"]
    assert "hidden-admin" in content["basic_auth.ini"]
    for manifest in recorder.manifests():
        assert manifest["kind"] == "Secret" or "hidden" not in json.dumps(manifest), manifest["kind"]


def test_pods_start_anew_when_a_password_changes() -> None:
    def annotations(password: str) -> dict[str, str]:
        recorder = run(lambda: server("registry", admin_password=password))
        found: dict[str, str] = of(recorder, "Deployment")["spec"]["template"]["metadata"]["annotations"]
        return found

    assert annotations("one") == annotations("one")
    assert annotations("one") != annotations("two")


def test_nobody_is_let_in_who_is_not_named() -> None:
    policy = of(run(lambda: server("registry")), "NetworkPolicy")["spec"]
    assert "ingress" not in policy
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    ports = {port["port"]: [peer["ipBlock"]["cidr"] for peer in rule["to"]] for rule in policy["egress"] for port in rule["ports"]}
    assert ports == {443: ["0.0.0.0/0"], 80: ["169.254.170.23/32"], 5432: ["10.20.0.0/16"]}


def test_teams_that_are_named_get_in_and_out() -> None:
    recorder = run(lambda: server("registry", callers={"risk": "risk"}))
    (rule,) = of(recorder, "NetworkPolicy")["spec"]["ingress"]
    (peer,) = rule["from"]
    assert peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "risk"}
    assert rule["ports"] == [{"protocol": "TCP", "port": 5000}]
    way = of(recorder, "NetworkPolicy", "mlflow-calls")
    assert way["metadata"]["namespace"] == "risk"
    assert way["spec"]["podSelector"]["matchLabels"] == {"modelway.dev/team": "risk"}
    (out,) = way["spec"]["egress"]
    assert out["to"][0]["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "mlflow"}


def test_there_is_a_route_only_where_one_is_asked_for() -> None:
    assert "HTTPRoute" not in {manifest["kind"] for manifest in run(lambda: server("registry")).manifests()}
    recorder = run(lambda: reached("registry"))
    route = of(recorder, "HTTPRoute")["spec"]
    assert route["hostnames"] == ["mlflow.example.com"]
    assert "modelway.dev/team" in of(recorder, "Namespace")["metadata"]["labels"], "or the Gateway would not take it"
    sources = [peer["namespaceSelector"]["matchLabels"] for peer in of(recorder, "NetworkPolicy")["spec"]["ingress"][0]["from"]]
    assert {"kubernetes.io/metadata.name": "gateway-system"} in sources
    env = {one["name"]: one.get("value") for one in of(recorder, "Deployment")["spec"]["template"]["spec"]["containers"][0]["env"]}
    assert env["MLFLOW_SERVER_CORS_ALLOWED_ORIGINS"] == "https://mlflow.example.com"
    assert "mlflow.example.com" in env["MLFLOW_SERVER_ALLOWED_HOSTS"].split(",")


PASSWORDS = st.text(string.ascii_letters + string.digits + "%!#$&*()-_=+[]{}<>?:;,.|~^", min_size=8, max_size=40)


@given(PASSWORDS, PASSWORDS)
def test_mlflow_reads_the_passwords_that_were_given(database: str, admin: str) -> None:
    content = mlflow.secrets("db.example", database, admin, "/certificates.pem")
    # As MLflow reads it: mlflow/server/auth/config.py.
    parser = configparser.ConfigParser()
    parser.read_string(content["basic_auth.ini"])
    assert parser["mlflow"]["admin_password"] == admin
    for address, path in ((content["uri"], "/mlflow"), (parser["mlflow"]["database_uri"], "/postgres")):
        parts = urlsplit(address)
        assert unquote(parts.password or "") == database
        assert (parts.hostname, parts.port, parts.path) == ("db.example", 5432, path)
        assert "sslmode=verify-full" in parts.query


def test_nobody_sees_anything_by_being_known_alone() -> None:
    parser = configparser.ConfigParser()
    parser.read_string(mlflow.secrets("db.example", "one-password", "another", "/c.pem")["basic_auth.ini"])
    assert parser["mlflow"]["default_permission"] == "NO_PERMISSIONS"
