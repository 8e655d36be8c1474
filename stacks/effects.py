"""What an environment says and nothing puts into effect yet: told before anything is made, and refused where it would be missed."""

import pulumi

from modelway.architecture import Environment
from modelway.architecture.effect import ineffective, refusal


def tell_of_what_has_no_effect(environment: Environment) -> None:
    """Warns of fields that say more than is done. Raises RunError for fields without which something else would be made."""
    if why := refusal(environment):
        raise pulumi.RunError(why)
    if harmless := [one.field for one in ineffective(environment) if one.effect == "harmless"]:
        pulumi.log.warn(f"Environment {environment.environment} says what nothing puts into effect yet: {', '.join(harmless)}.")
    if imageless := [one.field for one in ineffective(environment) if one.effect == "imageless"]:
        pulumi.log.warn(
            f"In environment {environment.environment} nobody looks for drift: {', '.join(imageless)}. Name monitoring.drift.image."
        )
