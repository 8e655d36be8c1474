"""Files become an environment, or a list of everything that is wrong with them."""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from modelway.architecture.base import FieldPath
from modelway.architecture.caching import Cache, Snapshot, Summary, no_collection
from modelway.architecture.checking import check
from modelway.architecture.contract import Contract
from modelway.architecture.effect import ineffective
from modelway.architecture.environment import Environment
from modelway.architecture.explaining import Finding
from modelway.architecture.exposed import exposed
from modelway.architecture.faults import Fault, InvalidArchitecture, field_text, shortened
from modelway.architecture.folders import BASE, FILE, MODELS, about, names, repository_root, take_snapshot
from modelway.architecture.mentions import Mentioned, mentions
from modelway.architecture.model import Model
from modelway.architecture.naming import same_but_for_case
from modelway.architecture.origins import Origins, place_in
from modelway.architecture.reading import Document, Flaw, Place, Unreadable, read, walk
from modelway.architecture.resolving import Layers
from modelway.redaction import HIDDEN, masked


def load(environments: Path, name: str, root: Path | None = None, cache: Cache | None = None) -> Environment:
    """Environment `name` of a folder: base and overrides merged, everything checked, its contracts with it.

    Paths of contracts and model cards count from the repository that holds the folder; when none does from `root`, and without that from
    the folder above.
    With a cache, files that are the same as when they were found valid are not checked again.
    Raises InvalidArchitecture with every fault of every file.
    """
    snapshot = None if cache is None else take_snapshot(environments, name, root)
    if cache is None or snapshot is None:
        return _load(environments, name, root)[0]
    if (kept := cache.find(snapshot)) and (environment := kept.environment()):
        return environment
    return _load_and_keep(environments, name, root, cache, snapshot)[0]


def trace(environments: Path, name: str, root: Path | None = None) -> tuple[Environment, Origins]:
    """The same, and where each of its values comes from."""
    environment, layers = _load(environments, name, root)
    return environment, Origins(layers)


def load_contract(file: Path) -> Contract:
    """The contract in a file that no environment has to name. Raises InvalidArchitecture with every fault of it."""
    folder = file.parent
    loader = _Loader(folder, BASE, folder, Snapshot(folder, BASE, folder, []))
    contract = loader.contract(file)
    if loader.faults or contract is None:
        raise InvalidArchitecture(loader.faults)
    return contract


def summarize(environments: Path, name: str, root: Path | None, cache: Cache, snapshot: Snapshot | None) -> Summary:
    """What there is to say of an environment, which is kept for whoever asks next. Raises InvalidArchitecture."""
    return _load_and_keep(environments, name, root, cache, snapshot)[1]


def _load_and_keep(
    environments: Path, name: str, root: Path | None, cache: Cache, snapshot: Snapshot | None
) -> tuple[Environment, Summary]:
    environment, layers = _load(environments, name, root, snapshot)
    origins = Origins(layers)
    told: Summary = {
        "models": {name: list(model.versions) for name, model in environment.models.items()},
        "ineffective": [(one.field, one.effect, *place_in(environments, origins.of(one.path).setting)) for one in ineffective(environment)],
    }
    if snapshot is not None:
        cache.keep(snapshot, environment, told)
    return environment, told


def _load(
    environments: Path, name: str, root: Path | None, snapshot: Snapshot | None = None
) -> tuple[Environment, dict[FieldPath, Layers]]:
    snapshot = snapshot or take_snapshot(environments, name, root)
    if snapshot is None:
        known = names(environments)
        rule = f"no such environment; there are: {', '.join(known) or 'none'}"
        raise InvalidArchitecture([about(environments / name, rule, "Name one of them.")])
    loader = _Loader(environments, name, repository_root(environments, root), snapshot)
    with no_collection():
        environment = loader.environment()
    if loader.faults or environment is None:
        raise InvalidArchitecture(loader.faults)
    return environment, loader.layers


LONGEST = 400
"""Characters of a value that are looked at before some of them are shown."""


@dataclass(frozen=True)
class _ModelFiles:
    """A model, the files that describe it, and the fields at fault."""

    layers: Layers
    section: Model
    """Without the fields at fault."""
    faulty: tuple[FieldPath, ...]


