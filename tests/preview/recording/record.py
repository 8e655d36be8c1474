"""Makes the recorded previews anew: real output of the engine, on the local cloud.

    python -m tests.preview.recording.record FOLDER_OF_A_CLOUD [NAME … | missing]

Of each case there is afterwards `recorded/NAME/`: the digest, the event log, the state, the plan (where there is one), all masked as
`modelway preview` masks them, without paths of this machine, and expected.toml.
"""

import contextlib
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from localcloud.cloud import LocalCloud
from modelway.operations._pulumi import Engine, PreviewFiles
from modelway.operations.masking import kept_as_is, masked_copy, masked_lines
from tests.preview.recording import cloud_cases, cluster_cases
from tests.preview.recording.declared import Case

HERE = Path(__file__).resolve().parent
RECORDED = HERE.parent / "recorded"
STACK = "recorded"
LARGEST = 300_000
"""Bytes; a larger plan is left out."""


def record(case: Case, number: int, cloud: Path) -> str:
    with tempfile.TemporaryDirectory(prefix="recorded-") as name:
        folder = Path(name)
        variables = _variables(folder, f"{300000000000 + number}", cloud)
        os.environ.clear()
        os.environ.update(variables)
        runtime = {"name": "python", "options": {"virtualenv": sys.prefix}}
        (folder / "Pulumi.yaml").write_text(json.dumps({"name": "plain", "runtime": runtime, "main": str(HERE / "program")}), "utf-8")
        # A namespace is a case's own; tests share the cluster.
        space = f"recorded-{case.name}"[:60]
        _write(folder, case.before, space)
        _begin(folder, cloud)
        if case.before:
            _pulumi(folder, "up", "--yes", "--skip-preview", "--stack", STACK)
        _edit(folder, case, variables)
        _write(folder, case.after, space)
        files = PreviewFiles(folder / "out")
        files.folder.mkdir()
        engine = Engine(folder)
        engine.export_to(STACK, files.state)
        os.environ["RECORDED_RULES"] = case.rules
        ended = engine.preview_into(STACK, files, policies=[HERE / "pack"] if case.rules else [], refresh=case.refresh)
        if (ended.code != 0) != (case.result == "failed"):
            return f"{case.name}: ended with {ended.code}, {ended.said}, {files.digest.read_text('utf-8')[-1500:]}"
        keep(case, files, folder)
        if any(item["type"].startswith("kubernetes:") for item in case.before):
            # What is in it goes with it, and nobody waits.
            kubectl = ["kubectl", "--kubeconfig", variables["KUBECONFIG"], "delete", "namespace", space, "--wait=false"]
            subprocess.run(kubectl, capture_output=True, check=False)
    return ""


def _begin(folder: Path, cloud: Path) -> None:
    """The stack is there, and holds nothing: as the first case's was."""
    empty = cloud.parent / f"{cloud.name}-empty"
    if empty.is_dir():
        shutil.copytree(empty / "state", folder / "state")
        shutil.copy(empty / f"Pulumi.{STACK}.yaml", folder)
        return
    (folder / "state").mkdir()
    _pulumi(folder, "stack", "init", STACK)
    made = Path(tempfile.mkdtemp(dir=cloud.parent))
    shutil.copytree(folder / "state", made / "state")
    shutil.copy(folder / f"Pulumi.{STACK}.yaml", made)
    with contextlib.suppress(OSError):
        made.rename(empty)


def _variables(folder: Path, account: str, cloud: Path) -> dict[str, str]:
    given = LocalCloud(cloud).environment(account, "eu-west-1")
    inherited = {name: value for name, value in os.environ.items() if name not in given}
    kept = {
        name: value for name, value in {**inherited, **given}.items() if value and not name.startswith(("PULUMI_OPTION", "PULUMI_CONFIG"))
    }
    own = {
        "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "recorded",
        "RESOURCES": str(folder / "resources.json"),
        "MODELWAY_LOCAL_STORE": str(folder / "store"),
        "NO_COLOR": "1",
    }
    return kept | own


def _write(folder: Path, resources: list[dict[str, Any]], space: str) -> None:
    # Names of buckets are unique in all accounts.
    text = json.dumps(resources).replace("NAMESPACE", space).replace("acme-", f"acme-{space.removeprefix('recorded-')}-")
    (folder / "resources.json").write_text(text, "utf-8")


def _pulumi(folder: Path, *arguments: str, check: bool = True) -> str:
    done = subprocess.run(
        ["pulumi", "--cwd", str(folder), "--non-interactive", *arguments], capture_output=True, text=True, timeout=300, check=False
    )
    if check and done.returncode:
        raise RuntimeError(f"pulumi {' '.join(arguments)}: {done.stdout[-1500:]}{done.stderr[-500:]}")
    return done.stdout


