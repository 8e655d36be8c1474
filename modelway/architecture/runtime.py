"""What an endpoint runs on."""

from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from modelway.architecture.base import Section
from modelway.architecture.instances import SageMakerInstance


class KubernetesRuntime(Section):
    """Plain Kubernetes objects and a Gateway API route."""

    kind: Literal["kubernetes"] = "kubernetes"


class SageMakerRuntime(Section):
    """A real-time endpoint of Amazon SageMaker AI; a replica is an instance."""

    PEERS = MappingProxyType({"instance_type": "SageMaker `InstanceType`, Azure ML `instance_type`"})

    kind: Literal["sagemaker"]
    instance_type: SageMakerInstance
    """Type of the instances, such as ml.m7i.large."""


Runtime = Annotated[KubernetesRuntime | SageMakerRuntime, Field(discriminator="kind")]
