"""Values that say something only together: networks, what may come in, who may do what in a cluster, what a lifecycle deletes and when.

Each function gives what `after` has beyond `before`, in words; None where there is nothing. All raise Unreadable.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from modelway.preview.resources import UNKNOWN
from modelway.rules.addresses import Network, beyond, is_everybody, networks

_PROTOCOLS = {"-1": "all", "all": "all", "6": "tcp", "17": "udp", "1": "icmp"}


class Unreadable(Exception):
    """What was given is not what is compared; says why, without the value."""


def widened(before: object, after: object) -> list[str]:
    """Networks that could not come in before."""
    return [str(network) for network in beyond(_networks(after), _networks(before))]


def opened(before: object, after: object) -> list[str]:
    """Networks that are so wide that they are everybody, and could not come in before; also among rules of a security group."""
    return [str(network) for network in beyond(_networks(after), _networks(before)) if is_everybody(network)]


def widened_ingress(before: object, after: object) -> list[str]:
    """Who may come in at which port of a security group, and could not."""
    had = list(_ways_in(before))
    return [f"{way[1]} from {way[0]}" for way in _ways_in(after) if not any(_covers(one, way) for one in had)]


def _networks(value: object) -> tuple[Network, ...]:
    texts = list(_texts(value))
    if any(text == UNKNOWN for text in texts):
        raise Unreadable("is not known before the update")
    try:
        return networks(texts)
    except ValueError:
        raise Unreadable("holds what is no network, so it cannot be compared") from None


def _texts(value: object) -> Iterator[str]:
    """Networks among: nothing, one, a list, rules of a security group."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, Mapping):
        for name in ("cidrBlocks", "ipv6CidrBlocks", "cidrIpv4", "cidrIpv6"):
            yield from _texts(value.get(name))
        if isinstance(block := value.get("ipBlock"), Mapping):
            yield from _texts(block.get("cidr"))


_Way = tuple[str, str, str, int, int]
"""From where, what in words, protocol, first and last port."""


def _ways_in(value: object) -> Iterator[_Way]:
    for rule in _mappings(value):
        given = str(rule.get("protocol", "-1")).lower()
        protocol = _PROTOCOLS.get(given, given)
        first, last = (_port(rule.get(name)) for name in ("fromPort", "toPort"))
        if protocol == "all":
            first, last = 0, 65535
        words = "everything" if protocol == "all" else f"{protocol} {first}" if first == last else f"{protocol} {first} to {last}"
        sources = [*(str(network) for network in _networks(rule)), *_names(rule)]
        for source in sources:
            yield source, words, protocol, first, last


def _names(rule: Mapping[str, object]) -> Iterator[str]:
    for name in ("securityGroups", "prefixListIds"):
        value = rule.get(name)
        for one in value if isinstance(value, list | tuple) else ():
            if one == UNKNOWN:
                raise Unreadable("is not known before the update")
            yield str(one)
    if rule.get("self") is True:
        yield "the group itself"


def _port(value: object) -> int:
    if value == UNKNOWN:
        raise Unreadable("is not known before the update")
    try:
        return int(str(value if value is not None else 0))
    except ValueError:
        raise Unreadable("has a port that is no number") from None


def _covers(wide: _Way, one: _Way) -> bool:
    if wide[2] not in ("all", one[2]) or not (wide[3] <= one[3] and one[4] <= wide[4]):
        return False
    if wide[0] == one[0]:
        return True
    return "/" in wide[0] and "/" in one[0] and not beyond(_networks(one[0]), _networks(wide[0]))


def widened_peers(before: object, after: object) -> list[str]:
    """Who may come in, at which ports, by the rules of a NetworkPolicy; no peers or no ports are all of them."""
    had = list(_peers(before))
    return ["everybody" if one[0] == "*" else "somebody else" for one in _peers(after) if not any(_lets_in(other, one) for other in had)]


def _peers(value: object) -> Iterator[tuple[str, str]]:
    for rule in _mappings(value):
        for peer in _texts_of(rule.get("from")):
            yield from ((peer, port) for port in _texts_of(rule.get("ports")))


def _texts_of(value: object) -> list[str]:
    found = [json.dumps(one, sort_keys=True) for one in value] if isinstance(value, list | tuple) else []
    if any(UNKNOWN in one for one in found) or value == UNKNOWN:
        raise Unreadable("is not known before the update")
    return found or ["*"]


def _lets_in(wide: tuple[str, str], one: tuple[str, str]) -> bool:
    return all(left in ("*", right) for left, right in zip(wide, one, strict=True))


def rerouted(before: object, after: object) -> list[str]:
    """Whether rules of a route send requests elsewhere: weights of 1 and 1 are those of 50 and 50, one of 0 is none."""
    return [] if _shared(before) == _shared(after) else ["other answers"]


def _shared(rules: object) -> list[str]:
    return [json.dumps({**rule, "backendRefs": _by_share(rule.get("backendRefs"))}, sort_keys=True) for rule in _mappings(rules)]


