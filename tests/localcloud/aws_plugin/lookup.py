"""How boto3 is asked about a resource, written down independently of the plugin, and where in the answer each property of the state is."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.localcloud.aws_plugin.stack import Object

ACCOUNT, REGION = "484848484848", "eu-west-1"

Parameters = Callable[[str, Object], Object]
"""Of a call, from the id and the properties of the state."""
Where = str | Callable[[str, Any], object]
"""JMESPath on the object, or what makes the value of the id and the object."""


@dataclass(frozen=True)
class Lookup:
    """`path`: JMESPath to the object in the answer, `{name}` in it is a property of the state; `more`: further calls, whose answers are put
    under their names; `names`: where a property is that is not the member of its name; `tags`: where tags are."""

    service: str
    method: str
    parameters: Parameters
    path: str
    names: Mapping[str, Where] = field(default_factory=dict)
    more: Mapping[str, tuple[str, Parameters]] = field(default_factory=dict)
    tags: str = ""


def says(form: str) -> Where:
    """What follows from the id: `{id}`, or its first part, `{0}`."""
    return lambda i, _: form.format(re.split("[_/:]", i)[0], id=i)
