"""What a component takes and gives can be told to other languages: no unions, no classes of ours, nothing that cannot be sent."""

import pulumi
import pytest
from pulumi.provider.experimental.analyzer import Analyzer

from components.alarms import AlarmTopic
from components.cluster.eks import EksCluster
from components.cluster.existing import ExistingCluster
from components.cluster.tenancy import Tenancy
from components.drift import DriftIdentity, DriftMonitor
from components.drift_results import DriftResults
from components.drift_schedule import DriftSchedule
from components.endpoint.kubernetes import KubernetesEndpoint
from components.endpoint.sagemaker import SageMakerEndpoint
from components.identity import ModelIdentity
from components.managed_metrics import ManagedMetrics, ManagedRules
from components.monitoring import EndpointMonitoring, MonitoringStack
from components.monitoring_identity import AlertmanagerIdentity
from components.network import Network
from components.registry.artifacts import ArtifactRegistry
from components.registry.mlflow import MlflowModelRegistry
from components.registry.mlflow_backend import MlflowBackend
from components.registry.mlflow_server import MlflowServer
from components.registry.packages import SageMakerModelRegistry
from components.registry.postgres import Postgres

COMPONENTS = [
    AlarmTopic,
    ArtifactRegistry,
    DriftIdentity,
    DriftMonitor,
    DriftResults,
    DriftSchedule,
    EksCluster,
    EndpointMonitoring,
    ExistingCluster,
    KubernetesEndpoint,
    AlertmanagerIdentity,
    ManagedMetrics,
    ManagedRules,
    MlflowBackend,
    MlflowModelRegistry,
    MlflowServer,
    ModelIdentity,
    MonitoringStack,
    Network,
    Postgres,
    SageMakerModelRegistry,
    SageMakerEndpoint,
    Tenancy,
]


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.__name__)
def test_a_schema_can_be_inferred(component: type[pulumi.ComponentResource]) -> None:
    found = Analyzer("modelway").analyze([component])["component_definitions"][component.__name__]
    assert found.inputs
    assert found.outputs
