"""Controllers that shift requests by themselves: what a program writes of shares is where they begin, not what is.

Argo Rollouts names the routes that it writes (argoproj-labs/rollouts-plugin-trafficrouter-gatewayapi); Flagger makes a route of its own
for the workload that it looks after, or writes the one of the same name.
"""

from modelway.preview.traffic.objects import Thing, World, mapping, sequence, text, within

_PLUGIN = "argoproj-labs/gatewayAPI"


def of_route(world: World, route: Thing) -> str:
    """The controller that writes a route's shares, as `Argo Rollout churn`; empty where the program does."""
    for rollout in world.of("Rollout"):
        if (route.place, route.name) in _routes(rollout):
            return f"Argo Rollout {rollout.name}"
    for canary in world.of("Canary"):
        if canary.place == route.place and route.name in (canary.name, text(within(canary.spec, "targetRef", "name"))):
            return f"Flagger Canary {canary.name}"
    return ""


def _routes(rollout: Thing) -> list[tuple[tuple[str, str], str]]:
    plugin = mapping(within(rollout.spec, "strategy", "canary", "trafficRouting", "plugins", _PLUGIN))
    namespace = text(plugin.get("namespace")) or rollout.place[1]
    names = [text(plugin.get("httpRoute")), *(text(mapping(one).get("name")) for one in sequence(plugin.get("httpRoutes")))]
    return [((rollout.place[0], namespace), name) for name in names if name]
