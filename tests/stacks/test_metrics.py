"""Where Amazon keeps the metrics, everything is written to one workspace and nothing is asked of an operator that is not there."""

import json
from typing import Any

import pytest

from modelway.architecture import EksCluster, Environment
from modelway.architecture.effect import ineffective
from modelway.architecture.measured import memory_mib, series
from tests.stacks.test_platform import described, program
from tests.support.engine import Recorder, run


def with_amazon(**more: Any) -> Environment:
    return described("dev", monitoring={"backend": {"kind": "amp", **more}, "retention": "90d"})


@pytest.fixture(scope="module")
def platform() -> Recorder:
    return run(program(with_amazon()), stack="dev")


@pytest.fixture(scope="module")
def models(platform: Recorder) -> Recorder:
    return run(program(with_amazon()), stack="dev-models", references={"organization/modelway/dev": platform.exports})


def test_it_is_in_effect() -> None:
    assert not [one.field for one in ineffective(with_amazon()) if one.effect == "refused"]


def test_no_object_is_of_a_kind_that_the_operator_brings(platform: Recorder, models: Recorder) -> None:
    for recorder in (platform, models):
        assert not [resource.type for resource in recorder.resources if "monitoring.coreos.com" in resource.type]
        assert not [resource for resource in recorder.of("Release") if resource.inputs["chart"] == "kube-prometheus-stack"]


def test_every_model_has_its_rules_in_the_workspace(platform: Recorder, models: Recorder) -> None:
    workspace = platform.exports["metrics"]["workspace"]
    rules = {resource.inputs["name"]: resource.inputs["workspaceId"] for resource in models.of("RuleGroupNamespace")}
    assert rules == dict.fromkeys(with_amazon().models, workspace)


def test_the_scraper_reads_the_cluster_and_is_let_in_to_every_team(platform: Recorder) -> None:
    scraper = platform.one("Scraper").inputs
    assert scraper["source"]["eks"]["clusterArn"] == platform.exports["clusters"]["main"]["arn"]
    assert len(scraper["source"]["eks"]["subnetIds"]) == 2
    holes = {resource.inputs["metadata"]["namespace"] for resource in platform.of("NetworkPolicy") if resource.name.endswith("-scraper")}
    assert holes == {model.team for model in with_amazon().models.values()}
    assert platform.one("WorkspaceConfiguration").inputs["retentionPeriodInDays"] == 90


@pytest.mark.parametrize(
    ("environment", "fields"),
    [
        (described("local", monitoring={"backend": {"kind": "amp"}}), ["monitoring.backend"]),
        (described("local", monitoring={"retention": "30d"}), ["monitoring.retention"]),
        (with_amazon(workspace="ws-1234abcd-12ab-34cd-56ef-1234567890ab"), ["monitoring.retention"]),
        (described("dev", monitoring={"retention": "30d"}), []),
    ],
    ids=["a-cluster-without-an-arn", "a-prometheus-of-somebody", "a-workspace-of-somebody", "a-prometheus-of-ours"],
)
def test_what_could_not_be_done_is_refused(environment: Environment, fields: list[str]) -> None:
    assert [one.field for one in ineffective(environment) if one.effect == "refused"] == fields


def told(kind: str, *, cluster: str = "dev", **more: Any) -> Recorder:
    receiver = {"kind": "sns", "topic": TOPIC, "key": KEY} if kind == "operator" else {"kind": "sns", "topic": TOPIC}
    alerts = {"severities": {"page": receiver}}
    environment = described(cluster, monitoring={"backend": {"kind": kind, **more}, "alerts": alerts}, models={})
    return run(program(environment), stack=cluster)


TOPIC, KEY = "arn:aws:sns:eu-west-1:222222222222:pages", "arn:aws:kms:eu-west-1:222222222222:key/k"


def test_an_alertmanager_that_is_installed_may_publish_to_the_topics_that_it_tells() -> None:
    recorder = told("operator")
    policy = next(one for one in recorder.of("RolePolicy") if "sns:Publish" in one.inputs["policy"])
    assert policy.name == "main-alertmanager-publish"
    assert f'"{TOPIC}"' in policy.inputs["policy"]
    assert f'"{KEY}"' in policy.inputs["policy"]
    (release,) = [one for one in recorder.of("Release") if one.inputs["chart"] == "kube-prometheus-stack"]
    (association,) = [one for one in recorder.of("PodIdentityAssociation") if one.name == "main-alertmanager"]
    assert association.urn in release.dependencies


