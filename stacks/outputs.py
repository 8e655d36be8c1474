"""What stacks export, by type: what their consumers may count on. A key that goes or means something else is a breaking change.

docs/outputs.md shows how other stacks and programs read it; tests/stacks/test_outputs.py holds it against what is exported.
"""

from typing import Literal, NotRequired, TypedDict


class GatewayOutput(TypedDict):
    """The Gateway that routes of a cluster are attached to."""

    name: str
    namespace: str


class ClusterOutput(TypedDict):
    """One cluster. An EKS cluster has name, arn, endpoint and certificate_authority; one that was there before has a context."""

    kind: Literal["eks", "existing"]
    gateway: GatewayOutput
    namespaces: dict[str, str]
    """Namespace by team."""
    name: NotRequired[str]
    """Id of the cluster in its account and region."""
    arn: NotRequired[str]
    endpoint: NotRequired[str]
    """URL of the API server."""
    certificate_authority: NotRequired[str]
    """In base64, as a kubeconfig has it."""
    context: NotRequired[str]
    """In the kubeconfig of whoever deploys."""


class ModelRegistryOutput(TypedDict):
    """What lists models besides the store."""

    kind: Literal["none", "sagemaker", "mlflow", "mlflow_server"]
    groups: NotRequired[dict[str, str]]
    """ARN of the group of model packages, by model."""
    app_arn: NotRequired[str]
    bucket: NotRequired[str]
    """Of what MLflow logs."""
    cluster: NotRequired[str]
    """Key of the cluster in `clusters` that the MLflow server runs in."""
    url: NotRequired[str]
    """Of the MLflow server, in that cluster."""
    hostname: NotRequired[str]
    """Of the MLflow server at the cluster's Gateway, by HTTPS; where there is a route."""


class RegistryOutput(TypedDict):
    """Where images and weights are."""

    bucket: str
    bucket_arn: str
    key_arn: str
    repositories: dict[str, str]
    """Address of the ECR repository (`host/name`) by model."""
    model_registry: ModelRegistryOutput


class NetworkOutput(TypedDict):
    """Where clusters stand."""

    vpc_id: str
    private_subnets: list[str]
    public_subnets: list[str]
    control_subnets: list[str]


class MonitoringOutput(TypedDict):
    """Of one cluster."""

    namespace: str
    """Where dashboards and rules are."""


class DriftOutput(TypedDict):
    """What looks for drift of an endpoint."""

    job: str
    """Name of the CronJob in the monitoring namespace of the cluster, or of the schedule that starts jobs of SageMaker."""
    results: str
    """Where what was found is kept: s3://BUCKET/MODEL/."""


class KubernetesEndpointOutput(TypedDict):
    """A model that serves in a cluster."""

    runtime: Literal["kubernetes"]
    cluster: str
    """Key of the cluster in `clusters`."""
    namespace: str
    route: str
    """Name of the HTTPRoute, and of the model in addresses."""
    url_path: str
    """Path at the Gateway: `/v2/models/NAME`; requests go to `…/infer`."""
    versions: dict[str, int]
    """Percent of the requests by version; 100 together."""
    mirrors: dict[str, int]
    """Percent of the requests that are copied, by version."""
    dashboard: str
    """Name of the ConfigMap that holds the Grafana dashboard, in the monitoring namespace of the cluster."""
    drift: NotRequired[DriftOutput]
    """Where its drift is looked at."""


class SageMakerEndpointOutput(TypedDict):
    """A model that serves on SageMaker."""

    runtime: Literal["sagemaker"]
    endpoint: str
    """Name, as sagemaker-runtime asks for it."""
    arn: str
    configuration: str
    variants: dict[str, str]
    """Name of the variant by version."""
    versions: dict[str, int]
    mirrors: dict[str, int]
    alarms: list[str]
    """Names of the CloudWatch alarms that take an update back."""
    drift: NotRequired[DriftOutput]
    """Where its drift is looked at."""


EndpointOutput = KubernetesEndpointOutput | SageMakerEndpointOutput


class MetricsOutput(TypedDict):
    """Where Amazon keeps the metrics of all clusters."""

    workspace: str
    """Id."""
    grafana: NotRequired[str]
    """Address of Managed Grafana, where there is one."""


class DriftResultsOutput(TypedDict):
    """Where what was found of drift is kept."""

    bucket: str
    """With a folder for each model."""


class PlatformOutputs(TypedDict):
    """Of the stack ENV. With layout `single` it has what ModelsOutputs has too."""

    environment: str
    clusters: dict[str, ClusterOutput]
    """By the key that they have in the environment."""
    registry: RegistryOutput
    monitoring: dict[str, MonitoringOutput]
    """By cluster."""
    network: NotRequired[NetworkOutput]
    alarms: NotRequired[str]
    """ARN of the SNS topic that alarms tell; where a model serves on SageMaker."""
    metrics: NotRequired[MetricsOutput]
    """Where the backend of `monitoring` is amp."""
    drift: NotRequired[DriftResultsOutput]
    """Where `monitoring.drift` has an image."""
    endpoints: NotRequired[dict[str, EndpointOutput]]


class ModelsOutputs(TypedDict):
    """Of the stacks ENV-models and ENV-models-TEAM."""

    endpoints: dict[str, EndpointOutput]
    """By model."""
