"""What several stacks of an environment say is one answer."""

from modelway.operations.environments import merged


def test_the_endpoints_of_every_team_are_there() -> None:
    platform = {"environment": "prod", "clusters": {"main": {}}}
    teams = ({"endpoints": {"churn": {"route": "churn"}}}, {"endpoints": {"fraud": {"route": "fraud"}}}, {})
    assert merged([platform, *teams]) == platform | {"endpoints": {"churn": {"route": "churn"}, "fraud": {"route": "fraud"}}}


def test_what_only_one_says_stays_as_it_is() -> None:
    told = {"environment": "prod", "registry": {"repositories": {"churn": "host/churn"}}}
    assert merged([told]) == told
    assert merged([told, {"registry": "none"}]) == {"environment": "prod", "registry": "none"}
