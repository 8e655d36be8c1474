"""How the weights of a version come into its pods: the serving program gets them, a container before it does, or a volume is them.

The serving program is told the same way each time: MODEL_URI is where they are, MODEL_SHA256 what they have to be. It is not told a digest
where somebody else has checked it: the node, of an artifact; the fetcher, of an archive that it unpacked.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from components import _quantities as quantities

FOLDER = "/models"
"""Where weights are in a pod that does not get them by itself."""

FETCHER_RESOURCES = {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}}
"""A stream needs no more, however large the weights are."""


@dataclass(frozen=True)
class Weights:
    """Where the weights of a version are: `uri`, or `artifact`. Both may be Outputs."""

    uri: object = None
    """`s3://bucket/key`."""
    sha256: str = ""
    """64 hex digits of the file at `uri`."""
    artifact: object = None
    """Reference of an OCI artifact, with its digest."""
    fetcher: object = None
    """Image of the program that gets what is at `uri`; None when the serving program does it by itself."""
    file: str = ""
    """Name of the fetched file; empty for an archive, which is unpacked."""
    asked_bytes: int = 0
    """Room that a node has to have on its disk for what is fetched."""
    most_bytes: int = 0
    """Room that it may take there."""


def variables(weights: Weights) -> dict[str, object]:
    """What the serving program is told."""
    if weights.artifact is not None:
        return {"MODEL_URI": f"file://{FOLDER}"}
    if weights.fetcher is None:
        return {"MODEL_URI": weights.uri, "MODEL_SHA256": weights.sha256}
    if not weights.file:
        return {"MODEL_URI": f"file://{FOLDER}"}
    return {"MODEL_URI": f"file://{FOLDER}/{weights.file}", "MODEL_SHA256": weights.sha256}


def disk(weights: Weights) -> dict[str, str]:
    """What a pod asks of the node's disk for them. What a node pulls by itself is not counted."""
    return {"ephemeral-storage": quantities.memory(weights.asked_bytes)} if _fetched(weights) else {}


def volumes(weights: Weights) -> list[dict[str, object]]:
    """The volume that holds them, if any."""
    if weights.artifact is not None:
        # The node pulls it as it pulls images, and checks its digest.
        return [{"name": "weights", "image": {"reference": weights.artifact, "pullPolicy": "IfNotPresent"}}]
    # Past its limit the pod is evicted, and not its neighbours with it.
    return [{"name": "weights", "emptyDir": {"sizeLimit": quantities.memory(weights.most_bytes)}}] if _fetched(weights) else []


def mounts(weights: Weights) -> list[dict[str, object]]:
    """Where the serving program sees that volume; it cannot write there."""
    return [{"name": "weights", "mountPath": FOLDER, "readOnly": True}] if volumes(weights) else []


def init_containers(weights: Weights, environment: Mapping[str, object], security: Mapping[str, object]) -> list[dict[str, object]]:
    """The container that fetches them, if one does."""
    if not _fetched(weights):
        return []
    told: dict[str, object] = {"FETCH_URI": weights.uri, "FETCH_SHA256": weights.sha256, "FETCH_INTO": FOLDER}
    if weights.file:
        told["FETCH_FILE"] = weights.file
    # The region, for S3; the serving program's own settings are none of its business.
    told |= {name: value for name, value in environment.items() if name.startswith("AWS_")}
    return [
        {
            "name": "fetch-weights",
            "image": weights.fetcher,
            "imagePullPolicy": "IfNotPresent",
            "env": [{"name": name, "value": value} for name, value in told.items()],
            "resources": FETCHER_RESOURCES,
            "securityContext": dict(security),
            "volumeMounts": [{"name": "weights", "mountPath": FOLDER}],
        }
    ]


def _fetched(weights: Weights) -> bool:
    return weights.fetcher is not None and weights.artifact is None
