"""What is in a namespace of a cluster, by labels. Reads only."""

from typing import Any

from modelway.operations._cluster import Cluster, explained

SECONDS = 30
"""That the API server has for an answer."""


class Looking(Cluster):
    """A cluster whose objects are looked at."""

    def objects(self, api_version: str, plural: str, namespace: str, selector: str) -> list[dict[str, object]]:
        """The objects of one kind with such labels, as the API server shows them. Raises ClusterFailure."""
        group, _, version = api_version.rpartition("/")
        found: list[dict[str, object]] = []
        page: dict[str, Any] = {"limit": 500, "_request_timeout": SECONDS}
        with explained(self._name):
            while True:
                # Every kind that is of a group is asked for this way, also the API server's own.
                answer: Any = self._custom.list_namespaced_custom_object(group, version, namespace, plural, label_selector=selector, **page)
                found += answer["items"]
                if not (follows := answer["metadata"].get("continue")):
                    return found
                page["_continue"] = follows
