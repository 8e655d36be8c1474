"""What is written is read as the same data."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelway.architecture.reading import read
from modelway.architecture.writing import WIDTH, inline, lines, single

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.text(":-#@/ .0123eno~'\"[]{},", max_size=8)
LEAF = st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.floats(allow_nan=False, allow_infinity=False) | TEXT
DATA = st.recursive(LEAF, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=12)


def as_read(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: as_read(value) for key, value in data.items()}
    return tuple(map(as_read, data)) if isinstance(data, list) else data


@given(data=st.dictionaries(TEXT, DATA, min_size=1, max_size=4))
def test_what_is_written_is_read_again(data: dict[str, object], tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.getbasetemp() / "written.yaml"
    for text in ("\n".join(line.text for line in lines(data)), inline(data)):
        file.write_text(text, "utf-8", newline="")
        assert read(file).data == as_read(data), text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("200ms", "200ms"), ("10.20.0.0/16", "10.20.0.0/16"), ("99.9%", "99.9%"), ("a/b.json@sha256:0f", "a/b.json@sha256:0f"),
        ("ml@example.com", "ml@example.com"), ("Risk Team", "Risk Team"), ("2026.11.1", '"2026.11.1"'), ("1.35", '"1.35"'),
        ("222222222222", '"222222222222"'), ("no", '"no"'), ("null", '"null"'), ("", '""'), ("a: b", '"a: b"'), ("# a", '"# a"'),
        ("a\nb", '"a\\nb"'), ("é", '"é"'), (True, "true"), (None, "null"), (2, "2"),
    ],
)  # fmt: skip
def test_quotes_only_where_they_are_needed_or_customary(value: object, text: str) -> None:
    assert single(value) == text


def test_lists_are_short_or_spread() -> None:
    data = {"a": ["x", "z"], "b": [{"k": "v", "l": [1]}, {"k": {"m": 1}}], "c": ["x" * 30] * (WIDTH // 30 + 1), "d": [], "e": {}}
    assert [line.text for line in lines(data)] == [
        "a: [x, z]",
        "b:",
        "  - k: v",
        "    l: [1]",
        "  - k:",
        "      m: 1",
        "c:",
        *["  - " + "x" * 30] * 4,
        "d: []",
        "e: {}",
    ]
    assert [line.path for line in lines(data)][2:5] == [("b", 0, "k"), ("b", 0, "l"), ("b", 1, "k")]
