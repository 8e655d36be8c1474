"""Release records for tests."""

from modelway.governance.record import Approval, Found, Model, Record, Share, Toolchain

A, B, C = "a" * 64, "b" * 64, "c" * 64


def made_share(version: str = "2026.11.1", percent: int = 100, copied: int = 0, **other: object) -> Share:
    """A version that is live as it is described."""
    said: dict[str, object] = {
        "image": f"credit-risk@sha256:{A}",
        "weights": f"credit-risk/{version}/model.ubj@sha256:{B}",
        "contract": "contracts/credit-risk.yaml",
        "contract_sha256": C,
        "baseline": None,
        "header": None,
        "metrics": {"roc_auc": 0.83},
        "found": Found(f"sha256:{A}", B, percent, copied),
    }
    return Share(version=version, percent=percent, copied=copied, **(said | other))  # type: ignore[arg-type]


def made_model(*versions: Share, name: str = "credit-risk") -> Model:
    """A model that is served."""
    return Model(name, "risk-ml@example.com", "high", "served", ["Loans of 2024, warehouse.loans"], list(versions or [made_share()]))


def made_record(stack: str = "prod-models", released: str = "2026-03-14T09:00:00.000000Z", **other: object) -> Record:
    """A release of a stack."""
    said: dict[str, object] = {
        "project": "modelway",
        "environment": "prod",
        "tier": "production",
        "recorded": "2026-11-01T00:00:00.000000Z",
        "commit": "0123456789abcdef0123456789abcdef01234567",
        "author": "dev@example.com",
        "folder": "stacks/environments",
        "resolved_sha256": A,
        "graph_sha256": B,
        "state_sha256": C,
        "resources": 35,
        "toolchain": Toolchain("3.250.0", "3.11.7", {"pulumi": "3.250.0"}, C),
        "models": [made_model()],
        "plan_sha256": None,
        "policy": None,
        "approvals": [Approval("head@example.com", "2026-03-13", "https://git.example.com/pulls/7")],
        "differences": [],
        "unknown": [],
    }
    return Record(stack=stack, released=released, **(said | other))  # type: ignore[arg-type]
