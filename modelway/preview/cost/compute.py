"""What computes: control planes of EKS, nodes, instances."""

from collections.abc import Iterator

from modelway.architecture.eks import VERSIONS
from modelway.preview.cost.estimates import ONE, Amount, Market, Range, between
from modelway.preview.cost.prices import HOURS, amount
from modelway.preview.cost.seen import NOT_KNOWN, Seen, as_number, gib, hidden, processors

SPOT: Range = (0.3, 0.7)
"""Share of the on-demand price that spot instances cost, assumed: between what the dearest and the cheapest zones asked of the usual types
in the catalog that the table's prices come from. AWS changes it all the time."""
SPOT_NOTE = "spot, assumed at 30% to 70% of it"

NODE_DISK = 20
"""GiB of a managed node's disk where nothing says it (docs.aws.amazon.com/eks/latest/APIReference/API_CreateNodegroup.html, diskSize)."""
NODE_TYPE = "t3.medium"
"""Type of a managed node where nothing says it (the same page, instanceTypes)."""
AUTO_DISK = 80
"""GiB of the disk of a node that Auto Mode makes (docs.aws.amazon.com/eks/latest/userguide/create-node-class.html)."""

TYPE_LABELS = ("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type")
AUTO_MODE_GROUP = "eks.amazonaws.com"


def cluster(one: Seen, market: Market) -> Iterator[Amount]:
    """The control plane, by what support its version of Kubernetes is in on the day of the report."""
    version, support = one.text("version"), one.text("upgradePolicy.supportType", "EXTENDED")
    what = f"EKS cluster {one.name}"
    if version is None:
        why = "its version is not known yet, and past standard support it costs six times as much"
        yield market.unknown("hours", f"{what}, control plane", why)
    elif not version or version in VERSIONS or version > max(VERSIONS, key=_minor):
        ended = version in VERSIONS and market.today > VERSIONS[version]
        yield _plane(what, version, market, extended=ended and support == "EXTENDED", sure=bool(version))
    else:
        yield _plane(what, version, market, extended=_minor(version) < min(map(_minor, VERSIONS)), sure=False)
    if one.flag("computeConfig.enabled") is not False:
        pools = ", ".join(map(str, one.items("computeConfig.nodePools") or ())) or "none of its own"
        if pools != "none of its own":
            why = "as many as pods ask for; they cost what EC2 asks and about 12% more"
            yield market.unknown("auto", f"nodes that Auto Mode makes in {what.removeprefix('EKS ')} (pools {pools})", why)
    tier = one.text("controlPlaneScalingConfig.tier", "standard")
    if tier is None or tier.lower() != "standard":
        yield market.unknown("tier", f"provisioned control plane of {one.name}", f"no price of the tier {tier or 'that is not known yet'}")


def _plane(what: str, version: str, market: Market, *, extended: bool, sure: bool) -> Amount:
    item = "eks cluster extended" if extended else "eks cluster"
    doubt = f"support of {version} is not known here" if version else "no version is named: taken for one in standard support"
    told = f", Kubernetes {version} in {'extended' if extended else 'standard'} support" if version else ""
    return market.hourly("hours", f"{what}, control plane{told}", item, note="" if sure else doubt)


def _minor(version: str) -> int:
    number = as_number(version.partition(".")[2])
    return int(number) if number is not None else 0


def node_group(one: Seen, market: Market) -> Iterator[Amount]:
    """Nodes between the least and the most, of the cheapest and the dearest type; with the disk of each."""
    template = _template(one, market)
    least, most = one.number("scalingConfig.minSize"), one.number("scalingConfig.maxSize")
    kinds = _types(one, template)
    what = f"node group {one.name}"
    if least is None or most is None or kinds is None:
        yield market.unknown("nodes", what, "its size or its types are not known yet")
        return
    number = (least, max(least, most))
    spot = one.text("capacityType", "ON_DEMAND")
    yield nodes(f"{what}, {between(number)} × {' or '.join(kinds)}", kinds, number, market, spot=spot == "SPOT", sure=spot is not None)
    size = _disk(one, template)
    if size is None:
        yield market.unknown("disks", f"disks of {what}", "their size is not known yet")
    else:
        all_of_it = (number[0] * size, number[1] * size)
        yield market.monthly("disks", f"disks of {what}, {amount(size)} GiB each", "ebs gp3", all_of_it, unit="GiB")


def nodes(
    what: str, kinds: list[str], number: Range, market: Market, *, spot: bool = False, sure: bool = True, auto: bool = False, **more: str
) -> Amount:
    """So many instances of one of these types, whichever the group takes."""
    asked = [market.find(f"ec2 {kind}") for kind in kinds]
    found = [price for price in asked if price is not None]
    if len(found) < len(kinds) or not found:
        missing = ", ".join(kind for kind, price in zip(kinds, asked, strict=True) if price is None)
        return market.unknown("nodes", what, f"no price of {missing or 'instances'} {market.there}", **more)
    share = SPOT if spot else ONE
    surcharge = market.find("eks auto mode") if auto else None
    more_each = 1 + (surcharge.usd if surcharge is not None else 0)
    cheapest, dearest = min(found, key=lambda price: price.usd), max(found, key=lambda price: price.usd)
    month = (number[0] * cheapest.usd * share[0] * more_each * HOURS, number[1] * dearest.usd * share[1] * more_each * HOURS)
    priced = str(cheapest) if cheapest == dearest else f"{cheapest} to {dearest}"
    notes = [SPOT_NOTE] * spot + ["Auto Mode's share of it on top"] * auto + ["whether they are spot is not known yet"] * (not sure)
    exact = not (spot or auto) and sure and not any(price.approximate for price in found)
    basis = "; ".join([f"{between(number)} × {HOURS} h × {priced}", *notes])
    return Amount("nodes", what, "known" if exact else "assumed", month, basis, **more)


