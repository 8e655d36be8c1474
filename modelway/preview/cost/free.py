"""Types of resources that cost nothing by themselves, and those of other kinds that nobody here has a price for."""

import re

_FREE = re.compile(
    r"pulumi:|modelway:|random:|tls:|command:|time:|std:|local:|null:"
    r"|aws:(?:iam|organizations|appautoscaling|index|ssoadmin|identitystore|resourcegroups|serverlessrepository)/"
    r"|aws:eks/(?:accessEntry|accessPolicyAssociation|addon|podIdentityAssociation|identityProviderConfig):"
    r"|aws:ec2/(?:vpc|subnet|routeTable|route|routeTableAssociation|mainRouteTableAssociation|internetGateway|egressOnlyInternetGateway"
    r"|securityGroup|securityGroupRule|securityGroupAssociation|networkAcl|networkAclRule|networkAclAssociation|launchTemplate|launchConfiguration"
    r"|keyPair|defaultSecurityGroup|defaultVpc|defaultSubnet|defaultRouteTable|defaultNetworkAcl|vpcDhcpOptions|vpcDhcpOptionsAssociation"
    r"|eipAssociation|volumeAttachment|tag|managedPrefixList|placementGroup|flowLog|vpcEndpointPolicy|vpcEndpointSubnetAssociation"
    r"|vpcEndpointRouteTableAssociation|vpcEndpointSecurityGroupAssociation|vpcPeeringConnection|vpcPeeringConnectionAccepter"
    r"|vpcIpv4CidrBlockAssociation|networkInterface|networkInterfaceAttachment|encryptionByDefault|instanceMetadataDefaults):"
    r"|aws:vpc/"
    r"|aws:(?:lb|alb)/(?:listener|listenerRule|listenerCertificate|targetGroup|targetGroupAttachment):"
    r"|aws:s3/bucket[A-Z]\w*:|aws:s3/accountPublicAccessBlock:"
    r"|aws:ecr/(?:repositoryPolicy|lifecyclePolicy|registryPolicy|replicationConfiguration|registryScanningConfiguration|accountSetting"
    r"|pullThroughCacheRule|repositoryCreationTemplate|pullTimeUpdateExclusion):"
    r"|aws:kms/(?:alias|grant|keyPolicy):"
    r"|aws:rds/(?:subnetGroup|parameterGroup|optionGroup|clusterParameterGroup):"
    r"|aws:efs/(?:accessPoint|mountTarget|fileSystemPolicy|backupPolicy):"
    r"|aws:sagemaker/(?:model|endpointConfiguration|modelPackageGroup|modelPackageGroupPolicy|mlflowApp|domain|userProfile):"
    r"|aws:amp/(?:ruleGroupNamespace|alertManagerDefinition|workspaceConfiguration|resourcePolicy):"
    r"|aws:grafana/(?:roleAssociation|workspaceSamlConfiguration|workspaceServiceAccount|workspaceApiKey|workspaceServiceAccountToken):"
    r"|aws:secretsmanager/(?:secretVersion|secretPolicy|secretRotation):"
    r"|aws:sns/(?:topicPolicy|topicSubscription):|aws:sqs/(?:queuePolicy|redrivePolicy):"
    r"|aws:cloudwatch/(?:logResourcePolicy|logStream|logSubscriptionFilter|logMetricFilter|eventRule|eventTarget|logGroupPolicy):"
    r"|aws:lambda/(?:permission|alias|layerVersion|eventSourceMapping):"
    r"|aws:acm/certificate(?:Validation)?:|aws:route53/record:"
    r"|aws:autoscaling/(?:policy|schedule|attachment|tag|lifecycleHook|notification):"
    r"|kubernetes:(?!helm\.sh)"
)
"""By how they start. Objects of Kubernetes run on nodes, which are counted by themselves; what a chart makes is not looked into.
A launch template, a model or a configuration of SageMaker costs through what is started from it; flow logs through their log group."""


def is_free(kind: str) -> bool:
    """Whether a resource of the type costs nothing by itself."""
    # A component is a name for what is in it: its type has no provider of clouds before the colon.
    return _FREE.match(kind) is not None


def is_component(kind: str, *, custom: bool) -> bool:
    """Whether it only groups others."""
    return not custom and not kind.startswith("aws:")
