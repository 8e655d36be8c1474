"""Which rule says what a type of resource costs."""

from collections.abc import Mapping
from types import MappingProxyType

from modelway.preview.cost import compute, network, sagemaker, services, storage
from modelway.preview.cost.estimates import Rule

PROVIDER = "pulumi:providers:aws"

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "aws:eks/cluster:Cluster": compute.cluster,
        "aws:eks/nodeGroup:NodeGroup": compute.node_group,
        "aws:ec2/instance:Instance": compute.instance,
        "aws:autoscaling/group:Group": compute.scaling_group,
        "kubernetes:karpenter.sh/v1:NodePool": compute.node_pool,
        "kubernetes:karpenter.sh/v1beta1:NodePool": compute.node_pool,
        "aws:ec2/natGateway:NatGateway": network.nat_gateway,
        "aws:ec2/eip:Eip": network.address,
        "aws:ec2/vpcEndpoint:VpcEndpoint": network.endpoint,
        "aws:lb/loadBalancer:LoadBalancer": network.load_balancer,
        "aws:alb/loadBalancer:LoadBalancer": network.load_balancer,
        "kubernetes:core/v1:Service": network.of_service,
        "kubernetes:gateway.networking.k8s.io/v1:Gateway": network.of_gateway,
        "kubernetes:networking.k8s.io/v1:Ingress": network.of_ingress,
        "aws:ebs/volume:Volume": storage.volume,
        "kubernetes:core/v1:PersistentVolumeClaim": storage.claim,
        "kubernetes:apps/v1:StatefulSet": storage.stateful_set,
        "kubernetes:monitoring.coreos.com/v1:Prometheus": storage.metrics,
        "aws:s3/bucket:Bucket": storage.bucket,
        "aws:s3/bucketV2:BucketV2": storage.bucket,
        "aws:efs/fileSystem:FileSystem": storage.file_system,
        "aws:rds/instance:Instance": storage.database,
        "aws:ecr/repository:Repository": storage.repository,
        "aws:cloudwatch/logGroup:LogGroup": storage.log_group,
        "aws:kms/key:Key": services.key,
        "aws:cloudwatch/metricAlarm:MetricAlarm": services.alarm,
        "aws:cloudwatch/compositeAlarm:CompositeAlarm": services.composite_alarm,
        "aws:cloudwatch/dashboard:Dashboard": services.dashboard,
        "aws:secretsmanager/secret:Secret": services.secret,
        "aws:amp/workspace:Workspace": services.metrics_workspace,
        "aws:amp/scraper:Scraper": services.scraper,
        "aws:grafana/workspace:Workspace": services.grafana,
        "aws:route53/zone:Zone": services.zone,
        "aws:sagemaker/endpoint:Endpoint": sagemaker.endpoint,
    }
)
"""By type. What is here is priced; what stands in `free` costs nothing by itself; everything else is told as having no price here."""

LOOKED_UP = frozenset({PROVIDER, sagemaker.CONFIGURATION, sagemaker.TARGET, "aws:ec2/launchTemplate:LaunchTemplate"})
"""Types that say something about what others cost."""

ONLY_WITH: Mapping[str, bytes] = MappingProxyType(
    {
        "kubernetes:core/v1:Service": b"LoadBalancer",
        "kubernetes:networking.k8s.io/v1:Ingress": b"alb",
        "kubernetes:apps/v1:StatefulSet": b"volumeClaimTemplates",
    }
)
"""Types that cost something only where that stands somewhere in their inputs: most need not be read any further."""

COUNTED_WITHOUT: Mapping[str, bytes] = MappingProxyType({"aws:cloudwatch/metricAlarm:MetricAlarm": b"metricQueries"})
"""Types that are merely counted where that does not stand in their inputs."""

BY_OTHERS = frozenset({"aws:eks/nodeGroup:NodeGroup", "aws:autoscaling/group:Group", "aws:sagemaker/endpoint:Endpoint"})
"""Types that may cost something else because of what they are made from."""

MERELY_COUNTED = frozenset(
    {
        *("aws:ec2/natGateway:NatGateway", "aws:ec2/eip:Eip", "aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"),
        *("aws:efs/fileSystem:FileSystem", "aws:ecr/repository:Repository", "aws:cloudwatch/logGroup:LogGroup", "aws:kms/key:Key"),
        *("aws:cloudwatch/compositeAlarm:CompositeAlarm", "aws:cloudwatch/dashboard:Dashboard", "aws:secretsmanager/secret:Secret"),
        *("aws:amp/workspace:Workspace", "aws:amp/scraper:Scraper", "aws:grafana/workspace:Workspace", "aws:route53/zone:Zone"),
    }
)
"""Types whose inputs say nothing of what they cost."""
