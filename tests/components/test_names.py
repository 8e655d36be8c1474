import re

from hypothesis import given
from hypothesis import strategies as st

from components._names import LABEL_LIMIT, label, versioned

DNS_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")

models = st.from_regex(r"[a-z]([-a-z0-9]{0,60}[a-z0-9])?", fullmatch=True)
versions = st.one_of(
    st.from_regex(r"[0-9]{1,4}(\.[0-9]{1,3}){0,2}", fullmatch=True), st.from_regex(r"[A-Za-z0-9][-_.A-Za-z0-9]{0,30}", fullmatch=True)
)


def test_a_version_reads_like_itself() -> None:
    assert versioned("credit-risk", "2026.11.1") == "credit-risk-v2026-11-1"


@given(models, versions)
def test_a_versioned_name_is_a_dns_label(model: str, version: str) -> None:
    name = versioned(model, version)
    assert DNS_1035.fullmatch(name)
    assert len(name) <= LABEL_LIMIT
    assert name == versioned(model, version)


@given(st.tuples(models, versions), st.tuples(models, versions))
def test_different_versions_have_different_names(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert (versioned(*one) == versioned(*other)) == (one == other)


def test_dashes_in_a_model_are_not_taken_for_dots_in_a_version() -> None:
    assert versioned("credit", "2.1") != versioned("credit-2", "1")
    assert versioned("a", "1.1") != versioned("a", "1-1")
    assert versioned("a", "1.v2") != versioned("a-v1", "2")


@given(st.lists(st.text(min_size=1, max_size=90), min_size=1, max_size=3))
def test_any_text_becomes_a_dns_label(parts: list[str]) -> None:
    name = label(*parts)
    assert DNS_1035.fullmatch(name)
    assert len(name) <= LABEL_LIMIT


def test_what_fits_is_left_alone() -> None:
    assert label("dashboard", "credit-risk") == "dashboard-credit-risk"
    assert label("x" * 70) != label("x" * 71)
