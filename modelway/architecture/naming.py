"""Names: what is made of them has to fit where it is kept, and one has to be told from the other."""

import unicodedata
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from modelway.architecture.base import Breach, FieldPath, each
from modelway.architecture.cluster import EksCluster

if TYPE_CHECKING:
    from modelway.architecture.environment import Environment
    from modelway.architecture.model import Model

NODE_GROUP_LENGTH = 63
"""Characters that the name of a node group may have (docs.aws.amazon.com/eks/latest/APIReference/API_CreateNodegroup.html)."""
SUFFIX = "-0123456"
"""Stands for what the engine puts behind names, so that a thing can be replaced before it is removed
(pulumi.com/docs/iac/concepts/resources/names/#autonaming)."""

_LOOKS_LIKE = str.maketrans(
    "аеорсухіјѕһԁԛԝАВЕЅІЈКМНОРСТХοανρικυΑΒΕΖΗΙΚΜΝΟΡΤΥΧ‐‑‒–—―−·", "aeopcyxijshdqwABESIJKMHOPCTXoavpikuABEZHIKMNOPTYX-------."
)
"""Letters of other scripts and signs that are taken for these."""


def name_breaches(environment: "Environment") -> Iterator[Breach]:
    """What is made of names and does not fit, and names that only case keeps apart."""
    # IAM does not tell the case of a tag's key (docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html).
    yield from each([_node_groups(environment), _tags(environment)])
    yield from each(_versions(name, model) for name, model in environment.models.items())


def _tags(environment: "Environment") -> Iterator[Breach]:
    yield from _told_by_case(("tags",), environment.tags)


def _versions(name: str, model: "Model") -> Iterator[Breach]:
    yield from _told_by_case(("models", name, "versions"), model.versions)


def _node_groups(environment: "Environment") -> Iterator[Breach]:
    for key, cluster in environment.clusters.items():
        if not isinstance(cluster, EksCluster) or not cluster.groups:
            continue
        pool = max(cluster.groups, key=len)
        name = f"{key}-{pool}{SUFFIX}"
        if len(name) > NODE_GROUP_LENGTH:
            yield Breach(
                ("clusters", key, "node_pools", pool),
                f"EKS takes {NODE_GROUP_LENGTH} characters, and a node group would be called like {name}, {len(name)} characters",
                f"Shorten the name of the pool or of the cluster by {len(name) - NODE_GROUP_LENGTH}.",
            )


def _told_by_case(path: FieldPath, names: Iterable[str]) -> Iterator[Breach]:
    for name, other in same_but_for_case(names):
        yield Breach((*path, name), f"names differ in more than upper and lower case; there is {other}", "Rename one of the two.")


def same_but_for_case(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each name that differs from one before it only in case, with that one."""
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            yield name, other


def look_alike(text: str) -> str | None:
    """What is to be said of the first character of a text that only looks like another; None when there is none."""
    if text.isascii():
        return None
    for character in text:
        plain = unicodedata.normalize("NFKC", character).translate(_LOOKS_LIKE)
        if not character.isascii() and plain.isascii() and plain.strip():
            return f"`{character}` is {unicodedata.name(character, 'another character')}, and only looks like `{plain}`"
    return None