def _template(one: Seen, market: Market) -> Seen | None:
    """The launch template that it starts nodes from, when it is in the same stack."""
    for key, urns in one.dependencies.items():
        if key.startswith(("launchTemplate", "mixedInstancesPolicy")):
            for urn in urns:
                if ":LaunchTemplate" in urn and urn in market.others:
                    return market.others[urn]
    return None


def _types(one: Seen, template: Seen | None) -> list[str] | None:
    """Types that it may take; None where they are not known."""
    named = one.items("instanceTypes")
    if named is None or any(hidden(kind) for kind in named):
        return None
    if named:
        return [str(kind) for kind in named]
    if template is not None:
        kind = template.text("instanceType")
        return None if kind is None else [kind or NODE_TYPE]
    # A template of another stack may name one.
    return None if one.value("launchTemplate") is not None else [NODE_TYPE]


def _disk(one: Seen, template: Seen | None) -> float | None:
    """GiB of a node's disk."""
    if template is None:
        return None if one.value("launchTemplate") is not None else one.number("diskSize", NODE_DISK)
    devices = template.items("blockDeviceMappings")
    if devices is None:
        return None
    written = [device for device in devices if isinstance(device, dict) and not hidden(device)]
    sizes = [as_number(device.get("ebs", {}).get("volumeSize", NODE_DISK)) for device in written]
    known = [size for size in sizes if size is not None]
    return None if len(known) < len(devices) else sum(known) if known else NODE_DISK


def instance(one: Seen, market: Market) -> Iterator[Amount]:
    """An instance of its own, always on."""
    kind, what = one.text("instanceType"), f"instance {one.name}"
    if not kind:
        yield market.unknown("nodes", what, "its type is not known here")
    else:
        spot = one.text("instanceMarketOptions.marketType") == "spot"
        yield nodes(f"{what}, {kind}", [kind], ONE, market, spot=spot)
    size = one.number("rootBlockDevice.volumeSize", 8)
    if size is None:
        yield market.unknown("disks", f"disk of {what}", "its size is not known yet")
    else:
        note = "" if one.value("rootBlockDevice.volumeSize") is not None else "the size is the image's; taken for 8 GiB"
        yield market.monthly("disks", f"disk of {what}", "ebs gp3", (size, size), unit="GiB", note=note)


def scaling_group(one: Seen, market: Market) -> Iterator[Amount]:
    """Instances of an auto scaling group."""
    least, most, template = one.number("minSize"), one.number("maxSize"), _template(one, market)
    what, kind = f"auto scaling group {one.name}", template.text("instanceType") if template is not None else None
    if least is None or most is None or not kind:
        yield market.unknown("nodes", what, "its size, or the type in its template, is not known here")
        return
    number = (least, max(least, most))
    spot = template is not None and template.text("instanceMarketOptions.marketType") == "spot"
    yield nodes(f"{what}, {between(number)} × {kind}", [kind], number, market, spot=spot)


def node_pool(one: Seen, market: Market) -> Iterator[Amount]:
    """Nodes that Karpenter or EKS Auto Mode makes when pods ask for them: none, up to what the pool is limited to."""
    what = f"node pool {one.text('metadata.name') or one.name}"
    wanted = one.items("spec.template.spec.requirements")
    if wanted is None:
        yield market.unknown("nodes", what, "what it may make is not known yet")
        return
    kinds = _asked(wanted, TYPE_LABELS)
    auto = one.text("spec.template.spec.nodeClassRef.group") == AUTO_MODE_GROUP
    if not kinds:
        yield market.unknown("nodes", what, "it names no types of instances")
        return
    most = _most(one, kinds)
    if most is None:
        yield market.unknown("nodes", f"{what}, {' or '.join(kinds)}", "it is limited to no number of nodes or processors that is known")
        return
    capacity = _asked(wanted, ("karpenter.sh/capacity-type",))
    spot = capacity == ["spot"]
    number = (0.0, most)
    yield nodes(f"{what}, {between(number)} × {' or '.join(kinds)}", kinds, number, market, spot=spot, auto=auto, sure=len(capacity) == 1)
    if auto:
        note = f"{AUTO_DISK} GiB each, if its class says no other"
        yield market.monthly("disks", f"disks of {what}", "ebs gp3", (0, most * AUTO_DISK), unit="GiB", note=note)


def _asked(requirements: list[object], labels: tuple[str, ...]) -> list[str]:
    found: list[str] = []
    for one in requirements:
        if isinstance(one, dict) and one.get("key") in labels and one.get("operator") == "In" and isinstance(one.get("values"), list):
            found += [str(value) for value in one["values"] if not hidden(value)]
    return found


def _most(one: Seen, kinds: list[str]) -> float | None:
    """Nodes at most: by their number, or by what the smallest of the types has."""
    from modelway.architecture.instances import whole

    limits = one.value("spec.limits")
    if limits is NOT_KNOWN or not isinstance(limits, dict):
        return None
    if (number := as_number(limits.get("nodes"))) is not None:
        return number
    rooms = [whole(kind) for kind in kinds]
    has = [room for room in rooms if room is not None]
    if not has or len(has) < len(kinds):
        return None
    found = []
    if (cpu := processors(limits.get("cpu", ""))) is not None:
        found.append(cpu * 1000 // min(room.millicores for room in has))
    if (memory := gib(limits.get("memory", ""))) is not None:
        found.append(memory * 2**30 // min(room.bytes for room in has))
    gpus = [room.gpus for room in has if room.gpus]
    if gpus and (number := as_number(limits.get("nvidia.com/gpu"))) is not None:
        found.append(number // min(gpus))
    return min(found) if found else None
