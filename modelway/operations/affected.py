"""Which stacks a change can touch: what is described of each, and the program, at a revision and now.

Conservative: what cannot be read, or compared, counts as changed. Compared is what files mean, so a comment, another order or a value that
moves from an override to base touches nothing. Nothing is checked: what is not valid is named too, and `modelway validate` says why.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from modelway.architecture.layout import MODELS as OF_MODELS
from modelway.operations.described import Described, Descriptions, stack_of_file
from modelway.operations.fingerprints import FactBook, links_in, meaning, of_program, own_files, stack_file_digest
from modelway.operations.trees import EarlierTree

LISTED = 3
"""Most files that one reason names."""


@dataclass(frozen=True)
class Affected:
    """A stack that a change can touch."""

    stack: str
    environment: str
    """Empty where it is of none that is described."""
    state: str
    """`changed`; `new` or `deleted` where it is described on one side alone."""
    why: tuple[str, ...]
    """What of it changed, one phrase each."""


def affected(before: EarlierTree, facts: FactBook) -> tuple[Affected, ...]:
    """The stacks that what changed since `before` can touch, sorted by name."""
    return tuple(_Comparison(before, facts).found()) if before.changed else ()


class _Comparison:
    def __init__(self, before: EarlierTree, facts: FactBook) -> None:
        self._facts = facts
        self._before, self._after = Descriptions(before, facts), Descriptions(before.now, facts)
        self._changed = before.changed
        before.fetch([path for path in self._changed if path.endswith((".yaml", ".py")) or of_program(path)])
        self._stacks: dict[str, tuple[str, dict[str, None]]] = {}
        self._then: set[str] = set()
        self._now: set[str] = set()

    def found(self) -> Iterator[Affected]:
        for name in sorted(self._before.names | self._after.names):
            self._environment(name, self._before.environment(name), self._after.environment(name))
        self._stack_files()
        for stack, (environment, why) in sorted(self._stacks.items()):
            state = "changed" if stack in self._then & self._now else "new" if stack in self._now else "deleted"
            yield Affected(stack, environment, state if environment else "changed", tuple(why))

    def _environment(self, name: str, before: Described, after: Described) -> None:
        whole = [*self._program, *self._whole(before, after)]
        touched = {stack: [reason] for reason in whole for stack in before.stacks | after.stacks}
        for model in sorted({*before.models, *after.models}):
            for stack, reason in self._model(model, before, after):
                touched.setdefault(stack, []).append(reason)
        if touched:
            self._then |= before.stacks
            self._now |= after.stacks
        for stack in touched:
            for reason in whole or touched[stack]:
                self._say(stack, name, reason)

    def _whole(self, before: Described, after: Described) -> Iterator[str]:
        """Why every stack of an environment is touched."""
        if not (before.exists and after.exists):
            yield f"the environment is {'new' if after.exists else 'deleted'}"
            return
        if before.folder != after.folder:
            yield f"its files are in {after.folder}, and were in {before.folder}"
        elif after.is_outside:
            yield f"its files are in {after.folder}, outside of this repository, and cannot be compared"
            return
        if links := [link for side in (before, after) for link in links_in(side.tree, side.folder, side.name)]:
            yield f"{links[0]} is a link, and what it leads to may have changed"
        files = own_files(after.folder, after.name)
        if self._changed & {*files, *own_files(before.folder, before.name)}:
            if before.own.digest != after.own.digest:
                yield _some(sorted(self._changed & {*files}) or [after.folder])
            elif not after.own.readable:
                yield f"{' or '.join(files)} cannot be read"
        if (origin := after.own.promoted_from if self._gone else "") in self._gone:
            yield f"environment {origin}, which its versions come from, is deleted"

    @cached_property
    def _gone(self) -> frozenset[str]:
        return self._before.names - self._after.names

    def _model(self, model: str, before: Described, after: Described) -> Iterator[tuple[str, str]]:
        """The stacks that a change of a model touches, and why."""
        files = {*before.models.get(model, ()), *after.models.get(model, ())}
        named = self._named(model, after)
        if not files & self._changed and not named:
            return
        was, now = before.model(model), after.model(model)
        if not (was.readable and now.readable):
            # No stack of the environment comes up while one of its files cannot be read.
            unreadable = _some(sorted(files & self._changed)) + ": cannot be read"
            yield from ((stack, unreadable) for stack in before.stacks | after.stacks)
        elif was.digest != now.digest and not (was.absent and now.absent):
            said = f"model {model}" + (" is new" if was.absent else " is deleted" if now.absent else "")
            yield from ((side.stack_of(facts), said) for side, facts in ((before, was), (after, now)) if not facts.absent)
            if was.outside != now.outside or was.absent != now.absent:
                yield after.name, said
        elif not now.absent:
            yield from ((after.stack_of(now), f"model {model}: {path}") for path in named)

    def _named(self, model: str, side: Described) -> list[str]:
        """Files that a model names and that say something else than before. Of a card it matters only whether it is there."""
        if not self._elsewhere or not side.names_one_of(model, self._elsewhere):
            return []
        return [path for path in side.model(model).mentions if path in self._elsewhere and self._says_something_else(path)]

    @cached_property
    def _elsewhere(self) -> frozenset[str]:
        """Files that are neither in the environments nor in the program."""
        folders = tuple(f"{folder}/" for folder in self._before.folders | self._after.folders)
        return frozenset(path for path in self._changed if not path.startswith(folders) and not of_program(path))

    def _says_something_else(self, path: str) -> bool:
        was, now = self._before.tree.read(path), self._after.tree.read(path)
        if was is None or now is None:
            return True
        return not path.endswith(".md") and self._facts.of(was).digest != self._facts.of(now).digest

    @cached_property
    def _program(self) -> list[str]:
        folders = tuple(f"{folder}/" for folder in self._before.folders | self._after.folders)
        candidates = [path for path in sorted(self._changed) if of_program(path) and not path.startswith(folders)]
        both = (self._before.tree, self._after.tree)
        changed = [path for path in candidates if len({meaning(path, tree.read(path)) for tree in both}) == 2]
        return [f"program: {_some(changed)}"] if changed else []

    def _stack_files(self) -> None:
        for path in sorted(self._changed):
            if (stack := stack_of_file(path)) is None:
                continue
            if len({stack_file_digest(tree.read(path), self._facts) for tree in (self._before.tree, self._after.tree)}) == 2:
                names = sorted(self._before.names | self._after.names, key=len, reverse=True)
                owner = next((name for name in names if stack == name or stack.startswith(f"{name}{OF_MODELS}")), "")
                for side, there in ((self._before, self._then), (self._after, self._now)):
                    there |= side.environment(owner).stacks if owner else set()
                self._say(stack, owner, path)

    def _say(self, stack: str, environment: str, reason: str) -> None:
        self._stacks.setdefault(stack, (environment, {}))[1][reason] = None


def _some(files: Sequence[str]) -> str:
    more = len(files) - LISTED
    return ", ".join(files[:LISTED]) + (f" and {more} more" if more > 0 else "")
