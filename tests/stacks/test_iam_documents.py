"""Every IAM document that an environment makes is judged, by what it means."""

from pathlib import Path
from typing import Any

import pulumi
import pytest

from modelway.architecture import load, names
from modelway.architecture.layout import stacks
from modelway.rules.iam import Judgement, Listed, judge, judge_attachment
from modelway.rules.iam_documents import attachments_of, documents_of
from modelway.rules.verdicts import Failed, NotApplicable, Passed
from stacks.compose import compose, place
from tests.support.engine import Recorder, Registered, run

ENVIRONMENTS = Path(__file__).resolve().parents[2] / "stacks" / "environments"

LISTED: tuple[Listed, ...] = ()
"""What a rule would refuse and the components do all the same, with the reason."""


def made(name: str) -> list[Registered]:
    """The resources of all stacks of an environment."""

    def program() -> None:
        environment, parts = place(pulumi.get_stack(), names(ENVIRONMENTS), lambda one: load(ENVIRONMENTS, one))
        for key, value in compose(environment, parts).items():
            pulumi.export(key, value)

    first, *others = stacks(load(ENVIRONMENTS, name))
    platform: Recorder = run(program, stack=name)
    found = list(platform.resources)
    for stack in others:
        found += run(program, stack=stack, references={f"organization/modelway/{first}": platform.exports}).resources
    return found


def judged(resource: Registered) -> list[tuple[str, Judgement]]:
    found = [
        (carried.path, one)
        for carried in documents_of(resource.type, resource.inputs)
        for one in judge(carried.document, carried.kind, LISTED)
    ]
    return found + [("policyArn", judge_attachment(arn, LISTED)) for arn in attachments_of(resource.type, resource.inputs)]


def looks_like_a_document(value: Any) -> bool:
    if isinstance(value, str):
        return '"Statement"' in value
    return isinstance(value, dict) and "Statement" in value


@pytest.mark.parametrize("name", names(ENVIRONMENTS))
def test_every_document_names_what_it_grants(name: str) -> None:
    told, documents = [], 0
    for resource in made(name):
        for path, one in judged(resource):
            documents += 1
            if not isinstance(one.verdict, Passed | NotApplicable):
                evidence = one.verdict.evidence if isinstance(one.verdict, Failed) else (one.verdict,)
                told += [f"{resource.type} {resource.name} {path}: {one.rule.id}: {found}" for found in evidence]
        carried = {one.path.split(".")[0].split("[")[0] for one in documents_of(resource.type, resource.inputs)}
        strange = [key for key, value in resource.inputs.items() if looks_like_a_document(value) and key not in carried]
        assert not strange, (
            f"{resource.type} {resource.name}: {strange} is a document that nobody judges: see modelway/rules/iam_documents.py"
        )
    assert documents
    assert not told, "\n".join(told)
