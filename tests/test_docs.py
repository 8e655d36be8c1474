"""What the docs point at is there."""

import re
import subprocess
from pathlib import Path

import pytest

from modelway.architecture import EksCluster, load

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split())
LINK = re.compile(r"\]\(([^)\s]+)\)")


def anchors(page: Path) -> set[str]:
    """The ends of links to headings, as GitHub makes them."""
    headings = re.findall(r"^#+ +(.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_somewhere(name: str) -> None:
    page = ROOT / name
    for link in LINK.findall(page.read_text("utf-8")):
        target, _, anchor = link.partition("#")
        if "://" in target:
            continue
        there = page.parent / target if target else page
        assert there.exists(), f"{name}: {link}"
        if anchor:
            assert anchor in anchors(there), f"{name}: {link}"


@pytest.mark.parametrize("name", ["dev", "staging", "prod"])
def test_the_floor_of_an_environment_counts_its_nodes(name: str) -> None:
    (cluster,) = load(ROOT / "stacks" / "environments", name).clusters.values()
    assert isinstance(cluster, EksCluster)
    rows = [line.split("|")[1:-1] for line in (ROOT / "docs/components/README.md").read_text("utf-8").splitlines() if line.startswith("|")]
    (column,) = [number for row in rows for number, cell in enumerate(row) if cell.strip() == f"`{name}`"]
    for gpu, part in ((False, "nodes without GPUs"), (True, "nodes with GPUs")):
        (told,) = [row[column] for row in rows if row[0].strip() == part]
        assert f"({sum(pool.min for pool in cluster.node_pools.values() if pool.gpu == gpu)})" in told, part
