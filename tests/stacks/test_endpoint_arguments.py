"""What an environment says of an endpoint on Kubernetes arrives where it takes effect."""

import shutil
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest

from modelway.architecture import Environment, load
from modelway.architecture.effect import refusal
from stacks.arguments import model_support, served
from stacks.arguments.placing import proxies, serving
from stacks.compose import Parts, compose
from tests.support.engine import Recorder, run

ROOT = Path(__file__).resolve().parents[2]
LIVE, OTHER, THIRD = "2026.10.0", "2026.11.0", "2026.12.0"
DIGEST = "sha256:" + "d" * 64

PLATFORM = f"""
registry:
  models: {{fetcher: "222222222222.dkr.ecr.eu-west-1.amazonaws.com/fetcher@{DIGEST}"}}
clusters:
  main:
    node_pools:
      batch:
        instance_types: [m7i.large]
        min: 0
        max: 4
        capacity: spot
        taints: [{{key: example.com/batch, value: yes-please, effect: no_schedule}}]
"""

SCREENING = f"""
versions:
  "{OTHER}": {{weights: "s3://acme-weights/screening/model.json@{DIGEST}"}}
  "{THIRD}":
    image: tumor-screening@{DIGEST}
    weights: "oci://registry.example.com/weights/screening@{DIGEST}"
    contract: examples/tumor-screening/contract.yaml
endpoint:
  resources: {{disk: 3Gi}}
  scaling:
    min: 2
    max: 8
    target: {{cpu: null, concurrency: 8, latency_p99: 100ms}}
    schedules: [{{from: "0 8 * * 1-5", until: "0 18 * * 1-5", time_zone: Europe/Berlin, min: 4}}]
  traffic:
    live: "{LIVE}"
    canary: {{version: "{OTHER}", percent: 10}}
    split: [{{version: "{THIRD}", header: {{name: x-cohort, value: b}}}}]
    sticky: {{by: cookie, name: caller, lasts: 10m}}
  access:
    namespaces: [batch-jobs]
    teams: [climate]
    jwt: {{issuer: "https://login.example.com/", audiences: [screening]}}
  placement: {{zone_spread: required, priority: high}}
  warm_up: 90s
  drain: 70s
  timeout: 60s
  batching: {{max_size: 8, max_wait: 5ms}}
  payload_logging: {{sample: 5%, fields: [mean_radius], retention: 30d}}
"""

