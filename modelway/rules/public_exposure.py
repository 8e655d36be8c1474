"""Nothing is open to everybody that is not meant to be: buckets, documents, security groups, API servers, databases, dashboards."""

from collections.abc import Callable, Iterator, Mapping

from modelway.rules.addresses import is_everybody, networks
from modelway.rules.iam import PRINCIPALS
from modelway.rules.iam import judge as judge_document
from modelway.rules.iam_documents import DOCUMENTS, documents_of
from modelway.rules.properties import Found, Misplaced, Missing, look, one
from modelway.rules.subjects import Rule, Subject, text_of, truth, verdict, wrong
from modelway.rules.values import Unknown
from modelway.rules.verdicts import Evidence, Failed, NotApplicable, Passed, Undecided, Unreadable, Verdict


class _LetOff:
    """Stands for a web port that everybody reaches: load balancers have to have one."""


_Judged = Iterator[Evidence | Undecided | Unreadable | _LetOff | None]

_BLOCK = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
_WEB = (443, 80)
_SAYS = "nothing is open to everybody"


def judge(subject: Subject) -> Verdict:
    """Whether a resource lets in everybody, or hands everybody what it holds.

    What everybody reaches at a web port alone is no fault, and no pass either.
    """
    judged = list(_judged(subject))
    found = verdict(None if isinstance(one, _LetOff) else one for one in judged)
    let_off = any(isinstance(one, _LetOff) for one in judged)
    return NotApplicable() if let_off and isinstance(found, Passed) else found


def _judged(subject: Subject) -> _Judged:
    if subject.type in DOCUMENTS:
        yield from _documents(subject)
    if look_at := _KINDS.get(subject.type):
        yield from look_at(subject)


def _documents(subject: Subject) -> _Judged:
    for carried in documents_of(subject.type, subject.properties):
        for judgement in judge_document(carried.document, carried.kind, only=PRINCIPALS):
            match judgement.verdict:
                case Failed(evidence):
                    for found in evidence:
                        yield Evidence(f"{carried.path}#{found.path}", found.value, found.rule, found.way_out)
                case Undecided(paths):
                    yield Undecided(tuple(carried.path if path == "the document" else f"{carried.path}#{path}" for path in paths))
                case Unreadable(faults):
                    yield Unreadable(tuple(f"{carried.path}: {fault}" for fault in faults))
                case NotApplicable():
                    pass
                case _:
                    yield None


def _block(subject: Subject) -> _Judged:
    for name in _BLOCK:
        yield _has_to_be(one(subject.properties, name), wanted=True, missing=False, way_out=f"Set {name} to true.")


def _acl(subject: Subject) -> _Judged:
    found = one(subject.properties, "acl")
    match text_of(found):
        case str(acl):
            if acl.startswith("public-") or acl == "authenticated-read":
                yield Evidence(found.path, found.shown, _SAYS, "Remove the ACL, and give access by a bucket policy.")
            else:
                yield None
        case Undecided() | Unreadable() as other:
            yield other


def _api_server(subject: Subject) -> _Judged:
    found = one(subject.properties, "vpcConfig.endpointPublicAccess")
    public = truth(found, missing=True)
    if not isinstance(public, bool):
        yield public
    elif not public:
        yield None
    else:
        way_out = "Set endpointPublicAccess to false, or publicAccessCidrs to the networks that need it."
        yield from _sources(subject, "vpcConfig.publicAccessCidrs", _SAYS, way_out, missing=("0.0.0.0/0",))


def _database(subject: Subject) -> _Judged:
    yield _has_to_be(one(subject.properties, "publiclyAccessible"), wanted=False, missing=False, way_out="Set publiclyAccessible to false.")


def _group(subject: Subject) -> _Judged:
    found = one(subject.properties, "ingress")
    if isinstance(found.value, Missing):
        return
    if isinstance(found.value, Unknown):
        yield Undecided((found.path,))
        return
    if not isinstance(found.value, list | tuple):
        yield wrong(found, "a list")
        return
    for number in range(len(found.value)):
        yield from _ingress(subject, f"ingress[{number}].", ("cidrBlocks", "ipv6CidrBlocks"))


