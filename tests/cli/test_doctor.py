"""`modelway doctor`, on this machine: with what it has, and with less."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from modelway.operations import doctor
from toolchain import entries

ROOT = Path(__file__).resolve().parents[2]
MADE = ["kubernetes", "kwok", "crds", "ministack"]


def ask(*arguments: str, folder: Path = ROOT, **variables: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **{name: str(value) for name, value in variables.items()}}
    command = [sys.executable, "-m", "modelway", "doctor", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, Path]:
    """A machine without Go, without an installed engine, and with nothing in the cache."""
    (tmp_path / "bin").mkdir()
    return {"PATH": tmp_path / "bin", "XDG_CACHE_HOME": tmp_path / "cache"}


def test_what_an_empty_cache_lacks_is_named_with_the_way_out(bare: dict[str, Path]) -> None:
    said = ask("--json", **bare)
    told = json.loads(said.stdout)
    parts = {part["name"]: part for part in told["parts"]}
    assert (said.returncode, said.stderr, told["ok"]) == (1, "", False)
    for name in ("engine", *MADE, "go"):
        assert (parts[name]["state"], parts[name]["needed"]) == ("missing", True)
        assert "run `make setup`" in parts[name]["way_out"]
    assert parts["python"]["state"] == "ok"
    assert parts["cache"]["found"] == f"{bare['XDG_CACHE_HOME'] / 'modelway'} (not there yet)"
    assert not bare["XDG_CACHE_HOME"].exists()


def test_a_line_for_each_part(bare: dict[str, Path]) -> None:
    said = ask(**bare)
    parts = json.loads(ask("--json", **bare).stdout)["parts"]
    *lines, last = said.stdout.splitlines()
    assert said.returncode == 1
    for line, part in zip(lines, parts, strict=True):
        assert line.split()[:2] == [part["state"], part["name"]]
        assert part["found"] in line
        assert line.endswith(part["way_out"])
    lacking = [part for part in parts if part["needed"] and part["state"] != "ok"]
    assert last == f"{len(lacking)} of {len(parts)} are needed and not there."


def test_a_half_made_entry_is_broken(bare: dict[str, Path]) -> None:
    half = bare["XDG_CACHE_HOME"] / "modelway" / entries()["kwok"].folder_name / "bin"
    half.mkdir(parents=True)
    parts = {part["name"]: part for part in json.loads(ask("--json", **bare).stdout)["parts"]}
    assert parts["kwok"]["state"] == "broken"
    assert parts["kwok"]["found"].startswith("what is there is not whole")
    assert list(half.parents[1].iterdir()) == [half.parent]


def test_a_cache_that_cannot_be_written_is_broken(bare: dict[str, Path]) -> None:
    bare["XDG_CACHE_HOME"].touch(0o777)
    parts = {part["name"]: part for part in json.loads(ask("--json", **bare).stdout)["parts"]}
    assert parts["cache"]["state"] == "broken"
    assert "XDG_CACHE_HOME" in parts["cache"]["way_out"]


def test_outside_of_a_clone(tmp_path: Path) -> None:
    said = ask(folder=tmp_path)
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.startswith("no Modelway project here")


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_colours_are_for_terminals_that_want_them(no_color: str, coloured: bool, bare: dict[str, Path]) -> None:
    master, slave = pty.openpty()
    environment = {**os.environ, **{name: str(value) for name, value in bare.items()}, "NO_COLOR": no_color, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-m", "modelway", "doctor"], cwd=ROOT, env=environment, stdout=slave, check=False)
    os.close(slave)
    text = os.read(master, 65536)
    os.close(master)
    assert b"kwok" in text
    assert (b"\x1b[" in text) == coloured


def test_neither_the_sdk_nor_anything_heavy_is_loaded(bare: dict[str, Path]) -> None:
    program = """
import json, sys
from modelway.cli import main
try:
    main(["doctor"])
finally:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""
    environment = {**os.environ, **{name: str(value) for name, value in bare.items()}}
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    loaded = {name.split(".")[0] for name in json.loads(run.stderr)}
    assert "toolchain" in loaded
    assert not loaded & {"pulumi", "pulumi_aws", "pulumi_kubernetes", "boto3", "kubernetes", "numpy", "rich", "grpc", "localcloud"}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with what is looked at in a clone, its environment the one of this run."""
    (tmp_path / ".venv").symlink_to(sys.prefix)
    for name in ("pyproject.toml", "requirements.lock"):
        (tmp_path / name).write_text((ROOT / name).read_text("utf-8"), "utf-8")
    return tmp_path


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def test_packages_are_held_against_the_lock(clone: Path) -> None:
    assert doctor.packages(clone).state == "ok"
    lock = clone / "requirements.lock"
    change(lock, "\nnumpy==", "\nnumpy==0.1 ; python_full_version < '3.2' \\\nnumpy==")
    lock.write_text(lock.read_text("utf-8") + "for-another-platform==1.0 ; sys_platform == 'none' \\\n", "utf-8")
    assert doctor.packages(clone).state == "ok"
    lock.write_text(lock.read_text("utf-8") + "Not_there==1.0 \\\n", "utf-8")
    change(lock, "\nruff==", "\nruff==0.0.")
    found = doctor.packages(clone)
    assert found.state == "broken"
    assert "not-there is not installed" in found.found
    assert "ruff is " in found.found


def test_without_an_environment(clone: Path) -> None:
    assert doctor.python(clone).state == "ok"
    (clone / ".venv").unlink()
    assert doctor.python(clone).state == doctor.packages(clone).state == "missing"


def test_a_python_that_is_too_old(clone: Path) -> None:
    change(clone / "pyproject.toml", 'requires-python = ">=3.11.4"', 'requires-python = ">=3.99"')
    assert doctor.python(clone).state == "broken"


@pytest.mark.parametrize("needed", [True, False])
def test_go_is_needed_when_something_has_to_be_built(needed: bool) -> None:
    found = doctor.go((99, 1), needed=needed)
    assert found.state != "ok"
    assert found.lacking == needed
    assert found.way_out == "install Go 99.1 or later, then run `make setup`"


def test_of_an_environment_nothing_is_asked_without_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    nowhere = {"AWS_CONFIG_FILE": tmp_path / "a", "AWS_SHARED_CREDENTIALS_FILE": tmp_path / "b", "AWS_EC2_METADATA_DISABLED": "true"}
    said = ask("dev", "--json", **nowhere)
    parts = {part["name"]: part for part in json.loads(said.stdout)["parts"]}
    assert said.returncode == 1
    assert (parts["credentials"]["state"], parts["credentials"]["needed"]) == ("missing", True)
    assert parts["credentials"]["found"] == "there are no AWS credentials"
    assert "modelway local env dev" in parts["credentials"]["way_out"]
    assert "model store" not in parts


def test_an_environment_that_is_not_there() -> None:
    said = ask("nowhere")
    assert said.returncode == 1
    assert "nowhere" in said.stderr
    assert "Traceback" not in said.stderr


@pytest.mark.localcloud
def test_after_set_up_nothing_is_lacking() -> None:
    said = ask("--json")
    assert said.returncode == 0, said.stdout
    assert {part["state"] for part in json.loads(said.stdout)["parts"] if part["needed"]} == {"ok"}
