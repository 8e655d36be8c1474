"""How Envoy Gateway is installed, as data.

Helm makes the definitions in a chart's crds/ once and never again, and they are too large for a release of their own, whose record has to
fit into one Secret (github.com/envoyproxy/gateway/issues/6105). So another VERSION takes a step by hand before: docs/components/cluster.md.
"""

from collections.abc import Mapping, Sequence

CHART, VERSION = "oci://docker.io/envoyproxy/gateway-helm", "v1.9.1"
"""The version has the definitions that policies are held to here (toolchain/go/crds)."""

CONTROLLER = "gateway.envoyproxy.io/gatewayclass-controller"

MAX_PROXIES = 10

CHECK_SECONDS, CHECKS = 10, 2
"""How often the load balancer asks a node or proxy whether it is well, and after how many answers it believes it. 10 seconds is the least
that every controller takes."""

LEAVING_SECONDS, DRAIN_SECONDS = 60, 120
"""How long a proxy that has to go answers at least, and at most while it still has connections. The load balancer needs the checks, and
some time to spread what it found; with the default of 10 seconds new connections would meet a proxy that is gone
(gateway.envoyproxy.io/docs/tasks/operations/graceful-shutdown)."""

LOAD_BALANCER = "service.beta.kubernetes.io/aws-load-balancer"


def annotations(*, internal: bool, subnets: Sequence[str]) -> dict[str, str]:
    """What an AWS controller of load balancers reads: EKS's own, Auto Mode's, or the AWS Load Balancer Controller.

    kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/service/annotations; the first of the two for `internal` is that of
    the controller that every EKS cluster has, the second that of the others.
    """
    found = {
        f"{LOAD_BALANCER}-healthcheck-interval": str(CHECK_SECONDS),
        f"{LOAD_BALANCER}-healthcheck-healthy-threshold": str(CHECKS),
        f"{LOAD_BALANCER}-healthcheck-unhealthy-threshold": str(CHECKS),
        f"{LOAD_BALANCER}-type": "nlb",
        f"{LOAD_BALANCER}-scheme": "internal" if internal else "internet-facing",
        f"{LOAD_BALANCER}-cross-zone-load-balancing-enabled": "true",
    }
    if internal:
        found[f"{LOAD_BALANCER}-internal"] = "true"
    if subnets:
        found[f"{LOAD_BALANCER}-subnets"] = ",".join(subnets)
    return found


def service(*, internal: bool, subnets: Sequence[str], auto_mode: bool, callers: Sequence[str] = ()) -> dict[str, object]:
    """The Service that the proxies stand behind. Callers keep their addresses, and no node forwards to another.

    `callers`: blocks of addresses that are let in; all are where none is named.
    """
    made: dict[str, object] = {
        "type": "LoadBalancer",
        "externalTrafficPolicy": "Local",
        "annotations": annotations(internal=internal, subnets=subnets),
    }
    if callers:
        made["loadBalancerSourceRanges"] = list(callers)
    # docs.aws.amazon.com/eks/latest/userguide/auto-configure-nlb.html
    return {**made, "loadBalancerClass": "eks.amazonaws.com/nlb"} if auto_mode else made


def values(load_balancer: Mapping[str, object]) -> dict[str, object]:
    """Values of the chart: two controllers, and of proxies two to ten over nodes and zones, one of which may go at a time."""
    spread = [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",
            # Those that are about to go do not count.
            "matchLabelKeys": ["pod-template-hash"],
            "nodeTaintsPolicy": "Honor",
            "labelSelector": {"matchLabels": {"app.kubernetes.io/component": "proxy", "app.kubernetes.io/managed-by": "envoy-gateway"}},
        }
        for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ]
    busy = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}
    proxies = {
        "envoyService": dict(load_balancer),
        "envoyDeployment": {
            "container": {"resources": {"requests": {"cpu": "500m", "memory": "512Mi"}, "limits": {"memory": "1Gi"}}},
            "pod": {"topologySpreadConstraints": spread},
        },
        "envoyHpa": {"minReplicas": 2, "maxReplicas": MAX_PROXIES, "metrics": [busy]},
        "envoyPDB": {"maxUnavailable": 1},
    }
    # Of every Gateway of the class, without an object whose definition comes with the chart.
    defaults = {
        "provider": {"type": "Kubernetes", "kubernetes": proxies},
        "shutdown": {"minDrainDuration": f"{LEAVING_SECONDS}s", "drainTimeout": f"{DRAIN_SECONDS}s"},
        # Of each pod apart, or nobody could say which version it is that fails.
        "telemetry": {"metrics": {"enablePerEndpointStats": True}},
    }
    return {
        "deployment": {"replicas": 2},
        "config": {
            "envoyGateway": {
                "gateway": {"controllerName": CONTROLLER},
                "provider": {"type": "Kubernetes"},
                "envoyProxy": defaults,
            }
        },
    }


def gateway_class(name: str, labels: Mapping[str, str]) -> dict[str, object]:
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "GatewayClass",
        "metadata": {"name": name, "labels": dict(labels)},
        "spec": {"controllerName": CONTROLLER},
    }
