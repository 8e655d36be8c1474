"""Which environment the stack belongs to, by its files: its tier says which rules bind, its exceptions what they let through."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from modelway.rules.catalogue import Tier
from modelway.rules.exceptions import Grant

if TYPE_CHECKING:
    from modelway.architecture import Environment

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Held:
    """What a stack is held to."""

    tier: Tier | None
    """None where its environment is not known: rules of severity medium and low advise then."""
    grants: tuple[Grant, ...]
    stack: str = ""
    environment: "Environment | None" = None
    root: Path | None = None
    """Of the repository that holds the environment's files."""

    def describes(self, where: str) -> bool:
        """Whether a part of the description, by its path, is what this very stack is made from: a fault of one team's model stops no other
        team's stack."""
        from modelway.architecture.layout import owner_of

        assert self.environment is not None
        of = owner_of(self.stack)
        model = where.removeprefix("models.").partition(".")[0] if where.startswith("models.") else None
        if self.environment.layout == "single":
            return True
        if of is None or model is None:
            return of is None and model is None
        return of[1] in (None, self.environment.models[model].team)


def held(stack: str, configured: Mapping[str, str]) -> Held:
    """What a stack is held to, by its name and its configuration. Files that are not valid make the program fail with what is wrong; here
    nothing is let through because of them."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from modelway.architecture import load, names
    from modelway.architecture.folders import repository_root
    from modelway.architecture.layout import owner_of
    from modelway.errors import ModelwayError

    folder = ROOT / configured.get("modelway:environments", "stacks/environments")
    try:
        known = names(folder)
        name = stack if stack in known else (owner_of(stack) or ("",))[0]
        if name not in known:
            return Held(None, ())
        environment = load(folder, name, ROOT)
    except ModelwayError:
        return Held(None, ())
    exceptions = environment.governance.exceptions
    grants = tuple(Grant(one.rule, one.resource, one.reason, one.approved_by, one.expires.day) for one in exceptions)
    return Held(environment.tier, grants, stack, environment, repository_root(folder, ROOT))
