"""Kubeconfigs for EKS clusters, without the AWS command line."""

from modelway.errors import ModelwayError


def kubeconfig(clusters: dict[str, dict[str, str]], *, prefix: str, region: str) -> dict[str, object]:
    """A kubeconfig with one context `PREFIX/KEY` for each EKS cluster; the first one is current.

    `clusters` are a platform stack's outputs: `kind`, `name`, `endpoint` and `certificate_authority` (base64) by key. Tokens come from
    `modelway kube-token`, found on PATH: a kubeconfig with an absolute path would work on one machine only, and change with each.
    Raises ModelwayError when there is no cluster, or none is an EKS cluster.
    """
    if not clusters:
        raise ModelwayError(f"environment {prefix} has no cluster yet, or no longer: bring it up with `modelway up {prefix}`.")
    own = {f"{prefix}/{key}": cluster for key, cluster in clusters.items() if cluster["kind"] == "eks"}
    if not own:
        contexts = ", ".join(cluster.get("context", "?") for cluster in clusters.values())
        raise ModelwayError(f"environment {prefix} has no cluster of its own: use your kubeconfig's context {contexts}.")
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": next(iter(own)),
        "clusters": [
            {"name": name, "cluster": {"server": cluster["endpoint"], "certificate-authority-data": cluster["certificate_authority"]}}
            for name, cluster in own.items()
        ],
        "users": [
            {
                "name": name,
                "user": {
                    "exec": {
                        "apiVersion": "client.authentication.k8s.io/v1",
                        "command": "modelway",
                        "args": ["kube-token", "--cluster", cluster["name"], "--region", region],
                        "interactiveMode": "Never",
                    }
                },
            }
            for name, cluster in own.items()
        ],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}} for name in own],
    }
