"""Files to begin with: of a model, of an environment. Nothing that is there is written over."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from modelway.architecture import Environment, InvalidArchitecture, load, names
from modelway.architecture.faults import report
from modelway.architecture.folders import BASE, FILE, MODELS
from modelway.architecture.model import Model
from modelway.architecture.reading import read
from modelway.errors import ModelwayError


class InTheWay(ModelwayError):
    """What is to be written is there already."""


def teams_of(folder: Path, where: str, root: Path | None = None) -> list[str]:
    """Teams that have models in environment `where`, or with `base` in any. Raises InvalidArchitecture when one is not valid."""
    environments = [load(folder, each, root) for each in _concerned(folder, where)]
    return sorted({model.team for environment in environments for model in environment.models.values()})


def new_model(
    folder: Path, where: str, name: str, *, team: str, owner: str | None = None, root: Path | None = None
) -> tuple[Path, list[Environment]]:
    """The file of model `name` for environment `where`, or for all with `base`, and the environments that have it now; by default its owner
    is the environment's.

    Raises InvalidArchitecture when an environment concerned is not valid before, ModelwayError when it is not with the file; InTheWay.
    """
    concerned = _concerned(folder, where)
    environments = [load(folder, each, root) for each in concerned]
    for other in dict.fromkeys([where, BASE, *concerned]):
        there = folder / other / MODELS / f"{name}.yaml"
        if there.exists() or there.is_symlink():
            raise InTheWay(
                f"{os.path.relpath(there)} is there already: edit it. In another environment's file stands only what differs there."
            )
    file = folder / where / MODELS / f"{name}.yaml"
    clusters = list(dict.fromkeys(cluster for each in environments for cluster in each.clusters))
    _write(file, _editor_line(folder) + model_draft(name, where, team, owner or environments[0].owner, clusters))
    return file, _check(folder, concerned, root, file)


def _concerned(folder: Path, where: str) -> list[str]:
    """The environments that a file in `where` is for."""
    concerned = names(folder) if where == BASE else [where]
    if not concerned:
        raise ModelwayError(f"there is no environment in {folder}: `modelway new environment` begins one like another.")
    return concerned


def new_environment(
    folder: Path, name: str, like: str, *, account: str | None = None, root: Path | None = None
) -> tuple[Path, Environment, str]:
    """The folder of environment `name`, a copy of `like`'s with comments and all but its exceptions, what it has come to be, and the
    account of `like`.

    With `account`, every place that has the account of `like` gets that one. Raises as `new_model` does.
    """
    old = load(folder, like, root).aws.account
    made = folder / name
    if made.exists() or made.is_symlink():
        raise InTheWay(f"{os.path.relpath(made)} is there already: choose another name, or remove it.")
    source = folder / like
    for file in (source / FILE, *sorted((source / MODELS).glob("*.yaml"))):
        text = file.read_bytes().decode("utf-8")
        if file.name == FILE and file.parent == source:
            named = _renamed(file, text, name)
            text = _without_exceptions(file, named)
            first, rest = (found[0], text[found.end() :]) if (found := _EDITOR_LINE.match(text)) else ("", text)
            text = f"{first}# Begun as a copy of {like}{', without its exceptions' if text != named else ''}.\n{rest}"
        if account:
            text = re.sub(rf"(?<![0-9]){old}(?![0-9])", account, text)
        _write(made / file.relative_to(source), text)
    return made, _check(folder, [name], root, made)[0], old


def model_draft(name: str, where: str, team: str, owner: str, clusters: list[str]) -> str:
    """The text of a model's file: what it needs, and as comments what it may have."""
    about = Model.descriptions()
    several = len(clusters) > 1 and where != BASE
    cluster = f"{'' if several else '# '}cluster: {clusters[0]}"
    shown = [
        _noted(f"model: {name}", about["model"]),
        _noted(f"team: {team}", about["team"]),
        _noted(f"owner: {owner}", about["owner"]),
        _noted("# description: …", about["description"]),
        _noted("risk_tier: low", f"low, medium or high: {about['risk_tier'][:1].lower()}{about['risk_tier'][1:]}"),
        _noted(cluster, about["cluster"] + (f" There are {', '.join(clusters)}." if several else "")),
    ]
    seen = {"model", "team", "owner", "description", "risk_tier", "cluster", "versions", "endpoint"}
    further = {key: text for key, text in about.items() if key not in seen}
    environment = "ENV" if where == BASE else where
    return "\n".join(
        [
            f"# Model {name}, {'for all environments' if where == BASE else f'in environment {where}'}: registered, not served yet.",
            *shown,
            "",
            f"# {about['versions']} `modelway publish {environment}` and `sha256sum` show digests.",
            *_EXAMPLE_VERSIONS.format(name=name).splitlines(),
            "",
            f"# {about['endpoint']}",
            *_EXAMPLE_ENDPOINT.splitlines(),
            *_further(further),
            "",
        ]
    )


