"""Every IAM document of every component, by meaning: nobody is allowed everything, and not everybody is allowed anything."""

import json
from typing import Any

from components import _policies as policies
from modelway.rules.iam_resources import only_any
from tests.components import test_cluster, test_drift, test_identity, test_model_registry, test_registry
from tests.support.engine import run

DOCUMENTS = {"policy", "assumeRolePolicy"}


def documents() -> list[tuple[str, dict[str, Any]]]:
    found = []
    drift = (test_drift.identity, test_drift.scheduled, test_drift.results)
    for make in (test_cluster.eks, test_identity.make, test_registry.make, test_registry.make_full, test_model_registry.mlflow, *drift):
        for resource in run(lambda make=make: make("it")).resources:
            found += [(resource.name, json.loads(text)) for key, text in resource.inputs.items() if key in DOCUMENTS]
    return [(name, document) for name, document in found if "Statement" in document]


def test_no_statement_allows_by_wildcard() -> None:
    checked = 0
    for name, document in documents():
        for statement in document["Statement"]:
            if statement["Effect"] != "Allow":
                continue
            checked += 1
            assert not [action for action in statement["Action"] if "*" in action], name
            principals = statement.get("Principal", {})
            assert isinstance(principals, dict), name
            assert "*" not in principals.values(), name
            unnamed = statement.get("Resource", []) == ["*"] and "Principal" not in statement
            assert not unnamed or all(only_any(action) for action in statement["Action"]), name
    assert checked >= 8


def test_documents_are_written_the_same_way_every_time() -> None:
    document = policies.key_of_account("222222222222")
    assert policies.text(document) == policies.text(dict(reversed(document.items())))