class _Loader:
    """Reads one environment; what is wrong gathers in `faults`, what was read in `layers`, by the part of the environment it is."""

    def __init__(self, environments: Path, name: str, root: Path, snapshot: Snapshot) -> None:
        self.faults: list[Fault] = []
        self.layers: dict[FieldPath, Layers] = {}
        self._environments = environments
        self._name = name
        self._folders = [environments / BASE, environments / name]
        self._of_models = [folder / MODELS for folder in self._folders]
        self._root = root
        self._snapshot = snapshot
        self._exposed: set[tuple[Path, FieldPath]] = set()
        self._linked = {folder: folder.is_symlink() or folder.parent.is_symlink() for folder in (*self._folders, *self._of_models)}
        self._confusing: set[str] = set()
        self._contracts: dict[str, Contract | None] = {}
        self._mentioned = Mentioned(root)

    def environment(self) -> Environment | None:
        """The environment; None, with faults, when there is no telling what it is."""
        self._look_for_strays()
        models = self._models()
        own = self._environments / self._name / FILE
        if not own.exists():
            self.faults.append(about(own, "every environment has a file of its own, and it is missing", "Write it."))
            return None
        layers = self._layers(self._folders, FILE)
        if layers is None:
            return None
        # What no file has belongs into the environment's own.
        layers = self.layers[()] = replace(layers, home=-1)
        data = dict(layers.resolved)
        faulty = {("models", name, *path) for name, model in models.items() for path in model.faulty}
        for field, why in Environment.OF_OTHER_FILES.items():
            if data.pop(field, None) is not None:
                self._say(layers, Finding((field,), "key", f"not in this file: {why}", "Remove it."))
        if self._other_name(layers, "environment", self._name, f"Write {self._name}."):
            faulty.add(("environment",))
        if self._promoted_from_nowhere(layers):
            faulty.add(("promotion", "from"))
        data["models"] = {name: model.section for name, model in models.items() if not _is_absent(model.layers)}
        data["contracts"] = {path: contract for path, contract in self._contracts.items() if contract}
        checked = check(Environment, data, faulty, told=("models", "contracts"))
        for finding in checked.findings:
            if finding.path[:1] == ("models",):
                self._say(models[str(finding.path[1])].layers, replace(finding, path=finding.path[2:], together_with=()))
            else:
                self._say(layers, finding)
        return checked.section

    def _promoted_from_nowhere(self, layers: Layers) -> bool:
        """Whether the environment that versions come from is none of this folder, which is a fault."""
        path = ("promotion", "from")
        *above, written = walk(layers.resolved, path)
        if len(above) < len(path) or not isinstance(written, str) or written in (known := names(self._environments)):
            return False
        others = ", ".join(name for name in known if name != self._name)
        rule = f"another environment of the same folder{': ' if others else ', and there is none'}{others}"
        self._say(layers, Finding(path, "value", rule, f"{'Name one of them, or remove' if others else 'Remove'} promotion."))
        return True

    def _models(self) -> dict[str, "_ModelFiles"]:
        """The models whose files could be read."""
        models: dict[str, _ModelFiles] = {}
        for stem in sorted({stem for folder in self._of_models for stem in self._stems(folder)} - self._confusing):
            layers = self._layers(self._of_models, f"{stem}.yaml")
            if layers is None:
                continue
            if self._is_misnamed(stem, layers):
                continue
            self.layers["models", stem] = layers
            other = self._other_name(layers, "model", stem, f"Write {stem}, or rename the file.")
            if not _is_absent(layers):
                self._read_mentioned(layers)
            checked = check(Model, layers.resolved, [("model",)] if other else [])
            for finding in checked.findings:
                self._say(layers, finding)
            faulty = tuple(finding.at_fault for finding in checked.findings)
            models[stem] = _ModelFiles(layers, checked.section, faulty)
        return models

    def _is_misnamed(self, stem: str, layers: Layers) -> bool:
        """Whether a file overrides a model that base does not have, which is one fault and not one for each field it lacks."""
        if "model" in layers.resolved or self._link(self._of_models[0], f"{stem}.yaml") is not None:
            return False
        from difflib import get_close_matches

        near = get_close_matches(stem, self._stems(self._of_models[0]), 1)
        if near:
            file = self._of_models[1] / f"{stem}.yaml"
            rule = f"{BASE} has no model {stem} that it could override, and it describes none by itself"
            self.faults.append(about(file, rule, f"Did you mean {near[0]}.yaml? Or describe a model whole, `model: {stem}` first."))
        return bool(near)

    def _other_name(self, layers: Layers, field: str, name: str, way_out: str) -> bool:
        """Whether a field that repeats the name of the file or folder says something else, which is a fault."""
        written = layers.resolved.get(field)
        other = isinstance(written, str) and written != name
        if other:
            where = "folder" if field == "environment" else "file"
            self._say(layers, Finding((field,), "value", f"the name of the {where}, which is {name}", way_out))
        return other

    def _read_mentioned(self, layers: Layers) -> None:
        """The contracts that a model names; its card has to be there, and is not read."""
        for mention in mentions(layers.resolved):
            if fault := self._mentioned.fault(mention):
                self._say(layers, Finding(mention.path, "value", *fault))
            elif mention.what == "contract" and mention.file not in self._contracts:
                self._contracts[mention.file] = self.contract(self._root / mention.file)

    def contract(self, file: Path) -> Contract | None:
        """The contract in a file below the root; None, with faults, when it cannot be read."""
        layers = self._read([file])
        if layers is None:
            return None
        self.layers["contracts", str(file.relative_to(self._root))] = layers
        checked = check(Contract, layers.resolved)
        for finding in checked.findings:
            self._say(layers, finding)
        return checked.section

    def _layers(self, folders: Sequence[Path], name: str) -> Layers | None:
        """The files of that name in the folders, as far as they exist; None, with faults, when one cannot be read."""
        there = [folder / name for folder in folders if self._link(folder, name) is not None]
        outside = [file for file in there if self._leads_out(file)]
        for file in outside:
            rule = "a file of the environments' folder; this is a link that leads out of it"
            self.faults.append(about(file, rule, "Replace it by the file itself."))
        return None if outside else self._read(there)

    def _leads_out(self, file: Path) -> bool:
        if not self._linked[file.parent] and not self._link(file.parent, file.name):
            return False
        return not Path(os.path.realpath(file)).is_relative_to(os.path.realpath(self._environments))

    def _read(self, files: list[Path]) -> Layers | None:
        documents: list[Document] = []
        for file in files:
            try:
                document = read(file, self._snapshot)
            except Unreadable as unreadable:
                self._flawed(file, unreadable.flaws)
                continue
            documents.append(document)
            secrets = list(exposed(document))
            self._flawed(file, secrets, hidden=True)
            self._exposed |= {(file, flaw.path) for flaw in secrets}
        return Layers(documents) if len(documents) == len(files) else None

    def _flawed(self, file: Path, flaws: Sequence[Flaw], *, hidden: bool = False) -> None:
        for flaw in flaws:
            line, column = flaw.at or (None, None)
            name = str(flaw.path[-1]) if flaw.path else ""
            value = shortened(masked(flaw.value, name)) if flaw.value is not None else None
            self.faults.append(Fault(file, line, column, masked(field_text(flaw.path)), value, flaw.rule, flaw.way_out, hidden))

    def _say(self, layers: Layers, finding: Finding) -> None:
        path = layers.last_set((finding.path, *finding.together_with))
        document, (line, column), place = layers.locate(path, finding.points_at)
        if finding.points_at == "value" and (document.file, path) in self._exposed:
            # A secret is in the wrong place whatever else is wrong with it.
            return
        there = list(walk(layers.resolved, path))
        value = _shown(place, there[-1]) if len(there) == len(path) + 1 else None
        name = str(path[-1]) if path else ""
        hidden = (
            value is not None
            and place is not None
            and place.text is not None
            and (finding.hidden or masked(place.text, name) != place.text)
        )
        if hidden and place is not None:
            value = HIDDEN if finding.hidden else shortened(masked(place.text or "", name))
        quoted = finding.quote and place is not None and place.text
        way_out = f'Write it in quotes: "{shortened(quoted)}".' if quoted and not hidden else masked(finding.way_out)
        self.faults.append(Fault(document.file, line, column, masked(field_text(path)), value, masked(finding.rule), way_out, hidden))

    def _look_for_strays(self) -> None:
        """What nobody would read is a mistake, not a note: another ending, another folder."""
        found = {folder: self._names(folder) for folder in (*self._of_models, *self._folders)}
        models = [(name, folder) for folder in self._of_models for name in found[folder]]
        # Small letters first: they are right.
        for name, other in same_but_for_case(sorted({name for name, _ in models}, key=str.swapcase)):
            file = next(folder for known, folder in models if known == name) / name
            self._confusing.add(file.stem)
            rule = f"names of files differ in more than upper and lower case; there is {other}"
            self.faults.append(about(file, rule, "Rename one of the two; or, for an override, write it as the other."))
        for folder, names_in_it in found.items():
            inside = folder in self._of_models
            for name in names_in_it:
                stem, _, ending = name.rpartition(".")
                if stem and (ending in ("yml", "json") or (ending == "yaml" and not inside and name != FILE)):
                    way_out = (
                        f"Rename it to {stem}.yaml, or remove it." if inside else f"Call it {FILE}, move it to {MODELS}/, or remove it."
                    )
                    self.faults.append(about(folder / name, "nothing reads this file", way_out))

    def _names(self, folder: Path) -> Collection[str]:
        """What is in a folder; nothing, with a fault, when that cannot be known."""
        try:
            return self._snapshot.names(folder)
        except OSError as error:
            self.faults.append(about(folder, f"the folder cannot be read: {error.strerror}", "Correct its permissions."))
            return ()

    def _link(self, folder: Path, name: str) -> bool | None:
        """Whether a file is a link; None when it is not there."""
        try:
            return self._snapshot.names(folder).get(name)
        except OSError:
            # What is in the folder cannot be listed; what is called by its name may be there all the same.
            file = folder / name
            return file.is_symlink() if os.path.lexists(file) else None

    def _stems(self, folder: Path) -> list[str]:
        """The files of a folder that describe something, without their ending."""
        try:
            return [name.removesuffix(".yaml") or name for name in self._snapshot.names(folder) if name.endswith(".yaml")]
        except OSError:
            return []


def _is_absent(layers: Layers) -> bool:
    """Whether files describe a model that is not in this environment."""
    return layers.resolved.get("presence") == "absent"


def _shown(place: Place | None, value: object) -> str | None:
    """A value as it was written; of a mapping or list, how much it holds."""
    if isinstance(value, Mapping):
        return f"a mapping of {len(value)}"
    if isinstance(value, tuple):
        return f"a list of {len(value)}"
    if place is None or place.text is None:
        return None
    return shortened(place.text if place.plain else f'"{place.text}"')
