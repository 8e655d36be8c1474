"""What keeps: disks, buckets, file systems, databases, images, logs."""

from collections.abc import Iterator

from modelway.preview.cost.estimates import Amount, Market, Range
from modelway.preview.cost.seen import Seen, gib

FREE_IOPS, FREE_THROUGHPUT = 3000, 125
"""What a gp3 volume has without paying more: operations a second, MiB a second
(docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html)."""


def volume(one: Seen, market: Market) -> Iterator[Amount]:
    kind, size, what = one.text("type", "gp2"), one.number("size"), f"volume {one.name}"
    if not size or kind not in ("gp2", "gp3"):
        yield market.unknown("size", what, f"no price of volumes of type {kind}" if size and kind else "its size or type is not known here")
        return
    yield market.monthly("size", what, f"ebs {kind}", (size, size), unit="GiB")
    for path, item, free in (("iops", "ebs gp3 iops", FREE_IOPS), ("throughput", "ebs gp3 throughput", FREE_THROUGHPUT)):
        asked = one.number(path)
        if kind == "gp3" and (asked is None or asked > free):
            told = f"{path} of {what}"
            paid = (asked or 0) - free
            yield market.unknown(path, told, "not known yet") if asked is None else market.monthly(path, told, item, (paid, paid))


def claim(one: Seen, market: Market) -> Iterator[Amount]:
    """A disk that a pod asks for; on AWS a volume of type gp3 unless its class says another."""
    yield _claimed(one, market, "spec.resources.requests.storage", f"disk {one.text('metadata.name') or one.name}", (1, 1))


def stateful_set(one: Seen, market: Market) -> Iterator[Amount]:
    """A disk of each kind for each replica."""
    replicas, templates = one.number("spec.replicas", 1), one.items("spec.volumeClaimTemplates") or []
    for template in templates:
        asked = template.get("spec", {}).get("resources", {}).get("requests", {}) if isinstance(template, dict) else {}
        size = gib(asked.get("storage"))
        what = f"disks of the StatefulSet {one.text('metadata.name') or one.name}"
        if size is None or replicas is None:
            yield market.unknown("disks", what, "their size or number is not known yet")
        else:
            yield _gp3(market, what, (size * replicas, size * replicas))


def metrics(one: Seen, market: Market) -> Iterator[Amount]:
    """The disks of a Prometheus that its operator makes."""
    replicas = one.number("spec.replicas", 1)
    if one.value("spec.storage") is not None:
        number = (replicas or 0, replicas or 0)
        path = "spec.storage.volumeClaimTemplate.spec.resources.requests.storage"
        yield _claimed(one, market, path, f"disks of Prometheus {one.text('metadata.name') or one.name}", number)


def _claimed(one: Seen, market: Market, path: str, what: str, number: Range) -> Amount:
    size = gib(one.text(path))
    if size is None or not number[1]:
        return market.unknown("disks", what, "its size is not known yet")
    return _gp3(market, what, (size * number[0], size * number[1]))


def _gp3(market: Market, what: str, size: Range) -> Amount:
    return market.monthly("disks", what, "ebs gp3", size, unit="GiB", note="taken for volumes of type gp3")


def bucket(one: Seen, market: Market) -> Iterator[Amount]:
    yield market.used("stored", f"objects in bucket {one.name}", "s3 storage", "s3 gb", kind="objects in S3 buckets")
    yield market.used("written", f"writes to bucket {one.name}", "s3 writes", "s3 thousand writes", kind="writes to S3 buckets")
    yield market.used("read", f"reads of bucket {one.name}", "s3 reads", "s3 thousand reads", kind="reads of S3 buckets")


def file_system(one: Seen, market: Market) -> Iterator[Amount]:
    yield market.used("stored", f"files in file system {one.name}", "efs storage", "efs gb")


def database(one: Seen, market: Market) -> Iterator[Amount]:
    """An instance of RDS; in two zones it is there twice. Storage that grows by itself costs up to the most that it may become."""
    kind, engine, zones = one.text("instanceClass"), one.text("engine"), one.flag("multiAz")
    what = f"database {one.name}"
    number = (2.0, 2.0) if zones else (1.0, 2.0) if zones is None else (1.0, 1.0)
    told = f"{what}, {kind}{' in two zones' if zones else ''}"
    if not kind or engine != "postgres":
        yield market.unknown("hours", what, f"no price of {engine or 'an engine that is not known'}, {kind or 'a class that is not known'}")
    else:
        yield market.hourly("hours", told, f"rds {kind}", number)
    size, most = one.number("allocatedStorage"), one.number("maxAllocatedStorage")
    storage = one.text("storageType", "gp3")
    if not size or most is None or storage not in ("gp2", "gp3"):
        yield market.unknown("storage", f"storage of {what}", "no price of its size or type")
    else:
        grown = (size * number[0], max(size, most) * number[1])
        yield market.monthly("storage", f"storage of {what}", "rds storage", grown, unit="GiB")


def repository(one: Seen, market: Market) -> Iterator[Amount]:
    yield market.used("stored", f"images in repository {one.name}", "ecr storage", "ecr gb", kind="images in ECR repositories")


def log_group(one: Seen, market: Market) -> Iterator[Amount]:
    yield market.used("written", f"log {one.name}", "cloudwatch logs", "log gb", kind="logs that are written")
    yield market.used("stored", f"log {one.name}, kept", "cloudwatch logs storage", "log gb kept", kind="logs that are kept")
