"""An image is named by what is in it: a tag can be moved to something else between the review and the start of a pod."""

import re
from collections.abc import Iterator

from modelway.rules.properties import Found, look
from modelway.rules.subjects import Rule, Subject, text_of, verdict
from modelway.rules.verdicts import Evidence, Undecided, Unreadable, Verdict

_DIGEST = re.compile(r"[^\s@]+@sha256:[0-9a-f]{64}")

_TEMPLATE = tuple(f"spec.template.spec.{name}.*.image" for name in ("containers", "initContainers"))
_PATHS = {
    "Deployment": _TEMPLATE,
    "StatefulSet": _TEMPLATE,
    "DaemonSet": _TEMPLATE,
    "ReplicaSet": _TEMPLATE,
    "Job": _TEMPLATE,
    "Rollout": _TEMPLATE,
    "CronJob": tuple(f"spec.jobTemplate.{path}" for path in _TEMPLATE),
    "Pod": ("spec.containers.*.image", "spec.initContainers.*.image"),
    "InferenceService": tuple(
        f"spec.{part}.{path}"
        for part in ("predictor", "transformer", "explainer")
        for path in ("model.image", "containers.*.image", "initContainers.*.image")
    ),
}
"""Where an image stands, by the kind of an object in a cluster."""
_MODEL = "aws:sagemaker/model:Model"
_OF_MODELS = ("primaryContainer.image", "containers.*.image")
WAY_OUT = "Write the tested image as name@sha256:…; `docker buildx imagetools inspect NAME:TAG` prints its digest."


def judge(subject: Subject) -> Verdict:
    """Whether every image of a workload or a SageMaker model is pinned."""
    return verdict(_judged(subject))


def _judged(subject: Subject) -> Iterator[Evidence | Undecided | Unreadable | None]:
    for path in _paths(subject.type):
        for found in look(subject.properties, path):
            if (image := text_of(found)) is not None:
                yield _of(found, image)


def _of(found: Found, image: str | Undecided | Unreadable) -> Evidence | Undecided | Unreadable | None:
    if not isinstance(image, str):
        return image
    return None if _DIGEST.fullmatch(image) else Evidence(found.path, found.shown, RULE.says, WAY_OUT)


def _paths(type_: str) -> tuple[str, ...]:
    if type_ == _MODEL:
        return _OF_MODELS
    return _PATHS.get(type_.rpartition(":")[2], ()) if type_.startswith("kubernetes:") else ()


RULE = Rule(
    id="pinned-digest",
    says="an image is pinned by its digest",
    why="A tag can be moved: what starts tomorrow is then not what was reviewed today.",
    severity="high",
    sources=("IMG-01", "CKV_K8S_43", "NIST SR-4", "NIST SI-7(6)"),
    applies=lambda type_: bool(_paths(type_)),
    judge=judge,
)
