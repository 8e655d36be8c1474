"""State held against what boto3 says, property by property, and in both directions."""

import datetime
import json
from collections.abc import Callable
from typing import Any

import jmespath
from botocore.exceptions import ClientError

from localcloud.plugins.aws import rows, sdk
from tests.localcloud.aws_plugin.lookup import REGION
from tests.localcloud.aws_plugin.lookups import LOOKUPS
from tests.localcloud.aws_plugin.stack import Object

Client = Callable[[str], Any]


def look(client: Client, kind: str, identifier: str, outputs: Object) -> Any:
    """The object as boto3 gives it; None when there is none."""
    lookup = LOOKUPS[kind]
    try:
        answer = getattr(client(lookup.service), lookup.method)(**lookup.parameters(identifier, outputs))
        path = lookup.path
        for name, value in outputs.items():
            path = path.replace(f"{{{name}}}", str(value))
        found = jmespath.search(path, answer)
        if not found or found.get("KeyState") == "PendingDeletion":
            return None
        more = {name: getattr(client(lookup.service), method)(**make(identifier, outputs)) for name, (method, make) in lookup.more.items()}
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        # SageMaker has no code of its own for it.
        # Nor has S3 of an object, whose answer has no body.
        if "NotFound" in code or "NoSuch" in code or code == "404" or "Could not find" in message:
            return None
        raise
    return {**found, **more}


def differing(
    client: Client, kind: str, identifier: str, outputs: Object, default_tags: dict[str, str]
) -> dict[str, tuple[object, object]]:
    """The properties that say something else than boto3, as (said, boto3's); a property that boto3 cannot be asked for is one of them.

    Inputs that the table lists as kept are left out: nothing can be asked about them.
    """
    lookup, kept = LOOKUPS[kind], rows.resources()[kind].kept
    live = look(client, kind, identifier, outputs)
    assert live is not None, f"{kind} {identifier} is not there"
    wrong: dict[str, tuple[object, object]] = {}
    for name in sdk.resource(kind).outputs:
        value = outputs.get(name)
        if name in kept or name in ("id", "tags", "tagsAll"):
            continue
        where = lookup.names.get(name) or next((member for member in live if member.lower() == name.lower()), None)
        if name == "region":
            expected: Any = REGION
        elif where is None:
            expected = None
        else:
            expected = jmespath.search(where, live) if isinstance(where, str) else where(identifier, live)
        inner = [path.partition(".")[2] for path in kept if path.startswith(f"{name}.")]
        if inner and isinstance(value, dict):
            value = {key: item for key, item in value.items() if key not in inner}
        if name in ("ingress", "egress"):
            value, expected = _grants(value, identifier), _permissions(expected)
        if not _same(value, expected):
            wrong[name] = (value, expected)
    if lookup.tags:
        tags = {tag: text for tag, text in _tags(jmespath.search(lookup.tags, live)).items() if not tag.startswith("aws:")}
        if outputs.get("tagsAll") != tags:
            wrong["tagsAll"] = (outputs.get("tagsAll"), tags)
        own = {key: text for key, text in tags.items() if default_tags.get(key) != text}
        if outputs.get("tags") != own:
            wrong["tags"] = (outputs.get("tags"), own)
    return wrong


def _tags(tags: Any) -> dict[str, str]:
    if isinstance(tags, dict):
        return tags
    pairs = ({name.lower().removeprefix("tag"): text for name, text in tag.items()} for tag in tags or [])
    return {pair["key"]: pair["value"] for pair in pairs}


def _same(value: Any, expected: Any) -> bool:
    """Whether a property says what boto3 says; letters' cases, order and what the property's type has no room for aside."""
    if value in (None, "", [], {}) or expected in (None, "", [], {}):
        return value in (None, "", [], {}) and expected in (None, "", [], {})
    if isinstance(expected, datetime.datetime):
        return bool(value == expected.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    if isinstance(value, str) and value.startswith("{"):
        text = expected if isinstance(expected, str) else json.dumps(expected)
        return bool(json.loads(value) == json.loads(text))
    if isinstance(value, dict) and isinstance(expected, list):
        return bool(value == _tags(expected))
    if isinstance(value, list) and isinstance(expected, dict):  # a list of one, as the SDK has single blocks in places
        return len(value) == 1 and _same(value[0], expected)
    if isinstance(value, dict) and isinstance(expected, dict):
        by_letters = {key.lower().removesuffix("s"): item for key, item in expected.items()}
        return all(_same(item, by_letters.get(key.lower().removesuffix("s"))) for key, item in value.items())
    if isinstance(value, list) and isinstance(expected, list):
        left = list(expected)
        for item in value:
            found = next((index for index, other in enumerate(left) if _same(item, other)), None)
            if found is None:
                return False
            left.pop(found)
        return not left
    if isinstance(value, str) and isinstance(expected, bool | int):
        return value == str(expected).lower()
    return bool(value == expected)


def _grants(rules: Any, own: str) -> list[Object]:
    """Rules of a security group as the state has them, one for each source or destination."""
    found = []
    for rule in rules or []:
        ports = {} if rule["protocol"] == "-1" else {"from": rule["fromPort"], "to": rule["toPort"]}
        base = {"protocol": rule["protocol"], **ports, "description": rule.get("description") or ""}
        found += [{**base, "cidr": cidr} for cidr in rule.get("cidrBlocks") or []]
        found += [{**base, "group": group} for group in [*(rule.get("securityGroups") or []), *([own] if rule.get("self") else [])]]
    return found


def _permissions(permissions: Any) -> list[Object]:
    """The same of boto3's answer."""
    found = []
    for each in permissions or []:
        ports = {} if each["IpProtocol"] == "-1" else {"from": each["FromPort"], "to": each["ToPort"]}
        base = {"protocol": each["IpProtocol"], **ports}
        found += [{**base, "description": one.get("Description", ""), "cidr": one["CidrIp"]} for one in each["IpRanges"]]
        found += [{**base, "description": one.get("Description", ""), "group": one["GroupId"]} for one in each["UserIdGroupPairs"]]
    return found