_EXAMPLE_VERSIONS = """\
# versions:
#   "1.0.0":
#     image: {name}@sha256:DIGEST
#     weights: {name}/1.0.0/model.json@sha256:DIGEST
#     contract: contracts/{name}.yaml
"""
_EXAMPLE_ENDPOINT = """\
# endpoint:
#   resources: {cpu: 500m, memory: 512Mi}
#   scaling: {min: 2, max: 4, target: {cpu: 70%}}
#   traffic:
#     live: "1.0.0"
#   slo: {latency_p99: 200ms, availability: 99.9%, error_rate: 1%}
"""


_EDITOR_LINE = re.compile(r"# yaml-language-server:.*\r?\n")
"""Tells editors which schema the file follows (github.com/redhat-developer/yaml-language-server#using-inlined-schema)."""


def _editor_line(folder: Path) -> str:
    """The line that the models of these environments begin with; empty when none has it. All of them lie equally deep."""
    for file in sorted(folder.glob(f"*/{MODELS}/*.yaml")):
        if found := _EDITOR_LINE.match(file.read_text("utf-8")):
            return found[0]
    return ""


def _noted(line: str, text: str) -> str:
    return f"{line:<40}  # {' '.join(text.split())}"


def _further(fields: Mapping[str, str]) -> list[str]:
    return ["", "# Further fields:", *(f"#   {name}: {' '.join(text.split())}" for name, text in fields.items())] if fields else []


def _renamed(file: Path, text: str, name: str) -> str:
    """The text of an environment.yaml with another name of the environment."""
    line, column = read(file).places[("environment",)].value
    lines = text.splitlines(keepends=True)
    rest = lines[line - 1][column - 1 :]
    lines[line - 1] = lines[line - 1][: column - 1] + re.sub(r"^(\"[^\"]*\"|'[^']*'|[^\s,}]+)", name, rest)
    return "".join(lines)


def _without_exceptions(file: Path, text: str) -> str:
    """The text of an environment.yaml without exceptions from rules: they are for things of that environment, and approved for it alone.
    Those that stand in braces stay, and are faults where they name another environment's resources."""
    document = read(file)
    governance = document.data.get("governance")
    place = document.places.get(("governance", "exceptions"))
    if not isinstance(governance, Mapping) or place is None:
        return text
    key = ("governance", "exceptions") if len(governance) > 1 else ("governance",)
    line, column = document.places[key].key
    lines = text.splitlines(keepends=True)
    indent = " " * (column - 1)
    if lines[line - 1][: column - 1].strip():
        return text
    end = line
    while end < len(lines) and (lines[end].startswith((f"{indent} ", f"{indent}-")) or not lines[end].strip()):
        end += 1
    return "".join(lines[: line - 1] + lines[end:])


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8", newline="") as stream:
            stream.write(text)
    except FileExistsError:
        raise InTheWay(f"{os.path.relpath(file)} is there already.") from None
    except OSError as error:
        raise ModelwayError(f"{os.path.relpath(file)} cannot be written: {error.strerror}.") from None


def _check(folder: Path, concerned: list[str], root: Path | None, made: Path) -> list[Environment]:
    try:
        return [load(folder, each, root) for each in concerned]
    except InvalidArchitecture as invalid:
        raise ModelwayError(
            f"{os.path.relpath(made)} is written; what is left to do in it:\n{report(invalid.faults, Path.cwd())}"
        ) from None
