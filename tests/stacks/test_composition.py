"""The committed environments, whole, under mocks: which resources, in which stack, and what the stacks tell."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pulumi
import pytest

from modelway.architecture import load, names
from stacks.compose import Parts, compose, place
from tests.support.engine import Recorder, run

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = ROOT / "stacks" / "environments"
GOLDEN = Path(__file__).parent / "golden"


def program(parts: Parts | None = None) -> Callable[[], None]:
    def exported() -> None:
        environment, placed = place(pulumi.get_stack(), names(ENVIRONMENTS), lambda name: load(ENVIRONMENTS, name))
        for name, value in compose(environment, parts or placed).items():
            pulumi.export(name, value)

    return exported


@pytest.fixture(scope="module")
def stacks() -> dict[str, Recorder]:
    """Every stack of the committed environments that come with the project, models after their platform."""
    found = {name: run(program(), stack=name) for name in ("local", "dev")}
    found["dev-models"] = run(program(), stack="dev-models", references={"organization/modelway/dev": found["dev"].exports})
    return found


@pytest.mark.parametrize("stack", ["local", "dev", "dev-models"])
def test_the_tree_is_known(stacks: dict[str, Recorder], stack: str, request: pytest.FixtureRequest) -> None:
    found, file = stacks[stack].tree(), GOLDEN / f"{stack}.txt"
    if request.config.getoption("--snapshot-update", default=False):
        file.parent.mkdir(exist_ok=True)
        file.write_text(found, "utf-8")
    assert found == file.read_text("utf-8"), "a changed tree takes aliases and a line in CHANGELOG.md"


def test_one_stack_or_two_are_the_same_resources(stacks: dict[str, Recorder]) -> None:
    def made(recorder: Recorder) -> set[str]:
        return {resource.urn.partition("::modelway::")[2] for resource in recorder.resources if not resource.type.startswith("pulumi:")}

    assert made(run(program(Parts.PLATFORM | Parts.MODELS), stack="dev")) == made(stacks["dev"]) | made(stacks["dev-models"])
    assert not made(stacks["dev"]) & made(stacks["dev-models"])


def test_outputs_say_where_things_are(stacks: dict[str, Recorder]) -> None:
    platform, models = stacks["dev"].exports, stacks["dev-models"].exports
    assert platform["environment"] == "dev"
    assert platform["clusters"]["main"]["kind"] == "eks"
    assert platform["clusters"]["main"]["gateway"] == {"name": "models", "namespace": "gateway-system"}
    assert set(platform["registry"]["repositories"]) == set(load(ENVIRONMENTS, "dev").models)
    assert stacks["local"].exports.keys() | {"network"} == platform.keys() | models.keys()
    for endpoint in models["endpoints"].values():
        assert sum(endpoint["versions"].values()) == 100
        assert endpoint["url_path"] == f"/v2/models/{endpoint['route']}"


def test_pods_read_the_weights_that_their_version_pins(stacks: dict[str, Recorder]) -> None:
    bucket = stacks["dev"].exports["registry"]["bucket"]
    for deployment in stacks["dev-models"].of("Deployment"):
        (container,) = deployment.inputs["spec"]["template"]["spec"]["containers"]
        variables = {variable["name"]: variable["value"] for variable in container["env"]}
        assert variables["MODEL_URI"].startswith(f"s3://{bucket}/{variables['MODEL_NAME']}/{variables['MODEL_VERSION']}/")
        assert len(variables["MODEL_SHA256"]) == 64
        repository = stacks["dev"].exports["registry"]["repositories"][variables["MODEL_NAME"]]
        assert container["image"].startswith(f"{repository}@sha256:")
        annotations = deployment.inputs["spec"]["template"]["metadata"]["annotations"]
        assert annotations["modelway.dev/pod-identity-association"].startswith("a-")


def test_everything_lands_where_its_provider_leads(stacks: dict[str, Recorder]) -> None:
    for recorder in stacks.values():
        for resource in recorder.resources:
            package = resource.type.partition(":")[0]
            if package in ("aws", "kubernetes"):
                assert f"pulumi:providers:{package}::" in resource.provider, f"{resource.urn} uses a default provider"


def test_the_account_is_guarded_and_the_cluster_has_an_identifier(stacks: dict[str, Recorder]) -> None:
    aws = next(resource for resource in stacks["dev"].resources if resource.type == "pulumi:providers:aws").inputs
    # The SDK sends what a provider is configured with as JSON texts.
    assert json.loads(aws["allowedAccountIds"]) == ["222222222222"]
    assert json.loads(aws["defaultTags"])["tags"]["environment"] == "dev"
    for stack in ("dev", "dev-models"):
        kubernetes = next(resource for resource in stacks[stack].resources if resource.type == "pulumi:providers:kubernetes").inputs
        assert kubernetes["clusterIdentifier"] == "dev/main"
        command = json.loads(kubernetes["kubeconfig"])["users"][0]["user"]["exec"]
        assert [command["command"], *command["args"]] == ["modelway", "kube-token", "--cluster", "dev-main", "--region", "eu-west-1"]


@pytest.mark.parametrize(
    ("stack", "text"),
    [
        ("prood", r"stack prood: no such environment\. Known are: dev, local, prod, staging\."),
        ("local-models", r"environment local has layout single and is the one stack local\."),
        ("-models", r"no such environment"),
    ],
)
def test_a_stack_without_an_environment_is_refused(stack: str, text: str) -> None:
    with pytest.raises(pulumi.RunError, match=text):
        place(stack, names(ENVIRONMENTS), lambda name: load(ENVIRONMENTS, name))


def test_what_an_environment_does_not_need_is_not_loaded() -> None:
    code = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from tests.stacks.test_composition import program
from tests.support.engine import run
run(program(), stack="local")
needless = {{"pulumi_aws.ec2.vpc", "pulumi_aws.eks.cluster", "pulumi_kubernetes.core.v1.pod", "boto3"}}
print(sorted(needless & sys.modules.keys()))
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "[]\n", done.stderr


def test_the_program_reads_the_configured_folder(tmp_path: Path) -> None:
    recorder = main(tmp_path, stack="local", environments=str(ENVIRONMENTS))
    assert recorder.exports["environment"] == "local"


def test_what_is_pending_is_not_looked_at_again_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    waiting = asyncio.wait

    async def counted(pending: Any, **how: Any) -> Any:
        looked.append(len(pending))
        return await waiting(pending, **how)

    # The first run of a process makes its root, whose registration would be under way.
    run(lambda: None)
    monkeypatch.setattr(asyncio, "wait", counted)
    recorder = main(tmp_path, stack="local", environments=str(ENVIRONMENTS))
    assert sum(looked) < 5 * len(recorder.resources)


def test_a_fault_in_a_file_is_told_without_a_traceback(tmp_path: Path) -> None:
    for folder in ("base", "local"):
        (tmp_path / folder / "models").mkdir(parents=True)
        (tmp_path / folder / "environment.yaml").write_text("environment: local\nlayouts: single\n", "utf-8")
    with pytest.raises(pulumi.RunError, match="layouts"):
        main(tmp_path, stack="local", environments=str(tmp_path))


def main(tmp_path: Path, stack: str, environments: str) -> Any:
    """The program as the engine runs it."""
    from stacks import __main__ as entry

    async def whole() -> None:
        with patch.object(pulumi, "run") as entered:
            entry.main()
        (begun,) = entered.call_args.args
        for name, value in (await begun()).items():
            pulumi.export(name, value)

    path = list(sys.path)
    try:
        return run(whole, stack=stack, config={"environments": environments}, begun=False)
    finally:
        sys.path[:] = path
