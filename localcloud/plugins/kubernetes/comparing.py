"""What an update would change: of an object, and of the provider itself."""

from __future__ import annotations

from collections.abc import Sequence

from localcloud.plugins.kubernetes import objects
from localcloud.plugins.kubernetes.kubeconfig import KubeconfigError, active_cluster, load
from localcloud.plugins.kubernetes.replacing import replaces
from localcloud.plugins.serving import Difference
from localcloud.plugins.values import UNKNOWN, Path, Properties, Value, differences, plain

_CLUSTER = frozenset({"kubeconfig", "context", "cluster"})


def objects_of_a_kind(old: Properties, new: Properties, outputs: Properties, fields: tuple[Path, ...], namespaced: bool) -> Difference:
    """New inputs against the last ones, which a refresh has brought up to what is live. `fields` replace; the old object goes first when
    the new one needs its name."""
    if not namespaced:
        old, new = objects.without_namespace(old), objects.without_namespace(new)
    elif not objects.namespace_of(old):
        old = objects.in_namespace(old, objects.namespace_of(outputs) or "default")
    if objects.name_of(new) and not objects.name_of(old):
        old = {**old, "metadata": {**objects.metadata_of(old), "name": objects.name_of(outputs)}}
    changes = {path: change for path, change in differences(old, new) if path != ("apiVersion",)}
    replaced = frozenset(path for path in changes if replaces(path, _at(old if changes[path] == "delete" else new, path), fields))
    same_place = objects.name_of(new) == objects.name_of(outputs) and objects.namespace_of(new) == objects.namespace_of(old)
    explicit = not objects.is_true(new, objects.AUTONAMED)
    return Difference(changes, replaced, delete_before_replace=bool(replaced) and same_place and explicit)


def replaced_anyway(difference: Difference, annotation: str) -> Difference:
    """The difference with a replacement that this annotation asks for."""
    path = ("metadata", "annotations", annotation)
    changes = {**difference.changes, path: difference.changes.get(path, "update")}
    return Difference(changes, difference.replaces | {path}, difference.delete_before_replace)


def providers(old: Properties, new: Properties) -> Difference:
    """Which cluster decides: a changed clusterIdentifier replaces everything, an unchanged one nothing. Without it a changed entry of the
    active cluster does, and so does a kubeconfig that is not known yet."""
    changes = {path: change for path, change in differences(old, new) if path[0] != "version"}
    keys = {str(path[0]) for path in changes}
    replaced = _replaced(old, new, keys)
    return Difference(changes, frozenset(path for path in changes if path[0] in replaced))


def _replaced(old: Properties, new: Properties, keys: set[str]) -> set[str] | frozenset[str]:
    if new.get("clusterIdentifier") and old.get("clusterIdentifier"):
        return {"clusterIdentifier"}
    if unknown := {key for key in _CLUSTER if new.get(key) is UNKNOWN}:
        return unknown
    before, after = _cluster_entry(old), _cluster_entry(new)
    return keys & _CLUSTER if before is not None and after is not None and before != after else set()


def _cluster_entry(config: Properties) -> Properties | None:
    """The cluster that an explicit kubeconfig means; None without one."""
    kubeconfig = string(config, "kubeconfig")
    if kubeconfig is None:
        return None
    try:
        return active_cluster(load(kubeconfig), string(config, "context"), string(config, "cluster"))
    except (KubeconfigError, OSError):
        return None


def plain_options(properties: Properties) -> Properties:
    """Options without secret marks and without those that are not set."""
    bare = {key: plain(value) for key, value in properties.items()}
    return {key: value for key, value in bare.items() if value is not None}


def string(properties: Properties, key: str) -> str | None:
    """A text that is set and known; secret marks do not count."""
    value = plain(properties.get(key))
    return value if isinstance(value, str) and value else None


def _at(body: Value, path: Sequence[str | int]) -> Value:
    for step in path:
        if isinstance(body, dict) and isinstance(step, str):
            body = body.get(step)
        elif isinstance(body, list) and isinstance(step, int) and step < len(body):
            body = body[step]
        else:
            return None
    return body
