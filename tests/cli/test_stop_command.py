"""`modelway stop` where something is wrong: before anything is changed, and with the way out."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.made_ledgers import Keys, described, made_keys

ROOT = Path(__file__).resolve().parents[2]
MODELWAY = str(Path(sys.prefix) / "bin" / "modelway")


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    made = made_keys(tmp_path)
    person = described("desk@example.com", made.edwards.public)
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [person]}), "utf-8")
    return made


def stop(keys: Keys, *options: str) -> subprocess.CompletedProcess[str]:
    known = ("--env", "dev", "--environments", str(ROOT / "stacks" / "environments"), "--ledger", str(keys.folder / "ledger"))
    command = [MODELWAY, "stop", *(options if not options[0].startswith("-") else ("tumor-screening", *options)), *known]
    command += ["--keys", str(keys.folder / "keys.json"), "--key", str(keys.folder / "edwards.pem")]
    variables = {"PATH": f"{Path(sys.prefix) / 'bin'}:/usr/bin:/bin", "HOME": str(keys.folder), "KUBECONFIG": str(keys.folder / "none")}
    return subprocess.run(command, cwd=keys.folder, env=variables, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("nothing",), 1, "describes no endpoint nothing; there are: "),
        (("--drill", "--resume"), 2, "does not go with --drill"),
        (("--namespace", "oncology"), 2, "only with --context"),
        (("--reason", "two\nlines"), 2, "no text of one line"),
        (("--reason", "ghp_" + "a1B2" * 9), 2, "[hidden: a GitHub token]"),
        (("--who", "other@example.com"), 2, "the key is desk@example.com's"),
        (("--context", "nowhere", "--namespace", "oncology"), 1, "cluster nowhere"),
        (("--add", "none.json"), 2, "does not exist"),
    ],
    ids=["model", "both", "namespace", "lines", "credential", "person", "cluster", "file"],
)
def test_what_is_wrong_is_said_and_nothing_is_written(keys: Keys, options: tuple[str, ...], code: int, said: str) -> None:
    before = set(keys.folder.iterdir())
    done = stop(keys, *options)
    assert done.returncode == code, done.stderr
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert "a1B2a1B2" not in done.stderr + done.stdout
    assert not done.stdout
    assert set(keys.folder.iterdir()) == before


def test_the_policy_needs_nobody(keys: Keys) -> None:
    told = json.loads(stop(keys, "--policy").stdout)
    assert [one["Action"] for one in told["Statement"]] == [["eks:DescribeCluster"]]
