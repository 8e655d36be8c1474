"""What an endpoint runs on."""

from typing import Annotated, Literal

from pydantic import Field

from modelway.architecture.base import Section
from modelway.architecture.instances import SageMakerInstance


class KubernetesRuntime(Section):
    """Plain Kubernetes objects and a Gateway API route."""

    kind: Literal["kubernetes"] = "kubernetes"


class SageMakerRuntime(Section):
    """A real-time endpoint of Amazon SageMaker AI; a replica is an instance."""

    kind: Literal["sagemaker"]
    instance_type: SageMakerInstance
    """Type of the instances, such as ml.m7i.large."""


Runtime = Annotated[KubernetesRuntime | SageMakerRuntime, Field(discriminator="kind")]