@pytest.mark.parametrize(("kind", "more"), [("operator", {"install": False}), ("amp", {})], ids=["of-somebody", "amazons"])
def test_who_is_not_ours_gets_no_role(kind: str, more: dict[str, Any]) -> None:
    assert not [one for one in told(kind, **more).of("RolePolicy") if "sns:Publish" in one.inputs["policy"]]


def test_an_autoscaler_that_asks_amazon_has_a_role_before_it_is_there() -> None:
    model = with_amazon().models["tumor-screening"].model_dump()
    model["endpoint"]["scaling"] |= {"target": {"concurrency": 8}}
    environment = described("dev", monitoring={"backend": {"kind": "amp"}}, models={"tumor-screening": model})
    recorder = run(program(environment), stack="dev")
    (release,) = [one for one in recorder.of("Release") if one.inputs["chart"] == "keda"]
    (association,) = [one for one in recorder.of("PodIdentityAssociation") if one.inputs["namespace"] == "keda"]
    assert association.urn in release.dependencies
    (policy,) = [one for one in recorder.of("RolePolicy") if "aps:QueryMetrics" in one.inputs["policy"]]
    assert policy.name == "metrics-main-ask"


@pytest.mark.parametrize("kind", ["amp", "operator"])
def test_nobody_has_the_role_where_no_autoscaler_asks_amazon(kind: str) -> None:
    changes = {"target": {"concurrency": 8}} if kind == "operator" else {}
    model = with_amazon().models["tumor-screening"].model_dump()
    model["endpoint"]["scaling"] |= changes
    environment = described("dev", monitoring={"backend": {"kind": kind}}, models={"tumor-screening": model})
    recorder = run(program(environment), stack="dev")
    assert not [one for one in recorder.of("PodIdentityAssociation") if one.inputs["namespace"] == "keda"]


def of_the_chart(environment: Environment) -> dict[str, Any]:
    recorder = run(program(environment), stack=environment.environment)
    (release,) = [one for one in recorder.of("Release") if one.inputs["chart"] == "kube-prometheus-stack"]
    values: dict[str, Any] = release.inputs["values"]
    return values


@pytest.mark.parametrize(("tier", "copies", "priority"), [("development", (1, 1), None), ("staging", (2, 3), "system-cluster-critical")])
def test_who_watches_outlives_a_node_but_where_things_are_tried(tier: str, copies: tuple[int, int], priority: str | None) -> None:
    values = of_the_chart(described("dev", tier=tier, models={}))
    prometheus, alertmanager = values["prometheus"]["prometheusSpec"], values["alertmanager"]["alertmanagerSpec"]
    assert (prometheus["replicas"], alertmanager["replicas"]) == copies
    assert prometheus.get("priorityClassName") == alertmanager.get("priorityClassName") == priority


@pytest.mark.parametrize("mixed", [False, True])
def test_volumes_of_metrics_are_not_on_auto_modes_nodes_where_there_are_others(mixed: bool) -> None:
    clusters = with_amazon().model_dump()["clusters"]
    clusters["main"] |= {"auto_mode": {"node_pools": ("general-purpose",)} if mixed else None}
    values = of_the_chart(described("dev", clusters=clusters, models={}))
    assert ("affinity" in values["prometheus"]["prometheusSpec"]) is mixed


def test_what_nodes_tell_is_read_by_whoever_reads(platform: Recorder) -> None:
    scraped = json.loads(platform.one("Scraper").inputs["scrapeConfiguration"])["scrape_configs"]
    assert "prometheus-node-exporter" in [job["job_name"] for job in scraped]
    monitors = [one.name for one in run(program(described("dev", models={})), stack="dev").of("ServiceMonitor")]
    assert "main-nodes" in monitors


def test_a_prometheus_has_memory_for_the_cluster_that_it_reads() -> None:
    small, large = (EksCluster.model_validate(pools(most)) for most in (4, 200))
    assert series(small) == 50_000 + 4 * 3_000
    assert memory_mib(small) == 1024
    assert memory_mib(large) == 5120


def pools(most: int) -> dict[str, Any]:
    described_so = with_amazon().model_dump()["clusters"]["main"]
    return {**described_so, "node_pools": {"general": {"instance_types": ("m7i.large",), "min": 2, "max": most}}}
