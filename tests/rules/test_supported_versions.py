"""The rules know the versions of Kubernetes that the configuration knows."""

from modelway.architecture.eks import VERSIONS
from modelway.rules.clusters.versions import SUPPORTED


def test_a_version_that_may_be_configured_is_supported_and_the_other_way_round() -> None:
    assert tuple(VERSIONS) == SUPPORTED
