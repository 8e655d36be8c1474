"""Types and properties that the table and the rules name are those of the provider: a row about a name that is not there never holds."""

import importlib
import inspect
import keyword
import re
from collections.abc import Iterator

import pytest

from modelway.preview.risks.table import table
from modelway.rules import missing_owner, pinned_digest, public_exposure, traffic_jump, unencrypted_store
from modelway.rules.iam_documents import DOCUMENTS
from modelway.rules.properties import parts


def named() -> Iterator[tuple[str, str]]:
    """Types of AWS, each with the properties that somebody looks at; an empty one for the type alone."""
    for row in table().rows:
        for kind in row.types:
            yield kind, ""
            yield from ((kind, path) for path in (row.property, *row.where, *row.unless) if path and path[0] != "@")
    yield from ((kind, path) for kind, paths in DOCUMENTS.items() for path in paths)
    yield from ((kind, switch.path) for kind, switches in unencrypted_store._SWITCHES.items() for switch in switches)
    yield from unencrypted_store._KEYS.items()
    yield from ((kind, "tags") for kind in missing_owner._TAGGED)
    yield from ((kind, "") for kind in public_exposure._KINDS)
    yield from ((kind, "actions") for kind in traffic_jump._BALANCER)
    yield traffic_jump._SAGEMAKER, "productionVariants"
    yield from ((pinned_digest._MODEL, path) for path in pinned_digest._OF_MODELS)


KINDS = sorted({kind for kind, _ in named() if kind.startswith("aws:") and "*" not in kind})


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


@pytest.mark.parametrize("kind", KINDS)
def test_a_type_of_aws_and_its_properties_are_there(kind: str) -> None:
    package, name = kind.split(":")[1].split("/")[0], kind.rpartition(":")[2]
    made = getattr(importlib.import_module(f"pulumi_aws.{package}{'_' * keyword.iskeyword(package)}"), name)
    known = set(inspect.signature(made._internal_init).parameters)
    wanted = {parts(path)[0] for other, path in named() if other == kind and path}
    assert not [one for one in wanted if snake(one) not in known]
