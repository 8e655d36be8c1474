"""How one thing is provisioned: Pulumi components that know no environment, no YAML and no pydantic.

Network, EksCluster, ExistingCluster, Tenancy, ArtifactRegistry, KubernetesEndpoint, EndpointMonitoring, MonitoringStack, ModelIdentity, all
under the token `modelway:index:NAME`. Token and logical names are public: they are part of every URN.
"""
