"""Environments as they were at a revision."""

import subprocess
from pathlib import Path

import pytest

from modelway.operations.revisions import NotInGit, at_revision


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", "-C", folder, *identity, *arguments], capture_output=True, text=True, check=True).stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit, and changes after it that are not committed."""
    root = tmp_path / "repository"
    folder = root / "deploy" / "environments" / "dev"
    folder.mkdir(parents=True)
    (folder / "environment.yaml").write_bytes("environment: dev # é\r\n".encode())
    (folder / "old.yaml").symlink_to("environment.yaml")
    (root / "contracts").mkdir()
    (root / "contracts" / "a b\n.yaml").write_text("", "utf-8")
    (root / "big.bin").write_bytes(b"\0" * 10)
    # What would be left out of an archive, or changed in it.
    (root / ".gitattributes").write_text("*.yaml export-ignore\n*.yaml ident\n", "utf-8")
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-qm", "First")
    (folder / "environment.yaml").write_text("changed\n", "utf-8")
    (folder / "new.yaml").touch()
    return root


def test_files_are_as_they_were_and_the_working_tree_stays(repository: Path) -> None:
    before = git(repository, "status", "--porcelain")
    with at_revision(repository / "deploy" / "environments", "HEAD") as then:
        assert then.now == repository
        assert then.environments == then.root / "deploy" / "environments"
        files = {str(path.relative_to(then.root)) for path in then.root.rglob("*") if not path.is_dir()}
        assert files == {"deploy/environments/dev/environment.yaml", "deploy/environments/dev/old.yaml", "contracts/a b\n.yaml"}
        assert (then.environments / "dev" / "old.yaml").read_bytes() == "environment: dev # é\r\n".encode()
        assert (then.environments / "dev" / "old.yaml").is_symlink()
    assert not then.root.exists()
    assert git(repository, "status", "--porcelain") == before


@pytest.mark.parametrize("revision", ["gone", "--help", "HEAD:deploy", "", "HEAD~9"])
def test_a_revision_that_is_none(revision: str, repository: Path) -> None:
    with pytest.raises(NotInGit, match="has no revision"), at_revision(repository / "deploy", revision):
        pass


def test_a_folder_in_no_repository(tmp_path: Path) -> None:
    with pytest.raises(NotInGit, match="not a git repository"), at_revision(tmp_path, "HEAD"):
        pass


def test_no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotInGit, match="git is not on PATH"), at_revision(tmp_path, "HEAD"):
        pass


def test_a_folder_that_came_later(repository: Path) -> None:
    (repository / "later").mkdir()
    with at_revision(repository / "later", "HEAD") as then:
        assert not then.environments.exists()
