"""The kill switch on the real engine and API server: stopped by an overseer who can do nothing else, recorded, kept stopped, and back.

The tests build on one another and run in the order of the file.
"""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from localcloud.certificates import Authority
from modelway.architecture import load
from modelway.governance.ledger import begun, opened
from modelway.governance.retirements import RETIREMENT
from modelway.governance.stops import RESUME, STOP, in_force
from tests.localcloud.conftest import Cloud
from tests.localcloud.environments import MODELWAY, ROOT, Site
from tests.support.made_ledgers import PROJECT, Keys, described, made_keys

pytestmark = pytest.mark.localcloud

ACCOUNT = "858585858585"
MODEL = "tumor-screening"
ENVIRONMENT = """
environment: halting
tier: development
layout: single
owner: ml-platform@example.com
aws: {{account: "{account}", region: eu-west-1}}
clusters:
  main: {{kind: existing, context: modelway-local, gateway: {{kind: existing, name: none, namespace: nowhere}}}}
monitoring: {{namespace: halting-monitoring}}
governance:
  ledger: {{address: ledger, keys: keys.json}}
"""
SAID = """
governance:
  roles: {accountable: head@example.com, overseer: desk@example.com}
  human_oversight: {mode: on_the_loop, escalation: on-call@example.com, fallback: "2026.10.0"}
"""


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    repository = tmp_path_factory.mktemp("halting")
    # What paths of contracts and of the ledger count from.
    (repository / ".git").mkdir()
    made = made_keys(repository)
    own = [described(name, made.signers[name].public) for name in ("edwards", "weierstrass")]
    (repository / "keys.json").write_text(json.dumps({"keys": own}), "utf-8")
    return made


@pytest.fixture(scope="module")
def site(cloud: Cloud, keys: Keys) -> Iterator[Site]:
    repository = keys.folder
    for example in ("tumor-screening", "co2-forecast"):
        (repository / "examples" / example).mkdir(parents=True)
        shutil.copy2(ROOT / "examples" / example / "contract.yaml", repository / "examples" / example)
    folder = repository / "environments"
    (folder / "base").mkdir(parents=True)
    (folder / "halting" / "models").mkdir(parents=True)
    (folder / "base" / "environment.yaml").write_text("owner: ml-platform@example.com\n", "utf-8")
    (folder / "halting" / "environment.yaml").write_text(ENVIRONMENT.format(account=ACCOUNT), "utf-8")
    write(folder, canary=10)
    quiet = (ROOT / "stacks/environments/base/models/co2-forecast.yaml").read_text("utf-8")
    quiet = quiet.replace("team: climate", "team: labs").replace("endpoint:\n", "endpoint:\n  access: {teams: [wards]}\n")
    (folder / "halting" / "models" / "co2-forecast.yaml").write_text(quiet + SAID.replace('"2026.10.0"', '"2026.11.0"'), "utf-8")
    begun(str(repository / "ledger"), PROJECT, keys.trusted, keys.edwards)
    cleared = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PULUMI_"))}
    site = Site(load(folder, "halting", ROOT), cleared | cloud.environment(ACCOUNT, "eu-west-1"), folder)
    site.up()
    yield site
    subprocess.run([MODELWAY, "destroy", "halting", "--yes"], cwd=ROOT, env=site.variables, capture_output=True, check=False)


def write(folder: Path, *, canary: int, more: str = "") -> None:
    """The file of the model that is stopped: with a canary of so many percent."""
    text = (ROOT / "stacks/environments/base/models/tumor-screening.yaml").read_text("utf-8")
    text = text.replace("team: oncology", "team: wards").replace("min: 2, max: 6", "min: 1, max: 2")
    text = text.replace("  traffic:\n", f'  traffic:\n    canary: {{version: "2026.11.0", percent: {canary}}}\n')
    (folder / "halting" / "models" / f"{MODEL}.yaml").write_text(text + SAID + more, "utf-8")


