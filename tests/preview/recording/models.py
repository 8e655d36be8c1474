"""Previews of our own environment `local`, each with the files of the environment before and after.

python -m tests.preview.recording.models FOLDER_OF_A_CLOUD
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from localcloud.cloud import ROOT, LocalCloud
from modelway.architecture import load
from modelway.operations._pulumi import Engine, PreviewFiles
from tests.localcloud.changing import Change, restored, write
from tests.preview.recording.declared import Case
from tests.preview.recording.record import RECORDED, keep, write_expected

NAME = "local"
MODELWAY = [sys.executable, "-m", "modelway"]
SCREENING, CO2 = f"{NAME}/models/tumor-screening.yaml", f"{NAME}/models/co2-forecast.yaml"
DIGEST = "d" * 64


def traffic(**said: Any) -> dict[str, Any]:
    return {"endpoint": {"traffic": said}}


CASES: list[tuple[Case, dict[str, Any]]] = [
    (
        Case("model-canary", [], [], (("traffic", "tumor-screening"),), may=(("disruptive", "tumor-screening"),), tuned=True),
        {SCREENING: traffic(canary={"version": "2026.11.0", "percent": 10})},
    ),
    (
        Case("model-canary-of-half", [], [], (("traffic", "tumor-screening"),)),
        {SCREENING: traffic(canary={"version": "2026.11.0", "percent": 50})},
    ),
    (
        Case("model-shadow", [], [], (("traffic", "tumor-screening"),)),
        {SCREENING: traffic(shadow={"version": "2026.11.0", "percent": 50})},
    ),
    (
        Case("model-promoted", [], [], (("traffic", "tumor-screening"),), tuned=True),
        {SCREENING: traffic(live="2026.11.0")},
    ),
    (
        Case("model-digest", [], [], (("traffic", "co2-forecast"),)),
        {CO2: {"versions": {"2026.11.0": {"image": f"co2-forecast@sha256:{DIGEST}"}}}},
    ),
    (Case("model-scaled", [], []), {SCREENING: {"endpoint": {"scaling": {"max": 8}}}}),
    (Case("model-objective", [], [], may=(("blind", "tumor-screening"),)), {SCREENING: {"endpoint": {"slo": {"latency_p99": "300ms"}}}}),
    (
        Case(
            "model-removed",
            [],
            [],
            (("irreversible", "registry-co2-forecast"), ("disruptive", "co2-forecast"), ("blind", "co2-forecast")),
            # It was the team's last: its namespace goes with it.
            may=(("irreversible", "main-climate-namespace"),),
            tuned=True,
        ),
        {CO2: {"presence": "absent"}},
    ),
    (Case("model-described", [], [], decision="ok"), {CO2: {"description": "Says how much carbon dioxide a site gives off."}}),
]


def main() -> None:
    cloud = LocalCloud(Path(sys.argv[1]).resolve())
    cloud.up(print)
    with tempfile.TemporaryDirectory(prefix="recorded-") as name:
        folder = Path(name) / "environments"
        for part in ("base", NAME):
            shutil.copytree(ROOT / "stacks" / "environments" / part, folder / part)
        environment = load(folder, NAME, ROOT)
        given = cloud.environment(environment.aws.account, environment.aws.region)
        os.environ.update({name: value for name, value in given.items() if value})
        for name_ in [name_ for name_, value in given.items() if not value]:
            os.environ.pop(name_, None)
        subprocess.run([*MODELWAY, "up", NAME, "--yes", "--environments", str(folder)], cwd=ROOT, check=True)
        for case, files in CASES:
            with restored(folder):
                _record(case, files, folder, Path(name))
                print(f"{case.name}: recorded", flush=True)  # noqa: T201
        subprocess.run([*MODELWAY, "destroy", NAME, "--yes", "--environments", str(folder)], cwd=ROOT, check=False)


def _record(case: Case, changed: dict[str, Any], folder: Path, above: Path) -> None:
    target = RECORDED / case.name
    engine, files = Engine(Path(os.environ["PULUMI_OPTION_CWD"])), PreviewFiles(above / case.name)
    files.folder.mkdir()
    shutil.copytree(folder, above / f"{case.name}-before")
    engine.export_to(NAME, files.state)
    for path in changed:
        (folder / path).parent.mkdir(exist_ok=True)
    write(folder, [Change(case.name, changed, (), {})])
    ended = engine.preview_into(NAME, files)
    assert ended.code == 0, files.digest.read_text("utf-8")[-2000:]
    keep(case, files, above)
    write_expected(target, case, NAME)
    shutil.copytree(above / f"{case.name}-before", target / "before")
    shutil.copytree(folder, target / "after")


if __name__ == "__main__":
    main()
