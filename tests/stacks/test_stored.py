"""What `modelway show` says an environment stores is what its stacks make, protected and retained as it says."""

from collections import Counter
from pathlib import Path

import pytest

from modelway.architecture import load
from modelway.architecture.layout import stacks
from modelway.architecture.storing import Kind, stored
from tests.stacks.test_platform import ENVIRONMENTS, program
from tests.support.engine import run

EVERYTHING = Path(__file__).resolve().parents[1] / "localcloud" / "everything"
TYPES: dict[str, Kind] = {
    "aws:ecr/repository:Repository": "repository",
    "aws:s3/bucket:Bucket": "bucket",
    "aws:kms/key:Key": "key",
    "aws:sagemaker/modelPackageGroup:ModelPackageGroup": "package_group",
    "aws:sagemaker/mlflowApp:MlflowApp": "mlflow_app",
    "aws:rds/instance:Instance": "database",
    "aws:eks/cluster:Cluster": "cluster",
    "aws:amp/workspace:Workspace": "metrics",
}


@pytest.mark.parametrize(
    ("environments", "name"),
    [*((ENVIRONMENTS, name) for name in ("local", "dev", "prod")), (EVERYTHING, "everything"), (EVERYTHING, "managed")],
)
def test_it_is_what_the_stacks_make(environments: Path, name: str) -> None:
    environment = load(environments, name)
    first, *others = stacks(environment)
    platform = run(program(environment), stack=first)
    made = list(platform.resources)
    for stack in others:
        made += run(program(environment), stack=stack, references={f"organization/modelway/{first}": platform.exports}).resources
    found = Counter((TYPES[one.type], bool(one.protected), bool(one.retained)) for one in made if one.type in TYPES)
    told: Counter[tuple[Kind, bool, bool]] = Counter()
    for one in stored(environment):
        told[one.kind, one.protected, one.given_up == "stays"] += one.count
    assert told == found
