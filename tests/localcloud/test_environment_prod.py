"""Production: its life, what guards it, and the evidence that it shows while it is up."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.localcloud.environments import ROOT, Alive, Gone, Guarded, Site

pytestmark = pytest.mark.localcloud

FORMATS = ("md", "html", "json")


class Evident:
    """What it holds is evidence, and the same evidence each time; the rules that bind hold, but for what its file excepts."""

    def test_evidence_of_it_is_the_same_bytes_each_time(self, site: Site, tmp_path: Path) -> None:
        day = datetime.now(UTC).date().isoformat()
        first, again = (evidence(site, tmp_path / name, day) for name in ("first", "again"))
        assert all(first.values())
        assert first == again

    def test_what_the_stacks_hold_is_looked_at_and_nothing_that_binds_is_broken(self, site: Site, tmp_path: Path) -> None:
        told = json.loads(evidence(site, tmp_path, datetime.now(UTC).date().isoformat())["json"])
        assert [one["what"] for one in told["found_in"] if one["what"].startswith("state of ")] == [
            f"state of {one}" for one in site.stacks
        ]
        assert told["not_looked_at"] == ["the ledger: no ledger is named that could tell of it"]
        looked_at = checks(told)
        unknown = {name for name, check in looked_at.items() if check["result"] == "unknown" and name.split()[0] in ("rule", "resource")}
        assert not unknown
        assert {check["strength"] for name, check in looked_at.items() if name.startswith("resource ")} >= {"resource"}
        broken = [
            found
            for name, check in looked_at.items()
            if name.startswith("rule ")
            for found in check["found"]
            if found["result"] == "not met" and not found["excepted"]
        ]
        assert not broken

    def test_the_policy_pack_lets_every_stack_through(self, site: Site) -> None:
        for stack in site.stacks:
            said = site.run("pulumi", "preview", "--stack", stack, "--policy-pack", str(ROOT / "policy"))
            assert "modelway@" in said, "the pack was asked"
            assert "[mandatory]" not in said


def evidence(site: Site, folder: Path, day: str) -> dict[str, bytes]:
    """The evidence in each format, of states that are exported for it."""
    folder.mkdir(exist_ok=True)
    states: list[str] = []
    for stack in site.stacks:
        file = folder / f"{stack}.json"
        site.run("pulumi", "stack", "export", "--stack", stack, "--file", str(file))
        states += ["--state", str(file)]
    made: dict[str, bytes] = {}
    for format_ in FORMATS:
        file = folder / f"evidence.{format_}"
        of = ("governance", "evidence", site.environment.environment, "--environments", str(site.environments))
        site.modelway(*of, "--day", day, "--format", format_, "--out", str(file), *states)
        made[format_] = file.read_bytes()
    return made


def checks(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {check["check"]: check for row in told["subcategories"] for check in row.get("checks", ())}


class TestProd(Gone, Guarded, Evident, Alive):
    name = "prod"
