"""Whether an object is in a cluster that a context of the kubeconfig leads to. Reads only."""

from collections.abc import Mapping
from typing import Any

from modelway.errors import ModelwayError
from modelway.operations.adopting import Found


class Objects:
    """The clusters of the kubeconfig, by context."""

    def __init__(self) -> None:
        self._clients: dict[str, Any] = {}

    def find(self, context: str, manifest: Mapping[str, object]) -> Found | None:
        """The object that has the manifest's kind and name; None when there is none. Raises ModelwayError when nobody answers."""
        from kubernetes.dynamic.exceptions import NotFoundError, ResourceNotFoundError

        metadata = manifest["metadata"]
        assert isinstance(metadata, Mapping)
        name, namespace = str(metadata["name"]), metadata.get("namespace")
        try:
            kind = self._client(context).resources.get(api_version=str(manifest["apiVersion"]), kind=str(manifest["kind"]))
            kind.get(name=name, namespace=namespace)
        except (NotFoundError, ResourceNotFoundError):
            return None
        except Exception as fault:
            raise ModelwayError(f"the cluster of context {context} does not say whether {name} is there: {fault}") from fault
        return Found(f"{namespace}/{name}" if namespace else name)

    def _client(self, context: str) -> Any:
        if context not in self._clients:
            from kubernetes import config
            from kubernetes.dynamic import DynamicClient

            configured = config.new_client_from_config(context=context)  # type: ignore[no-untyped-call]
            self._clients[context] = DynamicClient(configured)  # type: ignore[no-untyped-call]
        return self._clients[context]
