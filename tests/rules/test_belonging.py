"""Rules about whole stacks, in what all of them have in common: which resources they speak of, and that order says nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelway.rules.stack import StackRule
from tests.rules.test_catalogue import FOR_STACKS, OF, content, resources


def rule_of(name: str) -> StackRule:
    rule = OF[name.split(".")[0]]
    assert isinstance(rule, StackRule)
    return rule


@pytest.mark.parametrize("name", FOR_STACKS)
def test_a_rule_speaks_of_what_it_applies_to(name: str) -> None:
    rule, stack = rule_of(name), resources(content(name))
    judged = rule.judge(stack)
    assert {one.subject.type for one in stack if one.urn in judged} <= {one.subject.type for one in stack if rule.applies(one.subject.type)}


@given(name=st.sampled_from(FOR_STACKS), data=st.data())
def test_the_order_of_resources_says_nothing(name: str, data: st.DataObject) -> None:
    rule, stack = rule_of(name), resources(content(name))
    shuffled = data.draw(st.permutations(stack))
    there, here = rule.judge(stack), rule.judge(shuffled)
    assert {urn: type(verdict) for urn, verdict in there.items()} == {urn: type(verdict) for urn, verdict in here.items()}
