"""What an endpoint can be asked for, and what that makes: targets, placement, times, callers, shares by header, weights from elsewhere."""

from typing import Any

import kubernetes_validate
import pulumi
import pytest

from components.endpoint.kubernetes import KubernetesEndpoint
from tests.components.test_endpoint import CANARY, COUNTED, LIVE, SHADOW, args, version
from tests.support.engine import Recorder, Registered, run

CUSTOM = ("gateway.networking.k8s.io/", "gateway.envoyproxy.io/", "keda.sh/")
"""Kinds whose definitions only an API server has."""

ADDRESS = "http://prometheus.monitoring:9090"
TOKENS = {"issuer": "https://login.example.com", "audiences": ["churn"], "keys": "https://login.example.com/keys"}
EVERYTHING: dict[str, Any] = {
    "gpus": 1,
    "gpu_resource": "nvidia.com/mig-1g.10gb",
    "targets": {
        "cpu_percent": 60,
        "memory_percent": 80,
        "concurrency": 8,
        "requests_per_second": 50,
        "latency_p99_seconds": 0.15,
        "queue_depth": 4,
        "schedules": [{"begin": "0 8 * * 1-5", "end": "0 18 * * 1-5", "time_zone": "Europe/Berlin", "pods": 6}],
        "metrics_address": ADDRESS,
        "metrics_region": "eu-west-1",
    },
    "placement": {
        "node_labels": {"modelway.dev/pool": "gpu"},
        "tolerated": [{"key": "example.com/batch", "value": "", "effect": "NoSchedule"}],
        "avoid_spot": True,
        "spread_required": True,
        "priority_class": "modelway-high",
    },
    "access": {"live": LIVE, "namespaces": ["fraud", "risk", "batch"], "teams": ["fraud", "risk"], "tokens": TOKENS},
    "overseers": "modelway-overseers",
    "sticky": {"by": "cookie", "name": "caller", "seconds": 600},
    "warm_up_seconds": 421,
    "drain_seconds": 90,
    "timeout_seconds": 60,
    "environment": {"AWS_REGION": "eu-west-1", "BATCH_MAX_SIZE": "8"},
}


def versions() -> dict[str, Any]:
    fetched = version(90, fetch={"image": f"host/fetcher@sha256:{'f' * 64}", "file": "m.json"})
    artifact = version(10, weights_artifact=f"host/weights@sha256:{'e' * 64}")
    del artifact["weights_uri"], artifact["weights_sha256"]  # type: ignore[misc]
    return {LIVE: fetched, CANARY: artifact, SHADOW: version(0, mirror=50, header={"name": "x-cohort", "value": "b"})}


def everything(name: str, opts: pulumi.ResourceOptions | None = None) -> KubernetesEndpoint:
    return KubernetesEndpoint(name, args(versions(), **EVERYTHING), opts)


def made(**changed: Any) -> Recorder:
    return run(lambda: KubernetesEndpoint("churn", args({LIVE: version(100)}, **changed)))


def pod(recorder: Recorder) -> dict[str, Any]:
    spec: dict[str, Any] = recorder.one("Deployment").inputs["spec"]["template"]["spec"]
    return spec


def variables(container: dict[str, Any]) -> dict[str, str]:
    return {variable["name"]: variable["value"] for variable in container["env"]}


def test_contract(contract) -> None:
    held = contract(everything)
    held.tree("endpoint-everything")
    held.outputs(KubernetesEndpoint)
    held.instances()
    held.options()


def test_every_built_in_object_is_valid() -> None:
    built_in = [manifest for manifest in run(lambda: everything("churn")).manifests() if not manifest["apiVersion"].startswith(CUSTOM)]
    assert len(built_in) > 15
    for manifest in built_in:
        kubernetes_validate.validate(manifest, "1.35", strict=True)


