"""Makes the recorded previews anew: real output of the engine, on the local cloud.

    python -m tests.preview.recording.record FOLDER_OF_A_CLOUD [NAME … | missing]

Of each case there is afterwards `recorded/NAME/`: the digest, the event log, the state, the plan (where there is one), all masked as
`modelway preview` masks them, without paths of this machine, and expected.toml.
"""

import json
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from localcloud.cloud import LocalCloud
from modelway.operations._pulumi import Engine, PreviewFiles
from modelway.operations.masking import kept_as_is, masked_copy, masked_lines
from tests.preview.recording import cloud_cases, cluster_cases, services_cases
from tests.preview.recording.declared import Case, Item

HERE = Path(__file__).resolve().parent
RECORDED = HERE.parent / "recorded"
STACK = "recorded"
LARGEST = 300_000
"""Bytes; a larger plan is left out."""


def bring_up(cases: Sequence[Case], kind: str, cloud: Path, folder: Path) -> None:
    """What is there before each case, made by one update: the names of its resources begin with the case's own."""
    variables = _variables(folder, kind, cloud)
    (folder / "state").mkdir(parents=True)
    _project(folder)
    items = [_own(item, case) for case in cases for item in case.before if item["type"] not in ("output", "raise")]
    (folder / "resources.json").write_text(json.dumps(items), "utf-8")
    _pulumi(folder, variables, "stack", "init", STACK)
    said = _pulumi(folder, variables, "up", "--yes", "--skip-preview", "--continue-on-error", "--stack", STACK, check=False)
    (folder / "up.txt").write_text(said, "utf-8")


def _own(item: Item, case: Case) -> Item:
    """An item whose logical name begins with the name of its case, and whose physical name is its own."""
    prefix = f"{case.name}--"
    options = dict(item["options"])
    for key in {"parent", "alias"} & options.keys():
        options[key] = prefix + options[key]
    if "depends_on" in options:
        options["depends_on"] = [prefix + name for name in options["depends_on"]]
    inputs = json.loads(_named(json.dumps(item["inputs"]), case), object_hook=lambda found: {**found, **_from(found, prefix)})
    return {**item, "name": prefix + item["name"], "inputs": inputs, "options": options}


def _from(found: dict[str, Any], prefix: str) -> dict[str, Any]:
    return {"$from": prefix + found["$from"]} if "$from" in found else {}


def _named(text: str, case: Case) -> str:
    """Names of buckets are unique in all accounts; other names in one, and namespaces in a cluster, which all cases share."""
    text = text.replace("NAMESPACE", f"recorded-{case.name}"[:60]).replace("acme-", f"acme-{case.name}-")
    for name in ('"name": "credit-risk", "namespace"',):
        if name in text:
            return text
    return re.sub(r'"name": "(credit-risk|risk|errors|/models/risk)"', rf'"name": "\1-{case.name}"', text)


def record(case: Case, kind: str, cloud: Path, above: Path) -> str:
    """One preview of a case whose resources are there; says what went wrong."""
    with tempfile.TemporaryDirectory(prefix="recorded-") as name:
        folder = Path(name)
        variables = _variables(folder, kind, cloud)
        os.environ.clear()
        os.environ.update(variables)
        _project(folder)
        shutil.copy(above / f"Pulumi.{STACK}.yaml", folder)
        wanted = [
            {**item, **{part: json.loads(_named(json.dumps(item[part]), case)) for part in ("inputs", "options")}} for item in case.after
        ]
        (folder / "resources.json").write_text(json.dumps(wanted), "utf-8")
        files = PreviewFiles(folder / "out")
        files.folder.mkdir()
        if missing := _state_of(case, above, folder, variables):
            return f"{case.name}: {', '.join(missing)} was not made: see {above / 'up.txt'}"
        engine = Engine(folder)
        engine.export_to(STACK, files.state)
        os.environ["RECORDED_RULES"] = case.rules
        ended = engine.preview_into(STACK, files, policies=[HERE / "pack"] if case.rules else [], refresh=case.refresh)
        if (ended.code != 0) != (case.result == "failed"):
            return f"{case.name}: ended with {ended.code}, {ended.said}, {files.digest.read_text('utf-8')[-1500:]}"
        keep(case, files, folder)
    return ""


def _state_of(case: Case, above: Path, folder: Path, variables: dict[str, str]) -> list[str]:
    """Writes the stack's state: what the update made of the case, named as the case names it. Returns what is missing."""
    inside = Path("state") / ".pulumi" / "stacks" / "plain" / f"{STACK}.json"
    whole = json.loads((above / inside).read_text("utf-8"))
    latest, prefix = whole["checkpoint"]["latest"], f"{case.name}--"
    latest["resources"] = [one for one in latest.get("resources", []) if _is_of(one, prefix, case)]
    text = json.dumps(whole).replace(prefix, "")
    whole = json.loads(text)
    _edit(whole["checkpoint"]["latest"]["resources"], case, variables)
    (folder / inside).parent.mkdir(parents=True)
    shutil.copytree(
        above / "state", folder / "state", dirs_exist_ok=True, ignore=shutil.ignore_patterns("stacks", "history", "backups", "locks")
    )
    (folder / inside).write_text(json.dumps(whole), "utf-8")
    there = {one["urn"].rpartition("::")[2] for one in whole["checkpoint"]["latest"]["resources"]}
    return [item["name"] for item in case.before if item["type"] not in ("output", "raise") and item["name"] not in there]