def _edit(folder: Path, case: Case, variables: dict[str, str]) -> None:
    """What happens to the stack, or beside it, between its update and the preview."""
    from boto3 import client

    if taint := case.edit.get("taint"):
        state = json.loads(_pulumi(folder, "stack", "export", "--stack", STACK))
        urn = next(one["urn"] for one in state["deployment"]["resources"] if one["urn"].endswith(f"::{taint}"))
        _pulumi(folder, "state", "taint", urn, "--yes", "--stack", STACK)
    if older := case.edit.get("version"):
        exported = _pulumi(folder, "stack", "export", "--stack", STACK)
        state = json.loads(exported)
        for one in state["deployment"]["resources"]:
            if one["type"] == "pulumi:providers:aws":
                for side in ("inputs", "outputs"):
                    one.get(side, {})["version"] = older
        (folder / "edited.json").write_text(json.dumps(state), "utf-8")
        _pulumi(folder, "stack", "import", "--force", "--file", str(folder / "edited.json"), "--stack", STACK)
    unique = f"acme-{case.name}-"
    if name := case.edit.get("bucket", "").replace("acme-", unique):
        place = {"LocationConstraint": "eu-west-1"}
        client("s3", endpoint_url=variables["AWS_ENDPOINT_URL"]).create_bucket(Bucket=name, CreateBucketConfiguration=place)
    if name := case.edit.get("tag", "").replace("acme-", unique):
        client("s3", endpoint_url=variables["AWS_ENDPOINT_URL"]).put_bucket_tagging(
            Bucket=name, Tagging={"TagSet": [{"Key": "by", "Value": "hand"}]}
        )


def keep(case: Case, files: PreviewFiles, folder: Path) -> None:
    target = RECORDED / case.name
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    kept = PreviewFiles(target)
    for file in (files.digest, files.state):
        masked_copy(file, target / file.name)
    masked_lines(files.events, kept.events)
    if files.plan.is_file() and files.plan.stat().st_size < LARGEST:
        kept_as_is(files.plan, kept.plan)
    for file in target.iterdir():
        # Nobody's folders, and no mode of a private file.
        content = file.read_text("utf-8")
        for place, instead in _places(folder):
            content = content.replace(place, instead)
        file.write_text(content, "utf-8")
        file.chmod(0o644)
    write_expected(target, case)


def _places(folder: Path) -> list[tuple[str, str]]:
    """Places of this machine, and what stands for them; the engine also writes them without the first slash."""
    known = {str(folder): "recorded", str(HERE): "program", str(HERE.parents[2]): "modelway", sys.prefix: "venv", sys.base_prefix: "python"}
    return [(place.lstrip("/"), name) for place, name in known.items()]


def write_expected(target: Path, case: Case, environment: str = "") -> None:
    lines = [f'result = "{case.result}"', f"tuned = {str(case.tuned).lower()}"]
    lines += [f'decision = "{case.decision}"'] if case.decision else []
    lines += [f'environment = "{environment}"'] if environment else []
    lines += ["", "# Risk, and name of what it is about."]
    lines += [f"{what} = {json.dumps([list(one) for one in found])}" for what, found in (("expected", case.expected), ("may", case.may))]
    (target / "expected.toml").write_text("\n".join(lines) + "\n", "utf-8")


def _is_wanted(case: Case, names: list[str]) -> bool:
    return not names or case.name in names or (names == ["missing"] and not (RECORDED / case.name).is_dir())


def _tried(job: tuple[Case, int, Path]) -> str:
    try:
        said = record(*job)
    except Exception as fault:  # The others are made all the same.
        said = f"{job[0].name}: {fault}"
    print(said or f"{job[0].name}: recorded", flush=True)
    return said


def main() -> None:
    cloud, names = Path(sys.argv[1]).resolve(), sys.argv[2:]
    LocalCloud(cloud).up(print)
    cases = [*cloud_cases.cases(), *cluster_cases.cases()]
    jobs = [(case, number, cloud) for number, case in enumerate(cases) if _is_wanted(case, names)]
    with multiprocessing.get_context("spawn").Pool(int(os.environ.get("WORKERS", "3")), maxtasksperchild=10) as pool:
        failed = [said for said in pool.imap_unordered(_tried, jobs, chunksize=1) if said]
    sys.exit("\n".join(failed) or 0)


if __name__ == "__main__":
    main()
