"""A release is held against what the API server, the registry and the store of a running environment say, and not against the state alone.

A copy of the tree is a repository of its own, because a release is of a commit. The tests build on one another, in the order of the file.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.localcloud.conftest import Cloud
from tests.localcloud.environments import MODELWAY, ROOT
from tests.support.made_ledgers import PROJECT, made_keys

pytestmark = pytest.mark.localcloud

NAME, ACCOUNT, REGION, MODEL = "looked", "585858585858", "eu-west-1", "co2-forecast"
WEIGHTS = b"weights of a model that nothing runs"
SHA256 = hashlib.sha256(WEIGHTS).hexdigest()
CONFIG = b"{}"
BLOB = {
    "mediaType": "application/vnd.oci.image.config.v1+json",
    "digest": f"sha256:{hashlib.sha256(CONFIG).hexdigest()}",
    "size": len(CONFIG),
}
MANIFEST = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": BLOB, "layers": []})
DIGEST = hashlib.sha256(MANIFEST.encode()).hexdigest()
ENVIRONMENT = f"""
environment: {NAME}
tier: development
owner: ml-platform@example.com
aws: {{account: "{ACCOUNT}", region: {REGION}}}
clusters:
  main: {{kind: existing, context: modelway-local, gateway: {{kind: existing, name: none, namespace: nowhere}}}}
monitoring: {{namespace: {NAME}-monitoring}}
"""
DESCRIBED = f"""
model: {MODEL}
team: {NAME}-team
owner: climate@example.com
risk_tier: low
versions:
  "1":
    image: {MODEL}@sha256:{DIGEST}
    weights: {MODEL}/1/model.json@sha256:{SHA256}
    contract: examples/co2-forecast/contract.yaml
endpoint:
  resources: {{cpu: 100m, memory: 128Mi}}
  scaling: {{min: 1, max: 2, target: {{cpu: 70%}}}}
  slo: {{latency_p99: 500ms, availability: 99.5%, error_rate: 1%}}
  traffic: {{live: "1"}}
