"""`modelway bom` and `modelway card` on an environment of files, a ledger in a folder, and files of results and baselines."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from modelway.cli import _documents, main
from modelway.governance.approvals import Approved, statement
from modelway.governance.ledger import begun
from modelway.governance.ledger.store import store_at
from modelway.governance.releases import write
from modelway.governance.subject import subject_of
from modelway.monitoring.drift import baseline as baselines
from modelway.monitoring.drift import result as results
from modelway.monitoring.drift.counts import Counts
from tests.support import told_models as told
from tests.support.made_ledgers import PROJECT, Keys, made_keys
from tests.support.made_records import made_model, made_record, made_share

OFFICE, HEAD = "risk-office@example.com", "head-of-risk@example.com"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    told.made(tmp_path)
    monkeypatch.chdir(tmp_path)
    for name in ("MODELWAY_LEDGER", "MODELWAY_LEDGER_KEYS"):
        monkeypatch.delenv(name, raising=False)

    def called(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main([*arguments, "--environments", "environments"])
        read = capsys.readouterr()
        return int(end.value.code or 0), read.out, read.err

    return called


@pytest.fixture
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    made = made_keys(tmp_path_factory.mktemp("keys"))
    listed = made.folder / "keys.json"
    ours = [key for key in json.loads(listed.read_text("utf-8"))["keys"] if key["project"] == PROJECT]
    listed.write_text(json.dumps({"keys": ours}), "utf-8")
    return made


def released(image: str = "1") -> list[Any]:
    shares = [
        made_share(told.LIVE, 90, image=f"{told.MODEL}@sha256:{image * 64}", weights=f"{told.MODEL}/1/model.ubj@sha256:{'1' * 64}"),
        made_share(told.TRIED, 10, image=f"{told.MODEL}@sha256:{'2' * 64}", weights=f"{told.MODEL}/2/model.ubj@sha256:{'2' * 64}"),
    ]
    return [made_record("dev", "2026-03-13T09:00:00.000000Z", environment="dev", models=[made_model(*shares)])]


def ledger(tmp_path: Path, keys: Keys, records: list[Any]) -> tuple[str, ...]:
    made = begun(str(tmp_path / "ledger"), PROJECT, keys.trusted, keys.edwards)
    for record in records:
        write(made, store_at(str(tmp_path / "ledger")), record, [], keys.edwards)
    described = told.made(tmp_path)
    subject = subject_of(described, described.models[told.MODEL])
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    for who in (OFFICE, HEAD):
        made.append(statement(Approved("dev", told.MODEL, subject, who, told.OWNER, now, "https://git.example.com/7", None)), keys.edwards)
    return ("--ledger", str(tmp_path / "ledger"), "--keys", str(keys.folder / "keys.json"))


def test_a_bill_is_the_same_bytes_on_stdout_and_in_a_file(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("bom", "dev", told.MODEL)
    assert code == 0
    assert json.loads(out)["specVersion"] == "1.6"
    assert run("bom", "dev")[1] == out
    code, said, _ = run("bom", "dev", told.MODEL, "--out", "bill.json")
    assert code == 0
    content = (tmp_path / "bill.json").read_bytes()
    assert content.decode() == out
    assert said.endswith(f"sha256:{hashlib.sha256(content).hexdigest()}\n")
    (tmp_path / "bills").mkdir()
    assert run("bom", "dev", "--out", "bills")[0] == 0
    assert [one.name for one in (tmp_path / "bills").iterdir()] == [f"{told.MODEL}.cdx.json"]
    contract = hashlib.sha256((tmp_path / told.CONTRACT).read_bytes()).hexdigest()
    assert contract in out


def test_a_bill_of_a_release_has_its_time(run: Run, tmp_path: Path, keys: Keys) -> None:
    options = ledger(tmp_path, keys, released())
    metadata = json.loads(run("bom", "dev", told.MODEL, *options)[1])["metadata"]
    assert metadata["timestamp"] == "2026-03-13T09:00:00+00:00"
    assert metadata["lifecycles"] == [{"phase": "operations"}]
    assert any(one["name"] == "modelway:release" and one["value"].startswith("1 sha256:") for one in metadata["properties"])
    assert "timestamp" not in json.loads(run("bom", "dev", told.MODEL, *options, "--offline")[1])["metadata"]
    given = json.loads(run("bom", "dev", told.MODEL, "--time", "2026-04-01T10:00:00Z")[1])["metadata"]
    assert (given["timestamp"], given.get("lifecycles")) == ("2026-04-01T10:00:00+00:00", None)


def test_a_release_of_other_digests_is_not_claimed(run: Run, tmp_path: Path, keys: Keys) -> None:
    code, out, err = run("bom", "dev", told.MODEL, *ledger(tmp_path, keys, released("9")))
    assert code == 0
    assert f"release 1 has {told.LIVE} otherwise" in err
    assert "modelway:release" not in out
    assert "timestamp" not in json.loads(out)["metadata"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["bom", "prod"], 2, "there is no prod in environments; there are dev"),
        (["bom", "dev", "x"], 2, "dev has no model x; it has credit-risk"),
        (["bom", "dev", "--out", "nowhere"], 2, "there is no folder nowhere"),
        (["bom", "dev", told.MODEL, "--out", "environments"], 2, "environments is a folder"),
        (["bom", "dev", told.MODEL, "--out", "no/bill.json"], 2, "there is no folder no"),
        (["bom", "dev", told.MODEL, "--time", "march"], 2, "'march' is no time"),
        (["bom", "dev", told.MODEL, "--ledger", "nowhere", "--keys", "Pulumi.yaml"], 1, "Pulumi.yaml"),
        (["bom", "dev", told.MODEL, "--ledger", "nowhere"], 2, "names no ledger"),
        (["card", told.MODEL, "1"], 2, "credit-risk has no version 1 in dev"),
        (["card", "x", "1"], 2, "dev has no model x"),
        (["card", told.MODEL, told.LIVE, "--env", "x"], 2, "there is no x in environments"),
        (["card", told.MODEL, told.LIVE, "--out", "environments"], 2, "is no file in a folder that is there"),
        (["card", told.MODEL, told.LIVE, "--results", "Pulumi.yaml"], 1, "Pulumi.yaml is no result of a window"),
        (["card", told.MODEL, told.LIVE, "--baseline", "Pulumi.yaml"], 2, "which no version of credit-risk names as its baseline"),
    ],
    ids=range(14),
)
def test_what_cannot_be_is_refused(run: Run, tmp_path: Path, arguments: list[str], code: int, said: str) -> None:
    before = sorted(tmp_path.rglob("*"))
    found, out, err = run(*arguments)
    assert (found, out) == (code, "")
    assert said in " ".join(err.split())
    assert "Traceback" not in err
    assert sorted(tmp_path.rglob("*")) == before


def test_an_endpoint_that_nobody_answers_at_has_no_bill(run: Run, tmp_path: Path) -> None:
    told.made(tmp_path, presence="disabled")
    for arguments in (["bom", "dev"], ["bom", "dev", told.MODEL]):
        code, _, err = run(*arguments)
        assert code == 1
        assert "nothing to list" in err


def window(start: int, **changes: Any) -> results.Result:
    made = results.Result(
        schema=1,
        environment="dev",
        endpoint=told.MODEL,
        version=told.LIVE,
        start=start,
        end=start + 3600,
        revision=1,
        made=start + 7200,
        inputs="",
        baseline="",
        counts=Counts(1234, {}),
        accounting=results.Accounting(),
        findings=(results.Finding("parity", "age_band", "recall", "drifted", 400, "recall is 0.6 in group young", score=0.2),),
        alarms=(results.Alarm("parity", "drifted", True, True, 2, 2, 3),),
    )
    return msgspec.structs.replace(made, **changes)


def saved(tmp_path: Path, *made: results.Result) -> list[str]:
    options = []
    for number, one in enumerate(made):
        (tmp_path / f"window-{number}.json").write_bytes(results.written(one))
        options += ["--results", f"window-{number}.json"]
    return options


def test_a_card_has_what_was_found_last(run: Run, tmp_path: Path) -> None:
    first, second = window(1_760_000_400, labelled=True), window(1_760_004_000, findings=(), alarms=())
    again = msgspec.structs.replace(second, revision=2, counts=msgspec.structs.replace(second.counts, rows=99))
    code, out, err = run("card", told.MODEL, told.LIVE, *saved(tmp_path, again, first, second))
    assert code == 0, err
    assert "99 rows; 2 windows were read" in out
    assert "labels until 2025-10-09T10:00:00Z" in out
    assert "| parity | `age_band` | drifted | 0.2 |" in out


@pytest.mark.parametrize(
    "changes", [{"version": told.TRIED}, {"endpoint": "another"}, {"environment": "prod"}], ids=["version", "model", "env"]
)
def test_results_of_something_else_are_refused(run: Run, tmp_path: Path, changes: dict[str, str]) -> None:
    code, out, err = run("card", told.MODEL, told.LIVE, *saved(tmp_path, window(1_760_000_400, **changes)))
    assert (code, out) == (2, "")
    assert f"and the card about version {told.LIVE} of {told.MODEL} in dev" in err


def test_huge_files_are_refused(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_documents, "LARGEST", 100)
    code, out, err = run("card", told.MODEL, told.LIVE, *saved(tmp_path, window(1_760_000_400)))
    assert (code, out) == (2, "")
    assert "bytes, and at most 100 are read" in " ".join(err.split())


def test_a_card_has_what_a_pinned_baseline_says(run: Run, tmp_path: Path) -> None:
    made = baselines.Baseline(
        schema=1,
        model=told.MODEL,
        version=told.LIVE,
        rows=1398,
        contract="",
        data="",
        salt="00",
        columns=(),
        window_seconds=3600,
        reached=(
            baselines.Reached("roc_auc", 0.84, 1398, 0.82, 0.86),
            baselines.Reached("roc_auc", 0.8, 400, 0.7, 0.9, "age_band", "00ff"),
        ),
    )
    content = baselines.written(made)
    (tmp_path / "baseline.json").write_bytes(content)
    pinned = f"{told.MODEL}/1/baseline.json@sha256:{hashlib.sha256(content).hexdigest()}"
    told.made(tmp_path, versions={**told.model()["versions"], told.LIVE: {**told.version("1"), "baseline": pinned}})
    _, out, _ = run("card", told.MODEL, told.LIVE, "--baseline", "baseline.json")
    assert "| `roc_auc` | all rows | 0.84 | 0.82 to 0.86 | 1,398 |" in out
    assert "0.7 to 0.9" in out
    _, out, _ = run("bom", "dev", told.MODEL, "--baseline", "baseline.json")
    assert '"lowerBound": "0.82"' in out


def test_a_card_says_who_approved(run: Run, tmp_path: Path, keys: Keys) -> None:
    options = ledger(tmp_path, keys, [])
    _, out, _ = run("card", told.MODEL, told.LIVE, *options)
    assert "Approval: **approved**" in out
    assert f"approved by `{OFFICE}`" in out
    assert run("card", told.MODEL, told.LIVE, *options)[1] == out
    assert "no ledger was read" in run("card", told.MODEL, told.LIVE, *options, "--offline")[1]
    # Of another description.
    told.made(tmp_path, description="Changed.")
    assert "Approval: **pending**, 0 of 2 people" in run("card", told.MODEL, told.LIVE, *options)[1]


def test_a_page_goes_to_a_file_whole(run: Run, tmp_path: Path) -> None:
    (tmp_path / "card.html").write_text("before", "utf-8")
    assert run("card", told.MODEL, told.LIVE, "--format", "html", "--out", "card.html")[0] == 0
    text = (tmp_path / "card.html").read_text("utf-8")
    assert text.startswith("<!doctype html>")
    assert text.endswith("</html>\n")
    assert not [one for one in tmp_path.iterdir() if one.name.startswith(".card")]
