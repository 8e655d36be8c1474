"""What a change of an IAM document allows, by meaning."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelway.rules.globs import covers, overlap
from modelway.rules.iam_comparing import Comparison, compare
from modelway.rules.values import Secret, Unknown

READ = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::models/*"]}
DENY = {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def compared(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> Comparison:
    return compare(json.dumps(document(*before)), json.dumps(document(*after)), "identity")


def told(found: Comparison) -> tuple[list[str], list[str]]:
    return [str(one) for one in found.granted], [str(one) for one in found.withdrawn]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([READ], [{**READ, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::models/*"}]),
        ([READ], [{**READ, "Action": ["S3:getobject"], "Sid": "Named"}]),
        ([READ, DENY], [DENY, READ]),
        ([{**READ, "Action": ["s3:Get*"]}, READ], [{**READ, "Action": ["s3:Get*"]}]),
        ([{**READ, "Action": ["s3:GetObject", "s3:ListBucket"]}], [READ, {**READ, "Action": "s3:ListBucket"}]),
        ([{**READ, "Condition": {"StringEquals": {"a:b": ["1", "2"]}}}], [{**READ, "Condition": {"StringEquals": {"A:B": ["2", "1"]}}}]),
    ],
)
def test_the_same_said_otherwise_is_equal(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> None:
    assert compared(before, after).equal


@pytest.mark.parametrize(
    ("before", "after", "more", "less"),
    [
        ([READ], [{**READ, "Action": "s3:*"}], ["s3:* on arn:aws:s3:::models/*"], []),
        ([READ], [{**READ, "Resource": "*"}], ["s3:GetObject on *"], []),
        ([READ], [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], ["all but iam:* on *"], []),
        ([{**READ, "Condition": {"StringEquals": {"a:b": "1"}}}], [READ], ["s3:GetObject on arn:aws:s3:::models/*"], []),
        (
            [{**READ, "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/16"}}}],
            [{**READ, "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}],
            ["s3:GetObject on arn:aws:s3:::models/*"],
            [],
        ),
        ([READ, DENY], [READ], ["s3:* on *, which was denied"], []),
        ([READ], [READ, {**DENY, "Condition": {}}], [], ["s3:* on *, which is denied now"]),
        (
            [READ],
            [{**READ, "Action": "s3:PutObject"}],
            ["s3:PutObject on arn:aws:s3:::models/*"],
            ["s3:GetObject on arn:aws:s3:::models/*"],
        ),
        (
            [READ],
            [READ, {**READ, "Action": "iam:*"}, {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}],
            [],
            ["iam:* on *, which is denied now"],
        ),
    ],
)
def test_what_is_allowed_now_and_what_no_longer(
    before: list[dict[str, Any]], after: list[dict[str, Any]], more: list[str], less: list[str]
) -> None:
    assert told(compared(before, after)) == (more, less)


def test_an_account_and_a_role_of_it() -> None:
    def trust(who: object) -> dict[str, Any]:
        return document({"Effect": "Allow", "Principal": {"AWS": who}, "Action": "sts:AssumeRole"})

    account, role = "111111111111", "arn:aws:iam::111111111111:role/ci"
    assert compare(trust("arn:aws:iam::111111111111:root"), trust([account]), "trust").equal
    assert told(compare(trust(role), trust(account), "trust")) == (["sts:AssumeRole for 111111111111"], [])
    assert told(compare(trust(account), trust(role), "trust")) == ([], ["sts:AssumeRole for 111111111111"])
    assert told(compare(trust(role), trust("*"), "trust"))[0] == ["sts:AssumeRole for *"]


def test_what_is_not_known_is_undecided_unless_it_does_not_matter() -> None:
    after = document({**READ, "Resource": [Unknown()]})
    assert compare(document(READ), after, "identity").undecided == ("Statement[0].Resource[0]",)
    everything = document({**READ, "Resource": "*"})
    assert not compare(everything, after, "identity").undecided
    assert compare(document(READ), Unknown(), "identity").undecided == ("the document",)


def test_a_secret_document_is_compared_and_not_shown() -> None:
    found = compare(document(READ), Secret(json.dumps(document({**READ, "Action": "s3:*"}))), "identity")
    assert told(found)[0] == ["[secret] on [secret]"]


def test_what_cannot_be_read_is_told() -> None:
    assert compare(document(READ), "{", "identity").faults == ("after: the document is no JSON",)


_TEXT = st.text("ab:/*?", max_size=7)


def _regular(pattern: str) -> str:
    return "".join({"*": ".*", "?": "."}.get(one, re.escape(one)) for one in pattern)


@given(general=_TEXT, special=_TEXT, filling=st.lists(st.text("ab:/", max_size=3), min_size=8, max_size=8))
def test_what_a_pattern_covers_it_matches(general: str, special: str, filling: list[str]) -> None:
    parts = iter(filling)
    example = "".join(next(parts, "") if one == "*" else "b" if one == "?" else one for one in special)
    if covers(general, special):
        assert re.fullmatch(_regular(general), example)
    if re.fullmatch(_regular(general), example):
        assert overlap(general, special)


@pytest.mark.parametrize(
    ("general", "special", "answer"),
    [("?", "*", False), ("a?", "a*", False), ("a*", "a?b", True), ("a*b", "a*", False), ("*b", "a*b", True), ("${*}", "x", False)],
)
def test_a_wildcard_is_covered_by_one_as_wide_alone(general: str, special: str, answer: bool) -> None:
    assert covers(general, special) is answer


@given(_TEXT)
def test_a_pattern_covers_itself_and_everything_covers_it(pattern: str) -> None:
    assert covers(pattern, pattern)
    assert covers("*", pattern)
    assert covers(f"{pattern}*", pattern)
