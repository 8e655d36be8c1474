"""`modelway local` where nothing runs, and what is on no account ended."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud import LocalCloudError, project
from localcloud.cloud import LocalCloud
from localcloud.processes import Identity, end
from tests.localcloud.conftest import Clone


def test_without_a_cloud_every_verb_says_so_and_makes_nothing(clone: Clone) -> None:
    assert f"no local cloud runs in {clone.root / '.modelway' / 'local'}" in clone.local("status", code=1).stdout
    for verb in (("env", "dev"), ("logs", "etcd")):
        said = clone.local(*verb, code=1)
        assert said.stdout == ""
        assert len(said.stderr.splitlines()) == 1
        assert "no local cloud" in said.stderr
    assert clone.local("logs").stdout == ""
    clone.local("down")
    assert not (clone.root / ".modelway").exists()


def test_a_missing_toolchain_is_one_sentence_with_the_way_out(clone: Clone, tmp_path: Path) -> None:
    said = clone.local("up", code=1, XDG_CACHE_HOME=str(tmp_path))
    (sentence,) = said.stderr.splitlines()
    assert "kubernetes" in sentence
    assert "make setup" in sentence
    assert not (clone.root / ".modelway").exists()


def test_a_folder_that_may_not_be_written_is_one_sentence() -> None:
    home = LocalCloud(Path("/sys/modelway/local")).home
    with pytest.raises(LocalCloudError, match=r"^the local cloud cannot write its folder /sys/modelway/local: [A-Z][a-z -]+\.$"):
        home.create()


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "600"], process_group=0) as process:
        yield process
        process.kill()


def test_a_pid_that_another_process_has_by_now_is_left_alone(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    cloud = LocalCloud(tmp_path / "cloud")
    own = Identity.of(sleeper.pid)
    assert own is not None
    stale = {"pid": own.pid, "started": f"{own.started}0"}
    cloud.home.create()
    cloud.home.write_state({"supervisor": stale, "parts": {"etcd": stale}})
    assert not cloud.status().up
    cloud.down(print)
    assert sleeper.poll() is None
    assert not cloud.home.folder.exists()


def test_what_a_killed_supervisor_left_is_ended(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    cloud = LocalCloud(tmp_path / "cloud")
    own = Identity.of(sleeper.pid)
    assert own is not None
    cloud.home.create()
    cloud.home.write_state({"supervisor": None, "parts": {"etcd": {"pid": own.pid, "started": own.started}}})
    cloud.down(print)
    assert sleeper.wait(5) == -signal.SIGKILL
    assert not cloud.home.folder.exists()


def test_a_process_is_alive_until_it_ended(sleeper: subprocess.Popen[bytes]) -> None:
    own = Identity.of(sleeper.pid)
    assert own is not None
    assert own.alive()
    assert not Identity(own.pid, "another boot/1").alive()
    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)  # ended, not collected
    assert not own.alive()
    end([own])
    sleeper.wait()
    assert Identity.of(own.pid) is None


def test_the_copy_of_the_project_follows_the_program_and_keeps_its_configuration(tmp_path: Path) -> None:
    root, copy = tmp_path / "root", tmp_path / "copy"
    (root / "stacks" / "config").mkdir(parents=True)
    for name, text in (("Pulumi.yaml", "one"), ("stacks/__main__.py", "1"), ("stacks/old.py", ""), ("stacks/config/Pulumi.dev.yaml", "a")):
        (root / name).write_text(text)
    project.refresh(root, copy)
    (copy / "stacks" / "__pycache__").mkdir()  # whoever runs the program there
    (copy / "stacks" / "config" / "Pulumi.dev.yaml").write_text("set by the engine")

    (root / "Pulumi.yaml").write_text("two")
    (root / "stacks" / "__main__.py").write_text("2")
    (root / "stacks" / "old.py").unlink()
    (root / "stacks" / "new.py").touch()
    (root / "stacks" / "config" / "Pulumi.prod.yaml").write_text("b")
    project.refresh(root, copy)
    assert (copy / "Pulumi.yaml").read_text() == "two"
    assert (copy / "stacks" / "__main__.py").read_text() == "2"
    assert (copy / "stacks" / "new.py").exists()
    assert not (copy / "stacks" / "old.py").is_symlink()
    assert (copy / "stacks" / "config" / "Pulumi.dev.yaml").read_text() == "set by the engine"
    assert (copy / "stacks" / "config" / "Pulumi.prod.yaml").read_text() == "b"
    assert (root / "stacks" / "config" / "Pulumi.dev.yaml").read_text() == "a"
