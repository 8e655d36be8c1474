"""What is live, read back from a stack's state or from cluster and cloud themselves, and where it is not what is described.

The state holds what providers read from cluster and cloud when the update ended; what happened since then only they say, see looked.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from modelway.governance.record import Found, Model

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
ROUTE = "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute"
ON_SAGEMAKER = "aws:sagemaker/endpoint:Endpoint"
MODEL, VERSION = "modelway.dev/model", "modelway.dev/version"
"""Labels that endpoints carry."""


@dataclass(frozen=True)
class Held:
    """A resource of a state."""

    type: str
    name: str
    properties: Mapping[str, object]
    """As its provider read them."""


@dataclass(frozen=True)
class Managed:
    """A version on SageMaker, as the cloud itself tells of it; no state tells how much each answers."""

    model: str
    version: str
    image: str
    """Digest, with sha256:."""
    weights: str | None
    """SHA-256 in hex that its server compares its weights with."""
    percent: int
    copied: int


@dataclass
class Live:
    """What serves, by model and version."""

    images: dict[tuple[str, str], str] = field(default_factory=dict)
    """Digest of the image, with sha256:."""
    weights: dict[tuple[str, str], str] = field(default_factory=dict)
    """SHA-256 in hex that a server compares its weights with before it answers."""
    shares: dict[str, dict[str, int]] = field(default_factory=dict)
    """Of a model percent of requests, by service of a version."""
    copies: dict[str, dict[str, int]] = field(default_factory=dict)
    """The same of copies."""
    services: dict[tuple[str, str], str] = field(default_factory=dict)
    """Name of the service of a version."""
    elsewhere: set[str] = field(default_factory=set)
    """Endpoints on SageMaker, whose traffic no state tells."""


def read_back(resources: Sequence[Held], managed: Sequence[Managed] = ()) -> Live:
    """What the endpoints of a stack do, by what it holds: resources of its state, or objects of clusters; and what runs on SageMaker."""
    live = Live()
    for one in managed:
        live.images[one.model, one.version] = one.image
        if one.weights is not None:
            live.weights[one.model, one.version] = one.weights
        live.services[one.model, one.version] = one.version
        live.shares.setdefault(one.model, {})[one.version] = one.percent
        live.copies.setdefault(one.model, {})[one.version] = one.copied
    for resource in resources:
        labels = _at(resource.properties, "metadata", "labels")
        of, version = (str(labels.get(key, "")) for key in (MODEL, VERSION)) if isinstance(labels, Mapping) else ("", "")
        if resource.type == DEPLOYMENT and of and version:
            for container in _list(_at(resource.properties, "spec", "template", "spec", "containers")):
                if _at(container, "name") == "model":
                    live.images[of, version] = str(_at(container, "image")).rpartition("@")[2]
                    for variable in _list(_at(container, "env")):
                        if _at(variable, "name") == "MODEL_SHA256":
                            live.weights[of, version] = str(_at(variable, "value"))
            live.services[of, version] = str(_at(resource.properties, "metadata", "name"))
        elif resource.type == ROUTE and of:
            for rule in _list(_at(resource.properties, "spec", "rules")):
                matches = _list(_at(rule, "matches"))
                # One that matches a header is a cohort's, and not for everybody.
                if not matches or not all(_at(match, "headers") for match in matches):
                    live.shares.setdefault(of, {}).update(_shares(rule))
                    live.copies.setdefault(of, {}).update(_copies(rule))
        elif resource.type == ON_SAGEMAKER:
            live.elsewhere.add(resource.name)
    return live


def found(live: Live, model: str, version: str) -> Found | None:
    """What is known of a version."""
    key = (model, version)
    if key not in live.images or model in live.elsewhere:
        return None
    percent, copied = (by_service.get(model, {}).get(live.services[key], 0) for by_service in (live.shares, live.copies))
    return Found(live.images[key], live.weights.get(key), percent, copied)


def differences(models: Sequence[Model], live: Live, place: str = "in the state") -> list[str]:
    """Where what is live is not what is described, a line each. `place` is where one looked."""
    return [line for model in models for line in _of_model(model, live, place)] + [
        f"{of} {version} is live, and is not described to answer"
        for of, version in sorted(live.images)
        if not any(model.model == of and _answers(model, version) for model in models)
    ]


def unknown(models: Sequence[Model], live: Live) -> list[str]:
    """What a state cannot tell, a line each."""
    lines = [
        f"{model.model}: on SageMaker, whose state does not tell which version answers how much"
        for model in models
        if model.model in live.elsewhere
    ]
    for of, version in sorted(set(live.images) - set(live.weights)):
        lines.append(f"{of} {version}: its server is not told which digest its weights have, so the state does not show it")
    return lines


def unsaid(models: Sequence[Model]) -> Iterator[str]:
    """What the files of models do not say of versions that answer, a line each."""
    for model in models:
        for share in model.versions:
            if share.answers:
                training, where = share.training, f"{model.model} {share.version}"
                parts = {data.part for data in training.data} if training is not None else set()
                missing = ["the fingerprint of its training data"] if "training" not in parts else []
                missing += ["the fingerprint of data that it did not learn from"] if not parts & {"validation", "test"} else []
                missing += ["the run that made it"] if training is None or training.run is None else []
                missing += ["the commit that trained it"] if training is None or training.commit is None else []
                missing += ["what it reached"] if share.evaluation is None else []
                if missing:
                    yield f"{where}: its file does not say {', '.join(missing)}"


def _of_model(model: Model, live: Live, place: str) -> Iterator[str]:
    if model.model in live.elsewhere:
        return
    for share in model.versions:
        if not share.answers:
            continue
        where, read = f"{model.model} {share.version}", share.found
        if read is None:
            yield f"{where}: described to answer, and not {place}"
            continue
        for what, told, pinned in (("image", read.image, share.image), ("weights", read.weights, share.weights)):
            wanted, digest = pinned.rpartition("@sha256:")[2], (told or "").removeprefix("sha256:")
            if told is not None and digest != wanted:
                yield f"{where}: {what} sha256:{wanted[:12]} is described, and {f'sha256:{digest[:12]}' if digest else 'none'} is live"
        for what, asked, percent in (("requests", share.percent, read.percent), ("copies", share.copied, read.copied)):
            if percent != asked:
                yield f"{where}: {asked}% of {what} are described, and {percent}% are live"


def _answers(model: Model, version: str) -> bool:
    return any(share.version == version and share.answers for share in model.versions)


def _shares(rule: object) -> Iterator[tuple[str, int]]:
    weights = {str(_at(backend, "name")): _number(_at(backend, "weight"), 1) for backend in _list(_at(rule, "backendRefs"))}
    if total := sum(weights.values()):
        yield from ((name, round(100 * weight / total)) for name, weight in weights.items())


def _copies(rule: object) -> Iterator[tuple[str, int]]:
    for step in _list(_at(rule, "filters")):
        if _at(step, "type") == "RequestMirror":
            mirror = _at(step, "requestMirror")
            yield str(_at(mirror, "backendRef", "name")), round(_number(_at(mirror, "percent"), 100))


def _number(value: object, default: float) -> float:
    return value if isinstance(value, int | float) else default


def _at(value: object, *path: str) -> object:
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()