class TestTargets:
    def scaler(self, **targets: Any) -> Registered:
        recorder = made(targets=targets)
        (found,) = [*recorder.of("HorizontalPodAutoscaler"), *recorder.of("ScaledObject")]
        return found

    def test_processors_and_memory_are_an_hpas(self) -> None:
        scaler = self.scaler(cpu_percent=60, memory_percent=80)
        assert scaler.type.endswith(":HorizontalPodAutoscaler")
        used = {metric["resource"]["name"]: metric["resource"]["target"] for metric in scaler.inputs["spec"]["metrics"]}
        assert used == {
            "cpu": {"type": "Utilization", "averageUtilization": 60},
            "memory": {"type": "Utilization", "averageUtilization": 80},
        }

    def test_what_counts_requests_is_kedas(self) -> None:
        scaler = self.scaler(concurrency=8, metrics_address=ADDRESS)
        assert scaler.type == "kubernetes:keda.sh/v1alpha1:ScaledObject"
        (trigger,) = scaler.inputs["spec"]["triggers"]
        assert trigger["type"] == "prometheus"
        assert trigger["metricType"] == "AverageValue"
        assert trigger["metadata"]["threshold"] == "8"
        assert 'model="churn",version="2026.10.0"' in trigger["metadata"]["query"]
        assert scaler.inputs["spec"]["minReplicaCount"] == 2
        assert scaler.inputs["spec"]["fallback"]["replicas"] == 2

    def test_a_latency_is_no_average_and_has_no_fallback(self) -> None:
        spec = self.scaler(latency_p99_seconds=0.15, metrics_address=ADDRESS).inputs["spec"]
        assert spec["triggers"][0]["metricType"] == "Value"
        assert spec["triggers"][0]["metadata"]["threshold"] == "0.15"
        assert "fallback" not in spec

    def test_a_schedule_asks_for_more_beside_the_load(self) -> None:
        schedule = {"begin": "0 8 * * *", "end": "0 18 * * *", "time_zone": "Europe/Berlin", "pods": 6}
        spec = self.scaler(cpu_percent=70, schedules=[schedule]).inputs["spec"]
        processors, cron = spec["triggers"]
        assert processors == {"type": "cpu", "metricType": "Utilization", "metadata": {"value": "70"}}
        assert cron["metadata"] == {"timezone": "Europe/Berlin", "start": "0 8 * * *", "end": "0 18 * * *", "desiredReplicas": "6"}

    def test_requests_to_a_prometheus_of_amazon_are_signed(self) -> None:
        recorder = made(targets={"concurrency": 8, "metrics_address": ADDRESS, "metrics_region": "eu-west-1"})
        (trigger,) = recorder.one("ScaledObject").inputs["spec"]["triggers"]
        assert trigger["metadata"]["awsRegion"] == "eu-west-1"
        signature = recorder.one("TriggerAuthentication")
        assert trigger["authenticationRef"]["name"] == signature.inputs["metadata"]["name"]
        assert signature.inputs["spec"] == {"podIdentity": {"provider": "aws"}}

    def test_each_autoscaler_may_come_before_the_other_goes(self) -> None:
        # KEDA's webhook refuses a workload that an HPA has, unless the HPA says that it may.
        assert self.scaler(cpu_percent=60).inputs["metadata"]["annotations"] == {"validations.keda.sh/hpa-ownership": "false"}

    @pytest.mark.parametrize(
        ("changed", "text"),
        [
            ({"gpus": 1}, "say nothing of GPUs"),
            ({"gpus": 1, "targets": {"cpu_percent": 60, "memory_percent": 60}}, "say nothing of GPUs"),
            ({"targets": {"concurrency": 4}}, "need metrics_address"),
        ],
    )
    def test_what_would_not_scale_is_refused(self, changed: dict[str, Any], text: str) -> None:
        with pytest.raises(Exception, match=text):
            made(**changed)


