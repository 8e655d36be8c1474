"""An environment with all that one can have: its life, and in it a change of each kind, looked at and made."""

from collections.abc import Callable
from functools import cache

import pytest

from tests.localcloud.changing import FOLDERS, Change, Operations, changes, restored, write
from tests.localcloud.environments import Alive, Gone, Site, custom, remains, retained

pytestmark = pytest.mark.localcloud

Looked = Callable[[str], Operations]
CASES = [pytest.param(folder, change, id=f"{folder}/{change.name}") for folder in FOLDERS for change in changes(folder)]


class Changed:
    """Of each change an update does what is expected, and nothing else; made together, they leave nothing to do."""

    @pytest.fixture(scope="class")
    @classmethod
    def looked(cls, site: Site) -> Looked:
        """What an update would do if the environment's files said what a folder of changes says."""
        files = site.environments / site.environment.environment

        @cache
        def look(folder: str) -> Operations:
            with restored(files):
                write(files, changes(folder))
                return site.preview(site.stacks[0])

        return look

    @pytest.mark.parametrize(("folder", "change"), CASES)
    def test_a_change_does_what_is_expected(self, folder: str, change: Change, looked: Looked) -> None:
        assert change.found(looked(folder)) == change.expected

    @pytest.mark.parametrize("folder", FOLDERS)
    def test_nothing_else_is_touched(self, folder: str, looked: Looked) -> None:
        made = changes(folder)
        assert not [(op, urn) for urn, op in looked(folder).items() if not any(change.claims(urn) for change in made)]

    def test_made_together_they_leave_nothing_to_do(self, site: Site) -> None:
        before = retained(custom(site.resources()))
        for folder in FOLDERS:
            write(site.environments / site.environment.environment, changes(folder))
        site.up()
        site.given_up.update(before - retained(custom(site.resources())))
        site.is_settled()
        eks = site.aws("eks")
        groups = [eks.describe_nodegroup(clusterName="everything-main", nodegroupName=name)["nodegroup"] for name in pools(site)]
        assert {group["version"] for group in groups} == {"1.35"}
        assert len(groups) == 4
        route = site.kubectl("get", "httproute", "tiles", "-n", "vision")
        assert sorted(backend["weight"] for rule in route["spec"]["rules"] for backend in rule["backendRefs"]) == [1, 10, 90]
        # In this tier the images of a model that went stay.
        assert "everything/pricing" in site.given_up & set(remains(site))
        assert {"arrival"} == set(site.outputs()["endpoints"]) - set(site.environment.models)


def pools(site: Site) -> list[str]:
    names: list[str] = site.aws("eks").list_nodegroups(clusterName="everything-main")["nodegroups"]
    return names


class TestEverything(Gone, Changed, Alive):
    name = "everything"
