"""Rules that are made when their module is imported: one that is imported once more judges as the cases say, by itself."""

import importlib.util

import pytest

from modelway.rules.belonging import Kind
from modelway.rules.buckets.kinds import TYPES, setting
from modelway.rules.subjects import Rule
from modelway.rules.verdicts import NotApplicable
from tests.rules.test_catalogue import FOR_ONE, content, subject
from tests.rules.test_pack import told


def made_again(module: str) -> dict[str, Rule]:
    found = importlib.util.find_spec(module)
    assert found is not None
    assert found.loader is not None
    made = importlib.util.module_from_spec(found)
    found.loader.exec_module(made)
    return {rule.id: rule for rule in made.RULES}


@pytest.mark.parametrize("module", ["modelway.rules.grants.policies", "modelway.rules.principals"])
def test_rules_that_are_made_again_judge_as_their_cases_say(module: str) -> None:
    rules = made_again(module)
    names = [name for name in FOR_ONE if name.split(".")[0] in rules]
    assert {name.split(".")[0] for name in names} == set(rules)
    for name in names:
        case = content(name)
        verdict = rules[name.split(".")[0]].judge(subject(case))
        assert (type(verdict).__name__, told(verdict)) == (case["verdict"], case["said"]), name
        assert isinstance(rules[name.split(".")[0]].judge(subject({**case, "type": "aws:sns/topic:Topic"})), NotApplicable)


def test_settings_of_a_bucket_have_two_names_and_say_which_bucket_they_are_of() -> None:
    types = ("aws:s3/bucketVersioning:BucketVersioning", "aws:s3/bucketVersioningV2:BucketVersioningV2")
    assert setting("Versioning") == Kind(TYPES, "bucket", dict.fromkeys(types, "bucket"))
