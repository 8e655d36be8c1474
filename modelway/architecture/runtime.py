"""What an endpoint runs on."""

from typing import Annotated, Literal

from pydantic import Field

from modelway.architecture.base import Section, Shaped

SageMakerInstance = Annotated[
    str, Shaped(r"ml\.[a-z][a-z0-9-]*\.[a-z0-9-]+", "a type of SageMaker instance, with ml. first", "Write it like ml.m7i.large.", 32)
]


class KubernetesRuntime(Section):
    """Plain Kubernetes objects and a Gateway API route."""

    kind: Literal["kubernetes"] = "kubernetes"


class SageMakerRuntime(Section):
    """A real-time endpoint of Amazon SageMaker AI; a replica is an instance."""

    kind: Literal["sagemaker"]
    instance_type: SageMakerInstance
    """Type of the instances, such as ml.m7i.large."""


Runtime = Annotated[KubernetesRuntime | SageMakerRuntime, Field(discriminator="kind")]
