"""Asks clusters, SageMaker, registries and model stores what is there of what was released. Reads only, and changes nothing anywhere."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, cast

from modelway.architecture.references import BaselineFile, Image, Weights
from modelway.errors import ModelwayError
from modelway.governance.live import DEPLOYMENT, MODEL, ROUTE, VERSION, Held, Managed
from modelway.governance.looked import Artifact, Looked
from modelway.operations.kubeconfig import kubeconfig
from modelway.redaction import masked

if TYPE_CHECKING:
    from modelway.operations._cluster_looking import Looking

IN_ECR = re.compile(r"(?P<account>[0-9]{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com")
STEADY = ("InService", "Updating", "SystemUpdating", "RollingBack")
"""What an endpoint of SageMaker may be while it answers."""


@dataclass(frozen=True)
class Sought:
    """A version of a model that is looked for."""

    model: str
    team: str
    version: str
    image: Image
    weights: Weights
    baseline: BaselineFile | None


@dataclass(frozen=True)
class Place:
    """Where an environment's stacks are."""

    environment: str
    account: str
    region: str
    outputs: Mapping[str, object]
    """Of all its stacks, merged."""


@dataclass
class _Found:
    """What was said so far."""

    asked: list[str] = field(default_factory=list)
    objects: list[Held] = field(default_factory=list)
    managed: list[Managed] = field(default_factory=list)
    artifacts: list[Artifact] = field(default_factory=list)
    silent: set[str] = field(default_factory=set)
    troubles: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def look(served: Mapping[str, str], sought: Sequence[Sought], place: Place, now: datetime) -> Looked:
    """What is there. `served`: the team of each model that is served; `sought`: versions of them that answer. Who cannot be asked leaves a
    line in `unknown`; nothing is raised for it."""
    found = _Found()
    endpoints = _table(place.outputs, "endpoints")
    managed = {model for model in served if _table(endpoints, model).get("runtime") == "sagemaker"}
    for model in sorted(set(served) - set(endpoints)):
        found.silent.add(model)
        found.unknown.append(f"{model}: the stacks of {place.environment} say of no endpoint of it, so nobody was asked what serves")
    _look_at_clusters(found, {model: team for model, team in served.items() if model in endpoints and model not in managed}, place)
    if (why := _other_account(place)) is None:
        for model in sorted(managed):
            _look_at_endpoint(found, model, str(_table(endpoints, model)["endpoint"]), place)
        for one in sought:
            _look_at_artifacts(found, one, place)
    else:
        found.silent |= managed
        found.unknown.append(f"AWS was not asked: {why}")
    return Looked(
        when=now,
        asked=sorted(set(found.asked)),
        objects=found.objects,
        managed=found.managed,
        artifacts=found.artifacts,
        silent=frozenset(found.silent),
        troubles=found.troubles,
        unknown=found.unknown,
    )


def _other_account(place: Place) -> str | None:
    """Why AWS is not asked: what is not in another account says nothing."""
    from modelway.operations._aws import account_of_credentials

    try:
        account = account_of_credentials(place.region)
    except ModelwayError as fault:
        return _line(fault)
    return (
        None
        if account == place.account
        else f"the credentials here are of account {account}, and {place.environment} is in {place.account}"
    )


def _look_at_clusters(found: _Found, served: Mapping[str, str], place: Place) -> None:
    endpoints = _table(place.outputs, "endpoints")
    teams: dict[tuple[str, str], set[str]] = {}
    for model in served:
        at = _table(endpoints, model)
        teams.setdefault((str(at.get("cluster")), str(at.get("namespace"))), set()).add(model)
    for (key, namespace), models in sorted(teams.items()):
        with _asking(found, f"cluster {key}, namespace {namespace}", models):
            for held in _objects(_cluster(place, key), namespace):
                if _labels(held).get(MODEL) in models or _labels(held).get(MODEL) not in endpoints:
                    found.objects.append(held)


def _objects(cluster: "Looking", namespace: str) -> Iterator[Held]:
    for type_, found in (
        (DEPLOYMENT, cluster.objects("apps/v1", "deployments", namespace, f"{MODEL},{VERSION}")),
        (ROUTE, cluster.objects("gateway.networking.k8s.io/v1", "httproutes", namespace, MODEL)),
    ):
        for one in found:
            yield Held(type_, str(_table(one, "metadata").get("name")), one)


