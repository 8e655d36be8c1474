"""What the job is told is what the environment says."""

from pathlib import Path

import pytest

from modelway.architecture import Environment, load
from modelway.monitoring.drift.watched import EventBridgeTold, Exported, GitHubTold, WebhookTold, read, written
from modelway.monitoring.watching import secret_variable, watched
from tests.architecture.test_cases import lay_out

BASELINES = {version: f"s3://store/{version}.json" for version in ("2026.11.1", "2026.12.0")}


@pytest.fixture
def described(tmp_path: Path) -> Environment:
    return load(lay_out("drift/looked-at.happy", tmp_path), "dev")


def test_it_says_what_the_files_say(described: Environment) -> None:
    exported = Exported(remote_write="http://prometheus:9090/api/v1/write")
    made = watched(described, "credit-risk", payloads="s3://p/", results="s3://r/", baselines=BASELINES, exported=exported)
    assert (made.environment, made.endpoint, made.team, made.tier, made.format) == ("dev", "credit-risk", "risk", "high", "kserve")
    assert (made.owner, made.live, made.payloads, made.results) == ("risk-ml@example.com", "2026.11.1", "s3://p/", "s3://r/")
    assert [(one.version, one.baseline, one.digest, one.variant) for one in made.versions] == [
        ("2026.11.1", "s3://store/2026.11.1.json", "d" * 64, None),
        ("2026.12.0", "s3://store/2026.12.0.json", "e" * 64, None),
    ]
    assert made.contract("2026.12.0") == described.contracts["contracts/credit-risk.yaml"]
    assert made.told == (
        EventBridgeTold("arn:aws:events:eu-west-1:222222222222:event-bus/ml"),
        WebhookTold(secret_variable(1)),
        GitHubTold("acme/models", secret_variable(2)),
    )
    assert made.exported == exported
    assert read(written(made), "watched.json") == made


def test_what_the_model_leaves_out_is_the_environments(described: Environment) -> None:
    made = watched(described, "credit-risk", payloads="p", results="r", baselines=BASELINES).described
    own = described.models["credit-risk"].drift
    assert own is not None
    assert (made.window, made.lateness, own.minimum_sample) == (own.window, own.lateness, None)
    assert made.minimum_sample == described.monitoring.drift.minimum_sample
    assert made.model_copy(update={"minimum_sample": None}) == own


def test_on_sagemaker_versions_have_variants(tmp_path: Path) -> None:
    environments = lay_out("sagemaker/drift-with-secrets.error", tmp_path)
    file = environments / "dev" / "environment.yaml"
    text = file.read_text("utf-8").replace("ghcr.io/acme", "222222222222.dkr.ecr.eu-west-1.amazonaws.com")
    file.write_text(text.replace("      - {kind: webhook, url: {secret: retraining-url}}\n", ""), "utf-8")
    described = load(environments, "dev")
    made = watched(described, "credit-risk", payloads="p", results="r", baselines=BASELINES)
    assert made.format == "sagemaker"
    assert {one.version: one.variant for one in made.versions} == {"2026.11.1": "live", "2026.12.0": "canary"}
    assert (str(made.described.window), str(made.described.lateness)) == (str(described.monitoring.drift.window), "15m")


def test_what_no_rule_lets_pass_is_no_file(described: Environment, tmp_path: Path) -> None:
    model = described.models["credit-risk"]
    nothing = described.model_copy(update={"models": {"credit-risk": model.model_copy(update={"drift": None})}})
    with pytest.raises(ValueError, match="nothing is watched of credit-risk"):
        watched(nothing, "credit-risk", payloads="p", results="r", baselines=BASELINES)
    versions = {name: version.model_copy(update={"baseline": None}) for name, version in model.versions.items()}
    bare = described.model_copy(update={"models": {"credit-risk": model.model_copy(update={"versions": versions})}})
    with pytest.raises(ValueError, match=r"version 2026\.11\.1 of credit-risk has no baseline"):
        watched(bare, "credit-risk", payloads="p", results="r", baselines=BASELINES)
