"""A model that says everything of itself that it can, in an environment of its own, whose texts a test chooses."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from modelway.architecture import Environment, load

MODEL, LIVE, TRIED, OLD = "credit-risk", "2026.11.1", "2026.12.0", "2026.10.0"
CONTRACT = "contracts/credit-risk.yaml"
OWNER, VALIDATOR = "risk-ml@example.com", "model-validation@example.com"

HOSTILE = (
    "<script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "{{ 7 * 7 }} {% raw %} ${x}",
    "@everyone #1 !2 https://evil.example ![](https://evil.example/x.png) [x](javascript:alert(1))",
    "| a | b | `code` ``` ~~~ <!-- --> &lt;b&gt; \\",
    "# heading",
    "- item",
    "1. item",
    "/merge",
    "--- title: x ---",
    "\u202egpj.exe \u200b \u2066 \ufeff",
    "=cmd|' /C calc'!A0",
    "%00 %zz 100% s3://a b#c#d[e]",
)
lines = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\u2028\u2029"), min_size=1, max_size=60),
).map(lambda text: f"x{text}" if not text.strip() else text)
"""One line of text, as a field of that kind may hold it."""


def made(folder: Path, text: Callable[[str], str] = str, **changes: object) -> Environment:
    """The environment `dev`, from files in the folder. `text` makes each free text of the model out of a plain one; `changes` are to the
    model's file."""
    write(folder, "Pulumi.yaml", "name: modelway\nruntime: python\n")
    write(folder, CONTRACT, json.dumps(contract()))
    write(folder, "environments/base/environment.yaml", json.dumps({"owner": "ml-platform@example.com"}))
    write(folder, "environments/dev/environment.yaml", json.dumps(environment()))
    write(folder, f"environments/dev/models/{MODEL}.yaml", _escaped({**model(text), **changes}))
    return load(folder / "environments", "dev", folder)


def _escaped(value: object) -> str:
    """As JSON in which YAML finds the same characters: it takes those that nobody sees as escapes alone, and no pairs of surrogates."""
    text = json.dumps(value, ensure_ascii=False)
    return "".join(one if one.isascii() or ord(one) > 0xFFFF else f"\\u{ord(one):04x}" for one in text)


def write(folder: Path, name: str, content: str) -> Path:
    """The file, with its folders."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content, "utf-8")
    return file


def environment() -> dict[str, Any]:
    return {
        "environment": "dev",
        "tier": "development",
        "aws": {"account": "222222222222", "region": "eu-west-1"},
        "clusters": {"main": {"kind": "existing", "context": "main", "gateway": {"kind": "managed", "class": "envoy"}}},
        "governance": {"tiers": {"high": {"approvers": 2}}},
    }


def contract() -> dict[str, Any]:
    inputs = [{"name": name, "datatype": "FP64", "shape": [-1]} for name in ("income", "debt")]
    return {
        "signature": {"inputs": inputs, "outputs": [{"name": "probability", "datatype": "FP64", "shape": [-1]}]},
        "expectations": {
            "income": {"range": [0, None]},
            "age_band": {"type": "text", "values": ["young", "old"], "shown": True},
            "repaid": {"type": "integer", "values": [0, 1]},
        },
        "metrics": [
            {"name": "roc_auc", "direction": "higher", "minimum": 0.8, "reference": 0.83},
            {"name": "log_loss", "direction": "lower", "maximum": 0.5},
            {"name": "recall", "direction": "higher", "minimum": 0.7},
        ],
        "sample": {"inputs": [{"name": name, "datatype": "FP64", "shape": [1], "data": [1.5]} for name in ("income", "debt")]},
    }


def model(text: Callable[[str], str] = str) -> dict[str, Any]:
    """The model's file."""
    return {
        "model": MODEL,
        "team": "risk",
        "owner": OWNER,
        "description": text("Says how likely a loan is not paid back."),
        "risk_tier": "high",
        "versions": {LIVE: version("1", text), TRIED: version("2", text), OLD: bare("3")},
        "endpoint": {
            "runtime": {"kind": "kubernetes"},
            "resources": {"cpu": "1", "memory": "1Gi"},
            "scaling": {"min": 2, "max": 4, "target": {"cpu": "70%"}},
            "traffic": {"live": LIVE, "canary": {"version": TRIED, "percent": 10}},
            "slo": {"latency_p99": "200ms", "availability": "99.9%", "error_rate": "1%"},
        },
        "governance": governance(text),
    }


