import pulumi
import pytest

from components.endpoint.kubernetes import KubernetesEndpoint, KubernetesEndpointArgs, ServedVersionArgs
from tests.components.conftest import secret_marks
from tests.support.engine import Recorder, run

COUNTED = {"concurrency": 8, "metrics_address": "http://prometheus.monitoring:9090"}
LIVE, CANARY, SHADOW = "2026.10.0", "2026.11.0", "2026.12.0-rc"


def version(weight: int, **more: object) -> ServedVersionArgs:
    given = ServedVersionArgs(
        image=f"host/churn@sha256:{'a' * 64}", weights_uri="s3://store/churn/m.json", weights_sha256="b" * 64, weight=weight
    )
    return ServedVersionArgs(**{**given, **more})  # type: ignore[typeddict-item]


def args(versions: dict[str, ServedVersionArgs] | None = None, **changed: object) -> KubernetesEndpointArgs:
    given = KubernetesEndpointArgs(
        model="churn",
        team="risk",
        namespace="risk",
        gateway_name="models",
        gateway_namespace="gateway-system",
        monitoring_namespace="monitoring",
        versions=versions or {LIVE: version(90), CANARY: version(10), SHADOW: version(0, mirror=50)},
        cpu_millicores=1500,
        memory_bytes=2 * 1024**3,
        min_replicas=2,
        max_replicas=10,
    )
    return KubernetesEndpointArgs(**{**given, **changed})  # type: ignore[typeddict-item]


def make(name: str, opts: pulumi.ResourceOptions | None = None) -> KubernetesEndpoint:
    return KubernetesEndpoint(name, args(), opts)


def test_contract(contract) -> None:
    held = contract(make)
    held.tree("endpoint")
    held.outputs(KubernetesEndpoint)
    held.instances()
    held.options()


@pytest.fixture(scope="module")
def made() -> Recorder:
    return run(lambda: make("churn"))


def test_the_route_spreads_and_copies_requests(made: Recorder) -> None:
    (rule,) = made.one("HTTPRoute").inputs["spec"]["rules"]
    assert {backend["name"]: backend["weight"] for backend in rule["backendRefs"]} == {"churn-v2026-10-0": 90, "churn-v2026-11-0": 10}
    assert [backend["weight"] for backend in rule["backendRefs"]] == [90, 10]
    (mirror,) = rule["filters"]
    assert mirror["requestMirror"]["percent"] == 50
    assert mirror["requestMirror"]["backendRef"]["name"] == made.named(f"churn-{SHADOW}-service").inputs["metadata"]["name"]
    assert rule["matches"] == [{"path": {"type": "PathPrefix", "value": "/v2/models/churn"}}]


def test_requests_come_only_to_what_is_ready(made: Recorder) -> None:
    after = made.one("HTTPRoute").dependencies
    for resource in (*made.of("Deployment"), *made.of("Service")):
        assert resource.urn in after


def test_replicas_are_the_autoscalers_once_there_are_the_fewest(made: Recorder) -> None:
    for deployment in made.of("Deployment"):
        assert deployment.inputs["spec"]["replicas"] == 2
        assert deployment.ignored == ["spec.replicas"]
    scaler = made.named(f"churn-{LIVE}-autoscaler").inputs["spec"]
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (2, 10)
    assert scaler["scaleTargetRef"]["name"] == "churn-v2026-10-0"


def test_pods_have_no_privileges(made: Recorder) -> None:
    for deployment in made.of("Deployment"):
        pod = deployment.inputs["spec"]["template"]["spec"]
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        (container,) = pod["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"] == {"requests": {"cpu": "1500m", "memory": "2Gi"}, "limits": {"memory": "2Gi"}}
        assert deployment.inputs["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


def test_pods_are_reached_from_the_gateway_and_the_monitoring_alone(made: Recorder) -> None:
    (rule,) = made.named(f"churn-{LIVE}-network").inputs["spec"]["ingress"]
    names = [source["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for source in rule["from"]]
    assert names == ["gateway-system", "monitoring"]
    assert rule["ports"] == [{"protocol": "TCP", "port": 8080}]


def test_proxies_that_run_elsewhere_than_the_gateway_are_let_in() -> None:
    recorder = run(lambda: KubernetesEndpoint("churn", args(proxies=["envoy-gateway-system"])))
    for name in (LIVE, CANARY, SHADOW):
        (rule,) = recorder.named(f"churn-{name}-network").inputs["spec"]["ingress"]
        names = [source["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for source in rule["from"]]
        assert names == ["gateway-system", "envoy-gateway-system", "monitoring"]


def test_who_may_not_come_through_the_gateway_is_not_let_in_by_its_proxies() -> None:
    admitted = {"live": LIVE, "namespaces": ["risk"], "teams": ["risk"]}
    recorder = run(lambda: KubernetesEndpoint("churn", args(proxies=["envoy-gateway-system"], access=admitted)))
    assert "envoy-gateway-system" not in str(recorder.named(f"churn-{LIVE}-network").inputs)


def test_selectors_pick_one_version(made: Recorder) -> None:
    for version_name in (LIVE, CANARY, SHADOW):
        selector = made.named(f"churn-{version_name}-service").inputs["spec"]["selector"]
        assert selector == {"modelway.dev/model": "churn", "modelway.dev/version": version_name}
        template = made.named(f"churn-{version_name}-deployment").inputs["spec"]["template"]
        assert selector.items() <= template["metadata"]["labels"].items()


def test_an_identity_starts_pods_anew() -> None:
    recorder = run(lambda: KubernetesEndpoint("churn", args({LIVE: version(100, identity="a-1")})))
    template = recorder.one("Deployment").inputs["spec"]["template"]
    assert template["metadata"]["annotations"] == {"modelway.dev/pod-identity-association": "a-1"}


def test_gpus_are_asked_for_where_they_are() -> None:
    recorder = run(lambda: KubernetesEndpoint("churn", args(gpus=1, targets=COUNTED)))
    pod = recorder.of("Deployment")[0].inputs["spec"]["template"]["spec"]
    assert pod["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert pod["tolerations"] == [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]


def test_a_secret_stays_secret() -> None:
    def program() -> None:
        secret = pulumi.Output.secret("s3://hidden/place")
        KubernetesEndpoint("churn", args({LIVE: version(100, weights_uri=secret)}))

    recorder = run(program)
    deployment = recorder.one("Deployment")
    assert "s3://hidden/place" in secret_marks(deployment.raw)
    for resource in recorder.resources:
        if resource is not deployment and resource.type != "modelway:index:KubernetesEndpoint":
            assert "s3://hidden/place" not in str(resource.raw)


def test_weights_are_100_together() -> None:
    with pytest.raises(Exception, match="have to be 100 together, and are 90"):
        run(lambda: KubernetesEndpoint("churn", args({LIVE: version(90)})))