class TestPlacement:
    def test_nothing_is_asked_by_default_but_to_be_spread(self) -> None:
        spec = pod(made())
        assert not {"nodeSelector", "affinity", "tolerations", "priorityClassName"} & spec.keys()
        assert [each["whenUnsatisfiable"] for each in spec["topologySpreadConstraints"]] == ["ScheduleAnyway", "ScheduleAnyway"]

    def test_zones_can_be_required_and_nodes_cannot(self) -> None:
        spread = pod(made(placement={"spread_required": True}))["topologySpreadConstraints"]
        assert {each["topologyKey"]: each["whenUnsatisfiable"] for each in spread} == {
            "topology.kubernetes.io/zone": "DoNotSchedule",
            "kubernetes.io/hostname": "ScheduleAnyway",
        }

    def test_neither_pods_about_to_go_nor_nodes_out_of_reach_count_for_the_spread(self) -> None:
        for each in pod(made())["topologySpreadConstraints"]:
            assert each["matchLabelKeys"] == ["pod-template-hash"]
            assert each["nodeTaintsPolicy"] == "Honor"

    def test_a_pool_its_taints_and_a_priority(self) -> None:
        spec = pod(run(lambda: KubernetesEndpoint("churn", args({LIVE: version(100)}, **EVERYTHING))))
        assert spec["nodeSelector"] == {"modelway.dev/pool": "gpu"}
        assert spec["priorityClassName"] == "modelway-high"
        assert {toleration["key"] for toleration in spec["tolerations"]} == {"nvidia.com/gpu", "example.com/batch"}

    def test_spot_nodes_can_be_avoided_on_any_sort_of_node(self) -> None:
        affinity = pod(made(placement={"avoid_spot": True}))["affinity"]["nodeAffinity"]
        (term,) = affinity["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
        assert {(each["key"], each["operator"], *each["values"]) for each in term["matchExpressions"]} == {
            ("eks.amazonaws.com/capacityType", "NotIn", "SPOT"),
            ("karpenter.sh/capacity-type", "NotIn", "spot"),
        }

    def test_a_part_of_a_gpu_is_asked_for_by_its_name(self) -> None:
        (container,) = pod(made(gpus=1, gpu_resource="nvidia.com/gpu.shared", targets=COUNTED))["containers"]
        assert container["resources"]["limits"]["nvidia.com/gpu.shared"] == "1"
        assert "nvidia.com/gpu" not in container["resources"]["limits"]


class TestTimes:
    def test_warming_up_has_its_budget(self) -> None:
        recorder = made(warm_up_seconds=421)
        probe = pod(recorder)["containers"][0]["startupProbe"]
        assert probe["failureThreshold"] * probe["periodSeconds"] == 422
        assert recorder.one("Deployment").inputs["spec"]["progressDeadlineSeconds"] == 842

    def test_what_is_under_way_is_finished(self) -> None:
        before, after = pod(made()), pod(made(drain_seconds=90))
        assert after["terminationGracePeriodSeconds"] - before["terminationGracePeriodSeconds"] == 70
        sleep = after["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
        told = int(variables(after["containers"][0])["DRAIN_SECONDS"])
        assert after["terminationGracePeriodSeconds"] > sleep + told + 90

    def test_a_timeout_holds_for_every_rule(self) -> None:
        recorder = run(lambda: KubernetesEndpoint("churn", args(versions(), timeout_seconds=60)))
        rules = recorder.one("HTTPRoute").inputs["spec"]["rules"]
        assert len(rules) == 2
        assert all(rule["timeouts"] == {"request": "60s"} for rule in rules)


class TestCallers:
    def test_whoever_has_the_header_is_answered_by_its_version(self) -> None:
        recorder = run(lambda: KubernetesEndpoint("churn", args(versions())))
        chosen, everybody = recorder.one("HTTPRoute").inputs["spec"]["rules"]
        (match,) = chosen["matches"]
        assert match["headers"] == [{"type": "Exact", "name": "x-cohort", "value": "b"}]
        assert match["path"] == everybody["matches"][0]["path"]
        assert [backend["name"] for backend in chosen["backendRefs"]] == [
            recorder.named(f"churn-{SHADOW}-service").inputs["metadata"]["name"]
        ]
        assert "headers" not in everybody["matches"][0]
        assert chosen["filters"] == everybody["filters"]

    def test_nobody_comes_through_the_gateway_without_tokens(self) -> None:
        recorder = made(access={"live": LIVE, "namespaces": ["risk", "batch"], "teams": ["risk"]})
        assert not recorder.of("HTTPRoute")
        assert not recorder.of("SecurityPolicy")
        assert allowed(recorder.named(f"churn-{LIVE}-network")) == ["risk", "batch", "monitoring"]
        assert recorder.of("KubernetesEndpoint")[0].outputs["route"] == ""  # type: ignore[index]

    def test_callers_of_the_cluster_have_an_address_and_a_way_to_it(self) -> None:
        recorder = made(access={"live": LIVE, "namespaces": ["fraud", "risk"], "teams": ["fraud", "risk"]})
        inside = recorder.named("churn-inside").inputs
        assert inside["metadata"]["name"] == "churn"
        assert inside["spec"]["selector"] == recorder.named(f"churn-{LIVE}-service").inputs["spec"]["selector"]
        way = recorder.named("churn-calls-fraud").inputs
        assert way["metadata"]["namespace"] == "fraud"
        assert way["spec"]["policyTypes"] == ["Egress"]
        (destination,) = way["spec"]["egress"][0]["to"]
        assert (
            destination["podSelector"]["matchLabels"].items()
            <= recorder.one("Deployment").inputs["spec"]["template"]["metadata"]["labels"].items()
        )
        assert destination["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "risk"}

    def test_tokens_are_checked_before_there_is_a_route(self) -> None:
        recorder = made(access={"live": LIVE, "namespaces": ["risk"], "teams": ["risk"], "tokens": TOKENS})
        policy = recorder.one("SecurityPolicy")
        assert policy.urn in recorder.one("HTTPRoute").dependencies
        (provider,) = policy.inputs["spec"]["jwt"]["providers"]
        assert (provider["issuer"], provider["audiences"]) == ("https://login.example.com", ["churn"])
        assert provider["remoteJWKS"]["uri"] == "https://login.example.com/keys"
        assert policy.inputs["spec"]["targetRefs"][0]["name"] == recorder.one("HTTPRoute").inputs["metadata"]["name"]
        assert allowed(recorder.named(f"churn-{LIVE}-network")) == ["gateway-system", "risk", "monitoring"]

    @pytest.mark.parametrize(
        ("given", "key"),
        [
            ({"by": "cookie", "name": "c"}, {"type": "Cookie", "cookie": {"name": "c", "ttl": "0s"}}),
            ({"by": "cookie", "name": "c", "seconds": 60}, {"type": "Cookie", "cookie": {"name": "c", "ttl": "60s"}}),
            ({"by": "header", "name": "x-user"}, {"type": "Headers", "headers": [{"name": "x-user"}]}),
        ],
    )
    def test_callers_keep_to_a_pod(self, given: dict[str, Any], key: dict[str, Any]) -> None:
        balancer = made(sticky=given).one("BackendTrafficPolicy").inputs["spec"]["loadBalancer"]
        assert balancer["type"] == "ConsistentHash"
        assert key.items() <= balancer["consistentHash"].items()


class TestWeights:
    def test_a_fetcher_checks_them_before_the_program_starts(self) -> None:
        spec = pod(run(lambda: KubernetesEndpoint("churn", args({LIVE: {**versions()[LIVE], "weight": 100}}))))
        (fetcher,) = spec["initContainers"]
        told = variables(fetcher)
        assert told == {
            "FETCH_URI": "s3://store/churn/m.json",
            "FETCH_SHA256": "b" * 64,
            "FETCH_INTO": "/models",
            "FETCH_FILE": "m.json",
        }
        (container,) = spec["containers"]
        assert variables(container)["MODEL_URI"] == "file:///models/m.json"
        assert variables(container)["MODEL_SHA256"] == "b" * 64
        assert {"name": "weights", "mountPath": "/models", "readOnly": True} in container["volumeMounts"]
        assert fetcher["securityContext"] == container["securityContext"]

    @pytest.mark.parametrize(
        ("changed", "disk", "asked", "most"),
        [
            ({"memory_bytes": 128 * 1024**2}, {}, "1Gi", "1Gi"),
            ({"memory_bytes": 8 * 1024**3}, {}, "1Gi", "8Gi"),
            ({"memory_bytes": 8 * 1024**3}, {"disk_bytes": 40 * 1024**3}, "40Gi", "40Gi"),
        ],
    )
    def test_what_is_fetched_takes_no_more_of_a_disk_than_it_may(
        self, changed: dict[str, Any], disk: dict[str, int], asked: str, most: str
    ) -> None:
        fetched = version(100, fetch={"image": "host/fetcher@sha256:f", **disk})
        spec = pod(run(lambda: KubernetesEndpoint("churn", args({LIVE: fetched}, **changed))))
        (volume,) = [one for one in spec["volumes"] if one["name"] == "weights"]
        assert volume["emptyDir"] == {"sizeLimit": most}
        assert spec["containers"][0]["resources"]["requests"]["ephemeral-storage"] == asked

    def test_what_the_program_or_the_node_gets_asks_for_no_disk(self) -> None:
        for served in (version(100), {**version(100), "weights_artifact": "host/weights@sha256:a"}):
            if "weights_artifact" in served:
                del served["weights_uri"]
            spec = pod(run(lambda served=served: KubernetesEndpoint("churn", args({LIVE: served}))))
            assert "ephemeral-storage" not in spec["containers"][0]["resources"]["requests"]

    def test_the_fetcher_knows_the_region_and_nothing_of_the_program(self) -> None:
        served = {LIVE: {**versions()[LIVE], "weight": 100}}
        spec = pod(run(lambda: KubernetesEndpoint("churn", args(served, environment={"AWS_REGION": "eu-west-1", "SECRET": "x"}))))
        told = variables(spec["initContainers"][0])
        assert told["AWS_REGION"] == "eu-west-1"
        assert "SECRET" not in told

    def test_an_archive_is_a_folder_for_the_program(self) -> None:
        served = {LIVE: version(100, fetch={"image": "host/fetcher@sha256:f"})}
        spec = pod(run(lambda: KubernetesEndpoint("churn", args(served))))
        assert "FETCH_FILE" not in variables(spec["initContainers"][0])
        told = variables(spec["containers"][0])
        assert told["MODEL_URI"] == "file:///models"
        assert "MODEL_SHA256" not in told

    def test_an_artifact_is_a_volume(self) -> None:
        spec = pod(run(lambda: KubernetesEndpoint("churn", args({CANARY: {**versions()[CANARY], "weight": 100}}))))
        assert "initContainers" not in spec
        (volume,) = [volume for volume in spec["volumes"] if volume["name"] == "weights"]
        assert volume["image"] == {"reference": f"host/weights@sha256:{'e' * 64}", "pullPolicy": "IfNotPresent"}
        assert variables(spec["containers"][0])["MODEL_URI"] == "file:///models"

    def test_they_are_in_one_place(self) -> None:
        with pytest.raises(Exception, match="either weights_uri or weights_artifact"):
            run(lambda: KubernetesEndpoint("churn", args({LIVE: version(100, weights_artifact="host/weights@sha256:e")})))


def allowed(policy: Registered) -> list[str]:
    (rule,) = policy.inputs["spec"]["ingress"]
    return [source["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for source in rule["from"]]


def test_overseers_may_change_where_requests_go_and_nothing_else() -> None:
    recorder = made(overseers="desk")
    role, binding = recorder.one("Role").inputs, recorder.one("RoleBinding").inputs
    changing = [rule for rule in role["rules"] if not {"get", "list"}.issuperset(rule["verbs"])]
    assert {(*rule["resources"], *rule["resourceNames"], *rule["verbs"]) for rule in changing} == {
        ("httproutes", "churn", "get", "patch"),
        ("services", "churn", "get", "patch"),
    }
    assert [subject["name"] for subject in binding["subjects"]] == ["desk"]
    assert binding["roleRef"]["name"] == role["metadata"]["name"] == "churn-stop"
    assert not [one for one in made().resources if "rbac" in one.type], "nobody is let in where nobody is named"
