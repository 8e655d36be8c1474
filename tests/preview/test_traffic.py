"""Endpoints before and after, and what is found in their change: every case is a file."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from components.endpoint.kubernetes import KubernetesEndpoint, KubernetesEndpointArgs, ServedVersionArgs
from components.endpoint.sagemaker import SageMakerEndpoint, SageMakerEndpointArgs, VariantArgs
from modelway.preview.changeset import Endpoint, Finding, Route
from modelway.preview.traffic import Traffic
from tests.support import changes
from tests.support.engine import run

CASES = Path(__file__).parent / "cases" / "traffic"

LIVE, CANARY, SHADOW = "2026.10.0", "2026.11.0", "2026.12.0"
_TYPES = (
    *("HTTPRoute", "Service", "Deployment", "HorizontalPodAutoscaler"),
    *("EndpointConfiguration", "Endpoint", "Model", "Target"),
)


def _version(name: str, weight: int, **more: object) -> ServedVersionArgs:
    digit = {LIVE: "a", CANARY: "b", SHADOW: "c"}[name]
    given = ServedVersionArgs(
        image=f"host/churn@sha256:{digit * 64}",
        weights_uri=f"s3://store/churn/{name}/m.json",
        weights_sha256=f"{digit}1" * 32,
        weight=weight,
    )
    return ServedVersionArgs(**{**given, **more})  # type: ignore[typeddict-item]


def _on_kubernetes() -> None:
    args = KubernetesEndpointArgs(
        model="churn",
        team="risk",
        namespace="risk",
        gateway_name="models",
        gateway_namespace="gateway-system",
        monitoring_namespace="monitoring",
        versions={LIVE: _version(LIVE, 90), CANARY: _version(CANARY, 10), SHADOW: _version(SHADOW, 0, mirror=50)},
        cpu_millicores=1500,
        memory_bytes=2 * 1024**3,
        min_replicas=2,
        max_replicas=10,
    )
    KubernetesEndpoint("churn", args)


def _variant(name: str, role: str, weight: int) -> VariantArgs:
    digit = {LIVE: "a", CANARY: "b", SHADOW: "c"}[name]
    return VariantArgs(
        variant=role,
        image=f"222222222222.dkr.ecr.eu-west-1.amazonaws.com/dev/churn@sha256:{digit * 64}",
        weights_bucket="store",
        weights_key=f"churn/{name}/model.json",
        weights_sha256=f"{digit}1" * 32,
        weight=weight,
    )


def _on_sagemaker() -> None:
    args = SageMakerEndpointArgs(
        model="churn",
        endpoint_name="dev-churn",
        account="222222222222",
        region="eu-west-1",
        instance_type="ml.m7i.large",
        min_replicas=4,
        max_replicas=10,
        targets={"cpu": 60},
        versions={LIVE: _variant(LIVE, "live", 90), CANARY: _variant(CANARY, "canary", 10)},
        key_arn="arn:aws:kms:eu-west-1:222222222222:key/k",
        latency_p99_seconds=0.2,
        error_rate=0.01,
        rollout={"kind": "canary", "percent": 25, "wait_seconds": 600, "bake_seconds": 300},
    )
    SageMakerEndpoint("churn", args)


PROGRAMS = {"gateway": _on_kubernetes, "sagemaker": _on_sagemaker}


def from_components(name: str) -> list[changes.Described]:
    return changes.recorded(run(PROGRAMS[name]), _TYPES)


def base(name: str) -> dict[str, changes.Described]:
    file = CASES / "bases" / f"{name}.json"
    found = json.loads(file.read_text("utf-8")) if file.exists() else changes.read_yaml(file.with_suffix(".yaml"))
    return changes.short(found)


def cases() -> list[Any]:
    found = []
    for file in sorted(CASES.glob("*.yaml")):
        for case in changes.read_yaml(file):
            found.append(pytest.param(case, id=f"{file.stem}: {case['it']}"))
    return found


def traced(case: dict[str, Any]) -> tuple[Traffic, tuple[Endpoint, ...]]:
    there = base(case["base"])
    traffic = Traffic("dev")
    for asked in case.get("steps", []):
        traffic.see(changes.step(there, asked))
    if case.get("state", True):
        new = {asked["of"] for asked in case.get("steps", []) if asked["op"] == "create" and "at" not in asked}
        for name, described in there.items():
            if name not in new and name not in case.get("without", []):
                traffic.know(changes.resource(described))
        traffic.complete()
    return traffic, traffic.endpoints(None, None)


def row(route: Route) -> str:
    """A row in short: `2026.10.0 90% 2-10`."""
    share = f"copies {route.mirror:g}%" if route.mirror else "?" if route.percent is None else f"{route.percent:g}%"
    replicas = (
        ""
        if route.least is route.most is None
        else f" {'?' if route.least is None else route.least}-{'' if route.most is None else route.most}"
    )
    return f"{route.version} {share}{f' if {route.matches}' if route.matches else ''}{replicas}"


@pytest.mark.parametrize("case", cases())
def test_case(case: dict[str, Any]) -> None:
    traffic, endpoints = traced(case)
    findings = traffic.findings()
    assert sorted(finding.rule for finding in findings) == sorted(case.get("finds", [])), [msgspec.to_builtins(one) for one in findings]
    for finding in findings:
        _is_readable(finding)
    if "risk" in case:
        assert {finding.risk for finding in findings if finding.rule != "traffic-moved"} == {case["risk"]}
    for text in case.get("says", []):
        assert any(text in str(msgspec.to_builtins(finding)) for finding in findings), [msgspec.to_builtins(one) for one in findings]
    if "blocks" in case:
        assert any(finding.blocks for finding in findings) == case["blocks"]
    for name, sides in case.get("endpoints", {}).items():
        (endpoint,) = [one for one in endpoints if one.name == name]
        for side, expected in sides.items():
            found = getattr(endpoint, side)
            assert ([row(route) for route in found] if side in ("before", "after") else found) == expected
    for text in case.get("gaps", []):
        assert any(text in gap.what for gap in traffic.gaps()), traffic.gaps()
    if "finds" not in case and "gaps" not in case:
        assert not traffic.gaps()


def _is_readable(finding: Finding) -> None:
    assert finding.stack == "dev"
    assert finding.subject
    assert finding.what.endswith(".")
    assert finding.why
    if finding.risk != "review":
        assert finding.breaks.endswith(".")
    assert finding.avoid
    assert "04da6b54" not in str(msgspec.to_builtins(finding)), "the engine's sign for an unknown value is nothing for people"


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_bases_are_what_the_components_make(name: str) -> None:
    file = CASES / "bases" / f"{name}.json"
    assert json.loads(file.read_text("utf-8")) == from_components(name)