def _by_share(backends: object) -> list[tuple[str, float]]:
    weighed = [
        ({**one, "weight": 0}, _amount(one.get("weight", 1) if one.get("weight", 1) is not None else 1)) for one in _mappings(backends)
    ]
    total = sum(weight for _, weight in weighed)
    return sorted((json.dumps(one, sort_keys=True), round(weight / total, 6)) for one, weight in weighed if weight and total)


def widened_rights(before: object, after: object) -> list[str]:
    """What rules of a Role or ClusterRole allow and did not: verbs on resources, of groups, of names."""
    had = list(_rights(before))
    found = []
    for one in _rights(after):
        if not any(_allows(other, one) for other in had):
            found.append(f"{one[2]} {one[1]}" + (f" named {one[3]}" if one[3] != "*" else ""))
    return list(dict.fromkeys(found))


def _rights(value: object) -> Iterator[tuple[str, str, str, str]]:
    for rule in _mappings(value):
        verbs = _list(rule.get("verbs"))
        names = _list(rule.get("resourceNames")) or ["*"]
        for group in _list(rule.get("apiGroups")) or [""]:
            for resource in _list(rule.get("resources")):
                yield from ((group, resource, verb, name) for verb in verbs for name in names)
        for url in _list(rule.get("nonResourceURLs")):
            yield from (("url", url, verb, "*") for verb in verbs)


def _allows(wide: tuple[str, ...], one: tuple[str, ...]) -> bool:
    return all(left in ("*", right) or (left.endswith("/*") and right.startswith(left[:-1])) for left, right in zip(wide, one, strict=True))


def expires_sooner(before: object, after: object) -> list[str]:
    """What is deleted sooner, or was not deleted: of an ECR lifecycle policy (a JSON document), or of the rules of an S3 one."""
    old, new = (dict(_kept(value)) for value in (before, after))
    found = []
    for what, amount in new.items():
        had = old.get(what)
        if had is None:
            found.append(f"{what[0]} after {amount:g} {what[1]}, which stayed")
        elif amount < had:
            found.append(f"{what[0]} after {amount:g} {what[1]} instead of {had:g}")
    return found


def _kept(value: object) -> Iterator[tuple[tuple[str, str, str], float]]:
    """What is deleted, its unit and its filter; and after how many of the unit."""
    if value is None:
        return
    rules = _document(value)
    for rule in rules:
        if "selection" in rule:
            yield from _of_images(rule)
        elif rule.get("status", "Enabled") == "Enabled":
            yield from _of_objects(rule)


def _document(value: object) -> list[Mapping[str, object]]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise Unreadable("is no JSON, so it cannot be compared") from None
    if isinstance(value, Mapping):
        value = value.get("rules")
    return list(_mappings(value))


def _of_images(rule: Mapping[str, object]) -> Iterator[tuple[tuple[str, str, str], float]]:
    selection = rule["selection"]
    if not isinstance(selection, Mapping):
        raise Unreadable("has a rule that selects nothing")
    which = sorted([*_list(selection.get("tagPrefixList")), *_list(selection.get("tagPatternList"))])
    tags = f" {', '.join(which)}" if which else ""
    unit = "days" if selection.get("countType") == "sinceImagePushed" else "images"
    yield (f"{selection.get('tagStatus', 'any')} images{tags}", unit, ""), _amount(selection.get("countNumber"))


def _of_objects(rule: Mapping[str, object]) -> Iterator[tuple[tuple[str, str, str], float]]:
    filtered = json.dumps([rule.get("filter") or {}, rule.get("prefix") or ""], sort_keys=True)
    prefix = _prefix(rule)
    for name, field, what in (("expiration", "days", "objects"), ("noncurrentVersionExpiration", "noncurrentDays", "old versions")):
        given = rule.get(name)
        for one in _mappings(given):
            if one.get(field) is not None:
                yield (f"{what}{prefix}", "days", filtered), _amount(one.get(field))
            elif one.get("date") is not None:
                yield (f"{what}{prefix}", f"date {one['date']}", filtered), 0.0
            if one.get("newerNoncurrentVersions") is not None:
                yield (f"{what}{prefix}", "newer versions", filtered), _amount(one.get("newerNoncurrentVersions"))


def _prefix(rule: Mapping[str, object]) -> str:
    filtered = rule.get("filter")
    prefix = rule.get("prefix") or (filtered.get("prefix") if isinstance(filtered, Mapping) else "")
    return f" under {prefix}" if prefix else ""


def _amount(value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        raise Unreadable("is not known before the update" if value == UNKNOWN else "has an amount that is no number") from None


def _mappings(value: object) -> Iterator[Mapping[str, object]]:
    for one in value if isinstance(value, list | tuple) else [value] if isinstance(value, Mapping) else ():
        if one == UNKNOWN:
            raise Unreadable("is not known before the update")
        if isinstance(one, Mapping):
            yield one


def _list(value: object) -> list[str]:
    values: Iterable[object] = value if isinstance(value, Sequence) and not isinstance(value, str) else () if value is None else (value,)
    found = [str(one) for one in values]
    if UNKNOWN in found:
        raise Unreadable("is not known before the update")
    return found
