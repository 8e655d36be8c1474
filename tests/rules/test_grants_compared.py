"""What a change of an IAM document grants and takes away: denials, what all but some may, long lists, and how it is told."""

from typing import Any

import pytest

from modelway.rules.globs import covers, overlap
from modelway.rules.iam_comparing import Comparison, Grant, compare
from modelway.rules.values import Secret, Unknown

READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::models/*"}
DENY = {"Effect": "Deny", "Action": "s3:Put*", "Resource": "*"}
GUARDED = {**DENY, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def compared(before: list[dict[str, Any]], after: list[dict[str, Any]], kind: Any = "identity") -> Comparison:
    return compare(document(*before), document(*after), kind)


def allow(**elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", **elements}


def trust(**elements: Any) -> dict[str, Any]:
    return allow(Action="sts:AssumeRole", **elements)


@pytest.mark.parametrize(
    ("before", "after", "granted", "withdrawn"),
    [
        # A Deny that is gone, that has come, and that says the same with more words.
        ([READ, DENY], [READ], ["Statement[1] s3:Put* on *, which was denied"], []),
        ([READ], [READ, GUARDED], [], ["Statement[1] s3:Put* on *, which is denied now"]),
        ([READ, DENY], [READ, {**DENY, "Action": ["s3:Put*", "s3:PutObject"]}], [], []),
        ([READ, DENY], [READ, {**DENY, "Action": "s3:PutObject"}], ["Statement[1] s3:Put* on *, which was denied"], []),
        ([READ, GUARDED], [READ, DENY], [], ["Statement[1] s3:Put* on *, which is denied now"]),
        ([READ, DENY], [READ, GUARDED], ["Statement[1] s3:Put* on *, which was denied"], []),
        # What is allowed and denied at once is not granted; under a condition it may be.
        ([READ], [READ, {**READ, "Action": "s3:PutObject"}, DENY], [], ["Statement[2] s3:Put* on *, which is denied now"]),
        (
            [READ],
            [READ, {**READ, "Action": "s3:PutObject"}, GUARDED],
            ["Statement[1] s3:PutObject on arn:aws:s3:::models/*"],
            ["Statement[2] s3:Put* on *, which is denied now"],
        ),
        # Several at once, Allow before Deny.
        (
            [READ, DENY, {**DENY, "Action": "iam:*"}],
            [{**READ, "Action": ["s3:GetObject", "ec2:Run*"]}, allow(Action="kms:*", Resource="*")],
            [
                "Statement[0] ec2:Run* on arn:aws:s3:::models/*",
                "Statement[1] kms:* on *",
                "Statement[1] s3:Put* on *, which was denied",
                "Statement[2] iam:* on *, which was denied",
            ],
            [],
        ),
        # All but some: more is left out, or less.
        (
            [allow(NotAction=["iam:*", "kms:*"], Resource="*")],
            [allow(NotAction="IAM:*", Resource="*")],
            ["Statement[0] all but iam:* on *"],
            [],
        ),
        (
            [allow(NotAction="iam:*", Resource="*")],
            [allow(NotAction=["kms:*", "iam:*"], Resource="*")],
            [],
            ["Statement[0] all but iam:* on *"],
        ),
        ([allow(NotAction="iam:*", Resource="*")], [allow(Action="s3:*", Resource="*")], [], ["Statement[0] all but iam:* on *"]),
        ([allow(Action="s3:*", Resource="*")], [allow(NotAction="iam:*", Resource="*")], ["Statement[0] all but iam:* on *"], []),
        (
            [allow(NotAction="iam:*", Resource="*")],
            [allow(Action="iam:Pass*", Resource="*")],
            ["Statement[0] iam:Pass* on *"],
            ["Statement[0] all but iam:* on *"],
        ),
        ([allow(Action="*", Resource="*")], [allow(NotAction="iam:*", Resource="*")], [], ["Statement[0] * on *"]),
        ([allow(Action="s3:*", NotResource="b")], [allow(Action="s3:*", Resource="B")], [], ["Statement[0] s3:* on all but b"]),
        (
            [allow(Action="s3:*", NotResource="b")],
            [allow(Action="s3:*", NotResource=["d", "c"])],
            ["Statement[0] s3:* on all but c, d"],
            ["Statement[0] s3:* on all but b"],
        ),
    ],
)
def test_what_is_granted_and_withdrawn(
    before: list[dict[str, Any]], after: list[dict[str, Any]], granted: list[str], withdrawn: list[str]
) -> None:
    found = compared(before, after)
    assert [f"{one.path} {one}" for one in found.granted] == granted
    assert [f"{one.path} {one}" for one in found.withdrawn] == withdrawn
    assert not found.undecided
    assert all(one.note in ("", "which was denied", "which is denied now") for one in (*found.granted, *found.withdrawn))


def everybody_but(*who: str) -> dict[str, Any]:
    return trust(NotPrincipal={"AWS": list(who)})


@pytest.mark.parametrize(
    ("before", "after", "granted"),
    [
        (everybody_but("arn:aws:iam::1:root"), everybody_but("1"), []),
        (everybody_but("1", "2"), everybody_but("2", "arn:aws:iam::1:root"), []),
        (everybody_but("1", "2"), everybody_but("1"), ["sts:AssumeRole for all but 1"]),
        (everybody_but("1"), trust(Principal={"AWS": "2"}), []),
        (everybody_but("1"), trust(Principal={"AWS": "1"}), ["sts:AssumeRole for 1"]),
        (everybody_but("1"), trust(Principal={"Service": "ec2.amazonaws.com"}), ["sts:AssumeRole for ec2.amazonaws.com"]),
        (trust(Principal={"AWS": "2"}), everybody_but("3", "1"), ["sts:AssumeRole for all but 1, 3"]),
        (trust(Principal="*"), everybody_but("1"), []),
        (trust(Principal={"AWS": "1"}), trust(Principal={"AWS": "arn:aws:iam::1:user/a:root"}), []),
        (trust(Principal={"AWS": "2"}), trust(Principal={"AWS": "arn:aws:iam::1:a:root"}), ["sts:AssumeRole for arn:aws:iam::1:a:root"]),
        (trust(Principal={"AWS": "2"}), trust(Principal={"AWS": "a:b:root"}), ["sts:AssumeRole for a:b:root"]),
        (trust(Principal={"AWS": "2"}), trust(Principal={"AWS": "arn:aws:iam::1:root"}), ["sts:AssumeRole for 1"]),
        (trust(Principal={"Service": "1"}), trust(Principal={"AWS": "1"}), ["sts:AssumeRole for 1"]),
    ],
)
def test_who_is_trusted_beyond_before(before: dict[str, Any], after: dict[str, Any], granted: list[str]) -> None:
    assert [str(one) for one in compared([before], [after], "trust").granted] == granted


def unknown_value(of: dict[str, Any]) -> dict[str, Any]:
    return {**of, "Condition": {"StringEquals": {"a:b": Unknown()}}}


@pytest.mark.parametrize(
    ("before", "after", "undecided", "granted"),
    [
        ([DENY, READ], [unknown_value(DENY), READ], ["Statement[0]"], 0),
        ([READ, DENY], [READ, {**DENY, "Action": Unknown()}], ["Statement[1]", "Statement[1].Action"], 0),
        ([READ], [READ, unknown_value(allow(Action="kms:*", Resource="*"))], ["Statement[1].Condition.StringEquals.a:b"], 0),
        ([allow(Action="*", Resource="*")], [unknown_value(READ)], [], 0),
        ([READ], [allow(Action="s3:GetObject", NotResource=["a", Unknown()])], ["Statement[0].NotResource[0]"], 0),
        ([READ], [READ, allow(NotAction=[Unknown()], Resource="*")], ["Statement[1].NotAction[0]"], 0),
        ([READ], [READ, {**READ, "Action": [Unknown(), "s3:PutObject"]}], ["Statement[1].Action[0]"], 1),
        ([READ], [Unknown()], ["Statement[0]"], 0),
        ([{**READ, "Action": Unknown()}], [allow(Action="kms:*", Resource="*")], ["Statement[0].Action"], 1),
        # An Allow whose values are not known denies nothing that was denied.
        ([DENY, READ], [unknown_value(READ), READ], [], 1),
    ],
)
def test_what_is_not_known_yet(before: list[Any], after: list[Any], undecided: list[str], granted: int) -> None:
    found = compared(before, after)
    assert sorted(found.undecided) == undecided
    assert len(found.granted) == granted
    assert not found.equal


def test_what_of_a_secret_document_is_all_but_something_is_hidden() -> None:
    hidden = Secret(document(allow(NotAction=["iam:*", "kms:*"], Resource="*")))
    assert [str(one) for one in compare(document(READ), hidden, "identity").granted] == ["[secret] on [secret]"]


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (("a",), "a"),
        (("a", "b", "c"), "a, b, c"),
        (("a", "b", "c", "d"), "a, b, c and 1 more"),
        (tuple("abcdefgh"), "a, b, c and 5 more"),
    ],
)
def test_long_lists_are_told_short(names: tuple[str, ...], shown: str) -> None:
    grant = Grant("Statement", names, names, names, "which was denied")
    assert str(grant) == f"{shown} on {shown} for {shown}, which was denied"
    assert str(Grant("Statement", (), names, ())) == shown


def test_names_are_told_as_they_are_written() -> None:
    found = compared([READ], [allow(Action=["S3:PutObject", "s3:DeleteObject"], Resource=["b", "a"])])
    assert [(one.path, one.actions, one.resources, one.who, one.note) for one in found.granted] == [
        ("Statement[0]", ("S3:PutObject", "s3:DeleteObject"), ("b", "a"), (), "")
    ]


@pytest.mark.parametrize(("actions", "told"), [(200, 199), (201, 201)])
def test_of_a_statement_with_very_many_combinations_all_is_told(actions: int, told: int) -> None:
    many = {
        "Effect": "Allow",
        "Action": [f"s3:{number}" for number in range(actions)],
        "Resource": [f"r{number}" for number in range(20)],
        "Principal": {"AWS": [str(number) for number in range(5)]},
    }
    was = {**many, "Action": ["s3:0"]}
    (grant,) = compared([was], [many], "resource").granted
    assert (len(grant.actions), len(grant.resources), len(grant.who), grant.note) == (told, 20, 5, "")
    (gone,) = compared([{**many, "Effect": "Deny"}, READ_FOR_ALL], [READ_FOR_ALL], "resource").granted
    assert (gone.path, len(gone.actions), gone.note) == ("Statement[0]", actions, "which was denied")


READ_FOR_ALL = {**READ, "Principal": "*"}


def test_no_document_and_one_that_cannot_be_read() -> None:
    assert [str(one) for one in compare(None, document(READ), "identity").granted] == ["s3:GetObject on arn:aws:s3:::models/*"]
    assert [str(one) for one in compare(document(READ), None, "identity").withdrawn] == ["s3:GetObject on arn:aws:s3:::models/*"]
    assert compare("{", document(), "identity").faults == (
        "before: the document is no JSON",
        "after: Statement is empty: a policy that says nothing",
    )
    assert compare(None, None, "identity").equal


@pytest.mark.parametrize(
    ("general", "special", "answer"),
    [
        ("*", "", True),
        ("", "", True),
        ("", "a", False),
        ("a", "", False),
        ("?", "", False),
        ("?", "a", True),
        ("?", "ab", False),
        ("?", "?", True),
        ("a*", "a", True),
        ("a*", "b", False),
        ("*a", "ba", True),
        ("*a", "ab", False),
        ("a*c*e", "abcde", True),
        ("a*c*e", "abde", False),
        ("?", "${*}", True),
        ("?", "${aws:username}", False),
        ("*", "${aws:username}", True),
        ("home/*", "home/${aws:username}/x", True),
        ("home/${aws:username}/*", "home/${aws:username}/x", True),
        ("home/${aws:username}/*", "home/${aws:userid}/x", False),
        ("${*}*", "${*}a", True),
        ("${*}*", "*a", False),
        ("${?}*", "xa", False),
        ("a\n*", "a\nb", True),
    ],
)
def test_what_a_pattern_covers(general: str, special: str, answer: bool) -> None:
    assert covers(general, special) is answer


@pytest.mark.parametrize(
    ("one", "other", "answer"),
    [
        ("", "", True),
        ("", "*", True),
        ("", "?", False),
        ("a", "b", False),
        ("a*", "*b", True),
        ("a*c", "ab", False),
        ("?b", "a?", True),
        ("??", "a", False),
        ("ab", "a", False),
        ("a", "ab", False),
        ("*x*", "aaxaa", True),
        ("*x*", "aaaa", False),
        ("home/${aws:username}", "home/anna", True),
        ("home/anna", "home/${aws:username}", True),
        ("home/${aws:username}", "house/anna", False),
        ("a${x}b${y}c", "a1b2c", True),
        ("a${x}b${y}c", "a1c2c", False),
    ],
)
def test_whether_both_may_match_something(one: str, other: str, answer: bool) -> None:
    assert overlap(one, other) is answer
    assert overlap(other, one) is answer
