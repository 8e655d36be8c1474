"""What connects: gateways, endpoints, load balancers, addresses."""

from collections.abc import Iterator

from modelway.preview.cost.estimates import Amount, Market
from modelway.preview.cost.seen import Seen, hidden


def nat_gateway(one: Seen, market: Market) -> Iterator[Amount]:
    yield market.hourly("hours", f"NAT gateway {one.name}", "nat gateway")
    yield market.used("data", f"data through NAT gateway {one.name}", "nat gateway data", "nat gb")


def address(one: Seen, market: Market) -> Iterator[Amount]:
    """A public IPv4 address, in use or not."""
    yield market.hourly("hours", f"public address {one.name}", "public ipv4", kind="public IPv4 addresses")


def endpoint(one: Seen, market: Market) -> Iterator[Amount]:
    """An interface endpoint, in each zone that it stands in. A gateway endpoint costs nothing."""
    kind, subnets = one.text("vpcEndpointType", "Gateway"), one.items("subnetIds")
    what = f"interface endpoint {one.name}"
    if kind is None or subnets is None:
        yield market.unknown("hours", what, "its kind, or how many subnets it stands in, is not known yet")
    elif kind == "Interface":
        zones = float(len(subnets) or 1)
        yield market.hourly("hours", f"{what}, {len(subnets) or 1} zones" if zones > 1 else what, "vpc endpoint", (zones, zones))
        yield market.used("data", f"data through {what}", "vpc endpoint data", "vpc endpoint gb")
    elif kind == "GatewayLoadBalancer":
        yield market.unknown("hours", what, "no price of endpoints of that kind")


def load_balancer(one: Seen, market: Market) -> Iterator[Amount]:
    kind, internal = one.text("loadBalancerType", "application"), one.flag("internal")
    item = {"application": "alb", "network": "nlb"}.get(kind or "")
    what = f"load balancer {one.name}"
    if item is None:
        yield market.unknown("hours", what, f"no price of load balancers of type {kind or 'that is not known yet'}")
        return
    yield from _balanced(what, item, market)
    if internal is not True:
        subnets = one.items("subnets") or one.items("subnetMappings") or []
        number = (float(len(subnets) or 1), float(len(subnets) or 1))
        yield market.hourly("addresses", f"public addresses of {what}", "public ipv4", number, note="one in each of its subnets")
        yield market.used("out", f"answers that leave AWS through {what}", "data transfer out", "internet gb")


def of_service(one: Seen, market: Market) -> Iterator[Amount]:
    """A Service of Kubernetes that asks for a load balancer: on AWS a network one."""
    if one.text("spec.type") == "LoadBalancer":
        note = "one network load balancer, which its controller makes"
        yield from _balanced(f"load balancer of the Service {_name(one)}", "nlb", market, note)


def of_gateway(one: Seen, market: Market) -> Iterator[Amount]:
    """A Gateway: its controller makes a load balancer, of which kind is the class's."""
    item = "alb" if "alb" in (one.text("spec.gatewayClassName") or "") else "nlb"
    note = f"one {'application' if item == 'alb' else 'network'} load balancer, which its controller makes"
    yield from _balanced(f"load balancer of the Gateway {_name(one)}", item, market, note)


def of_ingress(one: Seen, market: Market) -> Iterator[Amount]:
    """An Ingress of the class `alb`; of other classes a load balancer is shared by all."""
    if one.text("spec.ingressClassName") == "alb":
        yield from _balanced(f"load balancer of the Ingress {_name(one)}", "alb", market, "one of its own, if it is in no group")


def _balanced(what: str, item: str, market: Market, note: str = "") -> Iterator[Amount]:
    yield market.hourly("hours", what, item, note=note)
    yield market.used("units", f"work of {what}", f"{item} capacity", "load balancer units")


def _name(one: Seen) -> str:
    name, namespace = one.value("metadata.name"), one.value("metadata.namespace")
    if not isinstance(name, str) or hidden(name):
        return one.name
    return f"{namespace}/{name}" if isinstance(namespace, str) and not hidden(namespace) else name