"""


@dataclass(frozen=True)
class Place:
    """A repository with one environment that is up."""

    folder: Path
    variables: dict[str, str]

    def run(self, *command: str, code: int = 0, **variables: str) -> str:
        done = subprocess.run(
            command, cwd=self.folder, env=self.variables | variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, f"{' '.join(command)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def release(self, *arguments: str, code: int = 0, **variables: str) -> str:
        return self.run(MODELWAY, "release", *arguments, code=code, **variables)

    def looked_at(self, code: int, **variables: str) -> dict[str, Any]:
        """What `verify --live` says of the one release."""
        (one,) = json.loads(self.release("verify", "--live", "--json", code=code, **variables))["looked_at"]
        return dict(one)

    def git(self, *arguments: str) -> None:
        self.run("git", "-c", "user.name=t", "-c", "user.email=dev@example.com", "-c", "commit.gpgsign=false", *arguments)

    def aws(self, service: str) -> Any:
        named = {name: self.variables[f"AWS_{name.upper()}"] for name in ("access_key_id", "secret_access_key", "session_token")}
        credentials = {f"aws_{name}": value for name, value in named.items()}
        return boto3.client(service, region_name=REGION, endpoint_url=self.variables["AWS_ENDPOINT_URL"], **credentials)

    def kubectl(self, *arguments: str) -> None:
        self.run("kubectl", "--namespace", f"{NAME}-team", *arguments)


@pytest.fixture(scope="module")
def place(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    root = tmp_path_factory.mktemp("looked")
    folder = root / "repository"
    for name in ("components", "examples", "modelway", "stacks"):
        left_out = shutil.ignore_patterns("__pycache__", "*.parquet", "*.csv", "environments", "config")
        shutil.copytree(ROOT / name, folder / name, ignore=left_out)
    for name in ("Pulumi.yaml", "requirements.lock", ".gitignore"):
        shutil.copy(ROOT / name, folder / name)
    models = folder / "stacks" / "environments" / NAME / "models"
    for made in (models, folder / "stacks" / "environments" / "base", folder / "stacks" / "config", root / "state"):
        made.mkdir(parents=True)
    (models.parent / "environment.yaml").write_text(ENVIRONMENT, "utf-8")
    (models / f"{MODEL}.yaml").write_text(DESCRIBED, "utf-8")
    (folder / ".venv").symlink_to(sys.prefix)
    keys = made_keys(root)
    listed = root / "keys.json"
    told = json.loads(listed.read_text("utf-8"))["keys"]
    listed.write_text(json.dumps({"keys": [key for key in told if key["project"] == PROJECT]}), "utf-8")
    cleared = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PULUMI_", "PYTHONPATH", "MODELWAY_"))}
    variables = cleared | cloud.environment(ACCOUNT, REGION) | {"PULUMI_BACKEND_URL": (root / "state").as_uri()}
    del variables["PULUMI_OPTION_CWD"]
    variables |= {"MODELWAY_LEDGER": str(root / "ledger"), "MODELWAY_LEDGER_KEYS": str(listed)}
    variables["MODELWAY_LEDGER_KEY"] = str(keys.folder / "edwards.pem")
    place = Place(folder, variables)
    place.git("init", "--quiet")
    (folder / ".git" / "info" / "exclude").write_text(".venv\n", "utf-8")
    place.run("pulumi", "stack", "init", NAME, "--no-select")
    place.git("add", "--all")
    place.git("commit", "--quiet", "--message", "First")
    yield place
    place.run(MODELWAY, "destroy", NAME, "--yes")


def test_a_record_holds_what_cluster_registry_and_store_say(place: Place) -> None:
    place.run(MODELWAY, "up", NAME, "--yes")
    outputs = json.loads(place.run("pulumi", "stack", "output", "--json", "--stack", NAME))["registry"]
    host, _, repository = outputs["repositories"][MODEL].partition("/")
    ecr = place.aws("ecr")
    upload = ecr.initiate_layer_upload(repositoryName=repository)["uploadId"]
    ecr.upload_layer_part(repositoryName=repository, uploadId=upload, partFirstByte=0, partLastByte=len(CONFIG) - 1, layerPartBlob=CONFIG)
    ecr.complete_layer_upload(repositoryName=repository, uploadId=upload, layerDigests=[BLOB["digest"]])
    ecr.put_image(repositoryName=repository, imageManifest=MANIFEST, imageDigest=f"sha256:{DIGEST}", imageTag="1")
    place.aws("s3").put_object(Bucket=outputs["bucket"], Key=f"{MODEL}/1/model.json", Body=WEIGHTS, ChecksumAlgorithm="SHA256")
    place.release("record", NAME, "--live", "--begin")
    record = json.loads(place.release("show", NAME, "--json"))["record"]
    assert (record["version"], record["differences"]) == (2, [])
    assert record["look"]["asked"] == [f"bucket {outputs['bucket']}", f"cluster main, namespace {NAME}-team", f"registry {host}"]
    assert record["look"]["unknown"] == []
    ((version,),) = (model["versions"] for model in record["models"])
    assert version["seen"] == version["found"] == {"image": f"sha256:{DIGEST}", "weights": SHA256, "percent": 100, "copied": 0}
    assert place.looked_at(0)["differences"] == []
    assert "all that is there is what was released" in place.release("verify", "--live")


def test_what_somebody_changed_by_hand_is_named_though_the_state_knows_nothing_of_it(place: Place) -> None:
    of_version = f"modelway.dev/model={MODEL},modelway.dev/version=1"
    place.kubectl("set", "image", "deployment", "--selector", of_version, f"model=elsewhere/{MODEL}@sha256:{'e' * 64}")
    place.kubectl("patch", "httproute", MODEL, "--type=json", "-p", '[{"op": "remove", "path": "/spec/rules/0/backendRefs"}]')
    place.run("pulumi", "stack", "export", "--stack", NAME, "--file", str(place.folder.parent / "state.json"))
    assert "is what release 1 described" in place.release("verify", "--state", str(place.folder.parent / "state.json"))
    assert place.looked_at(1)["differences"] == [
        f"looked at: {MODEL} 1: image sha256:{DIGEST[:12]} is described, and sha256:eeeeeeeeeeee is live",
        f"looked at: {MODEL} 1: 100% of requests are described, and 0% are live",
    ]


def test_what_nobody_answers_is_not_known(place: Place, tmp_path: Path) -> None:
    nowhere = tmp_path / "kubeconfig"
    nowhere.write_text('{"apiVersion": "v1", "kind": "Config", "clusters": [], "contexts": [], "users": []}', "utf-8")
    seen = place.looked_at(3, KUBECONFIG=str(nowhere))
    assert seen["differences"] == []
    assert seen["unknown"][0].startswith(f"cluster main, namespace {NAME}-team could not be looked at")


def test_an_image_and_weights_that_are_gone_are_named(place: Place) -> None:
    bucket = json.loads(place.run("pulumi", "stack", "output", "--json", "--stack", NAME))["registry"]["bucket"]
    place.aws("s3").delete_object(Bucket=bucket, Key=f"{MODEL}/1/model.json")
    assert f"looked at: {MODEL} 1: weights: not at s3://{bucket}/{MODEL}/1/model.json any more" in place.looked_at(1)["differences"]
