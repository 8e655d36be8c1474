"""Whether names are free, and what an environment names is there: buckets, keys, images, weights, baselines."""

import re
from collections.abc import Iterator
from functools import partial

from modelway.architecture import Environment, Image
from modelway.architecture.drift_rules import monitored
from modelway.architecture.platform_rules import BUCKET_LENGTH, bucket_name
from modelway.operations.doctor import Part
from modelway.operations.readiness.asking import Check, Cloud

ECR = re.compile(r"([0-9]{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")


def of_things(environment: Environment, cloud: Cloud) -> Iterator[tuple[str, Check]]:
    bucket = bucket_name(environment)
    yield "model store", partial(_bucket, "model store", bucket, cloud)
    for what, beside in _beside(environment, bucket):
        yield what, partial(_bucket, what, beside, cloud)
    for field, arn in _keys(environment):
        yield field, partial(_key, field, arn, cloud)
    for model, described in environment.models.items():
        for version in described.traffic.versions if described.traffic is not None else ():
            name, pinned = f"{model} {version}", described.versions[version]
            yield name, partial(_image, name, environment, pinned.image, cloud)
            match pinned.weights.kind:
                case "store":
                    yield name, partial(_stored, "weights", name, bucket, pinned.weights.key, cloud, ours=True)
                case "s3":
                    yield name, partial(_stored, "weights", name, str(pinned.weights.bucket), pinned.weights.key, cloud, ours=False)
    yield from _drift(environment, bucket, cloud)


def _drift(environment: Environment, bucket: str, cloud: Cloud) -> Iterator[tuple[str, Check]]:
    """What looks for drift, and what that is measured from."""
    image = environment.monitoring.drift.image
    if image is not None:
        name = "the job that looks for drift"
        yield name, partial(_image, name, environment, image, cloud)
    for model in monitored(environment):
        described = environment.models[model]
        for version in described.traffic.versions if described.traffic is not None else ():
            pinned, name = described.versions[version].baseline, f"{model} {version}"
            if pinned is not None:
                yield name, partial(_stored, "baseline", name, pinned.bucket or bucket, pinned.key, cloud, ours=pinned.bucket is None)


def _beside(environment: Environment, bucket: str) -> Iterator[tuple[str, str]]:
    """Names of buckets that belong to the model store; one that would be too long gets another, which is unlike any other."""
    store = environment.registry.models
    purposes = [("access logs", "logs")] if store.access_logs_days is not None else []
    purposes += [(f"copies in {region}", region) for region in store.replicate_to]
    purposes += [("results of drift", "drift")] if environment.monitoring.drift.image is not None else []
    for what, purpose in purposes:
        if len(f"{bucket}-{purpose}") <= BUCKET_LENGTH:
            yield f"model store: {what}", f"{bucket}-{purpose}"


def _keys(environment: Environment) -> Iterator[tuple[str, str]]:
    for field, key in (("registry.images.key", environment.registry.images.key), ("registry.models.key", environment.registry.models.key)):
        if key is not None:
            yield field, key
    for name, cluster in environment.clusters.items():
        if cluster.kind == "eks" and cluster.secrets_key is not None:
            yield f"clusters.{name}.secrets_key", cluster.secrets_key


def _bucket(what: str, name: str, cloud: Cloud) -> Iterator[Part]:
    match cloud.bucket_owner(name):
        case None:
            yield Part(what, "ok", f"the name {name} is free")
        case "ours":
            yield Part(what, "ok", f"{name} is there, in this account")
        case _:
            yield Part(what, "broken", f"the name {name} is taken by another account", "set registry.models.bucket")


def _key(field: str, arn: str, cloud: Cloud) -> Iterator[Part]:
    state = cloud.key_state(arn)
    if state == "Enabled":
        yield Part(field, "ok", arn)
    else:
        yield Part(field, "missing" if state is None else "broken", f"{arn} is {state or 'not there'}", f"name another key in {field}")


def _image(name: str, environment: Environment, image: Image, cloud: Cloud) -> Iterator[Part]:
    what, publish = f"image of {name}", f"`modelway publish` puts it there: {name}"
    if image.registry is not None:
        yield from _image_elsewhere(what, image, cloud)
        return
    repository = f"{environment.environment}/{image.name}"
    match cloud.has_image(repository, image.digest):
        case None:
            yield Part(what, "missing", f"there is no repository {repository} yet", publish, needed=False)
        case False:
            yield Part(what, "missing", f"{repository} has no {image.digest}", publish)
        case True:
            yield Part(what, "ok", f"{repository}@{image.digest}")


def _image_elsewhere(what: str, image: Image, cloud: Cloud) -> Iterator[Part]:
    registry = ECR.fullmatch(image.registry or "")
    if registry is None:
        yield Part(what, "unknown", f"{image.registry} is not ECR, and is not looked up", needed=False)
    elif cloud.has_image(image.name, image.digest, account=registry[1], region=registry[2]):
        yield Part(what, "ok", str(image))
    else:
        yield Part(what, "missing", f"{image.registry} has no {image.name}@{image.digest}", "push it there, or pin a digest that is there")


def _stored(what: str, name: str, bucket: str, key: str, cloud: Cloud, *, ours: bool) -> Iterator[Part]:
    """Whether weights or a baseline are in a bucket of the environment's own, or of somebody else."""
    them, others = ("them", "others") if what == "weights" else ("it", "another")
    part, publish = f"{what} of {name}", f"`modelway publish` puts {them} there: {name}"
    if ours and cloud.bucket_owner(bucket) != "ours":
        yield Part(part, "missing", f"there is no {bucket} yet", publish, needed=False)
    elif cloud.has_object(bucket, key, of_others=not ours):
        yield Part(part, "ok", f"s3://{bucket}/{key}")
    else:
        yield Part(part, "missing", f"{bucket} has no {key}", publish if ours else f"put {them} there, or name {others}")