FORECAST = """
endpoint:
  placement: {pool: batch, spot: true}
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    folder = tmp_path_factory.mktemp("environments")
    for name in ("base", "dev"):
        shutil.copytree(ROOT / "stacks" / "environments" / name, folder / name)
    described = folder / "dev" / "environment.yaml"
    text = described.read_text("utf-8")
    pools = PLATFORM.partition("node_pools:\n")[2]
    described.write_text(text.replace("    node_pools:\n", f"    node_pools:\n{pools}") + PLATFORM.partition("clusters:")[0], "utf-8")
    (folder / "dev" / "models").mkdir(exist_ok=True)
    (folder / "dev" / "models" / "tumor-screening.yaml").write_text(SCREENING, "utf-8")
    (folder / "dev" / "models" / "co2-forecast.yaml").write_text(FORECAST, "utf-8")
    return load(folder, "dev", ROOT)


@pytest.fixture(scope="module")
def made(environment: Environment) -> Recorder:
    return run(lambda: compose(environment, Parts.PLATFORM | Parts.MODELS), stack="dev")


def pod(made: Recorder, name: str) -> dict[str, Any]:
    spec: dict[str, Any] = made.named(name).inputs["spec"]["template"]["spec"]
    return spec


def variables(container: dict[str, Any]) -> dict[str, str]:
    return {variable["name"]: variable["value"] for variable in container["env"]}


def test_nothing_of_it_is_refused(environment: Environment) -> None:
    assert refusal(environment) is None or "node_pools" in str(refusal(environment))
    assert "endpoint" not in str(refusal(environment))


def test_targets_and_schedules(made: Recorder) -> None:
    spec = made.named(f"tumor-screening-{LIVE}-autoscaler").inputs["spec"]
    assert [trigger["type"] for trigger in spec["triggers"]] == ["prometheus", "prometheus", "cron"]
    assert spec["triggers"][0]["metadata"]["serverAddress"] == "http://prometheus-operated.monitoring.svc:9090"
    assert spec["triggers"][2]["metadata"]["desiredReplicas"] == "4"
    assert made.named(f"co2-forecast-{LIVE.replace('10', '11')}-autoscaler").type.endswith(":HorizontalPodAutoscaler")


def test_what_models_ask_for_is_in_the_cluster_before_them(environment: Environment, made: Recorder) -> None:
    assert {"priorities": True, "keda": True}.items() <= model_support(environment, "main").items()
    release = made.named("main-keda")
    for name in (f"tumor-screening-{LIVE}-account", f"tumor-screening-{LIVE}-autoscaler"):
        assert release.urn in reachable(made, made.named(name).urn), name


def reachable(made: Recorder, urn: str) -> set[str]:
    """Everything that comes before a resource."""
    by_urn = {resource.urn: resource for resource in made.resources}
    found, ahead = set[str](), [urn]
    while ahead:
        for before in by_urn[ahead.pop()].dependencies:
            if before in by_urn and before not in found:
                found.add(before)
                ahead.append(before)
    return found


def test_nodes(made: Recorder) -> None:
    screening = pod(made, f"tumor-screening-{LIVE}-deployment")
    assert screening["priorityClassName"] in {found.inputs["metadata"]["name"] for found in made.of("PriorityClass")}
    assert screening["topologySpreadConstraints"][0]["whenUnsatisfiable"] == "DoNotSchedule"
    assert "nodeAffinity" in screening["affinity"], "there are spot nodes, and it does not say that it may run there"
    forecast = pod(made, "co2-forecast-2026.11.0-deployment")
    assert forecast["nodeSelector"] == {"modelway.dev/pool": "batch"}
    assert forecast["tolerations"] == [{"key": "example.com/batch", "operator": "Equal", "value": "yes-please", "effect": "NoSchedule"}]
    assert "affinity" not in forecast


def test_times_and_batches_and_payloads(made: Recorder) -> None:
    spec = pod(made, f"tumor-screening-{LIVE}-deployment")
    (container,) = spec["containers"]
    told = variables(container)
    assert spec["terminationGracePeriodSeconds"] > 70
    assert told["FINISH_SECONDS"] == "70"
    assert (told["BATCH_MAX_SIZE"], told["BATCH_MAX_WAIT_MS"]) == ("8", "5")
    assert (told["PAYLOAD_SAMPLE"], told["PAYLOAD_FIELDS"]) == ("0.05", "mean_radius")
    assert container["startupProbe"]["failureThreshold"] * container["startupProbe"]["periodSeconds"] == 90
    assert made.named("tumor-screening-route").inputs["spec"]["rules"][0]["timeouts"] == {"request": "60s"}


def test_payloads_go_after_their_days_to_a_bucket_that_the_role_may_add_to(made: Recorder) -> None:
    (bucket,) = [found.inputs["bucket"] for found in made.of("Bucket") if found.name == "tumor-screening-payloads"]
    assert variables(pod(made, f"tumor-screening-{LIVE}-deployment")["containers"][0])["PAYLOAD_URI"] == f"s3://{bucket}"
    (rule,) = made.named("tumor-screening-payloads-lifecycle").inputs["rules"]
    assert rule["expiration"] == {"days": 30}
    policies = {resource.name: resource.inputs["policy"] for resource in made.of("RolePolicy")}
    granted = [policy for name, policy in policies.items() if name == "tumor-screening-payloads"]
    assert len(granted) == 1
    assert f"{bucket}/{LIVE}/*" in granted[0]
    assert "s3:GetObject" not in granted[0]


def test_weights_from_three_places(made: Recorder) -> None:
    own, others, artifact = (pod(made, f"tumor-screening-{name}-deployment") for name in (LIVE, OTHER, THIRD))
    assert own["initContainers"][0]["image"].startswith("222222222222.dkr.ecr.eu-west-1.amazonaws.com/fetcher@sha256:")
    assert variables(others["initContainers"][0])["FETCH_URI"] == "s3://acme-weights/screening/model.json"
    assert [volume["image"]["reference"] for volume in artifact["volumes"] if "image" in volume] == [
        f"registry.example.com/weights/screening@{DIGEST}"
    ]
    reading = next(resource for resource in made.of("RolePolicy") if resource.name == "tumor-screening-elsewhere").inputs["policy"]
    assert "arn:aws:s3:::acme-weights/screening/model.json" in reading
    associated = {resource.inputs["serviceAccount"] for resource in made.of("PodIdentityAssociation")}
    assert len([name for name in associated if name.startswith("tumor-screening-")]) == 3


def test_room_for_weights_on_a_disk(made: Recorder) -> None:
    spec = pod(made, f"tumor-screening-{LIVE}-deployment")
    assert [one["emptyDir"] for one in spec["volumes"] if one["name"] == "weights"] == [{"sizeLimit": "3Gi"}]
    assert spec["containers"][0]["resources"]["requests"]["ephemeral-storage"] == "3Gi"


def test_callers(made: Recorder) -> None:
    (rule,) = made.named(f"tumor-screening-{LIVE}-network").inputs["spec"]["ingress"]
    allowed = [source["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for source in rule["from"]]
    assert allowed == ["gateway-system", "envoy-gateway-system", "climate", "oncology", "batch-jobs", "monitoring"]
    assert made.named("tumor-screening-calls-climate").inputs["metadata"]["namespace"] == "climate"
    (provider,) = made.named("tumor-screening-tokens").inputs["spec"]["jwt"]["providers"]
    assert provider["remoteJWKS"]["uri"] == "https://login.example.com/.well-known/jwks.json"
    first, everybody = made.named("tumor-screening-route").inputs["spec"]["rules"]
    assert first["matches"][0]["headers"][0]["value"] == "b"
    assert [backend["weight"] for backend in everybody["backendRefs"]] == [90, 10]
    assert made.named("tumor-screening-traffic").inputs["spec"]["loadBalancer"]["consistentHash"]["cookie"]["ttl"] == "600s"


@pytest.mark.parametrize("name", ["dev", "staging", "prod"])
def test_the_proxies_of_an_envoy_gateway_reach_every_version_of_every_model(name: str) -> None:
    described = load(ROOT / "stacks" / "environments", name, ROOT)
    recorder = run(lambda: compose(described, Parts.PLATFORM | Parts.MODELS), stack=name)
    of_versions = [one for one in recorder.of("NetworkPolicy") if "modelway.dev/version" in one.inputs["metadata"]["labels"]]
    versions = {version for model in served(described) for version in serving(described, model)[2].versions}
    assert len(of_versions) >= len(versions)
    for policy in of_versions:
        (rule,) = policy.inputs["spec"]["ingress"]
        allowed = [source["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for source in rule["from"]]
        assert "envoy-gateway-system" in allowed, policy.name


def test_another_gateway_has_its_proxies_where_it_is() -> None:
    assert proxies(load(ROOT / "stacks" / "environments", "local", ROOT), "main") == []


def test_every_built_in_object_is_valid(made: Recorder) -> None:
    custom = ("gateway.networking.k8s.io/", "monitoring.coreos.com/", "keda.sh/", "gateway.envoyproxy.io/", "karpenter.sh/")
    for manifest in made.manifests():
        if "apiVersion" in manifest and not manifest["apiVersion"].startswith(custom):
            kubernetes_validate.validate(manifest, "1.35", strict=True)
