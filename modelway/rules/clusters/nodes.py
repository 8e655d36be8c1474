"""Nodes of a cluster: who reaches them, and what their metadata and disks give away."""

from collections.abc import Iterator, Mapping, Sequence

from modelway.rules.expecting import Judged, breach, has_to_be, has_to_be_one_of, items
from modelway.rules.properties import Found, Missing, one
from modelway.rules.stack import Resource, StackRule
from modelway.rules.subjects import Rule, Subject, text_of, verdict, wrong
from modelway.rules.values import Unknown
from modelway.rules.verdicts import Evidence, Undecided, Unreadable, Verdict

NODES = "aws:eks/nodeGroup:NodeGroup"
_TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
_SUBNET = "aws:ec2/subnet:Subnet"


def judge_reach(resources: Sequence[Resource]) -> Mapping[str, Verdict]:
    """Whether nodes take no logins, and have no address on the internet.

    Subnets are those that a group was made after. Of a group whose subnets are not in the stack it is not known what addresses they give.
    """
    subnets = {one.urn for one in resources if one.subject.type == _SUBNET}
    of_nodes: set[str] = set()
    for resource in resources:
        if resource.subject.type == NODES:
            of_nodes |= resource.depends_on & subnets
    return {
        resource.urn: verdict(_reach(resource, subnets))
        for resource in resources
        if resource.subject.type in (NODES, _TEMPLATE) or resource.urn in of_nodes
    }


def _reach(resource: Resource, subnets: set[str]) -> Iterator[Judged]:
    properties = resource.subject.properties
    if resource.subject.type == NODES:
        yield _no_login(properties, "remoteAccess.ec2SshKey", "Remove remoteAccess")
        if not resource.depends_on & subnets:
            yield Undecided(("subnetIds",))
    elif resource.subject.type == _TEMPLATE:
        yield _no_login(properties, "keyName", "Remove keyName")
        for number, item in enumerate(items(properties, "networkInterfaces")):
            if isinstance(item, Found):
                # The provider writes an empty text for "as the subnet has it".
                address = one(properties, f"networkInterfaces[{number}].associatePublicIpAddress")
                yield None if address.value == "" else _no_address(address)
            else:
                yield item
    else:
        yield _no_address(one(properties, "mapPublicIpOnLaunch"))


def _no_login(properties: Mapping[str, object], path: str, do: str) -> Judged:
    found = one(properties, path)
    key = text_of(found)
    if key is None or key == "":
        return None
    return key if not isinstance(key, str) else breach(found, REACH.says, f"{do}; Session Manager opens a shell without a key or a port.")


def _no_address(found: Found) -> Judged:
    name = found.path.rpartition(".")[2]
    return has_to_be(found, False, missing=False, says=REACH.says, way_out=f"Set {name} to false; nodes go out by a NAT gateway.")


def judge_guards(subject: Subject) -> Verdict:
    """Whether instances answer metadata calls with a token alone and only to themselves, and disks are encrypted."""
    if subject.type == NODES:
        return verdict(_has_template(subject))
    return verdict(_guards(subject) if subject.type == _TEMPLATE else ())


def _has_template(subject: Subject) -> Iterator[Judged]:
    found = one(subject.properties, "launchTemplate")
    if isinstance(found.value, Missing):
        # EKS's own lets metadata answers travel two hops, which is as far as a pod
        # (docs.aws.amazon.com/eks/latest/userguide/launch-templates.html).
        yield breach(found, GUARDS.says, "Give the group a launch template with metadataOptions and blockDeviceMappings.")
    elif isinstance(found.value, Unknown):
        yield Undecided((found.path,))
    else:
        yield None if isinstance(found.value, Mapping) else wrong(found, "an object")


def _guards(subject: Subject) -> Iterator[Judged]:
    properties = subject.properties
    endpoint = text_of(one(properties, "metadataOptions.httpEndpoint"))
    if isinstance(endpoint, Undecided | Unreadable):
        yield endpoint
    elif endpoint != "disabled":
        tokens = one(properties, "metadataOptions.httpTokens")
        yield has_to_be_one_of(tokens, ("required",), GUARDS.says, "Set metadataOptions.httpTokens to required.")
        yield _one_hop(one(properties, "metadataOptions.httpPutResponseHopLimit"))
    disks = one(properties, "blockDeviceMappings")
    if isinstance(disks.value, Missing) or disks.value in ([], ()):
        way_out = "Name the root disk (/dev/xvda) in blockDeviceMappings, with ebs.encrypted."
        yield Evidence(disks.path, "no disk", GUARDS.says, way_out)
    for number, item in enumerate(items(properties, "blockDeviceMappings")):
        yield _disk(properties, f"blockDeviceMappings[{number}]") if isinstance(item, Found) else item


def _one_hop(found: Found) -> Judged:
    way_out = "Set metadataOptions.httpPutResponseHopLimit to 1; some images have 2 by themselves."
    match found.value:
        case Unknown():
            return Undecided((found.path,))
        case Missing():
            return breach(found, GUARDS.says, way_out)
        case bool():
            return wrong(found, "a number")
        case int() | float() as number:
            return None if number == 1 else breach(found, GUARDS.says, way_out)
        case str(text) if text.isdecimal():
            return None if text == "1" else breach(found, GUARDS.says, way_out)
    return wrong(found, "a number")


def _disk(properties: Mapping[str, object], path: str) -> Judged:
    encrypted = one(properties, f"{path}.ebs.encrypted")
    if isinstance(encrypted.value, Missing) and any(
        not isinstance(one(properties, f"{path}.{name}").value, Missing) for name in ("noDevice", "virtualName")
    ):
        # Nothing, or a disk of the host, which is encrypted by its hardware.
        return None
    return has_to_be(encrypted, True, missing=False, says=GUARDS.says, way_out="Set ebs.encrypted to true.")


REACH = StackRule(
    id="nodes-out-of-reach",
    says="nodes take no logins by SSH, and have no address on the internet",
    why="A node holds the secrets of every pod on it: who gets in there has them all.",
    severity="high",
    sources=("EKS-08", "CKV_AWS_88", "CKV_AWS_100", "CIS-EKS 5.4.3"),
    applies=lambda type_: type_ in (NODES, _TEMPLATE, _SUBNET),
    judge=judge_reach,
)
GUARDS = Rule(
    id="guarded-nodes",
    says="instances answer metadata calls with a token alone and only to themselves, and their disks are encrypted",
    why="Without it a pod that can be made to call an address gets the role of its node.",
    severity="high",
    sources=("EKS-09", "FSBP EC2.8", "CKV_AWS_79", "CKV_AWS_341"),
    applies=lambda type_: type_ in (NODES, _TEMPLATE),
    judge=judge_guards,
)

RULES: tuple[Rule | StackRule, ...] = (REACH, GUARDS)
