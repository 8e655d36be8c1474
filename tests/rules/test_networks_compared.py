"""Which networks are new, and which are everybody."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelway.rules.addresses import beyond, is_everybody, networks


def told(texts: list[str], before: list[str]) -> list[str]:
    return [str(one) for one in beyond(networks(texts), networks(before))]


@pytest.mark.parametrize(
    ("after", "before", "new"),
    [
        ([], ["10.0.0.0/8"], []),
        (["10.0.0.0/8"], [], ["10.0.0.0/8"]),
        (["10.1.0.0/16"], ["10.0.0.0/8"], []),
        (["10.0.0.0/8"], ["10.1.0.0/16"], ["10.0.0.0/8"]),
        (["10.0.0.0/8"], ["10.0.0.0/8"], []),
        (["10.1.0.0/16", "11.0.0.0/16"], ["9.0.0.0/8", "10.0.0.0/8"], ["11.0.0.0/16"]),
        (["10.0.0.0/8"], ["10.0.0.0/9", "10.128.0.0/9"], []),
        (["2001:db8:1::/48"], ["2001:db8::/32"], []),
        (["2001:db8::/32"], ["2001:db8:1::/48"], ["2001:db8::/32"]),
        (["2001:db8::/32"], ["0.0.0.0/0"], ["2001:db8::/32"]),
        (["10.0.0.0/8"], ["::/0"], ["10.0.0.0/8"]),
        (["10.0.0.0/8", "2001:db8::/32"], ["::/0", "0.0.0.0/0"], []),
    ],
)
def test_what_is_not_wholly_within(after: list[str], before: list[str], new: list[str]) -> None:
    assert told(after, before) == new


@pytest.mark.parametrize(
    ("texts", "joined"),
    [
        (["10.0.0.0/9", "10.128.0.0/9"], ["10.0.0.0/8"]),
        (["10.0.0.7/8", "10.1.0.0/16"], ["10.0.0.0/8"]),
        (["2001:db8::/33", "10.0.0.1", "2001:db8:8000::/33"], ["10.0.0.1/32", "2001:db8::/32"]),
    ],
)
def test_networks_are_joined_where_they_touch(texts: list[str], joined: list[str]) -> None:
    assert [str(one) for one in networks(texts)] == joined


def test_what_is_no_network_is_told() -> None:
    with pytest.raises(ValueError, match="everywhere"):
        networks(["10.0.0.0/8", "everywhere"])


@pytest.mark.parametrize(
    ("text", "answer"),
    [("0.0.0.0/0", True), ("10.0.0.0/7", True), ("10.0.0.0/8", False), ("::/0", True), ("2000::/16", True), ("2000::/17", False)],
)
def test_as_wide_as_everybody(text: str, answer: bool) -> None:
    assert [is_everybody(one) for one in networks([text])] == [answer]


_NETWORKS = st.lists(st.builds("{}.0.0.0/{}".format, st.integers(0, 7), st.integers(5, 9)), max_size=4)


@given(_NETWORKS, _NETWORKS, st.integers(0, 7), st.integers(0, 255))
def test_an_address_is_let_in_before_or_is_in_something_new(after: list[str], before: list[str], first: int, second: int) -> None:
    address = ipaddress.ip_address(f"{first}.{second}.0.1")
    old, new = networks(before), networks(after)
    if any(address in one for one in new):
        assert any(address in one for one in old) or any(address in one for one in beyond(new, old))
