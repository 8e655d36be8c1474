"""What a network takes."""

from typing import TYPE_CHECKING

from modelway.architecture import Environment, Vpc
from stacks.arguments.placing import deletion_window

if TYPE_CHECKING:
    from components.network import NetworkArgs


def network(environment: Environment, described: Vpc) -> "NetworkArgs":
    region = environment.aws.region
    made: NetworkArgs = {
        "cidr": str(described.cidr),
        "zones": described.zones,
        "nat": described.nat,
        "endpoints": {service: f"com.amazonaws.{region}.{service}" for service in described.private_endpoints},
        "discovery": environment.environment,
    }
    if described.flow_logs is not None:
        made["flow_logs"] = {
            "account": environment.aws.account,
            "region": region,
            "log_group": f"/modelway/{environment.environment}/network/flows",
            "retention_days": described.flow_logs.retention_days,
            "deletion_window_days": deletion_window(environment),
        }
    return made
