"""Who may import whom: the table of docs/architecture.md, held against the code."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HOUSE = {"modelway", "components", "stacks", "policy", "localcloud", "toolchain", "scripts", "tests"}
PULUMI = {"pulumi", "pulumi_aws", "pulumi_kubernetes"}

# A rule is for the longest prefix that matches. `ours` and `theirs` are dotted prefixes of what may be imported besides the standard
# library.
RULES: dict[str, tuple[set[str], set[str]]] = {
    "modelway": ({"modelway.errors"}, set()),
    "modelway.__main__": ({"modelway.cli"}, set()),
    "modelway.architecture": (
        {"modelway.architecture", "modelway.errors", "modelway.redaction"},
        {"pydantic", "pydantic_core", "ruamel.yaml"},
    ),
    "modelway.contracts": ({"modelway.architecture", "modelway.contracts", "modelway.errors"}, {"duckdb"}),
    "modelway.redaction": ({"modelway.redaction"}, set()),
    "modelway.escaping": (set(), set()),
    "modelway.rules": ({"modelway.rules"}, set()),
    "modelway.rules.declared": ({"modelway.rules", "modelway.architecture.eks"}, set()),
    "modelway.preview": (
        {
            *("modelway.architecture", "modelway.contracts", "modelway.preview", "modelway.rules", "modelway.redaction"),
            *("modelway.escaping", "modelway.errors"),
        },
        {"jinja2", "markupsafe", "msgspec", "rich"},
    ),
    "modelway.monitoring": (
        {"modelway.architecture", "modelway.monitoring", "modelway.contracts", "modelway.errors"},
        {
            *(
                "jinja2",
                "markupsafe",
                "rich",
                "msgspec",
                "numpy",
                "scipy",
                "duckdb",
                "ibis",
                "pyarrow",
                "river",
                "prometheus_client",
                "cramjam",
            ),
            *("google.protobuf", "urllib3", "pydantic"),
        },
    ),
    "modelway.monitoring._aws": ({"modelway.errors", "modelway.monitoring"}, {"boto3", "botocore"}),
    "modelway.monitoring._aws_signing": ({"modelway.errors"}, {"boto3", "botocore"}),
    "modelway.monitoring._aws_events": ({"modelway.errors"}, {"boto3", "botocore"}),
    "modelway.governance": (
        {
            *("modelway.architecture", "modelway.contracts", "modelway.governance", "modelway.rules", "modelway.redaction"),
            *("modelway.escaping", "modelway.errors"),
        },
        {"msgspec", "jinja2", "markupsafe"},
    ),
    "modelway.governance.bill_of_materials": (
        {"modelway.architecture", "modelway.governance", "modelway.redaction", "modelway.errors"},
        {"msgspec", "cyclonedx", "packageurl"},
    ),
    "modelway.governance._aws": ({"modelway.governance"}, {"boto3", "botocore"}),
    "modelway.governance.ledger": ({"modelway.governance", "modelway.errors"}, {"cryptography"}),
    # It is copied to where there is nothing else.
    "modelway.governance.verifier": (set(), set()),
    "modelway.operations": (
        {
            *("modelway.architecture", "modelway.monitoring", "modelway.operations", "modelway.preview", "modelway.redaction"),
            *("modelway.rules", "modelway.escaping", "modelway.errors"),
        },
        {"kubernetes", "msgspec", "ruamel.yaml"},
    ),
    "modelway.operations._forge": ({"modelway.errors"}, {"urllib3"}),
    "modelway.operations.mlflow_runs": ({"modelway.errors"}, {"urllib3"}),
    # Events are made of what governance knows.
    "modelway.operations.openlineage_events": ({"modelway.governance.lineage", "modelway.errors"}, {"openlineage.client", "requests"}),
    # Kubernetes' client lets errors of its HTTP library through.
    "modelway.operations._cluster": ({"modelway.errors"}, {"kubernetes", "urllib3"}),
    "modelway.operations._aws": ({"modelway.errors"}, {"boto3", "botocore"}),
    "modelway.operations._aws_account": ({"modelway.operations"}, {"boto3", "botocore"}),
    "modelway.operations._aws_bootstrap": ({"modelway.operations"}, {"boto3", "botocore"}),
    "modelway.operations._aws_clearing": ({"modelway.operations"}, {"boto3", "botocore"}),
    "modelway.operations._aws_backend": ({"modelway.operations"}, {"boto3", "botocore"}),
    "modelway.operations._aws_grafana": ({"modelway.operations"}, {"boto3", "botocore"}),
    "modelway.operations._aws_runner": ({"modelway.operations"}, {"boto3", "botocore"}),
    "modelway.operations._aws_serving": ({"modelway.operations"}, {"boto3", "botocore"}),
    "modelway.operations._aws_left": ({"modelway.operations"}, {"boto3", "botocore"}),
    "modelway.operations._aws_stop": ({"modelway.operations"}, {"boto3", "botocore"}),
    "modelway.operations._aws_stored": ({"modelway.operations"}, {"boto3", "botocore"}),
    "modelway.operations._aws_lookup": ({"modelway.operations"}, {"boto3", "botocore"}),
    "modelway.operations._cluster_looking": ({"modelway.operations"}, set()),
    "modelway.operations._aws_looking": ({"modelway.operations"}, {"boto3", "botocore"}),
    # What it finds is what governance holds against a release.
    "modelway.operations.looking": (
        {"modelway.architecture", "modelway.governance", "modelway.operations", "modelway.redaction", "modelway.errors"},
        set(),
    ),
    "modelway.cli": ({"modelway"}, {"typer", "click", "rich"}),
    "modelway.cli.local": ({"modelway", "localcloud", "toolchain"}, {"typer", "click", "rich"}),
    "modelway.cli.doctor": ({"modelway", "toolchain"}, {"typer", "click", "rich"}),
    "components": ({"components"}, PULUMI),
    "stacks": ({"modelway.architecture", "modelway.errors", "components", "stacks"}, PULUMI),
    "stacks.gates": ({"modelway.architecture", "modelway.governance"}, PULUMI),
    # It stands in for the engine, whose messages it reads.
    "stacks.rendering": ({"modelway.architecture", "modelway.errors", "stacks"}, {*PULUMI, "google.protobuf"}),
    "stacks.arguments": ({"modelway", "stacks.arguments"}, set()),
    "policy": (
        {"modelway.architecture", "modelway.governance", "modelway.rules", "modelway.errors", "policy"},
        {"pulumi", "pulumi_policy"},
    ),
    "localcloud": (
        {"localcloud", "toolchain"},
        {
            *("boto3", "botocore", "moto", "werkzeug", "requests", "urllib3", "jmespath"),
            *("kubernetes", "grpc", "google.protobuf", "pulumi.runtime.proto"),
            *("cryptography", "psutil", "ruamel.yaml", "yaml"),
        },
    ),
    "toolchain": ({"toolchain"}, {"google.protobuf", "grpc", "pulumi.runtime.proto"}),
    # It asks an example model, whose folder is no package.
    "scripts.drift_demo": ({"modelway", "scripts"}, {"rich", "examples", "flights"}),
    "scripts": ({"modelway", "scripts", "localcloud", "toolchain"}, {"rich", "boto3", "botocore", "msgspec", "psutil"}),
}


def modules() -> list[Path]:
    return sorted(
        path for package in HOUSE - {"tests"} for path in (ROOT / package).rglob("*.py") if "go" not in path.relative_to(ROOT).parts
    )


def imports(tree: ast.Module) -> list[str]:
    """Dotted names a module imports when it runs; what stands under `if TYPE_CHECKING` is for the type checker alone."""
    typing_only = {
        id(node)
        for test in ast.walk(tree)
        if isinstance(test, ast.If) and "TYPE_CHECKING" in ast.dump(test.test)
        for node in ast.walk(test)
    }
    found = []
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def allowed(name: str, ours: set[str], theirs: set[str]) -> bool:
    top = name.split(".")[0]
    if top in sys.stdlib_module_names:
        return True
    return any(name == prefix or name.startswith(f"{prefix}.") for prefix in (ours if top in HOUSE else theirs))


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_follow_the_table(path: Path) -> None:
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    if module.startswith("components.") and module.split(".")[-1].startswith("_"):
        ours, theirs = {"components._"}, set()  # pure helpers
        names = [name for name in imports(ast.parse(path.read_text("utf-8"))) if not name.startswith("components.") or "._" not in name]
    else:
        rule = max((prefix for prefix in RULES if module == prefix or module.startswith(f"{prefix}.")), key=len)
        ours, theirs = RULES[rule]
        names = imports(ast.parse(path.read_text("utf-8")))
    refused = [name for name in names if not allowed(name, ours, theirs)]
    assert not refused, f"{module} may not import {', '.join(refused)}"


@pytest.mark.parametrize("folder", ["stacks", "scripts"])
def test_nothing_shadows_the_standard_library(folder: str) -> None:
    # The engine puts stacks/ first on the import path, for every dependency too.
    names = {path.stem for path in (ROOT / folder).iterdir() if not path.name.startswith((".", "__"))}
    assert not names & set(sys.stdlib_module_names)


def test_only_the_library_is_installed() -> None:
    import tomllib

    from setuptools import find_packages

    include = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["packages"]["find"]["include"]
    assert {name.split(".")[0] for name in find_packages(str(ROOT), include=include)} == {"modelway"}


def test_the_library_never_imports_pulumi() -> None:
    guilty = [
        path
        for path in (ROOT / "modelway").rglob("*.py")
        if any(name.split(".")[0] in PULUMI for name in imports(ast.parse(path.read_text("utf-8"))))
    ]
    assert not guilty
