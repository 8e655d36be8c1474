"""What everybody may reach is a web port that answers in TLS. Whatever else is open to everybody is judged by public-exposure."""

from collections.abc import Iterator, Mapping
from itertools import chain

from modelway.rules.addresses import is_everybody, networks
from modelway.rules.expecting import Judged, breach, items
from modelway.rules.properties import Found, Missing, look, one
from modelway.rules.subjects import Rule, Subject, text_of, verdict, wrong
from modelway.rules.verdicts import Verdict

_GROUPS = ("aws:ec2/securityGroup:SecurityGroup", "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
_INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
_SOURCES = ("cidrBlocks.*", "ipv6CidrBlocks.*")
_OF_INGRESS = ("cidrIpv4", "cidrIpv6")
_TLS, _PLAIN = 443, 80


def _judge(subject: Subject) -> Verdict:
    return verdict(_judged(subject))


def _judged(subject: Subject) -> Iterator[Judged]:
    if subject.type == _RULE and one(subject.properties, "type").value != "egress":
        yield from _from(subject.properties, "", _SOURCES)
    elif subject.type == _INGRESS:
        yield from _from(subject.properties, "", _OF_INGRESS)
    elif subject.type in _GROUPS:
        for number, item in enumerate(items(subject.properties, "ingress")):
            if isinstance(item, Found):
                yield from _from(subject.properties, f"ingress[{number}].", _SOURCES)
            else:
                yield item


def _from(properties: Mapping[str, object], at: str, sources: tuple[str, ...]) -> Iterator[Judged]:
    """What is said of one rule that lets in; nothing where it is not about one of the two web ports, or not about everybody."""
    first, last = (one(properties, f"{at}{name}").value for name in ("fromPort", "toPort"))
    if first != last or first not in (_TLS, _PLAIN):
        return
    for found in chain.from_iterable(look(properties, f"{at}{source}") for source in sources):
        yield from _source(found, plain=first == _PLAIN)


def _source(found: Found, *, plain: bool) -> Iterator[Judged]:
    if isinstance(found.value, Missing):
        return
    text = text_of(found)
    if not isinstance(text, str):
        yield text if plain else None
        return
    try:
        open_to_all = any(is_everybody(network) for network in networks([text]))
    except ValueError:
        yield wrong(found, "a network such as 10.0.0.0/8")
        return
    if open_to_all:
        way_out = "Let everybody reach 443 alone; a load balancer that only redirects needs an exception."
        yield breach(found, RULE.says, way_out) if plain else None


RULE = Rule(
    id="tls-from-everybody",
    says=f"of the web ports everybody reaches {_TLS} alone, and not {_PLAIN}",
    why="What is sent in the clear once, a token or a patient's picture, was read by whoever sits between.",
    severity="high",
    sources=("NET-01", "NIST SC-8"),
    applies=lambda type_: type_ in (*_GROUPS, _RULE, _INGRESS),
    judge=_judge,
)
RULES: tuple[Rule, ...] = (RULE,)
