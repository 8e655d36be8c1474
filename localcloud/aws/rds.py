"""RDS's subnet groups: moto forgets one when it is changed, and makes one again that is there. Here both are as in AWS.

Changes moto's own backend, inside the front's process. No database runs.
"""

from typing import Any


def install() -> None:
    """Afterwards moto's RDS keeps subnet groups that are changed, and refuses to make one twice."""
    from moto.rds.exceptions import RDSClientError
    from moto.rds.models import RDSBackend

    modify, create = RDSBackend.modify_db_subnet_group, RDSBackend.create_subnet_group

    def modify_db_subnet_group(self: Any, subnet_name: str, description: str, subnets: list[Any]) -> Any:
        # Raises for one that is not there.
        self.describe_db_subnet_groups(subnet_name)
        changed = modify(self, subnet_name, description, subnets)
        self.subnet_groups[subnet_name] = changed
        return changed

    def create_subnet_group(self: Any, subnet_name: str, description: str, subnets: list[Any], tags: list[dict[str, str]]) -> Any:
        if subnet_name in self.subnet_groups:
            raise RDSClientError("DBSubnetGroupAlreadyExists", f"The DB subnet group {subnet_name} already exists.")
        return create(self, subnet_name, description, subnets, tags)

    RDSBackend.modify_db_subnet_group = modify_db_subnet_group  # type: ignore[method-assign]
    RDSBackend.create_subnet_group = create_subnet_group  # type: ignore[method-assign]
