"""What has a name in AWS that is not of the environment's making: keys, topics, buses, secrets."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from modelway.architecture.base import Breach, FieldPath, Shaped, misshapen

_REGION = r"[a-z]{2,3}(?:-[a-z]+)+-[0-9]"

Region = Annotated[str, Shaped(r"[a-z]{2,3}(-[a-z]+)+-[0-9]", "an AWS region", "Write it like eu-west-1.", 32)]

Account = Annotated[str, Shaped(r"[0-9]{12}", "an AWS account: 12 digits, in quotes", 'Write it like "222222222222".', 12)]

KeyArn = Annotated[
    str,
    Shaped(
        rf"arn:aws[a-z-]*:kms:{_REGION}:[0-9]{{12}}:key/[A-Za-z0-9-]+",
        "the ARN of a KMS key; of the key itself, because an alias can be moved to another",
        "Write it like arn:aws:kms:eu-west-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab.",
        200,
    ),
]

TopicArn = Annotated[
    str,
    Shaped(
        rf"arn:aws[a-z-]*:sns:{_REGION}:[0-9]{{12}}:[A-Za-z0-9_-]+",
        "the ARN of an SNS topic",
        "Write it like arn:aws:sns:eu-west-1:222222222222:ml-pages.",
        400,
    ),
]

BusArn = Annotated[
    str,
    Shaped(
        rf"arn:aws[a-z-]*:events:{_REGION}:[0-9]{{12}}:event-bus/[A-Za-z0-9._/-]+",
        "the ARN of an event bus",
        "Write it like arn:aws:events:eu-west-1:222222222222:event-bus/ml.",
        400,
    ),
]

_SECRET_KEY = r"[A-Za-z0-9]([-A-Za-z0-9._]{0,100}[A-Za-z0-9])?"
_SECRET_ARN = rf"arn:aws[a-z-]*:secretsmanager:{_REGION}:[0-9]{{12}}:secret:[A-Za-z0-9/_+=.@-]{{1,512}}"


class SecretReference:
    """Where a secret is: `{secret: KEY}` in the stack's configuration, or the ARN of one in Secrets Manager. Never the secret itself."""

    RULE = "where the secret is, and not the secret: {secret: KEY}, or the ARN of a secret in Secrets Manager"
    WAY_OUT = "Write {secret: KEY}, and `pulumi config set --secret KEY` for the stack."

    __slots__ = ("arn", "key")

    def __init__(self, *, key: str | None = None, arn: str | None = None) -> None:
        self.key = key
        """Key in the stack's configuration; None where `arn` says where it is."""
        self.arn = arn

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretReference) and self.written() == other.written()

    def __hash__(self) -> int:
        return hash((self.key, self.arn))

    def __repr__(self) -> str:
        return f"SecretReference(key={self.key!r}, arn={self.arn!r})"

    def written(self) -> "str | dict[str, str]":
        """As it is written in a file."""
        return self.arn if self.arn is not None else {"secret": self.key or ""}

    @classmethod
    def _read(cls, value: object) -> Self:
        if isinstance(value, cls):
            return value
        if isinstance(value, str) and re.fullmatch(_SECRET_ARN, value, re.ASCII):
            return cls(arn=value)
        key = value.get("secret") if isinstance(value, Mapping) and len(value) == 1 else None
        if not isinstance(key, str) or not re.fullmatch(_SECRET_KEY, key, re.ASCII):
            raise misshapen(cls.RULE, cls.WAY_OUT, hidden=True)
        return cls(key=key)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        written = core_schema.plain_serializer_function_ser_schema(cls.written)
        return core_schema.no_info_plain_validator_function(cls._read, serialization=written)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        key = {"type": "string", "pattern": f"^{_SECRET_KEY}$"}
        reference = {"type": "object", "properties": {"secret": key}, "required": ["secret"], "additionalProperties": False}
        return {"anyOf": [reference, {"type": "string", "pattern": f"^{_SECRET_ARN}$"}]}


def elsewhere(path: FieldPath, arn: str | None, region: str) -> Breach | None:
    """What is to be said of a key or secret that is not in the environment's region; None when it is."""
    there = arn.split(":")[3] if arn is not None else region
    if there == region:
        return None
    return Breach(
        path,
        f"of the environment's own region; this one is in {there}, the environment in {region}",
        f"Name one in {region}.",
        (("aws", "region"),),
    )
