"""Controllers that shift requests by themselves: what a program writes of shares is where they begin, not what is.

Argo Rollouts names the routes that it writes (argoproj-labs/rollouts-plugin-trafficrouter-gatewayapi); Flagger makes a route of its own
for the workload that it looks after, or writes the one of the same name.
"""

from modelway.preview.traffic.objects import Place, Thing, World, mapping, sequence, text, within

_PLUGIN = "argoproj-labs/gatewayAPI"


def writers(world: World) -> dict[tuple[Place, str], str]:
    """The controllers that write the shares of routes, as `Argo Rollout churn`, by place and name of the route."""
    found: dict[tuple[Place, str], str] = {}
    for canary in world.of("Canary"):
        target = text(within(canary.spec, "targetRef", "name"))
        found |= {(canary.place, name): f"Flagger Canary {canary.name}" for name in (canary.name, target) if name}
    for rollout in world.of("Rollout"):
        found |= dict.fromkeys(_routes(rollout), f"Argo Rollout {rollout.name}")
    return found


def _routes(rollout: Thing) -> list[tuple[Place, str]]:
    plugin = mapping(within(rollout.spec, "strategy", "canary", "trafficRouting", "plugins", _PLUGIN))
    namespace = text(plugin.get("namespace")) or rollout.place[1]
    names = [text(plugin.get("httpRoute")), *(text(mapping(one).get("name")) for one in sequence(plugin.get("httpRoutes")))]
    return [((rollout.place[0], namespace), name) for name in names if name]
