"""The environment that loading is measured with is one that loads, and loading is done as the figures assume."""

import subprocess
import sys
from pathlib import Path

import pytest

from modelway.architecture import InvalidArchitecture, load
from scripts.many_models import NAME, write_environment

ROOT = Path(__file__).resolve().parents[2]


def test_it_loads(tmp_path: Path) -> None:
    environment = load(write_environment(tmp_path, 45), NAME)
    assert len(environment.models) == 45
    scaling = [model.endpoint.scaling.min for model in environment.models.values() if model.endpoint]
    assert scaling.count(1) == 5


def test_one_fault_among_many_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidArchitecture) as told:
        load(write_environment(tmp_path, 45, fault=True), NAME)
    assert [fault.field for fault in told.value.faults] == ["endpoint.scaling.min"]


@pytest.mark.parametrize("fault", [False, True])
def test_validate_loads_no_heavy_module(fault: bool, tmp_path: Path) -> None:
    environments = write_environment(tmp_path, 3, fault=fault)
    program = (
        "import sys; from modelway.cli import main\n"
        "try: main(['validate', '--environments', sys.argv[1]])\n"
        "except SystemExit: pass\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    env = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "PYTHONPATH": str(ROOT)}
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", program, str(environments)], env=env, capture_output=True, text=True, check=True)
        loaded = done.stderr.splitlines()[-1]
        assert "'typer'" in loaded
        for heavy in ("pulumi", "pulumi_aws", "pulumi_kubernetes", "boto3", "botocore", "numpy", "scipy", "jinja2", "rich", "kubernetes"):
            assert f"'{heavy}'" not in loaded
