"""What an environment is, as data: objects, and how files become them.

`load(folder, name)` gives one environment, resolved and checked, or raises InvalidArchitecture with every fault of every file.
"""

from modelway.architecture.cluster import Access, Cluster, EksCluster, ExistingCluster, ExistingGateway, Gateway, ManagedGateway
from modelway.architecture.contract import Column, Contract, Example, Metric, Sample, Signature, Tensor
from modelway.architecture.endpoint import Canary, Endpoint, Resources, Scaling, Shadow, Slo, Traffic
from modelway.architecture.environment import Aws, Environment
from modelway.architecture.faults import Fault, InvalidArchitecture
from modelway.architecture.loading import load, names
from modelway.architecture.model import Model, Version
from modelway.architecture.monitoring import Monitoring
from modelway.architecture.network import Cidr, ExistingNetwork, Network, Vpc
from modelway.architecture.nodes import NodePool
from modelway.architecture.quantities import Cpu, Duration, Memory, Money, Percent
from modelway.architecture.references import Image, Weights
from modelway.architecture.registry import ImageRegistry, ModelStore, Registry

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
