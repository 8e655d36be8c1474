"""How Envoy Gateway is installed, as data."""

from collections.abc import Mapping, Sequence

CHART, VERSION = "oci://docker.io/envoyproxy/gateway-helm", "v1.9.1"
"""The version has the definitions that policies are held to here (toolchain/go/crds)."""

CONTROLLER = "gateway.envoyproxy.io/gatewayclass-controller"

MAX_PROXIES = 10

LOAD_BALANCER = "service.beta.kubernetes.io/aws-load-balancer"


def annotations(*, internal: bool, subnets: Sequence[str]) -> dict[str, str]:
    """What an AWS controller of load balancers reads: EKS's own, Auto Mode's, or the AWS Load Balancer Controller.

    kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/service/annotations; the first of the two for `internal` is that of
    the controller that every EKS cluster has, the second that of the others.
    """
    found = {
        f"{LOAD_BALANCER}-type": "nlb",
        f"{LOAD_BALANCER}-scheme": "internal" if internal else "internet-facing",
        f"{LOAD_BALANCER}-cross-zone-load-balancing-enabled": "true",
    }
    if internal:
        found[f"{LOAD_BALANCER}-internal"] = "true"
    if subnets:
        found[f"{LOAD_BALANCER}-subnets"] = ",".join(subnets)
    return found


def service(*, internal: bool, subnets: Sequence[str], auto_mode: bool) -> dict[str, object]:
    """The Service that the proxies stand behind. Callers keep their addresses, and no node forwards to another."""
    made: dict[str, object] = {
        "type": "LoadBalancer",
        "externalTrafficPolicy": "Local",
        "annotations": annotations(internal=internal, subnets=subnets),
    }
    # docs.aws.amazon.com/eks/latest/userguide/auto-configure-nlb.html
    return {**made, "loadBalancerClass": "eks.amazonaws.com/nlb"} if auto_mode else made


def values(load_balancer: Mapping[str, object]) -> dict[str, object]:
    """Values of the chart: two controllers, and of proxies two to ten over nodes and zones, one of which may go at a time."""
    spread = [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",
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
        "shutdown": {"drainTimeout": "60s"},
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
