"""Values as the engine hands them over: its marks of what is not known and what is secret, read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelway.rules.values import HIDDEN, Secret, Unknown, is_marked, received

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
UNKNOWN = (
    "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    "030794c1-ac77-496b-92df-f27374a8bd58",
    "e48ece36-62e2-4504-bad9-02848725956a",
)


@pytest.mark.parametrize("mark", UNKNOWN)
def test_every_mark_of_what_is_not_known(mark: str) -> None:
    assert received(mark) == Unknown()
    assert received({"a": [mark, 1]}) == {"a": [Unknown(), 1]}
    assert received(f"{mark}.") == f"{mark}."


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (HIDDEN, Secret(Unknown())),
        ([HIDDEN], [Secret(Unknown())]),
        ({SIGNATURE: SECRET, "value": "x"}, Secret("x")),
        ({SIGNATURE: SECRET, "value": None}, Secret(None)),
        ({SIGNATURE: SECRET, "value": {"a": [UNKNOWN[0]]}}, Secret({"a": [Unknown()]})),
        ({SIGNATURE: SECRET, "ciphertext": "v1:x"}, Unknown()),
        ({SIGNATURE: OUTPUT, "value": "x"}, "x"),
        ({SIGNATURE: OUTPUT, "value": "x", "secret": False}, "x"),
        ({SIGNATURE: OUTPUT, "value": "x", "secret": True}, Secret("x")),
        ({SIGNATURE: OUTPUT, "value": UNKNOWN[2], "secret": True}, Secret(Unknown())),
        ({SIGNATURE: OUTPUT, "value": None}, None),
        ({SIGNATURE: OUTPUT}, Unknown()),
        ({SIGNATURE: OUTPUT, "secret": True}, Secret(Unknown())),
        ({SIGNATURE: "another", "value": HIDDEN}, {SIGNATURE: "another", "value": Secret(Unknown())}),
        ({SIGNATURE: 3, "value": "x"}, {SIGNATURE: 3, "value": "x"}),
        ({"value": "x", "secret": True}, {"value": "x", "secret": True}),
        ((1, "x"), [1, "x"]),
        (b"x", b"x"),
    ],
)
def test_marks_become_what_they_mean(given: object, read: object) -> None:
    assert received(given) == read


_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def folded(value: object, path: list[int]) -> object:
    """A value, deep in lists and mappings."""
    for step in path:
        value = [step, value] if step % 2 else {"deep": value}
    return value


@given(_PLAIN, st.lists(st.integers(0, 3), max_size=4))
def test_what_has_no_mark_stays_and_what_has_one_is_seen(plain: object, path: list[int]) -> None:
    assert received(plain) == plain
    assert received(folded(plain, path)) == folded(plain, path)
    for mark in (*UNKNOWN, HIDDEN):
        assert is_marked(json.dumps(folded(mark, path)).encode())
    assert is_marked(json.dumps(folded({SIGNATURE: SECRET, "value": plain}, path)).encode())
    written = json.dumps(plain, ensure_ascii=False).encode()
    assert is_marked(written) is (b"\\u" in written)


def test_behind_an_escape_may_be_a_mark() -> None:
    assert is_marked(b'"\\u005bsecret]"')
    assert not is_marked(b'"[secret"')
