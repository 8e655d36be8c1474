"""The names of `modelway.architecture`, each from the module that it is in."""

from modelway.architecture.cluster import Access, Cluster, EksCluster, ExistingCluster
from modelway.architecture.contract import Column, Contract, Metric, Sample, Signature
from modelway.architecture.endpoint import Endpoint
from modelway.architecture.environment import Aws, Environment
from modelway.architecture.faults import Fault, InvalidArchitecture
from modelway.architecture.folders import names
from modelway.architecture.loading import load
from modelway.architecture.model import Model, Version
from modelway.architecture.monitoring import Monitoring
from modelway.architecture.network import Cidr, ExistingNetwork, Network, Vpc
from modelway.architecture.nodes import NodePool
from modelway.architecture.quantities import Cpu, Duration, Memory, Money, Percent
from modelway.architecture.references import Image, Weights
from modelway.architecture.registry import ImageRegistry, ModelStore, Registry
from modelway.architecture.replica import Resources
from modelway.architecture.scaling import Scaling
from modelway.architecture.slo import Slo
from modelway.architecture.tenancy import ExistingGateway, Gateway, ManagedGateway, Quota
from modelway.architecture.tensors import Example, Tensor
from modelway.architecture.traffic import Canary, Shadow, Traffic

__all__ = [
    "Access",
    "Aws",
    "Canary",
    "Cidr",
    "Cluster",
    "Column",
    "Contract",
    "Cpu",
    "Duration",
    "EksCluster",
    "Endpoint",
    "Environment",
    "Example",
    "ExistingCluster",
    "ExistingGateway",
    "ExistingNetwork",
    "Fault",
    "Gateway",
    "Image",
    "ImageRegistry",
    "InvalidArchitecture",
    "ManagedGateway",
    "Memory",
    "Metric",
    "Model",
    "ModelStore",
    "Money",
    "Monitoring",
    "Network",
    "NodePool",
    "Percent",
    "Quota",
    "Registry",
    "Resources",
    "Sample",
    "Scaling",
    "Shadow",
    "Signature",
    "Slo",
    "Tensor",
    "Traffic",
    "Version",
    "Vpc",
    "Weights",
    "load",
    "names",
]
