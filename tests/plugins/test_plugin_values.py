"""Values on the wire and in Python."""

import pytest
from google.protobuf import json_format, struct_pb2
from hypothesis import given
from hypothesis import strategies as st

from localcloud.plugins.values import (
    UNKNOWN,
    Secret,
    differences,
    from_struct,
    has_secret,
    has_unknown,
    path_text,
    plain,
    secret_like,
    to_struct,
)

leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.floats(allow_nan=False, allow_infinity=False, width=32)
    | st.text(max_size=5)
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3) | st.builds(Secret, inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=3), values, max_size=3))
def test_values_survive_the_wire(properties: dict) -> None:
    assert from_struct(to_struct(properties)) == properties


def test_secrets_unknowns_and_outputs_of_the_engine() -> None:
    wire = {
        "unknown": "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "unknown number": "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "secret": {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": [1]},
        "output": {
            "4dabf18193072939515e22adb298388d": "d0e6a833031e9bbcd3f4e8bde6ca49a4",
            "value": 2,
            "secret": True,
            "dependencies": ["urn"],
        },
        "unknown output": {"4dabf18193072939515e22adb298388d": "d0e6a833031e9bbcd3f4e8bde6ca49a4"},
    }
    found = from_struct(json_format.ParseDict(wire, struct_pb2.Struct()))
    assert found == {"unknown": UNKNOWN, "unknown number": UNKNOWN, "secret": Secret([1]), "output": Secret(2), "unknown output": UNKNOWN}
    assert type(plain(found["secret"])[0]) is int
    back = json_format.MessageToDict(to_struct({"secret": Secret([1]), "unknown": UNKNOWN}))
    assert back == {
        "secret": {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": [1.0]},
        "unknown": wire["unknown"],
    }


def test_a_secret_does_not_show_itself() -> None:
    assert "hunter2" not in repr({"a": [Secret("hunter2")]})
    assert plain({"a": [Secret({"b": Secret(1)})]}) == {"a": [{"b": 1}]}
    assert has_secret([{"a": Secret(1)}])
    assert not has_secret([{"a": 1}])
    assert has_unknown({"a": Secret([UNKNOWN])})


def test_what_was_secret_stays_secret() -> None:
    pattern = {"a": Secret(1), "b": {"c": Secret(2), "d": 3}, "e": [{"f": Secret(4)}], "gone": Secret(5)}
    value = {"a": 1, "b": {"c": 2, "d": 3, "new": 6}, "e": [{"f": 4}, {"f": 7}], "other": 8}
    # A list may come back in another order: it is secret as a whole.
    expected = {"a": Secret(1), "b": {"c": Secret(2), "d": 3, "new": 6}, "e": Secret([{"f": 4}, {"f": 7}]), "other": 8}
    assert secret_like(value, pattern) == expected
    assert secret_like({"a": None}, pattern) == {"a": None}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": 1}, {"a": 1}, {}),
        ({"a": 1}, {"a": 2}, {"a": "update"}),
        ({"a": 1}, {}, {"a": "delete"}),
        ({"a": None}, {}, {}),
        ({}, {"a": {"b": 1}}, {"a": "add"}),
        ({"a": {"b": 1, "c": 1}}, {"a": {"b": 2, "d": 1}}, {"a.b": "update", "a.c": "delete", "a.d": "add"}),
        ({"a": [1, 2]}, {"a": [1, 3, 4]}, {"a[1]": "update", "a[2]": "add"}),
        ({"a": 1}, {"a": True}, {"a": "update"}),
        ({"a": 1}, {"a": 1.0}, {}),
        ({"a": Secret("x")}, {"a": "x"}, {}),
        ({"a": "x"}, {"a": UNKNOWN}, {"a": "update"}),
        ({"a": {"x.y/z": "1"}}, {"a": {"x.y/z": "2"}}, {'a["x.y/z"]': "update"}),
        ({"a": {"b": 1}}, {"a": [1]}, {"a": "update"}),
    ],
)
def test_differences(old: dict, new: dict, expected: dict) -> None:
    assert {path_text(path): kind for path, kind in differences(old, new)} == expected