@pytest.fixture(scope="module")
def overseer(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kubeconfig of somebody whose one right is to be in the group of overseers."""
    authority = next(cloud.folder.glob("**/local/**/ca.crt"))
    pair = Authority(authority.parent, "unused").client("desk", "desk", ("modelway-overseers",))
    known = json.loads(cloud.kubectl("config", "view", "--raw", "-o", "json").stdout)
    encoded = {name: base64.b64encode(path.read_bytes()).decode() for name, path in (("certificate", pair.certificate), ("key", pair.key))}
    known["users"] = [
        {"name": user["name"], "user": {"client-certificate-data": encoded["certificate"], "client-key-data": encoded["key"]}}
        for user in known["users"]
    ]
    file = tmp_path_factory.mktemp("desk") / "kubeconfig"
    file.write_text(json.dumps(known), "utf-8")
    return file


def stop(
    site: Site, keys: Keys, *options: str, model: str = MODEL, who: Path | None = None, code: int = 0
) -> subprocess.CompletedProcess[str]:
    variables = site.variables | ({"KUBECONFIG": str(who)} if who is not None else {})
    command = [MODELWAY, "stop", model, "--env", "halting", "--environments", str(site.environments), *options]
    if "--key" not in options:
        command += ["--key", str(keys.folder / "edwards.pem")]
    done = subprocess.run(command, cwd=keys.folder, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == code, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def route(site: Site) -> Any:
    return site.kubectl("get", "httproute", MODEL, "-n", "wards", "--show-managed-fields")


def shares(found: Any) -> list[list[tuple[str, int]]]:
    return [[(one["name"], one["weight"]) for one in rule.get("backendRefs", [])] for rule in found["spec"]["rules"]]


def owner(found: Any) -> list[str]:
    return [
        one["manager"].partition("-")[0] for one in found["metadata"]["managedFields"] if "f:rules" in one["fieldsV1"].get("f:spec", {})
    ]


def wait_until(true: Callable[[], bool]) -> None:
    """The controller of endpoints needs a moment."""
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end
        time.sleep(0.2)


LIVE, TRIED = f"{MODEL}-v2026-10-0", f"{MODEL}-v2026-11-0"


def test_a_drill_changes_nothing_and_is_timed(site: Site, keys: Keys, overseer: Path) -> None:
    before = route(site)
    stop(site, keys, "--drill", "--within", "60", "--reason", "Drill of November.", who=overseer)
    after = route(site)
    assert after["spec"] == before["spec"]
    assert owner(after) == owner(before) == ["pulumi"]
    (drilled,) = [one for _, one in STOP.all_in(opened(str(keys.folder / "ledger"), PROJECT, keys.trusted))]
    assert drilled.drill
    assert drilled.resumed_seconds is not None
    assert 0 < drilled.seconds < 60
    assert drilled.after == {"2026.10.0": 100}
    # The engine sees none of it.
    site.is_settled()


def test_overseers_can_stop_and_nothing_else(site: Site, cloud: Cloud, overseer: Path) -> None:
    def may(verb: str, what: str, namespace: str = "wards") -> bool:
        return cloud.kubectl("auth", "can-i", verb, what, "-n", namespace, check=False, kubeconfig=overseer).stdout.strip() == "yes"

    assert may("patch", f"httproutes.gateway.networking.k8s.io/{MODEL}")
    assert may("patch", "services/co2-forecast", "labs")
    for verb in ("get", "list", "create", "update", "patch", "delete"):
        for what in ("secrets", "pods", "deployments", "roles", f"services/{LIVE}", "httproutes.gateway.networking.k8s.io/another"):
            assert not may(verb, what) or (verb, what) == ("list", f"services/{LIVE}")
    assert not may("delete", f"httproutes.gateway.networking.k8s.io/{MODEL}")
    assert not may("patch", f"httproutes.gateway.networking.k8s.io/{MODEL}", "labs")


def test_its_fallback_answers_at_once(site: Site, keys: Keys, overseer: Path) -> None:
    said = stop(site, keys, "--reason", "It sees what is not there.", "--json", who=overseer)
    told = json.loads(said.stdout)
    assert (told["before"], told["after"]) == ({"2026.10.0": 90, "2026.11.0": 10}, {"2026.10.0": 100})
    assert "on-call@example.com" in said.stderr
    assert shares(route(site)) == [[(LIVE, 100)]]
    assert owner(route(site)) == ["modelway"]
    ledger = opened(str(keys.folder / "ledger"), PROJECT, keys.trusted)
    stopped = in_force(list(ledger.entries()), "halting", MODEL, keys.trusted)
    assert stopped is not None
    assert stopped.reason == "It sees what is not there."


def test_a_drill_of_what_is_stopped_is_refused(site: Site, keys: Keys) -> None:
    assert "stopped already" in stop(site, keys, "--drill", code=4).stderr
    assert shares(route(site)) == [[(LIVE, 100)]]


def test_up_does_not_start_it_again(site: Site, keys: Keys) -> None:
    # What Pulumi believes to be there has not changed.
    site.up()
    assert shares(route(site)) == [[(LIVE, 100)]]
    # A release of it is told of the stop, and refused by the API server where no gate refuses it.
    write(site.environments, canary=20)
    said = site.ended(MODELWAY, "up", "halting", "--yes", "--environments", str(site.environments), code=1)
    assert 'conflict with "modelway-stop"' in said.stdout + said.stderr
    assert "It sees what is not there." in said.stdout + said.stderr
    assert shares(route(site)) == [[(LIVE, 100)]]
    gates = json.loads(site.run(MODELWAY, "gates", "halting", "--json", "--environments", str(site.environments)))["gates"]
    (gate,) = [one for one in gates if (one["gate"], one["model"]) == ("stop", MODEL)]
    assert gate["outcome"] == "missing"


def test_what_lasts_is_no_conflict(site: Site, keys: Keys) -> None:
    write(site.environments, canary=20, more='pin: "2026.10.0"\n')
    site.up()
    assert shares(route(site)) == [[(LIVE, 100)]]
    gates = json.loads(site.run(MODELWAY, "gates", "halting", "--json", "--environments", str(site.environments)))["gates"]
    (gate,) = [one for one in gates if (one["gate"], one["model"]) == ("stop", MODEL)]
    assert gate["outcome"] == "passed"


def test_resumed_it_is_pulumis_again_and_never_leads_to_what_is_gone(site: Site, keys: Keys) -> None:
    # The canary's Service went with the pin; what was there before the stop named it.
    said = stop(site, keys, "--resume", "--reason", "It was the lens.")
    assert f"{TRIED} is gone" in said.stderr
    assert shares(route(site)) == [[(LIVE, 100)]]
    assert owner(route(site)) == ["pulumi"]
    write(site.environments, canary=20)
    site.up()
    assert shares(route(site)) == [[(LIVE, 80), (TRIED, 20)]]
    ledger = opened(str(keys.folder / "ledger"), PROJECT, keys.trusted)
    assert in_force(list(ledger.entries()), "halting", MODEL, keys.trusted) is None
    assert [one.reason for _, one in RESUME.all_in(ledger)] == ["It was the lens."]


def test_nobody_answers_and_back(site: Site, keys: Keys) -> None:
    stop(site, keys, "--nobody")
    assert shares(route(site)) == [[]]
    assert route(site)["spec"]["rules"][0]["matches"][0]["path"]["value"] == f"/v2/models/{MODEL}"
    stop(site, keys, "--resume")
    assert shares(route(site)) == [[(LIVE, 80), (TRIED, 20)]]
    site.is_settled()


def test_the_address_in_the_cluster_leads_nowhere_either(site: Site, keys: Keys, overseer: Path) -> None:
    def addresses() -> list[Any]:
        slices = site.kubectl("get", "endpointslices", "-n", "labs", "-l", "kubernetes.io/service-name=co2-forecast")["items"]
        return [one for each in slices for one in each.get("endpoints") or []]

    assert addresses()
    stop(site, keys, "--nobody", model="co2-forecast", who=overseer)
    service = site.kubectl("get", "service", "co2-forecast", "-n", "labs")
    assert "modelway.dev/stopped" in service["spec"]["selector"]
    wait_until(lambda: not addresses())
    stop(site, keys, "--resume", model="co2-forecast")
    wait_until(lambda: bool(addresses()))


def test_without_a_ledger_it_is_stopped_and_the_record_is_kept(site: Site, keys: Keys, tmp_path: Path) -> None:
    shutil.move(keys.folder / "ledger", tmp_path / "away")
    kept = tmp_path / "kept.json"
    said = stop(site, keys, "--record", str(kept), code=1)
    assert shares(route(site)) == [[(LIVE, 100)]]
    assert "there is no ledger here" in said.stderr
    shutil.move(tmp_path / "away", keys.folder / "ledger")
    assert "is recorded: entry" in stop(site, keys, "--add", str(kept)).stdout
    ledger = opened(str(keys.folder / "ledger"), PROJECT, keys.trusted)
    assert in_force(list(ledger.entries()), "halting", MODEL, keys.trusted) is not None
    stop(site, keys, "--resume")


def test_files_that_are_wrong_do_not_keep_it_running(site: Site, keys: Keys, tmp_path: Path) -> None:
    file = site.environments / "halting" / "environment.yaml"
    right = file.read_text("utf-8")
    file.write_text("environment: [", "utf-8")
    try:
        assert "--context CONTEXT --namespace NAMESPACE" in stop(site, keys, code=1).stderr
        stop(site, keys, "--context", "modelway-local", "--namespace", "wards", "--record", str(tmp_path / "kept.json"))
        assert shares(route(site)) == [[]]
    finally:
        file.write_text(right, "utf-8")
    stop(site, keys, "--add", str(tmp_path / "kept.json"))
    stop(site, keys, "--resume")
    assert shares(route(site)) == [[(LIVE, 80), (TRIED, 20)]]


def retire(site: Site, keys: Keys, code: int = 0) -> Any:
    command = [MODELWAY, "retire", "co2-forecast", "--env", "halting", "--environments", str(site.environments), "--json"]
    command += ["--key", str(keys.folder / "edwards.pem"), "--output", str(keys.folder / "retired")]
    done = subprocess.run(command, cwd=ROOT, env=site.variables, capture_output=True, text=True, check=False)
    assert done.returncode == code, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
    return json.loads(done.stdout) if code == 0 else done.stderr


def test_a_model_is_retired_in_two_steps_each_with_a_record(site: Site, keys: Keys) -> None:
    file = site.environments / "halting" / "models" / "co2-forecast.yaml"
    assert "`presence: retired`" in retire(site, keys, 4)
    file.write_text(file.read_text("utf-8") + "presence: retired\n", "utf-8")
    assert "run `modelway up halting`" in retire(site, keys, 4)
    bucket = site.outputs()["registry"]["bucket"]
    site.aws("s3").put_object(Bucket=bucket, Key="co2-forecast/1/model.json", Body=b"weights")
    site.up()
    first = retire(site, keys)
    assert first["step"] == "retired"
    assert first["described"]["owner"] == "climate-ml@example.com"
    assert f"s3://{bucket}/co2-forecast/: 1 version of objects, 7 bytes" in first["left"]
    assert "repository halting/co2-forecast: 0 images" in first["left"]
    assert not [line for line in first["left"] if line.startswith("cluster")]
    assert {one["urn"].rpartition("::")[2] for one in first["resources"]} >= {"registry-co2-forecast"}
    file.unlink()
    assert "run `modelway up halting`" in retire(site, keys, 4)
    site.up()
    last = retire(site, keys)
    assert (last["step"], last["resources"]) == ("removed", [])
    assert last["described"] == first["described"]
    assert last["left"] == [f"s3://{bucket}/co2-forecast/: 1 version of objects, 7 bytes"]
    ledger = opened(str(keys.folder / "ledger"), PROJECT, keys.trusted)
    assert [one.step for _, one in RETIREMENT.all_in(ledger)] == ["retired", "removed"]
    written = (keys.folder / "retired" / "halting-co2-forecast.json").read_bytes()
    assert [one.snapshot_sha256 for _, one in RETIREMENT.all_in(ledger)][-1] == hashlib.sha256(written).hexdigest()
    assert not ledger.verify().faults
