"""What a tree describes: its environments, their models and their stacks, as far as that is known without checking anything."""

import posixpath
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from modelway.architecture.folders import BASE, FILE, MODELS
from modelway.architecture.layout import MODELS as OF_MODELS
from modelway.operations.fingerprints import DEFAULT_LAYOUT, FactBook, Facts, model_files, own_files
from modelway.operations.project import CONFIG, DEFAULT_ENVIRONMENTS, PROJECT
from modelway.operations.trees import Tree

_NOTHING = Facts("", absent=True, layout=DEFAULT_LAYOUT)


@dataclass
class Described:
    """One environment in a tree; there may be none of that name."""

    name: str
    folder: str
    """Where its files are, from the root of the project; it begins with `/` or `..` where they are outside."""
    tree: Tree
    facts: FactBook
    exists: bool

    @property
    def is_outside(self) -> bool:
        return self.folder.startswith(("/", ".."))

    @cached_property
    def own(self) -> Facts:
        return self.facts.of(*map(self.tree.read, own_files(self.folder, self.name))) if self.exists else _NOTHING

    @cached_property
    def models(self) -> dict[str, tuple[str, str]]:
        """Its models' files."""
        return model_files(self.tree, self.folder, self.name) if self.exists else {}

    def model(self, name: str) -> Facts:
        return self.facts.of(*map(self.tree.read, self.models[name])) if name in self.models else _NOTHING

    def names_one_of(self, model: str, paths: Collection[str]) -> bool:
        """Whether a model's files may name one of these; never false when they do."""
        text = b"".join(self.tree.read(file) or b"" for file in self.models.get(model, ()))
        # Only in double quotes, after a backslash, is a name written otherwise than it is.
        return b"\\" in text or any(path.encode("utf-8", "surrogatepass") in text for path in paths)

    @cached_property
    def stacks(self) -> frozenset[str]:
        """Its stacks; of one with a stack for each team those of the teams that its models name."""
        if not self.exists:
            return frozenset()
        stacks = {self.name}
        if self.own.layout == "split":
            stacks.add(f"{self.name}{OF_MODELS}")
        elif self.own.layout == "split_by_team":
            of_models = [facts for facts in map(self.model, self.models) if not facts.absent]
            stacks.update(self.stack_of(facts) for facts in of_models if facts.team)
            if not all(facts.team for facts in of_models):
                stacks |= self._configured
        return frozenset(stacks if self.own.readable else stacks | self._configured)

    @property
    def _configured(self) -> set[str]:
        """Stacks that are its by their names and have a file: all that is known where its own files do not say."""
        found = (stack_of_file(f"{CONFIG.as_posix()}/{file}") for file in self.tree.names(CONFIG.as_posix()))
        return {stack for stack in found if stack and (stack == self.name or stack.startswith(f"{self.name}{OF_MODELS}"))}

    def stack_of(self, model: Facts) -> str:
        """The stack that holds a model."""
        if self.own.layout == "split":
            return f"{self.name}{OF_MODELS}"
        return f"{self.name}{OF_MODELS}-{model.team}" if self.own.layout == "split_by_team" else self.name


class Descriptions:
    """All environments of a tree."""

    def __init__(self, tree: Tree, facts: FactBook) -> None:
        self.tree = tree
        self._facts = facts

    def environment(self, name: str) -> Described:
        return Described(name, self._configured.get(name, DEFAULT_ENVIRONMENTS), self.tree, self._facts, name in self.names)

    @cached_property
    def names(self) -> frozenset[str]:
        """Environments that are read from where they lie: one may be called as another in a folder that nothing reads."""
        found = {name for name in self._in(DEFAULT_ENVIRONMENTS) if name not in self._configured}
        # What is outside of the repository is not looked at: that a stack is configured to read it is what is known.
        outside = {stack for stack, folder in self._configured.items() if folder.startswith(("/", "..")) and OF_MODELS not in stack}
        return frozenset(found | outside | {stack for stack, folder in self._configured.items() if stack in self._in(folder)})

    @cached_property
    def folders(self) -> frozenset[str]:
        """Where environments are."""
        return frozenset({DEFAULT_ENVIRONMENTS, *self._configured.values()})

    def _in(self, folder: str) -> list[str]:
        names = [name for name in self.tree.names(folder) if name != BASE]
        return [name for name in names if {FILE, MODELS} & set(self.tree.names(f"{folder}/{name}"))]

    @cached_property
    def _configured(self) -> dict[str, str]:
        """The folder of environments that the configuration of a stack names, by stack."""
        found = {}
        for file in self.tree.names(CONFIG.as_posix()):
            content = self.tree.read(f"{CONFIG.as_posix()}/{file}") if stack_of_file(f"{CONFIG.as_posix()}/{file}") else None
            if content is not None and f"{PROJECT}:environments".encode() in content:
                # With it comes pydantic, and few stacks say where their environments are.
                from modelway.architecture.reading import Unreadable, read_bytes

                try:
                    config = read_bytes(content).get("config")
                except Unreadable:
                    continue
                named = config.get(f"{PROJECT}:environments") if isinstance(config, dict) else None
                if isinstance(named, str) and named:
                    found[str(stack_of_file(f"{CONFIG.as_posix()}/{file}"))] = posixpath.normpath(named)
        return found


def stack_file(stack: str) -> str:
    """The file that configures a stack, from the root of the project."""
    return f"{CONFIG.as_posix()}/Pulumi.{stack.rsplit('/', 1)[-1]}.yaml"


def stack_of_file(path: str) -> str | None:
    """The stack whose configuration a file is; None for other files."""
    folder, _, name = path.rpartition("/")
    stack = name.removeprefix("Pulumi.").removesuffix(".yaml")
    return stack if folder == CONFIG.as_posix() and name == f"Pulumi.{stack}.yaml" and stack else None