def _rule(subject: Subject) -> _Judged:
    if one(subject.properties, "type").value != "egress":
        yield from _ingress(subject, "", ("cidrBlocks", "ipv6CidrBlocks"))


def _one_rule(subject: Subject) -> _Judged:
    yield from _ingress(subject, "", ("cidrIpv4", "cidrIpv6"))


def _ingress(subject: Subject, at: str, names: tuple[str, str]) -> _Judged:
    first, last = one(subject.properties, f"{at}fromPort"), one(subject.properties, f"{at}toPort")
    way_out = "Name the networks that need it, or let requests in through a load balancer."
    ports = (first.value, last.value)
    found = [judged for name in names for judged in _sources(subject, f"{at}{name}", _SAYS, way_out, missing=())]
    if ports[0] == ports[1] and ports[0] in _WEB and not isinstance(ports[0], bool):
        yield _LetOff() if any(isinstance(one, Evidence) for one in found) else None
    else:
        yield from found


def _sources(subject: Subject, path: str, says: str, way_out: str, missing: tuple[str, ...]) -> _Judged:
    """The networks at a path, one or a list of them, none of which may be everybody."""
    found = one(subject.properties, path)
    if isinstance(found.value, Missing):
        if missing:
            yield Evidence(found.path, "not set, which is everybody", says, way_out)
        return
    several = isinstance(found.value, list | tuple)
    for each in look(subject.properties, f"{path}.*") if several else (found,):
        text = text_of(each)
        if not isinstance(text, str):
            yield text
            continue
        try:
            open_to_all = any(is_everybody(network) for network in networks([text]))
        except ValueError:
            yield wrong(each, "a network such as 10.0.0.0/8")
        else:
            yield Evidence(each.path, each.shown, says, way_out) if open_to_all else None


def _grafana(subject: Subject) -> _Judged:
    for path in ('values.grafana["grafana.ini"]["auth.anonymous"].enabled', 'values["grafana.ini"]["auth.anonymous"].enabled'):
        found = one(subject.properties, path)
        if not isinstance(found.value, Missing | Misplaced):
            yield _has_to_be(found, wanted=False, missing=False, way_out="Set it to false, and have people sign in.")


def _has_to_be(found: Found, *, wanted: bool, missing: bool, way_out: str) -> Evidence | Undecided | Unreadable | None:
    value = truth(found, missing=missing)
    if not isinstance(value, bool):
        return value
    said = "not set" if isinstance(found.value, Missing) else found.shown
    return None if value is wanted else Evidence(found.path, said, _SAYS, way_out)


_KINDS: Mapping[str, Callable[[Subject], _Judged]] = {
    "aws:ec2/securityGroup:SecurityGroup": _group,
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": _group,
    "aws:ec2/securityGroupRule:SecurityGroupRule": _rule,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _one_rule,
    "aws:eks/cluster:Cluster": _api_server,
    "aws:rds/clusterInstance:ClusterInstance": _database,
    "aws:rds/instance:Instance": _database,
    "aws:redshift/cluster:Cluster": _database,
    "aws:s3/bucket:Bucket": _acl,
    "aws:s3/bucketV2:BucketV2": _acl,
    "aws:s3/bucketAcl:BucketAcl": _acl,
    "aws:s3/bucketAclV2:BucketAclV2": _acl,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _block,
    "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock": _block,
    "kubernetes:helm.sh/v3:Release": _grafana,
}

RULE = Rule(
    id="public-exposure",
    says=f"{_SAYS}; ports 80 and 443 of a security group may be, and are then neither passed nor failed",
    why="What everybody can reach, somebody tries; models, data and API servers are for those who are named.",
    severity="critical",
    sources=("S3-01", "EKS-01", "NET-01", "FSBP S3.8", "FSBP EKS.1", "FSBP RDS.2", "CKV_AWS_53", "NIST SC-7", "NIST AC-3"),
    applies=lambda type_: type_ in _KINDS or type_ in DOCUMENTS,
    judge=judge,
)
