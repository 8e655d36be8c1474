"""What is approved, as one digest: whatever changes it has to be approved anew."""

import shutil
from pathlib import Path

from modelway.architecture import load
from modelway.governance.subject import subject_of

VALID = Path(__file__).resolve().parents[1] / "architecture" / "valid"
MODEL, FILE, CONTRACT = "credit-risk", "environments/base/models/credit-risk.yaml", "contracts/credit-risk.yaml"


def subject(folder: Path, *changes: tuple[str, str, str]) -> str:
    shutil.copytree(VALID, folder)
    for name, before, after in changes:
        text = (folder / name).read_text("utf-8")
        assert before in text
        (folder / name).write_text(text.replace(before, after, 1), "utf-8")
    environment = load(folder / "environments", "dev", folder)
    return subject_of(environment, environment.models[MODEL])


def test_the_same_files_are_the_same_subject_whatever_stands_beside_them(tmp_path: Path) -> None:
    as_it_is = subject(tmp_path / "one")
    elsewhere = ("environments/dev/environment.yaml", "max: 4", "max: 8")
    assert as_it_is == subject(tmp_path / "two") == subject(tmp_path / "three", elsewhere)


def test_a_limit_that_is_lowered_in_the_contract_is_another_subject(tmp_path: Path) -> None:
    text = (VALID / CONTRACT).read_text("utf-8")
    limit = next(line for line in text.splitlines() if "minimum" in line)
    before = limit[limit.index("minimum") :].split(",")[0].rstrip(" }")
    assert subject(tmp_path / "one") != subject(tmp_path / "two", (CONTRACT, before, "minimum: 0.01"))


def test_other_traffic_or_weights_are_another_subject(tmp_path: Path) -> None:
    made = {
        subject(tmp_path / "one"),
        subject(tmp_path / "two", (FILE, "percent: 10", "percent: 50")),
        subject(tmp_path / "three", (FILE, "model.ubj@sha256:bb", "model.ubj@sha256:bc")),
    }
    assert len(made) == 3