def _is_of(one: dict[str, Any], prefix: str, case: Case) -> bool:
    if one["type"] == "pulumi:pulumi:Stack":
        return bool(case.before)
    if one["type"].startswith("pulumi:providers:"):
        return any(item["type"].startswith(f"{one['type'].rpartition(':')[2]}:") for item in case.before)
    return str(one["urn"]).rpartition("::")[2].startswith(prefix)


def _project(folder: Path) -> None:
    runtime = {"name": "python", "options": {"virtualenv": sys.prefix}}
    (folder / "Pulumi.yaml").write_text(json.dumps({"name": "plain", "runtime": runtime, "main": str(HERE / "program")}), "utf-8")


def _variables(folder: Path, kind: str, cloud: Path) -> dict[str, str]:
    given = LocalCloud(cloud).environment({"aws": "313131313131", "kubernetes": "323232323232"}[kind], "eu-west-1")
    inherited = {name: value for name, value in os.environ.items() if name not in given}
    kept = {
        name: value for name, value in {**inherited, **given}.items() if value and not name.startswith(("PULUMI_OPTION", "PULUMI_CONFIG"))
    }
    own = {
        "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "recorded",
        "RESOURCES": str(folder / "resources.json"),
        "MODELWAY_LOCAL_STORE": str(cloud.parent / f"{cloud.name}-store"),
        "NO_COLOR": "1",
    }
    return kept | own


def _pulumi(folder: Path, variables: dict[str, str], *arguments: str, check: bool = True) -> str:
    command = ["pulumi", "--cwd", str(folder), "--non-interactive", *arguments]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=1200, check=False)
    if check and done.returncode:
        raise RuntimeError(f"pulumi {' '.join(arguments)}: {done.stdout[-1500:]}{done.stderr[-500:]}")
    return done.stdout + done.stderr


def _edit(resources: list[dict[str, Any]], case: Case, variables: dict[str, str]) -> None:
    """What happens to the stack, or beside it, between its update and the preview."""
    from boto3 import client

    for one in resources:
        if "taint" in case.edit and one["urn"].endswith(f"::{case.edit['taint']}"):
            # As `pulumi state taint` does.
            one["taint"] = True
        if "version" in case.edit and one["type"] == "pulumi:providers:aws":
            for side in ("inputs", "outputs"):
                one.setdefault(side, {})["version"] = case.edit["version"]
    if name := case.edit.get("bucket", "").replace("acme-", f"acme-{case.name}-"):
        place = {"LocationConstraint": "eu-west-1"}
        client("s3", endpoint_url=variables["AWS_ENDPOINT_URL"]).create_bucket(Bucket=name, CreateBucketConfiguration=place)
    if name := case.edit.get("tag", "").replace("acme-", f"acme-{case.name}-"):
        tags = {"TagSet": [{"Key": "by", "Value": "hand"}]}
        client("s3", endpoint_url=variables["AWS_ENDPOINT_URL"]).put_bucket_tagging(Bucket=name, Tagging=tags)


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
    known = {
        str(folder): "recorded",
        str(HERE): "program",
        str(HERE.parents[2]): "modelway",
        sys.prefix: "venv",
        str(Path(os.__file__).resolve().parents[2]): "python",
    }
    known[str(Path(os.environ["PULUMI_HOME"]).parent)] = "cloud"
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


def _tried(job: tuple[Case, str, Path, Path]) -> str:
    try:
        said = record(*job)
    except Exception as fault:  # The others are made all the same.
        said = f"{job[0].name}: {fault}"
    print(said or f"{job[0].name}: recorded", flush=True)  # noqa: T201
    return said


def main() -> None:
    cloud, names = Path(sys.argv[1]).resolve(), sys.argv[2:]
    LocalCloud(cloud).up(lambda _: None)
    failed = []
    for kind, all_cases in (("kubernetes", cluster_cases.cases()), ("aws", (*cloud_cases.cases(), *services_cases.cases()))):
        cases = [case for case in all_cases if _is_wanted(case, names)]
        above = Path(tempfile.mkdtemp(prefix=f"{kind}-", dir=cloud.parent))
        bring_up(cases, kind, cloud, above)
        with multiprocessing.get_context("spawn").Pool(int(os.environ.get("WORKERS", "3"))) as pool:
            failed += [said for said in pool.imap_unordered(_tried, [(case, kind, cloud, above) for case in cases]) if said]
    sys.exit("\n".join(failed) or 0)


if __name__ == "__main__":
    main()
