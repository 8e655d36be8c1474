import json

import pulumi

from components.cluster.support import ModelSupport
from components.managed_metrics import ManagedMetrics, ManagedMetricsArgs
from components.monitoring import MonitoringStack, MonitoringStackArgs
from components.monitoring_identity import AlertmanagerIdentity, AlertmanagerIdentityArgs, MetricsReader, MetricsReaderArgs
from tests.support.engine import run

TOPICS = ["arn:aws:sns:eu-west-1:222222222222:tickets", "arn:aws:sns:eu-west-1:222222222222:pages"]
KEY = "arn:aws:kms:eu-west-1:222222222222:key/k"


def make(name: str, opts: pulumi.ResourceOptions | None = None, keys: tuple[str, ...] = (KEY,)) -> AlertmanagerIdentity:
    args = AlertmanagerIdentityArgs(
        account="222222222222",
        cluster_name="dev-main",
        cluster_arn="arn:aws:eks:eu-west-1:222222222222:cluster/dev-main",
        namespace="monitoring",
        topics=TOPICS,
        keys=list(keys),
    )
    return AlertmanagerIdentity(name, args, opts)


def test_contract(contract) -> None:
    held = contract(make)
    held.tree("monitoring-identity")
    held.outputs(AlertmanagerIdentity)
    held.instances()
    held.options()


def test_it_publishes_to_the_topics_that_are_told_and_does_nothing_else() -> None:
    publishing, encrypting = json.loads(run(lambda: make("main")).one("RolePolicy").inputs["policy"])["Statement"]
    assert (publishing["Action"], publishing["Resource"]) == (["sns:Publish"], sorted(TOPICS))
    assert (encrypting["Action"], encrypting["Resource"]) == (["kms:Decrypt", "kms:GenerateDataKey"], [KEY])
    assert encrypting["Condition"] == {"StringEquals": {"kms:ViaService": ["sns.eu-west-1.amazonaws.com"]}}


def test_without_keys_of_ones_own_it_uses_none() -> None:
    statements = json.loads(run(lambda: make("main", keys=())).one("RolePolicy").inputs["policy"])["Statement"]
    assert [statement["Sid"] for statement in statements] == ["Publish"]


def test_only_alertmanager_of_this_cluster_has_the_role() -> None:
    recorder = run(lambda: make("main"))
    (trust,) = json.loads(recorder.one("Role").inputs["assumeRolePolicy"])["Statement"]
    assert trust["Condition"]["ArnLike"] == {"aws:SourceArn": "arn:aws:eks:eu-west-1:222222222222:cluster/dev-main"}
    association = recorder.one("PodIdentityAssociation")
    assert association.inputs["namespace"] == "monitoring"
    assert recorder.one("RolePolicy").urn in association.dependencies


def test_it_is_the_service_account_of_the_alertmanager_that_is_installed_after_it() -> None:
    def program() -> None:
        identity = make("main")
        args = MonitoringStackArgs(
            namespace="monitoring", groups=[], dashboards={}, operator={"scrape_interval": "30s"}, publisher=identity.association
        )
        MonitoringStack("main", args)

    recorder = run(program)
    release, association = recorder.one("Release"), recorder.one("PodIdentityAssociation")
    values = release.inputs["values"]["alertmanager"]
    assert values["serviceAccount"]["name"] == association.inputs["serviceAccount"]
    # Pods that started before their association have no role.
    assert association.urn in release.dependencies
    assert values["alertmanagerSpec"]["podMetadata"]["annotations"]["modelway.dev/identity"]


CLUSTER = "arn:aws:eks:eu-west-1:222222222222:cluster/dev-main"


def reader(name: str, opts: pulumi.ResourceOptions | None = None) -> MetricsReader:
    return MetricsReader(name, MetricsReaderArgs(account="222222222222", cluster_name="dev-main", cluster_arn=CLUSTER), opts)


def test_contract_of_the_reader(contract) -> None:
    held = contract(reader)
    held.tree("metrics-reader")
    held.outputs(MetricsReader)
    held.instances()
    held.options()


def test_keda_is_installed_after_its_role_and_may_ask_one_workspace() -> None:
    def program() -> None:
        made = reader("main")
        ModelSupport("main", {"keda": True, "keda_identity": made.association})
        args = ManagedMetricsArgs(
            name="modelway-dev",
            account="222222222222",
            region="eu-west-1",
            scrape_interval="30s",
            clusters={"main": {"arn": CLUSTER, "name": "main"}},
            subnet_ids=["subnet-1"],
            groups=[],
            readers={"main": made.role_name},
        )
        ManagedMetrics("metrics", args)

    recorder = run(program)
    release, association = recorder.one("Release"), recorder.one("PodIdentityAssociation")
    account = (release.inputs["namespace"], release.inputs["values"]["serviceAccount"]["operator"]["name"])
    assert account == (association.inputs["namespace"], association.inputs["serviceAccount"]) == ("keda", "keda-operator")
    # Pods that started before their association have no role.
    assert association.urn in release.dependencies
    assert release.inputs["values"]["podAnnotations"]["keda"]["modelway.dev/identity"]
    policy = recorder.one("RolePolicy")
    assert policy.inputs["role"] == recorder.one("Role").name
    (asking,) = json.loads(policy.inputs["policy"])["Statement"]
    workspace = "arn:aws:aps:eu-west-1:222222222222:workspace/metrics-workspace-id"
    assert (asking["Action"], asking["Resource"]) == (["aps:QueryMetrics"], [workspace])