def bare(digit: str) -> dict[str, Any]:
    """A version that says nothing of itself but what it is."""
    return {
        "image": f"{MODEL}@sha256:{digit * 64}",
        "weights": f"{MODEL}/{digit}/model.ubj@sha256:{digit * 64}",
        "contract": CONTRACT,
    }


def version(digit: str, text: Callable[[str], str] = str) -> dict[str, Any]:
    return {
        **bare(digit),
        "framework": "xgboost 3.1.1",
        "baseline": f"{MODEL}/{digit}/baseline.json@sha256:{'ba' * 32}",
        "training": {
            "run": f"mlflow:{digit * 32}",
            "commit": digit * 40,
            "data": [
                {
                    "name": text("loans-2024"),
                    "part": part,
                    "sha256": pair * 32,
                    "source": text("s3://acme-data/loans/2024.parquet"),
                    "rows": 1398,
                    "license": text("CC-BY-4.0 OR MIT"),
                }
                for part, pair in (("training", "d4"), ("validation", "d5"))
            ],
        },
        "evaluation": {
            "metrics": {"roc_auc": 0.8512, "log_loss": 0.6, "extra_metric": 3},
            "gaps": [{"group": "age_band", "metric": "recall", "gap": 0.04}],
            "by": VALIDATOR,
            "day": "2026-11-02",
            "tool": text("scikit-learn 1.9.1"),
            "report": f"{MODEL}/{digit}/evaluation.html@sha256:{'e5' * 32}",
        },
    }


def governance(text: Callable[[str], str] = str) -> dict[str, Any]:
    return {
        "intended_use": text("Puts loans in the order in which people look at them."),
        "prohibited_use": text("Refuses a loan without a person."),
        "affected_groups": [text("people who apply for a loan")],
        "approvers": ["risk-office@example.com", "head-of-risk@example.com"],
        "reviewed": "2026-10-01",
        "review_by": "2027-03-31",
        "data_provenance": [
            {"name": text("Bureau scores"), "source": text("a vendor"), "until": "2026-01-31", "license": text("Bought")},
        ],
        "incident_contact": "risk-on-call@example.com",
        "system": "credit-decisions",
        "legal_basis": [text("EU AI Act, Annex III 5(b)")],
        "limits": [text("Says nothing of people who never had a loan.")],
        "feedback": text("https://example.com/decisions/appeal"),
        "roles": {"accountable": "head-of-risk@example.com", "overseer": "risk-desk@example.com"},
        "human_oversight": {"mode": "on_the_loop", "escalation": "risk-on-call@example.com", "fallback": OLD},
        "decommission": {"retain_days": 365, "dependents": [text("loan desk")], "alternative": text("People decide by the handbook.")},
        "third_party": [
            {"name": text(f"a {kind}"), "kind": kind, "version": text("1.0"), "license": text("Apache-2.0"), "sha256": "f6" * 32}
            for kind in ("base_model", "dataset", "library", "service")
        ],
        "unmeasured": [{"risk": text("People learn what it looks at."), "reason": text("Seen only over years.")}],
        "exceptions": [
            {"rule": "parity", "reason": text("Labels come next year."), "owner": "risk-office@example.com", "expires": "2027-01-31"}
        ],
    }


def watched(parity: bool = True) -> Mapping[str, Any]:
    """What is watched of it, for the model's file."""
    labels = {"labels": {"source": "s3://acme-labels/credit-risk/", "delay": "30d"}}
    compared = {"parity": {"group": "age_band", "metric": "recall", "gap": 0.1}} if parity else {}
    return {"window": "1h", "data": {}, **labels, "concept": {"metric": "roc_auc", "drop": 0.03}, **compared}
