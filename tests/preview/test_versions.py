"""What the deletion of a version comes to: with its whole endpoint, after it was asked, and after nobody asked it any more."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from modelway.preview.assembling import assemble
from modelway.preview.changeset import Finding
from modelway.preview.sources import Sources
from scripts.recorded import cases, judged

PROVIDER = "urn:pulumi:prod::shop::pulumi:providers:kubernetes::main::1"


def kube(kind: str, name: str, spec: dict[str, Any], version: str = "") -> dict[str, Any]:
    urn = f"urn:pulumi:prod::shop::kubernetes:{kind}::{name}"
    labels = {"modelway.dev/model": "churn", **({"modelway.dev/version": version} if version else {})}
    inputs = {"metadata": {"name": name, "namespace": "risk", "labels": labels}, "spec": spec}
    return {"urn": urn, "type": f"kubernetes:{kind}", "custom": True, "id": name, "provider": PROVIDER, "inputs": inputs}


def version(name: str) -> list[dict[str, Any]]:
    labels = {"modelway.dev/model": "churn", "modelway.dev/version": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "model", "image": f"x@sha256:{name * 64}"}]}}
    return [
        kube("apps/v1:Deployment", f"churn-{name}", {"template": template}, name),
        kube("core/v1:Service", f"churn-{name}", {"selector": labels}, name),
    ]


def route(*shares: tuple[str, int], mirror: str = "") -> dict[str, Any]:
    filters = [{"type": "RequestMirror", "requestMirror": {"backendRef": {"name": f"churn-{mirror}"}}}] if mirror else []
    rule = {"backendRefs": [{"name": f"churn-{name}", "weight": weight} for name, weight in shares], "filters": filters}
    return kube("gateway.networking.k8s.io/v1:HTTPRoute", "churn", {"rules": [rule]})


def told(
    folder: Path,
    gone: list[dict[str, Any]],
    stays: list[dict[str, Any]],
    come: Sequence[dict[str, Any]] = (),
    updated: dict[str, Any] | None = None,
) -> list[Finding]:
    """`updated`: the route afterwards, where it is another."""
    steps = [{"op": "delete", "urn": one["urn"], "oldState": one} for one in gone]
    steps += [{"op": "create", "urn": one["urn"], "newState": one} for one in come]
    if updated:
        steps.append({"op": "update", "urn": updated["urn"], "oldState": stays[-1], "newState": updated})
    digest, state = folder / "digest.json", folder / "state.json"
    digest.write_text(json.dumps({"steps": steps, "changeSummary": {}}), "utf-8")
    state.write_text(json.dumps({"version": 3, "deployment": {"manifest": {}, "resources": [*gone, *stays]}}), "utf-8")
    return list(assemble([Sources(digest=digest, state=state)]).findings)


def risks(findings: list[Finding]) -> list[str]:
    return [one.risk for one in findings if one.rule == "version-deleted"]


@pytest.mark.parametrize(
    ("there", "risk"),
    [
        (route(("2", 100)), "review"),
        (route(("2", 100), ("1", 0)), "review"),
        (route(("2", 90), ("1", 10)), "traffic"),
        (route(("2", 100), mirror="1"), "traffic"),
    ],
    ids=["no share", "a share of 0", "a tenth", "copies"],
)
def test_a_version_that_nobody_asked_is_to_be_looked_at(there: dict[str, Any], risk: str, tmp_path: Path) -> None:
    assert risks(told(tmp_path, version("1"), [*version("2"), there], updated=route(("2", 100)))) == [risk]


def test_without_a_route_nobody_knows_who_asked(tmp_path: Path) -> None:
    assert risks(told(tmp_path, version("1"), version("2"))) == ["traffic"]


def test_of_an_endpoint_that_goes_it_is_said_once(tmp_path: Path) -> None:
    found = told(tmp_path, [*version("1"), route(("1", 100))], version("2"))
    assert not risks(found)
    assert [one.risk for one in found if one.rule == "traffic-endpoint-gone"] == ["disruptive"]


def test_the_next_version_is_no_other_name_of_the_last() -> None:
    [promoted] = cases(["model-promoted"])
    assert not [one.subject for one in judged(promoted).report.findings if one.rule == "renamed"]


def test_a_plain_workload_is_found_renamed_with_what_goes_with_it(tmp_path: Path) -> None:
    def plain(name: str) -> list[dict[str, Any]]:
        labels = {"app": "churn"}
        template = {"metadata": {"labels": {**labels, "part": name}}, "spec": {"containers": [{"name": "a", "image": "b"}]}}
        return [
            kube("apps/v1:Deployment", name, {"replicas": 1, "template": template}),
            kube("core/v1:Service", name, {"ports": [{"port": 80}], "selector": {**labels, "part": name}}),
        ]

    found = told(tmp_path, plain("first"), [], plain("second"))
    assert sorted(one.subject.split()[0] for one in found if one.rule == "renamed") == ["Deployment", "Service"]
