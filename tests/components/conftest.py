"""What every component is asked: which resources it makes under which names, and whether it keeps the rules of the house."""

import typing
from collections.abc import Callable
from pathlib import Path

import pulumi
import pytest

from tests.support.engine import SECRET, Recorder, run

GOLDEN = Path(__file__).parent / "golden"

Make = Callable[[str, pulumi.ResourceOptions | None], pulumi.ComponentResource]


class Contract:
    """The four questions of a component that `make(name, opts)` builds."""

    def __init__(self, make: Make, write: bool) -> None:
        self.make = make
        self.write = write

    def run(self, name: str = "it", opts: pulumi.ResourceOptions | None = None) -> Recorder:
        return run(lambda: self.make(name, opts))

    def tree(self, golden: str) -> None:
        """Types, logical names and parents are those of the golden file: they are public."""
        found, file = self.run().tree(), GOLDEN / f"{golden}.txt"
        if self.write:
            file.parent.mkdir(exist_ok=True)
            file.write_text(found, "utf-8")
        assert found == file.read_text("utf-8"), "a changed tree takes aliases and a line in CHANGELOG.md"

    def outputs(self, component: type[pulumi.ComponentResource]) -> None:
        """What is registered is what is annotated, and every annotation has a value."""
        recorder = self.run()
        (top,) = [resource for resource in recorder.resources if resource.type == f"modelway:index:{component.__name__}"]
        assert top.outputs is not None
        assert set(top.outputs) == {name for name, kind in component.__annotations__.items() if typing.get_origin(kind) is pulumi.Output}

    def instances(self) -> None:
        """Two in one program do not collide."""

        def program() -> None:
            self.make("one", None)
            self.make("two", None)

        urns = [resource.urn for resource in run(program).resources]
        assert len(urns) == len(set(urns))

    def options(self) -> None:
        """A parent and an alias given to the component stay with it."""

        def program() -> None:
            parent = pulumi.ComponentResource("test:index:Parent", "parent")
            self.make("it", pulumi.ResourceOptions(parent=parent, aliases=[pulumi.Alias(name="former")]))

        recorder = run(program)
        top = recorder.named("parent").urn
        (component,) = [resource for resource in recorder.resources if resource.parent == top]
        assert component.aliases
        inside = [resource for resource in recorder.resources if resource.parent == component.urn]
        # What follows from a parent's alias the SDK sends by itself; the component's own alias would be one that we passed on.
        assert inside
        assert not [resource.name for resource in inside if "former" in resource.alias_names]


@pytest.fixture
def contract(request: pytest.FixtureRequest) -> Callable[[Make], Contract]:
    write = bool(request.config.getoption("--snapshot-update", default=False))
    return lambda make: Contract(make, write)


def secret_marks(raw: object) -> list[object]:
    """The values that are marked secret on the wire."""
    if isinstance(raw, dict):
        if SECRET in raw.values():
            return [raw["value"]]
        return [found for value in raw.values() for found in secret_marks(value)]
    if isinstance(raw, list):
        return [found for value in raw for found in secret_marks(value)]
    return []
