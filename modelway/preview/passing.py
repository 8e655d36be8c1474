"""One pass over all of a stack: each step and each resource is shown once to everybody who has something to say of it."""

from collections.abc import Mapping
from sys import intern

import msgspec

from modelway.preview.accompanying import Accompanying
from modelway.preview.changeset import Change, Finding
from modelway.preview.cost.costs import Costs
from modelway.preview.cost.prices import Prices
from modelway.preview.differences import properties
from modelway.preview.gaps import Seen
from modelway.preview.policies import Ruling
from modelway.preview.reading import Preview
from modelway.preview.renames import Candidates
from modelway.preview.renames import finding as renamed
from modelway.preview.resources import Resource, Step, name_of, type_of
from modelway.preview.risks.judging import Risks
from modelway.preview.steps import STACK
from modelway.preview.traffic import Traffic
from modelway.preview.versions import DELETED, Version, version_of


class Pass:
    """One pass over a stack's resources and steps."""

    def __init__(self, stack: str, preview: Preview, parents: Mapping[str, str], judges: Risks, market: Prices) -> None:
        self._stack = stack
        self._steps = preview.steps
        self._judges = judges
        self.traffic = Traffic(stack)
        self.costs = Costs(stack, market)
        self.ruling = Ruling(stack)
        self.accompanying = Accompanying(preview.steps.types("delete"))
        self.changes: list[Change] = []
        self.findings: list[Finding] = []
        self.resources: list[Resource] = []
        self.versions: dict[str, Version] = {}
        """By URN the versions of models that are deleted."""
        self.uncertain: set[str] = set()
        """URNs of changes that are not understood, so that nothing is known of their risk."""
        self.operations: dict[str, str] = {}
        """By URN what the engine does with it, in its own words."""
        self._parents = dict(parents)
        self._expected: dict[str, str] = {}
        """By URN the id of what the engine found there; what of it a state has is taken out."""
        self._created: set[str] = set()
        self._refreshes = bool(preview.steps.types("refresh"))
        self._contradicted = 0
        self._renamed: set[str] = set()
        """URNs that a state has of what is called otherwise now, by an alias."""
        self._components: dict[str, str] = {}
        self._needed: dict[frozenset[str], list[str]] = {}
        self._candidates = Candidates()
        self._renamable = preview.steps.types("create") & preview.steps.types("delete")

    def know(self, resource: Resource) -> None:
        """A resource that stays as it is, once all steps have been seen."""
        if self._expected.pop(resource.urn, resource.id) != resource.id or resource.urn in self._created:
            self._contradicted += 1
        self.accompanying.know(resource)
        if resource.urn in self._renamed or (resource.urn in self._steps and resource.urn not in self._steps.unchanged):
            return
        self.resources.append(self._bare(resource))
        self.traffic.know(resource)
        self.costs.know(resource)

    def seen(self, stack: str) -> Seen:
        """What all of it comes to, for whoever says what is not known."""
        return Seen(stack, self.operations, self.strange, self.traffic.moves)

    @property
    def strange(self) -> int:
        """Resources of which a state says something else than the engine found, once all of it is known."""
        return self._contradicted + len(self._expected)

    def see(self, step: Step) -> None:
        """What happens to a resource."""
        resource = step.new or step.old
        operation = self._steps.operation(step)
        self.operations[step.urn] = step.op
        if resource is not None:
            self._parents[step.urn] = resource.parent
            self.resources.append(self._bare(resource))
        if step.old is not None and not step.old.delete:
            self._expected[step.old.urn] = step.old.id
            if step.old.urn != step.urn:
                self._renamed.add(step.old.urn)
        elif step.op == "create" and not self._refreshes:
            self._created.add(step.urn)
        try:
            differs = properties(step)
            found = self._judges.judge(self._stack, step, differs, operation)
            self.findings += found
            if step.old is not None and any(one.rule == DELETED for one in found):
                self.versions[step.urn] = version_of(step.old)
            self.traffic.see(step)
            self.accompanying.see(step, operation)
            self.costs.see(step)
            self.ruling.see(step)
            if step.op in ("create", "delete") and step.type in self._renamable and resource is not None:
                self._candidates.see(resource, comes=step.op == "create")
        except (msgspec.DecodeError, RecursionError):
            differs = ()
            self._steps.unreadable.append(step.urn)
        step.forget()
        if not self._steps.is_known(step):
            self.uncertain.add(step.urn)
        physical = step.old.id if step.old else step.new.id if step.new else ""
        self.changes.append(
            Change(
                self._stack,
                step.urn,
                step.type,
                step.name,
                operation,
                "safe",
                self._component(resource.parent) if resource is not None else "",
                physical,
                differs,
            )
        )

    def finish(self) -> None:
        """Renames, and what could not be read; nothing of what goes with all that it was there for."""
        along = self.accompanying.accompanied()
        self.findings = [one for one in self.findings if one.urn not in along or self._judges.insists(one)]
        for urn in dict.fromkeys(self._steps.unreadable):
            self.uncertain.add(urn)
            if urn not in self.operations:
                self.changes.append(Change(self._stack, urn, type_of(urn), name_of(urn), "update", "unknown"))
        # The next version of a model is no other name of the last one, and what comes with it is none of what went with that.
        found = {new: old for new, old in self._candidates.renames().items() if old not in self.versions}
        if not along.issuperset(found.values()):
            self.changes = [
                msgspec.structs.replace(change, renamed_from=found[change.urn]) if change.urn in found else change
                for change in self.changes
            ]
            self.findings += [renamed(self._stack, old, new) for new, old in found.items()]

    def _bare(self, resource: Resource) -> Resource:
        """Without what it is made of, so that the file it was read from can go; all it depends on together, each name and each set of
        names once in memory."""
        needed = frozenset((*resource.dependencies, *(urn for several in resource.property_dependencies.values() for urn in several or ())))
        names = self._needed.get(needed)
        if names is None:
            names = self._needed[needed] = [intern(urn) for urn in needed]
        return Resource(resource.urn, resource.type, parent=resource.parent, dependencies=names)

    def _component(self, parent: str) -> str:
        """The components around a child of `parent`, outermost first."""
        if not parent or type_of(parent) == STACK:
            return ""
        known = self._components.get(parent)
        if known is None:
            label = f"{type_of(parent).rsplit(':', 1)[-1]} {name_of(parent)}"
            self._components[parent] = label  # A parent that is its own grandparent ends here.
            around = self._component(self._parents[parent]) if parent in self._parents else _of_urn(parent)
            known = self._components[parent] = f"{around} / {label}" if around else label
        return known


def _of_urn(urn: str) -> str:
    """The types around a resource that nothing else is known of."""
    parts = urn.split("::", 3)
    around = parts[2].split("$")[:-1] if len(parts) == 4 else []
    return " / ".join(kind.rsplit(":", 1)[-1] for kind in around if kind != STACK)
