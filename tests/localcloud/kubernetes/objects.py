"""Resources the tests of the Kubernetes plugin make, as data for the program."""

from tests.localcloud.kubernetes.stack import Object, kubernetes

SKIP_AWAIT = {"pulumi.com/skipAwait": "true"}


def config_map(namespace: str, name: str, data: Object, logical: str = "settings", **options: object) -> Object:
    return kubernetes("core/v1:ConfigMap", logical, {"metadata": {"namespace": namespace, "name": name}, "data": data}, **options)


def service_account(namespace: str, name: str, annotations: Object, *, automount: bool, **options: object) -> Object:
    """A kind that is updated in place and needs no controller."""
    metadata = {"namespace": namespace, "name": name, "annotations": annotations}
    return kubernetes("core/v1:ServiceAccount", name, {"metadata": metadata, "automountServiceAccountToken": automount}, **options)


def deployment(
    namespace: str, name: str, image: str = "registry.example/web:1", app: str = "", annotations: Object | None = None, **options: object
) -> Object:
    labels = {"app": app or name}
    spec = {
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": image}]}},
    }
    metadata = {"namespace": namespace, "name": name, "annotations": annotations or {}}
    return kubernetes("apps/v1:Deployment", name, {"metadata": metadata, "spec": spec}, **options)
