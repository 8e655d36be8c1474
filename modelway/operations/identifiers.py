"""The ids of what AWS names by what was asked for, and has once by that name. Pure."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

Object = Mapping[str, object]


def _joined(*names: str, by: str = ":") -> Callable[[Object], str | None]:
    def made(inputs: Object) -> str | None:
        values = [inputs.get(name) for name in names]
        return by.join(str(value) for value in values) if all(isinstance(value, str) for value in values) else None

    return made


_BY_NAME: Mapping[str, Callable[[Object], str | None]] = MappingProxyType(
    {
        "aws:cloudwatch/logGroup:LogGroup": _joined("name"),
        "aws:ec2/route:Route": _joined("routeTableId", "destinationCidrBlock", by="_"),
        "aws:ecr/pullThroughCacheRule:PullThroughCacheRule": _joined("ecrRepositoryPrefix"),
        "aws:ecr/repository:Repository": _joined("name"),
        "aws:eks/accessEntry:AccessEntry": _joined("clusterName", "principalArn"),
        "aws:eks/addon:Addon": _joined("clusterName", "addonName"),
        "aws:eks/cluster:Cluster": _joined("name"),
        "aws:eks/nodeGroup:NodeGroup": _joined("clusterName", "nodeGroupName"),
        "aws:iam/role:Role": _joined("name"),
        "aws:kms/alias:Alias": _joined("name"),
        "aws:rds/instance:Instance": _joined("identifier"),
        "aws:rds/parameterGroup:ParameterGroup": _joined("name"),
        "aws:rds/subnetGroup:SubnetGroup": _joined("name"),
        "aws:s3/bucket:Bucket": _joined("bucket"),
        "aws:sagemaker/endpoint:Endpoint": _joined("name"),
        "aws:sagemaker/endpointConfiguration:EndpointConfiguration": _joined("name"),
        "aws:sagemaker/model:Model": _joined("name"),
        "aws:sagemaker/modelPackageGroup:ModelPackageGroup": _joined("modelPackageGroupName"),
    }
)
"""Types whose id follows from what was asked for, and whose second creation AWS refuses. What is only set on them is put, and not here."""


def named(type_: str, inputs: Object) -> str | None:
    """The id that a resource of the type has, or would have, when `inputs` are asked for; None where it does not follow from them."""
    by_name = _BY_NAME.get(type_)
    return by_name(inputs) if by_name is not None else None
