"""Who wrote files, in a repository of git as it is."""

import subprocess
from pathlib import Path

import pytest

from modelway.operations.authorship import authors, merge_base, named_in, there
from modelway.operations.rendering import author
from modelway.operations.revisions import NotInGit

ANN, BEN, CAT = "ann@example.com", "ben@example.com", "cat@example.com"


def git(folder: Path, *words: str, who: str = ANN) -> str:
    identity = ["-c", "user.name=t", "-c", f"user.email={who}", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", "-C", folder, *identity, *words], capture_output=True, text=True, check=True).stdout.strip()


def commit(folder: Path, who: str, message: str = "x", **files: str) -> str:
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", message, who=who)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def there_is(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "--initial-branch", "main")
    commit(tmp_path, ANN, model="1\n2\n3\n4\n5\n", other="1\n")
    return tmp_path


def test_since_a_commit_it_is_all_who_changed_it(there_is: Path) -> None:
    since = git(there_is, "rev-parse", "HEAD")
    commit(there_is, BEN, model="1\n2\n3\n4\n6\n")
    last = commit(there_is, CAT, other="2\n")
    assert authors(there_is, ["model"], since, last) == (BEN,)
    assert authors(there_is, ["model", "other"], since, last) == (BEN, CAT)
    assert authors(there_is, ["model"], last, last) == ()
    assert authors(there_is, ["not-there"], since, last) == ()


@pytest.mark.parametrize("since", [None, "0" * 40, "--output=x", "HEAD~1", ""], ids=["none", "unknown", "option", "name", "empty"])
def test_without_one_it_is_who_changed_each_file_last(since: str | None, there_is: Path) -> None:
    commit(there_is, BEN, model="1\n2\n3\n4\n6\n")
    last = commit(there_is, CAT, model="1\n2\n3\n4\n7\n")
    assert authors(there_is, ["model", "other"], since, last) == (ANN, CAT)
    assert not (there_is / "x").exists()


def test_who_merges_wrote_nothing_but_what_the_merge_alone_has(there_is: Path) -> None:
    since = git(there_is, "rev-parse", "HEAD")
    git(there_is, "switch", "-q", "-c", "side")
    commit(there_is, BEN, model="1\n2\n3\n4\n6\n")
    git(there_is, "switch", "-q", "main")
    commit(there_is, BEN, model="0\n2\n3\n4\n5\n")
    git(there_is, "merge", "-q", "--no-ff", "--no-edit", "side", who=CAT)
    clean = git(there_is, "rev-parse", "HEAD")
    # Both sides changed the file, and the merge has both changes and nothing else.
    assert authors(there_is, ["model"], since, clean) == (BEN,)
    assert author(there_is, clean) == BEN
    git(there_is, "switch", "-q", "-c", "more")
    commit(there_is, BEN, other="2\n")
    git(there_is, "switch", "-q", "main")
    git(there_is, "merge", "-q", "--no-ff", "--no-commit", "more", who=CAT)
    (there_is / "model").write_text("0\n2\nhidden\n4\n6\n", "utf-8")
    git(there_is, "commit", "-qam", "merge", who=CAT)
    hidden = git(there_is, "rev-parse", "HEAD")
    assert authors(there_is, ["model"], since, hidden) == (BEN, CAT)


def test_committers_and_co_authors_are_authors_and_forges_are_not(there_is: Path) -> None:
    since = git(there_is, "rev-parse", "HEAD")
    (there_is / "model").write_text("2\n", "utf-8")
    message = f"x\n\nCo-authored-by: Cat <{CAT.upper()}>\n"
    git(there_is, "commit", "-qam", message, "--author", f"Ben <{BEN}>", who="noreply@github.com")
    last = git(there_is, "rev-parse", "HEAD")
    assert authors(there_is, ["model"], since, last) == (BEN, CAT)


def test_names_in_a_message() -> None:
    assert named_in("a\n\nCo-authored-by: A B <a@b>\nco-AUTHORED-by: <c@d>\nCo-authored-by: nobody\n  Co-authored-by: E <e@f>") == [
        "a@b",
        "c@d",
    ]


def test_a_part_of_the_history_does_not_tell(there_is: Path, tmp_path: Path) -> None:
    last = commit(there_is, BEN, model="2\n")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{there_is}", "shallow")
    with pytest.raises(NotInGit, match="fetch-depth 0"):
        authors(tmp_path / "shallow", ["model"], None, last)


def test_commits_are_found(there_is: Path) -> None:
    first = git(there_is, "rev-parse", "HEAD")
    last = commit(there_is, BEN, model="2\n")
    assert (there(there_is, first), there(there_is, "1" * 40)) == (True, False)
    assert merge_base(there_is, first, last) == first
    with pytest.raises(NotInGit):
        merge_base(there_is, "1" * 40, last)
