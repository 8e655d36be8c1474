"""Publishing of baselines: what drift is measured from is in the model store, with the weights, under the digest that its file pins."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from modelway.architecture import Environment
from modelway.operations._aws import ModelStore
from modelway.operations.publish import NotTheSame, Progress, Refused, places, refuse_unknown

NAME = "baseline.json"


@dataclass(frozen=True)
class AtHand:
    """A baseline that is to be published."""

    model: str
    version: str
    file: Path


@dataclass(frozen=True)
class Placed:
    """A baseline that is in place."""

    model: str
    version: str
    address: str
    sha256: str
    uploaded: bool
    """False when it was there before."""


def beside(environment: Environment, folder: Path) -> list[AtHand]:
    """Baselines in a folder of <model>/<version>/baseline.json, of the versions that the environment has."""
    found = [AtHand(file.parts[-3], file.parts[-2], file) for file in sorted(folder.glob(f"*/*/{NAME}"))]
    return [one for one in found if one.model in environment.models and one.version in environment.models[one.model].versions]


def publish_baselines(
    environment: Environment, outputs: Mapping[str, object], wanted: Sequence[AtHand], progress: Progress
) -> Iterator[Placed]:
    """Puts baselines where the model file says, one after the other, and reads them back; what is there already stays as it is.

    All are compared with what is pinned before this returns. Raises Refused for one that is not pinned, is another file than is pinned,
    would lie in somebody else's bucket, or whose place holds something else; NotRegistered; NotTheSame; AwsFailure.
    """
    if not wanted:
        return iter(())
    bucket = places(environment.environment, outputs).bucket
    pinned = [(one, *_pinned(environment, one, bucket)) for one in wanted]
    store = ModelStore(environment.aws.account, environment.aws.region)
    return (_publish(one, bucket, key, sha256, store, progress) for one, key, sha256 in pinned)


def _pinned(environment: Environment, one: AtHand, bucket: str) -> tuple[str, str]:
    """Where a baseline goes, and the digest that it has to have and has. Raises Refused."""
    refuse_unknown(environment, one.model, one.version)
    try:
        found = hashlib.sha256(one.file.read_bytes()).hexdigest()
    except OSError as fault:
        raise Refused(f"{one.file}: the baseline cannot be read: {fault.strerror}.") from None
    field = f'models.{one.model}.versions."{one.version}".baseline'
    reference = environment.models[one.model].versions[one.version].baseline
    if reference is None:
        line = f"{one.model}/{one.version}/{NAME}@sha256:{found}"
        raise Refused(f"{field}: the model file pins no baseline, and {one.file} is at hand: add `baseline: {line}`.")
    if reference.bucket is not None:
        raise Refused(
            f"{field}: {reference}\n    rule: only the environment's own store is published to, and it is s3://{bucket}"
            "\n    way out: put it there with the tools of that place, or write KEY@sha256:…"
        )
    if reference.sha256 != found:
        raise Refused(
            f"{field}: sha256:{reference.sha256}\n    rule: the model file pins this digest, but {one.file} has sha256:{found}"
            f"\n    way out: make the baseline of the same data and contract again, or pin sha256:{found}"
        )
    return reference.key, found


def _publish(one: AtHand, bucket: str, key: str, sha256: str, store: ModelStore, progress: Progress) -> Placed:
    address = f"s3://{bucket}/{key}"
    held = store.recorded(bucket, key)
    if held is not None and held != sha256:
        raise Refused(
            f"{address} holds sha256:{held}, and what is published is never overwritten: pin the baseline under another name, such as "
            f"{one.model}/{one.version}/baseline-2.json."
        )
    if held is None:
        progress(f"{one.model} {one.version}: uploading {address}")
        store.put(bucket, key, one.file, sha256)
        if (found := store.counted(bucket, key)) != sha256:
            raise NotTheSame(f"{address} was uploaded, but what AWS holds is sha256:{found}. Look at who else writes there.")
    return Placed(one.model, one.version, address, sha256, held is None)
