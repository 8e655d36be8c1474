"""What an environment says and nothing puts into effect yet: told before anything is made, and refused where it would be missed."""

import pulumi

from modelway.architecture import Environment
from modelway.architecture.effect import ineffective


def tell_of_what_has_no_effect(environment: Environment) -> None:
    """Warns of fields that say more than is done. Raises RunError for fields without which something else would be made."""
    found = list(ineffective(environment))
    refused = [one.field for one in found if one.effect == "refused"]
    if refused:
        raise pulumi.RunError(
            f"environment {environment.environment} asks for what nothing makes yet, and without it something else would be made than it"
            f" describes: {', '.join(refused)}. Nothing was changed. Remove these fields from its files, or take a version of Modelway that"
            " makes them."
        )
    harmless = [one.field for one in found]
    if harmless:
        pulumi.log.warn(f"Environment {environment.environment} says what nothing puts into effect yet: {', '.join(harmless)}.")
