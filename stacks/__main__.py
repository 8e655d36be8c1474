"""The program of every stack: the environment's files are read, its part is composed, what others need is exported."""

import asyncio
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    # The engine puts stacks/ on the path, and what is imported lies beside it.
    sys.path.insert(0, str(ROOT))
    # As in modelway/cli: what is valid does not depend on which plugins are installed, and nobody waits for the search.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    import pulumi

    from modelway.architecture import load, names
    from modelway.errors import ModelwayError
    from stacks.bounds import bounded
    from stacks.compose import Parts, compose, place
    from stacks.effects import tell_of_what_has_no_effect
    from stacks.gates import pass_gates

    folder = ROOT / pulumi.Config("modelway").get("environments", "stacks/environments")
    try:
        environment, parts = place(pulumi.get_stack(), names(folder), lambda name: load(folder, name, ROOT))
    except ModelwayError as fault:
        raise pulumi.RunError(str(fault)) from None
    tell_of_what_has_no_effect(environment)
    if Parts.MODELS in parts:
        pass_gates(environment, folder, ROOT)
    if environment.aws.bounded_roles:
        pulumi.runtime.register_stack_transformation(bounded(environment))
    exports = compose(environment, parts)

    async def begun() -> pulumi.Inputs:
        # Where a program ends before its first registration has begun, the SDK looks at every pending Output again after each one that is
        # known, which takes half of the processor's time at 500 resources. Registrations that are under way are awaited first, one by one.
        await asyncio.sleep(0)
        return exports

    pulumi.run(begun)


if __name__ == "__main__":
    main()
