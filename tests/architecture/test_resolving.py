"""Base and overrides as one."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelway.architecture.reading import read
from modelway.architecture.resolving import Layers, merge, pruned

LEAF = st.one_of(st.none(), st.integers(0, 3), st.lists(st.integers(0, 2), max_size=2).map(tuple))
# Layers agree on what is a mapping: a name in capitals always is, others never are.
LAYER = st.recursive(
    st.dictionaries(st.sampled_from("abc"), LEAF, max_size=3),
    lambda inner: st.tuples(st.dictionaries(st.sampled_from("abc"), LEAF, max_size=3), st.dictionaries(st.sampled_from("XY"), inner)).map(
        lambda parts: parts[0] | parts[1]
    ),
    max_leaves=4,
)
ANY = st.recursive(LEAF, lambda inner: st.dictionaries(st.sampled_from("abX"), inner, max_size=3), max_leaves=6)
MAPPING = st.dictionaries(st.sampled_from("abX"), ANY, max_size=3)


@given(LAYER, LAYER, LAYER)
def test_it_does_not_matter_which_layers_are_merged_first(one: dict[str, object], two: dict[str, object], three: dict[str, object]) -> None:
    assert merge(merge(one, two), three) == merge(one, merge(two, three))


@given(MAPPING)
def test_nothing_changes_nothing(data: dict[str, object]) -> None:
    assert merge(data, {}) == data
    assert merge({}, data) == data
    assert merge(data, data) == data


@given(MAPPING, MAPPING)
def test_the_override_decides_and_nothing_is_changed_in_place(base: dict[str, object], override: dict[str, object]) -> None:
    before = repr(base), repr(override)
    merged = merge(base, override)
    assert set(merged) == set(base) | set(override)
    for key, value in override.items():
        if not isinstance(value, dict):
            assert merged[key] == value
    assert "None" not in repr(pruned(pruned(merged))) or "(None" in repr(merged)
    assert before == (repr(base), repr(override))


def test_each_value_is_shown_in_the_file_that_set_it(tmp_path: Path) -> None:
    base, override = tmp_path / "base.yaml", tmp_path / "override.yaml"
    base.write_text("a: 1\nb:\n  c: 2\n  d: [1, 2, 3]\n", "utf-8")
    override.write_text("b:\n  d: [9]\n  c: null\ne:\n  f: 1\n", "utf-8")
    layers = Layers([read(base), read(override)])
    assert layers.resolved == {"a": 1, "b": {"d": (9,)}, "e": {"f": 1}}
    found = {}
    for path in [("a",), ("b", "c"), ("b", "d", 0), ("e", "f"), ("b", "x"), ("x",), ("e", "x")]:
        document, at, _ = layers.locate(path, "value")
        found[path] = (document.file.stem, *at)
    assert found == {
        ("a",): ("base", 1, 4),
        ("b", "c"): ("override", 3, 6),
        ("b", "d", 0): ("override", 2, 7),
        ("e", "f"): ("override", 5, 6),
        ("b", "x"): ("base", 2, 1),
        ("x",): ("base", 1, 1),
        ("e", "x"): ("override", 4, 1),
    }


@pytest.mark.parametrize(("first", "second", "last"), [(("a",), ("b",), ("b",)), (("b",), ("a",), ("b",)), (("a",), ("c",), ("a",))])
def test_what_the_last_file_set_is_at_fault(first: tuple[str], second: tuple[str], last: tuple[str], tmp_path: Path) -> None:
    base, override = tmp_path / "base.yaml", tmp_path / "override.yaml"
    base.write_text("a: 1\nb: 1\nc: 1\n", "utf-8")
    override.write_text("b: 2\n", "utf-8")
    assert Layers([read(base), read(override)]).last_set([first, second]) == last
