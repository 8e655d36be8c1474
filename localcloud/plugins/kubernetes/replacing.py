"""Which changes replace an object instead of updating it.

The table is the official provider's (pulumi/pulumi-kubernetes, provider/pkg/provider/diff.go, forceNew): fields that the API server holds
immutable, and the content of ConfigMaps and Secrets, whose readers would not notice a change.
"""

# Words in a string: a list of eighty quoted names is no easier to read.
# ruff: noqa: SIM905

from __future__ import annotations

from localcloud.plugins.values import Path, Value, plain

_SELECTOR = (("spec", "selector"),)
_POD = tuple(
    ("spec", field)
    for field in (
        "affinity automountServiceAccountToken dnsConfig dnsPolicy enableServiceLinks hostAliases hostIPC hostNetwork hostPID hostname "
        "imagePullSecrets nodeName nodeSelector overhead preemptionPolicy priority priorityClassName readinessGates restartPolicy "
        "runtimeClassName schedulerName securityContext serviceAccount serviceAccountName shareProcessNamespace subdomain "
        "terminationGracePeriodSeconds volumes"
    ).split()
)
_CONTAINER = (
    "args command env image imagePullPolicy lifecycle livenessProbe ports readinessProbe resources securityContext stdin stdinOnce "
    "terminationMessagePath terminationMessagePolicy tty volumeDevices volumeMounts workingDir"
).split()
_CONTAINERS = tuple(("spec", group, 0, field) for group in ("containers", "initContainers") for field in _CONTAINER)
_VOLUME = tuple(
    ("spec", field)
    for field in (
        "awsElasticBlockStore azureDisk azureFile cephfs cinder csi fc flexVolume flocker gcePersistentDisk glusterfs hostPath iscsi local "
        "nfs photonPersistentDisk portworxVolume quobyte rbd scaleIO storageos vsphereVolume"
    ).split()
)
_STATEFUL_SET = tuple(
    ("spec", field) for field in ("podManagementPolicy", "revisionHistoryLimit", "selector", "serviceName", "volumeClaimTemplates")
)
_JOB = tuple(("spec", field) for field in ("completions", "parallelism", "selector", "template"))

# (API group, kind) → fields; 0 in a path stands for any position of a list.
_FORCE_NEW: dict[tuple[str, str], tuple[Path, ...]] = {
    ("", "ConfigMap"): (("binaryData",), ("data",)),
    ("", "PersistentVolume"): _VOLUME,
    ("", "PersistentVolumeClaim"): tuple(("spec", field) for field in ("accessModes", "selector", "storageClassName", "volumeName")),
    ("", "Pod"): _POD + _CONTAINERS,
    ("", "ResourceQuota"): (("spec", "scopes"),),
    ("", "Secret"): (("type",), ("stringData",), ("data",)),
    ("", "Service"): (("spec", "clusterIP"),),
    ("apps", "DaemonSet"): _SELECTOR,
    ("apps", "Deployment"): _SELECTOR,
    ("apps", "StatefulSet"): _STATEFUL_SET,
    ("batch", "Job"): _JOB,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): (("roleRef",),),
    ("rbac.authorization.k8s.io", "RoleBinding"): (("roleRef",),),
    ("storage.k8s.io", "StorageClass"): (("parameters",), ("provisioner",)),
}
_ALWAYS: tuple[Path, ...] = (("metadata", "name"), ("metadata", "namespace"))


def force_new(api_version: str, kind: str, immutable: bool, mutable_config_maps: bool, mutable_secrets: bool) -> tuple[Path, ...]:
    """The fields whose change replaces an object of this kind. `immutable`: the object's own field of that name; the other two are the
    provider's options enableConfigMapMutable and enableSecretMutable."""
    group = api_version.rpartition("/")[0]
    if (group, kind) == ("", "ConfigMap") and mutable_config_maps and not immutable:
        return _ALWAYS
    if (group, kind) == ("", "Secret") and mutable_secrets and not immutable:
        return (*_ALWAYS, ("type",))
    return _ALWAYS + _FORCE_NEW.get((group, kind), ())


def replaces(path: Path, value: Value, fields: tuple[Path, ...]) -> bool:
    """Whether a change at `path` touches one of the fields: inside of it, or, for a whole branch that came or went, because `value`
    (the branch) holds it."""
    return any(_inside(path, field) or _holds(path, value, field) for field in fields)


def _inside(path: Path, field: Path) -> bool:
    return len(path) >= len(field) and all(_same(step, wanted) for step, wanted in zip(path, field, strict=False))


def _holds(path: Path, value: Value, field: Path) -> bool:
    if len(path) >= len(field) or not _inside(field, path):
        return False
    value = plain(value)
    for wanted in field[len(path) :]:
        if isinstance(value, list) and isinstance(wanted, int):
            value = value[0] if value else None
        elif isinstance(value, dict) and isinstance(wanted, str):
            value = value.get(wanted)
        else:
            return False
    return value is not None


def _same(step: str | int, wanted: str | int) -> bool:
    return step == wanted or (isinstance(step, int) and isinstance(wanted, int))