def _cluster(place: Place, key: str) -> "Looking":
    from modelway.operations._cluster_looking import Looking

    joint = _table(_table(place.outputs, "clusters"), key)
    if not joint:
        raise ModelwayError(f"the stacks of {place.environment} say of no such cluster")
    if joint.get("kind") == "existing":
        return Looking.of_context(str(joint["context"]))
    told = kubeconfig({key: cast(dict[str, str], joint)}, prefix=place.environment, region=place.region)
    return Looking.of_kubeconfig(told, f"{place.environment}/{key}")


def _look_at_endpoint(found: _Found, model: str, name: str, place: Place) -> None:
    from modelway.operations._aws_looking import Looking

    with _asking(found, f"SageMaker endpoint {name} in {place.region}", {model}):
        endpoint = Looking(place.region).endpoint(name)
        if endpoint is None:
            found.troubles.append(f"{model}: there is no endpoint {name} any more")
            return
        if endpoint.status not in STEADY:
            found.troubles.append(f"{model}: endpoint {name} is {endpoint.status}")
        answered = sum(variant.weight for variant in endpoint.variants if not variant.shadow) or 1
        for variant in endpoint.variants:
            percent = round(100 * variant.weight / answered)
            found.managed.append(
                Managed(
                    variant.variables.get("MODEL_NAME", model),
                    variant.variables.get("MODEL_VERSION", f"in {variant.weights}"),
                    variant.image.rpartition("@")[2],
                    variant.variables.get("MODEL_SHA256"),
                    0 if variant.shadow else percent,
                    percent if variant.shadow else 0,
                )
            )


def _look_at_artifacts(found: _Found, one: Sought, place: Place) -> None:
    from modelway.operations._aws_looking import Looking, image

    registry = _table(place.outputs, "registry")
    where = f"{one.model} {one.version}"
    address = f"{one.image.registry}/{one.image.name}" if one.image.registry else _table(registry, "repositories").get(one.image.name)
    host, _, repository = str(address or "").partition("/")
    if (ecr := IN_ECR.fullmatch(host)) is None:
        found.unknown.append(
            f"{where}: image: {'its registry' if host else 'nobody says which registry'} {host} is no ECR, and was not asked"
        )
    else:
        with _asking(found, f"registry {host}", (), f"{where}: image"):
            held = image(ecr["account"], ecr["region"], repository, one.image.digest)
            wanted = one.image.digest.removeprefix("sha256:")
            found.artifacts.append(Artifact(f"{where}: image", f"{host}/{repository}", wanted, held))
    bucket = registry.get("bucket")
    for what, file in (("weights", one.weights), ("baseline", one.baseline)):
        if file is None:
            continue
        if isinstance(file, Weights) and file.kind == "oci":
            found.unknown.append(f"{where}: weights: they are in a registry, {file.key}, which was not asked")
            continue
        at = file.bucket or bucket
        if not isinstance(at, str):
            found.unknown.append(f"{where}: {what}: the stacks of {place.environment} say of no model store")
            continue
        with _asking(found, f"bucket {at}", (), f"{where}: {what}"):
            digest = Looking(place.region).object(at, file.key, None if file.bucket else place.account)
            found.artifacts.append(Artifact(f"{where}: {what}", f"s3://{at}/{file.key}", file.sha256, digest))


@contextmanager
def _asking(found: _Found, who: str, models: Iterable[str], about: str = "") -> Iterator[None]:
    """Around questions to one: that it was asked, or why it could not be, and whose models are not known then."""
    try:
        yield
    except ModelwayError as fault:
        found.silent |= set(models)
        found.unknown.append(f"{about or who} could not be looked at: {_line(fault)}")
    else:
        found.asked.append(who)


def _line(fault: ModelwayError) -> str:
    return masked(" ".join(str(fault).split()))[:500]


def _labels(held: Held) -> Mapping[str, object]:
    return _table(_table(held.properties, "metadata"), "labels")


def _table(told: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = told.get(key)
    return value if isinstance(value, Mapping) else {}
