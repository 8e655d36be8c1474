"""What people write out of habit, from other tools or because it stands elsewhere here: the wrong name, and the right place."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Habit:
    """A name that is no field of a section, and what to write instead."""

    way_out: str
    """`VALUE` stands for what was written, where that is a single value."""
    meant: tuple[str, ...] = ()
    """Fields, as paths from the section, that are not missing as well when this is there."""

    def told(self, value: object) -> str:
        """The way out for what was written."""
        single = isinstance(value, int | float) or (isinstance(value, str) and value.isascii() and value.isprintable() and len(value) <= 60)
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return self.way_out.replace("VALUE", text if single else "…")


def _all(names: str, way_out: str, *meant: str) -> dict[str, Habit]:
    return dict.fromkeys(names.split(), Habit(way_out, meant))


_REPLICAS = "Write `scaling: {min: VALUE, max: VALUE, target: {cpu: 70%}}`: an autoscaler keeps between the two."
_KUBERNETES = 'Write `resources: {cpu: "1", memory: 2Gi}`, once: what is asked for is the limit too.'

_UNDER_ENDPOINT = {
    name: Habit(f"Move it under endpoint: `endpoint: {{{name}: …}}`.", (f"endpoint.{name}",))
    for name in ("traffic", "scaling", "resources", "slo", "runtime", "access", "placement", "timeout", "warm_up", "drain", "batching")
} | {"payload_logging": Habit("Move it under endpoint: `endpoint: {payload_logging: …}`.")}

_SCALING = {
    **_all("replicas replica_count replicaCount instance_count initial_instance_count", _REPLICAS, "scaling.min", "scaling.max"),
    **_all("min min_replicas minReplicas", "Write it under scaling: `scaling: {min: VALUE}`.", "scaling.min"),
    **_all("max max_replicas maxReplicas", "Write it under scaling: `scaling: {max: VALUE}`.", "scaling.max"),
    **_all("autoscaling autoscaler hpa", "Write `scaling: {min: 2, max: 10, target: {cpu: 70%}}`.", "scaling"),
}

HABITS: Mapping[str, Mapping[str, Habit]] = MappingProxyType(
    {
        "Environment": {
            **_all("name env", "Write `environment: VALUE`.", "environment"),
            **_all("region", "Move it under aws: `aws: {account: …, region: VALUE}`.", "aws.region"),
            **_all("account account_id", 'Move it under aws: `aws: {account: "VALUE", region: …}`.', "aws.account"),
            **_all("vpc", "Write `network: {kind: vpc, cidr: 10.20.0.0/16, zones: 2}`."),
            **_all("cluster eks", "Write `clusters: {main: {kind: eks, …}}`: each has a name.", "clusters"),
            **_all("node_pools nodes node_groups", "Move it under the cluster: `clusters: {main: {node_pools: …}}`."),
            **_all("alerts", "Move it under monitoring: `monitoring: {alerts: …}`."),
            **_all("endpoint endpoints", "Write it into the model's own file, `models/NAME.yaml`, as `endpoint`."),
        },
        "NodePool": {
            **_all("spot", "Write `capacity: spot`; without it nodes are on demand."),
            **_all("capacity_type capacityType", "Write `capacity: spot` or `capacity: on_demand`."),
            **_all(
                "instance_type instanceType instanceTypes type machine_type vm_size",
                "Write `instance_types: [VALUE]`: a list, the preferred one first.",
                "instance_types",
            ),
            **_all("min_size minSize", "Write `min: VALUE`.", "min"),
            **_all("max_size maxSize", "Write `max: VALUE`.", "max"),
            **_all("desired desired_size desiredSize size count", "Write min and max: an autoscaler keeps between the two.", "min", "max"),
            **_all("scaling scaling_config scalingConfig", "Write min and max beside instance_types.", "min", "max"),
            **_all("disk_size diskSize volume_size", "Write `disk: 100Gi`: the number of GiB, and Gi."),
            **_all("gpus accelerator accelerators", "Write `gpu: true`; how many there are the type of the instances says."),
        },
        "EksCluster": {
            **_all("kubernetes_version k8s_version", 'Write `version: "VALUE"`.', "version"),
            **_all("nodes node_groups nodeGroups managedNodeGroups pools", "Write `node_pools`, by name.", "node_pools"),
            **_all("public", "Write `endpoint: {kind: public, allowed: [198.51.100.0/24]}`; the endpoint is private when nothing is said."),
        },
        "Model": {
            **_UNDER_ENDPOINT,
            **{
                name: Habit(found.way_out.replace("`scaling: {", "`endpoint: {scaling: {").replace("}`", "}}`"))
                for name, found in _SCALING.items()
            },
            **_all("name", "Write `model: VALUE`.", "model"),
            **_all("namespace", "Write `team: VALUE`: a team has a namespace of its name.", "team"),
            **_all("tier risk", "Write `risk_tier: VALUE`.", "risk_tier"),
            **_all("live canary shadow split", "Move it under the endpoint's traffic: `endpoint: {traffic: {…}}`."),
            **_all("image weights contract format framework protocols", 'Move it under a version: `versions: {"2026.11.1": {…}}`.'),
            **_all("version", 'Write `versions: {"VALUE": {image: …, weights: …, contract: …}}`.', "versions"),
            **_all("model_card approvers intended_use", "Move it under governance: `governance: {…}`."),
        },
        "Version": {
            **_all("tag", "Remove it, and pin the image by its digest: `image: NAME@sha256:…`; a tag can be moved."),
            **_all("digest", "Write it behind the image: `image: NAME@VALUE`."),
            **_all(
                "model model_uri modelUri storageUri storage_uri model_data artifact",
                "Write `weights: KEY@sha256:…`, s3://BUCKET/KEY@sha256:… or oci://HOST/NAME@sha256:…",
                "weights",
            ),
            **_all("schema signature", "Write it into a contract, and name its file: `contract: contracts/NAME.yaml`.", "contract"),
        },
        "Endpoint": {
            **_SCALING,
            **_all("requests limits", _KUBERNETES, "resources"),
            **_all("cpu memory gpu", 'Move it under resources: `resources: {cpu: "1", memory: 2Gi}`.', "resources"),
            **_all(
                "instance_type instanceType",
                "Write `runtime: {kind: sagemaker, instance_type: VALUE}`; on Kubernetes pools of nodes say it.",
            ),
            **_all("live", "Move it under traffic: `traffic: {live: …}`.", "traffic.live"),
            **_all("canary shadow split sticky", "Move it under traffic: `traffic: {…}`."),
            **_all("mirror mirror_traffic", "Write `traffic: {shadow: {version: …, percent: 10}}`."),
            **_all("target", "Move it under scaling: `scaling: {target: …}`.", "scaling.target"),
            **_all("latency latency_p99 availability error_rate", "Move it under slo: `slo: {…}`."),
            **_all("pool node_pool nodeSelector node_selector", "Write `placement: {pool: NAME}`."),
            **_all("tolerations affinity", "Write `placement: {pool: NAME}`: what runs in a pool tolerates its taints."),
            **_all("versions image weights", "Move it out of endpoint: versions stand beside it, at the top of the file."),
        },
        "Resources": {
            **_all("requests limits", _KUBERNETES, "cpu", "memory"),
            **_all("gpus nvidia.com/gpu accelerator", "Write `gpu: VALUE`."),
            **_all("mem ram", "Write `memory: 2Gi`.", "memory"),
            **_all("instance_type", "Nodes are chosen by what replicas ask for: remove it, or name a pool with `placement: {pool: NAME}`."),
        },
        "Scaling": {
            **_all("min_replicas minReplicas min_capacity", "Write `min: VALUE`.", "min"),
            **_all("max_replicas maxReplicas max_capacity", "Write `max: VALUE`.", "max"),
            **_all("replicas", "Write `min: VALUE` and `max: VALUE`: an autoscaler keeps between the two.", "min", "max"),
            **_all(
                "cpu memory concurrency requests_per_second latency_p99 queue_depth",
                "Move it under target: `target: {cpu: 70%}`.",
                "target",
            ),
            **_all("metrics targets", "Write `target: {cpu: 70%}`.", "target"),
        },
        "Traffic": {
            **_all("mirror mirror_traffic", "Write `shadow: {version: …, percent: 10}`."),
            **_all("stable default primary current", 'Write `live: "VALUE"`.', "live"),
            **_all("canary_percent canaryTrafficPercent", "Write `canary: {version: …, percent: VALUE}`."),
            **_all("weights weight", "Write `canary: {version: …, percent: 10}`: live answers the others.", "live"),
            **_all("headers header ab", "Write `split: [{version: …, header: {name: x-cohort, value: b}}]`."),
        },
        "EndpointAccess": _all("allowed_teams allowedTeams allow callers", "Write `teams: [NAME]`: the teams besides its own.", "teams"),
        "PagerDuty": _all(
            "routing_key routingKey integration_key service_key", "Write `key: {secret: NAME}`: only its name is written here.", "key"
        ),
        "Slack": _all("webhook_url webhook api_url", "Write `url: {secret: NAME}`: only its name is written here.", "url"),
        "Canary": _all("weight traffic percentage", "Write `percent: 10`: a whole number, without a percent sign.", "percent"),
        "Shadow": _all("weight traffic percentage", "Write `percent: 10`: a whole number, without a percent sign.", "percent"),
        "Slo": {
            **_all("latency p99", "Write `latency_p99: VALUE`.", "latency_p99"),
            **_all(
                "p50 p90 p95 latency_p50 latency_p90 latency_p95",
                "Write `latency_p99`: what is promised holds for 99 of 100 requests.",
                "latency_p99",
            ),
            **_all("uptime", "Write `availability: VALUE`.", "availability"),
            **_all("errors", "Write `error_rate: VALUE`.", "error_rate"),
        },
    }
)
"""By section, and by the name that stands there. What is only misspelt is told by its likeness."""
