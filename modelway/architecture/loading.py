"""Files become an environment, or a list of everything that is wrong with them."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from modelway.architecture.base import Section
from modelway.architecture.contract import Contract
from modelway.architecture.environment import Environment
from modelway.architecture.explaining import Finding, findings
from modelway.architecture.faults import Fault, InvalidArchitecture, field_text, shortened
from modelway.architecture.model import Model
from modelway.architecture.reading import Document, Place, Unreadable, read, walk
from modelway.architecture.resolving import Layers

Kind = TypeVar("Kind", bound=Section)

BASE = "base"
"""Folder of what all environments have in common."""

FILE, MODELS = "environment.yaml", "models"

OF_OTHER_FILES = {"models": "each model has a file of its own in models/", "contracts": "contracts are files that models' versions name"}
"""Fields of an environment that do not come from environment.yaml."""


def names(environments: Path) -> list[str]:
    """The environments of a folder, sorted: the folders in it, but for base, that have environment.yaml or models/.

    Raises InvalidArchitecture when the folder cannot be read.
    """
    try:
        return sorted(
            entry.name for entry in environments.iterdir() if entry.name != BASE and ((entry / FILE).exists() or (entry / MODELS).is_dir())
        )
    except OSError as error:
        raise InvalidArchitecture(
            [
                Fault(
                    environments,
                    None,
                    None,
                    "",
                    None,
                    f"the folder of the environments cannot be read: {error.strerror}",
                    "Name another, or make it.",
                )
            ]
        ) from None


def load(environments: Path, name: str) -> Environment:
    """Environment `name` of a folder: base and overrides merged, everything checked, its contracts with it.

    Raises InvalidArchitecture with every fault of every file.
    """
    known = names(environments)
    if name not in known:
        raise InvalidArchitecture(
            [
                Fault(
                    environments / name,
                    None,
                    None,
                    "",
                    None,
                    f"no such environment; there are: {', '.join(known) or 'none'}",
                    "Name one of them.",
                )
            ]
        )
    loader = _Loader(environments, name)
    environment = loader.environment()
    if loader.faults or environment is None:
        raise InvalidArchitecture(loader.faults)
    return environment


class _Loader:
    """Reads one environment; what is wrong gathers in `faults`."""

    def __init__(self, environments: Path, name: str) -> None:
        self.faults: list[Fault] = []
        self._environments = environments
        self._name = name
        self._root = repository_root(environments)
        self._contracts: dict[str, Contract | None] = {}

    def environment(self) -> Environment | None:
        """The environment; None, with faults, when it is not valid. Models are checked against it even when others are not valid."""
        self._look_for_strays()
        models, layers_of_models = self._models()
        layers = self._layers(FILE)
        if layers is None:
            return None
        data = dict(layers.resolved)
        for field, why in OF_OTHER_FILES.items():
            if data.pop(field, None) is not None:
                self._say(layers, Finding((field,), "key", f"not in this file: {why}", "Remove it."))
        written = data.get("environment")
        if isinstance(written, str) and written != self._name:
            self._say(layers, Finding(("environment",), "value", f"the name of the folder, which is {self._name}", f"Write {self._name}."))
        contracts = {path: contract for path, contract in self._contracts.items() if contract is not None}
        try:
            return Environment.model_validate({**data, "models": models, "contracts": contracts})
        except ValidationError as error:
            for finding in findings(error, Environment, {**data, "models": {key: layers_of_models[key].resolved for key in models}}):
                if finding.path[:1] == ("models",):
                    inside = tuple(path[2:] for path in finding.together_with if path[:2] == finding.path[:2])
                    finding_inside = Finding(finding.path[2:], finding.points_at, finding.rule, finding.way_out, inside)
                    self._say(layers_of_models[str(finding.path[1])], finding_inside)
                else:
                    self._say(layers, finding)
            return None

    def _models(self) -> tuple[dict[str, Model], dict[str, Layers]]:
        """The models that are valid, and the files of all that could be read."""
        models: dict[str, Model] = {}
        layers_of_models: dict[str, Layers] = {}
        folders = [self._environments / BASE / MODELS, self._environments / self._name / MODELS]
        for stem in sorted({file.stem for folder in folders for file in folder.glob("*.yaml")}):
            layers = self._layers(f"{MODELS}/{stem}.yaml")
            if layers is None:
                continue
            layers_of_models[stem] = layers
            written = layers.resolved.get("model")
            if isinstance(written, str) and written != stem:
                self._say(
                    layers, Finding(("model",), "value", f"the name of the file, which is {stem}", f"Write {stem}, or rename the file.")
                )
            self._read_contracts(layers)
            model = self._validated(Model, layers)
            if model is not None and written == stem:
                models[stem] = model
        return models, layers_of_models

    def _read_contracts(self, layers: Layers) -> None:
        versions = layers.resolved.get("versions")
        for version, described in versions.items() if isinstance(versions, dict) else ():
            path = described.get("contract") if isinstance(described, dict) else None
            if not isinstance(path, str) or "\0" in path:
                continue
            file = self._root / path
            if not file.resolve().is_relative_to(self._root.resolve()):
                way_out = "Move it into the repository and name it from the root."
                self._say(
                    layers, Finding(("versions", version, "contract"), "value", f"a file in the repository, which is {self._root}", way_out)
                )
            elif not file.is_file():
                way_out = "Correct the path, or write the contract."
                self._say(
                    layers, Finding(("versions", version, "contract"), "value", f"a file counted from {self._root}; there is none", way_out)
                )
            elif path not in self._contracts:
                contract_layers = self._read([file])
                self._contracts[path] = self._validated(Contract, contract_layers) if contract_layers else None

    def _layers(self, path: str) -> Layers | None:
        """The file of that path in base and in the environment, as far as they exist; None, with faults, when one cannot be read."""
        files = [self._environments / folder / path for folder in (BASE, self._name)]
        there = [file for file in files if file.exists() or file.is_symlink()]
        if there:
            return self._read(there)
        self.faults.append(Fault(files[-1], None, None, "", None, "an environment has this file, and it is missing", "Write it."))
        return None

    def _read(self, files: list[Path]) -> Layers | None:
        documents: list[Document] = []
        for file in files:
            try:
                documents.append(read(file))
            except Unreadable as unreadable:
                for flaw in unreadable.flaws:
                    line, column = flaw.at or (None, None)
                    value = shortened(flaw.value) if flaw.value is not None else None
                    self.faults.append(Fault(file, line, column, field_text(flaw.path), value, flaw.rule, flaw.way_out))
        return Layers(documents) if len(documents) == len(files) else None

    def _validated(self, section: type[Kind], layers: Layers) -> Kind | None:
        try:
            return section.model_validate(layers.resolved)
        except ValidationError as error:
            for finding in findings(error, section, layers.resolved):
                self._say(layers, finding)
            return None

    def _say(self, layers: Layers, finding: Finding) -> None:
        path = layers.last_set((finding.path, *finding.together_with))
        document, (line, column), place = layers.locate(path, finding.points_at)
        there = list(walk(layers.resolved, path))
        value = _shown(place, there[-1]) if len(there) == len(path) + 1 else None
        self.faults.append(Fault(document.file, line, column, field_text(path), value, finding.rule, finding.way_out))

    def _look_for_strays(self) -> None:
        """What nobody would read is a mistake, not a note: another ending, another folder."""
        for folder in (self._environments / BASE, self._environments / self._name):
            for entry in sorted([*_entries(folder), *_entries(folder / MODELS)]):
                inside = entry.parent.name == MODELS and entry.parent.parent == folder
                if entry.suffix in (".yml", ".json") or (entry.suffix == ".yaml" and not inside and entry.name != FILE):
                    way_out = (
                        f"Rename it to {entry.stem}.yaml, or remove it."
                        if inside
                        else f"Call it {FILE}, move it to {MODELS}/, or remove it."
                    )
                    self.faults.append(Fault(entry, None, None, "", None, "nothing reads this file", way_out))


def repository_root(environments: Path) -> Path:
    """Where paths of contracts count from: the nearest folder at or above the environments that has .git or Pulumi.yaml; without one,
    the folder that they are in."""
    resolved = environments.resolve()
    for folder in (resolved, *resolved.parents):
        if (folder / ".git").exists() or (folder / "Pulumi.yaml").is_file():
            return folder
    return resolved.parent


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _shown(place: Place | None, value: object) -> str | None:
    """A value as it was written; of a mapping or list, how much it holds."""
    if isinstance(value, Mapping):
        return f"a mapping of {len(value)}"
    if isinstance(value, tuple):
        return f"a list of {len(value)}"
    if place is None or place.text is None:
        return None
    return shortened(place.text if place.plain else f'"{place.text}"')
