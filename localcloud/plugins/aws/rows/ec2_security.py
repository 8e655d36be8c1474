"""Security groups. Schemas: hashicorp/terraform-provider-aws, internal/service/ec2, files named at each row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from localcloud.plugins.aws.rows.ec2_network import EC2_TAGGING, arn
from localcloud.plugins.aws.table import (
    ID,
    Action,
    Call,
    Naming,
    Object,
    Read,
    Row,
    Scope,
    Source,
    Step,
    Tagging,
    tag_specifications,
    using,
)

_DIRECTIONS = {"ingress": ("IpPermissions", "Ingress"), "egress": ("IpPermissionsEgress", "Egress")}
_NUMBERS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}
# A rule of a group for one source or destination: protocol, ports, kind of source, source, description.
_Grant = tuple[str, int, int, str, str, str]


def _protocol(text: object) -> str:
    lower = str(text).lower()
    return _NUMBERS.get(lower, lower)


def _wanted(rules: Any, own_id: str) -> set[_Grant]:
    """The grants in rules as programs write them."""
    return {grant for rule in rules or [] for grant in _grants_of_rule(rule, own_id)}


def _grants_of_rule(rule: Object, own_id: str) -> Iterator[_Grant]:
    protocol = _protocol(rule.get("protocol"))
    ports = (0, 0) if protocol == "-1" else (int(rule.get("fromPort") or 0), int(rule.get("toPort") or 0))
    description = rule.get("description") or ""
    groups = [*(rule.get("securityGroups") or []), *([own_id] if rule.get("self") else [])]
    for kind, values in (
        ("cidr", rule.get("cidrBlocks")),
        ("cidr6", rule.get("ipv6CidrBlocks")),
        ("prefix", rule.get("prefixListIds")),
        ("group", groups),
    ):
        for value in values or []:
            # moto forgets what a grant to a prefix list was for.
            yield (protocol, *ports, kind, own_id if value == "self" else value, "" if kind == "prefix" else description)


_MEMBERS = {
    "cidr": ("IpRanges", "CidrIp"),
    "cidr6": ("Ipv6Ranges", "CidrIpv6"),
    "prefix": ("PrefixListIds", "PrefixListId"),
    "group": ("UserIdGroupPairs", "GroupId"),
}


def _live(permissions: Any) -> set[_Grant]:
    """The grants in what AWS answers."""
    found = set()
    for permission in permissions or []:
        protocol = _protocol(permission.get("IpProtocol"))
        ports = (0, 0) if protocol == "-1" else (int(permission.get("FromPort") or 0), int(permission.get("ToPort") or 0))
        for kind, (member, key) in _MEMBERS.items():
            for each in permission.get(member) or []:
                found.add((protocol, *ports, kind, str(each.get(key)), str(each.get("Description") or "")))
    return found


def _permission(grant: _Grant) -> Object:
    protocol, start, end, kind, value, description = grant
    member, key = _MEMBERS[kind]
    ports = {} if protocol == "-1" else {"FromPort": start, "ToPort": end}
    return {"IpProtocol": protocol, **ports, member: [{key: value, **({"Description": description} if description else {})}]}


def _synchronise(direction: str) -> Action:
    member, suffix = _DIRECTIONS[direction]

    def run(scope: Scope) -> None:
        group = scope.call("ec2", "DescribeSecurityGroups", {"GroupIds": [scope.id]})["SecurityGroups"][0]
        live, wanted = _live(group.get(member)), _wanted(scope.inputs.get(direction), scope.id)
        for verb, grants in (("Revoke", live - wanted), ("Authorize", wanted - live)):
            if grants:
                permissions = [_permission(grant) for grant in sorted(grants)]
                scope.call("ec2", f"{verb}SecurityGroup{suffix}", {"GroupId": scope.id, "IpPermissions": permissions})

    return Action(run, (direction,), (f"ec2:RevokeSecurityGroup{suffix}", f"ec2:AuthorizeSecurityGroup{suffix}"))


def _rules(direction: str) -> Source:
    """The live rules: as they were written when they are those, else one per protocol, ports and description."""
    member, _ = _DIRECTIONS[direction]

    def found(scope: Scope) -> object:
        live = _live(scope.live.get(member))
        given = scope.inputs.get(direction)
        if given is not None and _wanted(given, scope.id) == live:
            return given
        rules: dict[tuple[str, int, int, str], Object] = {}
        for protocol, start, end, kind, value, description in sorted(live):
            rule = rules.setdefault(
                (protocol, start, end, description), {"protocol": protocol, "fromPort": start, "toPort": end, "description": description}
            )
            if kind == "group" and value == scope.id:
                rule["self"] = True
            else:
                name = {"cidr": "cidrBlocks", "cidr6": "ipv6CidrBlocks", "prefix": "prefixListIds", "group": "securityGroups"}[kind]
                rule.setdefault(name, []).append(value)
        return list(rules.values())

    return Source(found)


def _same(old: object, new: object) -> bool:
    return _wanted(old, "self") == _wanted(new, "self")


def _revoke_default(scope: Scope) -> None:
    """AWS lets a new group reach everything; upstream takes that away, so that nobody has it unknowingly."""
    group = scope.call("ec2", "DescribeSecurityGroups", {"GroupIds": [scope.id]})["SecurityGroups"][0]
    for direction, (member, suffix) in _DIRECTIONS.items():
        grants = _live(group.get(member)) - _wanted(scope.inputs.get(direction), scope.id)
        if grants:
            permissions = [_permission(grant) for grant in sorted(grants)]
            scope.call("ec2", f"RevokeSecurityGroup{suffix}", {"GroupId": scope.id, "IpPermissions": permissions})


_OPERATIONS = ("ec2:DescribeSecurityGroups", "ec2:RevokeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress")
_STEPS = (
    Step((), Action(_revoke_default, (), _OPERATIONS)),
    Step(("ingress",), _synchronise("ingress")),
    Step(("egress",), _synchronise("egress")),
)
_READ = Read(Call("DescribeSecurityGroups", {"GroupIds": [ID]}), "SecurityGroups[0]")
_OUTPUTS: Mapping[str, str | Source] = {
    "arn": arn("security-group"),
    "name": "GroupName",
    "ingress": _rules("ingress"),
    "egress": _rules("egress"),
}
_SETS = frozenset({"ingress", "egress", "ingress.securityGroups", "egress.securityGroups"})


def _revoke_all(scope: Scope) -> None:
    if scope.inputs.get("revokeRulesOnDelete"):
        _revoke_default(Scope({}, scope.id, scope.account, scope.region, scope.partition, {}, scope.call))


SECURITY_GROUP = Row(
    type="aws:ec2/securityGroup:SecurityGroup",
    service="ec2",
    source="internal/service/ec2/vpc_security_group.go",
    served="moto",
    create=Call(
        "CreateSecurityGroup",
        {"GroupName": "name", "Description": "description", "VpcId": "vpcId", "TagSpecifications": tag_specifications("security-group")},
    ),
    id="answer.GroupId",
    read=_READ,
    steps=_STEPS,
    delete=(Action(_revoke_all, ("revokeRulesOnDelete",), _OPERATIONS), Call("DeleteSecurityGroup", {"GroupId": ID})),
    outputs=_OUTPUTS,
    replace_on=frozenset({"name", "namePrefix", "description", "vpcId"}),
    defaults={"description": "Managed by Pulumi", "revokeRulesOnDelete": False},
    computed=frozenset({"ingress", "egress", "name", "namePrefix", "vpcId"}),
    sets=_SETS,
    kept={"revokeRulesOnDelete": "AWS does not know it", "namePrefix": "it is part of the name"},
    explicit_empty=frozenset({"ingress", "egress"}),
    same={"ingress": _same, "egress": _same},
    tagging=EC2_TAGGING,
    naming=Naming(),
    note="grants to prefix lists are compared without their descriptions, which moto does not keep",
    wait_gone=True,
)

DEFAULT_SECURITY_GROUP = Row(
    type="aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    service="ec2",
    source="internal/service/ec2/vpc_default_security_group.go",
    served="moto",
    # Nothing is made: the VPC's own group is taken over, and left alone on deletion.
    create=Call(
        "DescribeSecurityGroups",
        {
            "Filters": using(
                "vpcId",
                make=lambda scope: [
                    {"Name": "group-name", "Values": ["default"]},
                    *([{"Name": "vpc-id", "Values": [scope.inputs["vpcId"]]}] if scope.inputs.get("vpcId") else []),
                ],
            )
        },
    ),
    id="answer.SecurityGroups[0].GroupId",
    read=_READ,
    steps=_STEPS,
    outputs=_OUTPUTS,
    replace_on=frozenset({"vpcId"}),
    defaults={"revokeRulesOnDelete": False},
    computed=frozenset({"ingress", "egress", "vpcId"}),
    sets=_SETS,
    kept={"revokeRulesOnDelete": "it has no effect upstream"},
    explicit_empty=frozenset({"ingress", "egress"}),
    same={"ingress": _same, "egress": _same},
    tagging=Tagging(EC2_TAGGING.add, EC2_TAGGING.remove, on_create=False),
)

ROWS = (SECURITY_GROUP, DEFAULT_SECURITY_GROUP)
