"""The actions of AWS that a deployment takes for each type of resource that environments are made of, from creation to removal. Data alone.

They are the calls of the provider's own source for the type (github.com/hashicorp/terraform-provider-aws, internal/service), and what the
service checks of its caller on the way (docs.aws.amazon.com/service-authorization/latest/reference). IAM's stand in bootstrap_documents:
they are under conditions of their own.
"""

from collections.abc import Mapping
from types import MappingProxyType

_TAGS = ("TagResource", "UntagResource", "ListTagsForResource")
_EC2_TAGS = "CreateTags DeleteTags"


def _of(service: str, *words: str) -> tuple[str, ...]:
    return tuple(f"{service}:{action}" for text in words for action in text.split())


ACTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "aws:amp/alertManagerDefinition:AlertManagerDefinition": _of(
            "aps",
            "CreateAlertManagerDefinition DeleteAlertManagerDefinition DescribeAlertManagerDefinition PutAlertManagerDefinition",
        ),
        "aws:amp/ruleGroupNamespace:RuleGroupNamespace": _of(
            "aps",
            "CreateRuleGroupsNamespace DeleteRuleGroupsNamespace DescribeRuleGroupsNamespace PutRuleGroupsNamespace",
            *_TAGS,
        ),
        "aws:amp/scraper:Scraper": (
            *_of("aps", "CreateScraper DeleteScraper DescribeScraper UpdateScraper", *_TAGS),
            *_of("ec2", "DescribeSecurityGroups DescribeSubnets"),
            *_of("eks", "DescribeCluster CreateAccessEntry AssociateAccessPolicy"),
        ),
        "aws:amp/workspace:Workspace": (
            *_of("aps", "CreateWorkspace DeleteWorkspace DescribeWorkspace UpdateWorkspaceAlias", *_TAGS),
            *_of("aps", "CreateLoggingConfiguration DeleteLoggingConfiguration DescribeLoggingConfiguration UpdateLoggingConfiguration"),
            *_of("logs", "CreateLogDelivery DescribeLogGroups DescribeResourcePolicies PutResourcePolicy"),
        ),
        "aws:amp/workspaceConfiguration:WorkspaceConfiguration": _of("aps", "DescribeWorkspaceConfiguration UpdateWorkspaceConfiguration"),
        "aws:appautoscaling/policy:Policy": (
            *_of("application-autoscaling", "DeleteScalingPolicy DescribeScalingPolicies PutScalingPolicy"),
            *_of("cloudwatch", "DeleteAlarms DescribeAlarms PutMetricAlarm"),
        ),
        "aws:appautoscaling/scheduledAction:ScheduledAction": _of(
            "application-autoscaling", "DeleteScheduledAction DescribeScheduledActions PutScheduledAction"
        ),
        "aws:appautoscaling/target:Target": (
            *_of("application-autoscaling", "DeregisterScalableTarget DescribeScalableTargets RegisterScalableTarget", *_TAGS),
            *_of("sagemaker", "DescribeEndpoint UpdateEndpointWeightsAndCapacities"),
        ),
        "aws:cloudwatch/logGroup:LogGroup": _of(
            "logs",
            "AssociateKmsKey CreateLogGroup DeleteLogGroup DeleteRetentionPolicy DescribeLogGroups DisassociateKmsKey PutRetentionPolicy",
            *_TAGS,
        ),
        "aws:cloudwatch/metricAlarm:MetricAlarm": _of("cloudwatch", "DeleteAlarms DescribeAlarms PutMetricAlarm", *_TAGS),
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": _of(
            "ec2", "DescribeSecurityGroups RevokeSecurityGroupEgress RevokeSecurityGroupIngress", _EC2_TAGS
        ),
        "aws:ec2/eip:Eip": _of(
            "ec2", "AllocateAddress DescribeAddresses DescribeAddressesAttribute DisassociateAddress ReleaseAddress", _EC2_TAGS
        ),
        "aws:ec2/flowLog:FlowLog": (
            *_of("ec2", "CreateFlowLogs DeleteFlowLogs DescribeFlowLogs", _EC2_TAGS),
            *_of("logs", "CreateLogDelivery DeleteLogDelivery"),
        ),
        "aws:ec2/internetGateway:InternetGateway": _of(
            "ec2",
            "AttachInternetGateway CreateInternetGateway DeleteInternetGateway DescribeInternetGateways DetachInternetGateway",
            _EC2_TAGS,
        ),
        "aws:ec2/launchTemplate:LaunchTemplate": _of(
            "ec2",
            "CreateLaunchTemplate CreateLaunchTemplateVersion DeleteLaunchTemplate DescribeLaunchTemplateVersions DescribeLaunchTemplates",
            "ModifyLaunchTemplate",
            _EC2_TAGS,
        ),
        "aws:ec2/natGateway:NatGateway": _of("ec2", "CreateNatGateway DeleteNatGateway DescribeNatGateways", _EC2_TAGS),
        "aws:ec2/route:Route": _of("ec2", "CreateRoute DeleteRoute DescribeRouteTables ReplaceRoute"),
        "aws:ec2/routeTable:RouteTable": _of(
            "ec2", "CreateRouteTable DeleteRouteTable DescribeRouteTables DisassociateRouteTable", _EC2_TAGS
        ),
        "aws:ec2/routeTableAssociation:RouteTableAssociation": _of(
            "ec2", "AssociateRouteTable DescribeRouteTables DisassociateRouteTable ReplaceRouteTableAssociation"
        ),
        "aws:ec2/securityGroup:SecurityGroup": _of(
            "ec2",
            "AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress CreateSecurityGroup DeleteSecurityGroup DescribeNetworkInterfaces",
            "DescribeSecurityGroupRules DescribeSecurityGroups RevokeSecurityGroupEgress RevokeSecurityGroupIngress",
            "UpdateSecurityGroupRuleDescriptionsEgress UpdateSecurityGroupRuleDescriptionsIngress",
            _EC2_TAGS,
        ),
        "aws:ec2/subnet:Subnet": _of(
            "ec2", "CreateSubnet DeleteSubnet DescribeNetworkInterfaces DescribeSubnets ModifySubnetAttribute", _EC2_TAGS
        ),
        "aws:ec2/vpc:Vpc": _of(
            "ec2",
            "CreateVpc DeleteVpc DescribeNetworkAcls DescribeRouteTables DescribeSecurityGroups DescribeVpcAttribute DescribeVpcs",
            "ModifyVpcAttribute",
            _EC2_TAGS,
        ),
        "aws:ec2/vpcEndpoint:VpcEndpoint": _of(
            "ec2",
            "CreateVpcEndpoint DeleteVpcEndpoints DescribeNetworkInterfaces DescribePrefixLists DescribeVpcEndpoints ModifyVpcEndpoint",
            _EC2_TAGS,
        ),
        "aws:ecr/lifecyclePolicy:LifecyclePolicy": _of("ecr", "DeleteLifecyclePolicy GetLifecyclePolicy PutLifecyclePolicy"),
        "aws:ecr/pullThroughCacheRule:PullThroughCacheRule": _of(
            "ecr",
            "CreatePullThroughCacheRule DeletePullThroughCacheRule DescribePullThroughCacheRules UpdatePullThroughCacheRule",
        ),
        "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration": (
            *_of("ecr", "GetRegistryScanningConfiguration PutRegistryScanningConfiguration"),
            # Continuous scans are Inspector's, which ECR switches on for whoever asks.
            *_of("inspector2", "Enable ListAccountPermissions"),
        ),
        "aws:ecr/replicationConfiguration:ReplicationConfiguration": _of("ecr", "DescribeRegistry PutReplicationConfiguration"),
        "aws:ecr/repository:Repository": _of(
            "ecr",
            "BatchDeleteImage CreateRepository DeleteRepository DescribeRepositories ListImages PutImageScanningConfiguration",
            "PutImageTagMutability",
            *_TAGS,
        ),
        "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate": _of(
            "ecr",
            "CreateRepositoryCreationTemplate DeleteRepositoryCreationTemplate DescribeRepositoryCreationTemplates",
            "UpdateRepositoryCreationTemplate",
        ),
        "aws:ecr/repositoryPolicy:RepositoryPolicy": _of("ecr", "DeleteRepositoryPolicy GetRepositoryPolicy SetRepositoryPolicy"),
        "aws:eks/accessEntry:AccessEntry": _of("eks", "CreateAccessEntry DeleteAccessEntry DescribeAccessEntry UpdateAccessEntry", *_TAGS),
        "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": _of(
            "eks", "AssociateAccessPolicy DisassociateAccessPolicy ListAssociatedAccessPolicies"
        ),
        "aws:eks/addon:Addon": _of("eks", "CreateAddon DeleteAddon DescribeAddon DescribeAddonVersions UpdateAddon", *_TAGS),
        "aws:eks/cluster:Cluster": (
            *_of("eks", "AssociateEncryptionConfig CreateCluster DeleteCluster DescribeCluster DescribeUpdate UpdateClusterConfig"),
            *_of("eks", "UpdateClusterVersion", *_TAGS),
            # Volumes: before a cluster goes, `modelway destroy` waits for those that it made.
            *_of("ec2", "DescribeSecurityGroups DescribeSubnets DescribeVolumes DescribeVpcs"),
        ),
        "aws:eks/nodeGroup:NodeGroup": (
            *_of("eks", "CreateNodegroup DeleteNodegroup DescribeNodegroup DescribeUpdate UpdateNodegroupConfig UpdateNodegroupVersion"),
            *_of("eks", *_TAGS),
            # EKS tries the launch template as whoever asks (docs.aws.amazon.com/eks/latest/userguide/launch-templates.html).
            *_of("ec2", "DescribeLaunchTemplateVersions DescribeSubnets RunInstances"),
        ),
        "aws:eks/podIdentityAssociation:PodIdentityAssociation": _of(
            "eks",
            "CreatePodIdentityAssociation DeletePodIdentityAssociation DescribePodIdentityAssociation UpdatePodIdentityAssociation",
            *_TAGS,
        ),
        "aws:grafana/workspace:Workspace": (
            *_of("grafana", "CreateWorkspace DeleteWorkspace DescribeWorkspace DescribeWorkspaceAuthentication UpdateWorkspace"),
            *_of("grafana", "DescribeWorkspaceConfiguration UpdateWorkspaceAuthentication UpdateWorkspaceConfiguration", *_TAGS),
            # Its door is IAM Identity Center (docs.aws.amazon.com/grafana/latest/userguide/AMG-manage-permissions.html).
            *_of("sso", "CreateManagedApplicationInstance DeleteManagedApplicationInstance DescribeRegisteredRegions"),
            *_of("sso", "GetManagedApplicationInstance GetSharedSsoConfiguration"),
        ),
        "aws:iam/role:Role": (),
        "aws:iam/rolePolicy:RolePolicy": (),
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment": (),
        "aws:kms/key:Key": _of(
            "kms",
            "CreateKey DescribeKey EnableKeyRotation GetKeyPolicy GetKeyRotationStatus ListResourceTags PutKeyPolicy ScheduleKeyDeletion",
            "TagResource UntagResource UpdateKeyDescription",
        ),
        "aws:rds/instance:Instance": (
            *_of("rds", "AddTagsToResource CreateDBInstance CreateDBSnapshot DeleteDBInstance DescribeDBInstances ListTagsForResource"),
            *_of("rds", "ModifyDBInstance RebootDBInstance RemoveTagsFromResource"),
            *_of("ec2", "DescribeSecurityGroups DescribeSubnets DescribeVpcs"),
        ),
        "aws:rds/parameterGroup:ParameterGroup": _of(
            "rds",
            "AddTagsToResource CreateDBParameterGroup DeleteDBParameterGroup DescribeDBParameterGroups DescribeDBParameters",
            "ListTagsForResource ModifyDBParameterGroup RemoveTagsFromResource ResetDBParameterGroup",
        ),
        "aws:rds/subnetGroup:SubnetGroup": _of(
            "rds",
            "AddTagsToResource CreateDBSubnetGroup DeleteDBSubnetGroup DescribeDBSubnetGroups ListTagsForResource ModifyDBSubnetGroup",
            "RemoveTagsFromResource",
        ),
        "aws:s3/bucket:Bucket": _of(
            "s3",
            "CreateBucket DeleteBucket GetAccelerateConfiguration GetBucketAcl GetBucketCORS GetBucketLocation GetBucketLogging",
            "GetBucketObjectLockConfiguration GetBucketPolicy GetBucketRequestPayment GetBucketTagging GetBucketVersioning",
            "GetBucketWebsite GetEncryptionConfiguration GetLifecycleConfiguration GetReplicationConfiguration ListBucket PutBucketTagging",
            *_TAGS,
        ),
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _of(
            "s3", "GetLifecycleConfiguration PutLifecycleConfiguration"
        ),
        "aws:s3/bucketLogging:BucketLogging": _of("s3", "GetBucketLogging PutBucketLogging"),
        "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": _of(
            "s3", "GetBucketObjectLockConfiguration PutBucketObjectLockConfiguration"
        ),
        "aws:s3/bucketObjectv2:BucketObjectv2": _of("s3", "GetObject GetObjectTagging PutObject PutObjectTagging"),
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _of("s3", "GetBucketOwnershipControls PutBucketOwnershipControls"),
        "aws:s3/bucketPolicy:BucketPolicy": _of("s3", "DeleteBucketPolicy GetBucketPolicy PutBucketPolicy"),
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _of("s3", "GetBucketPublicAccessBlock PutBucketPublicAccessBlock"),
        "aws:s3/bucketReplicationConfig:BucketReplicationConfig": _of("s3", "GetReplicationConfiguration PutReplicationConfiguration"),
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _of(
            "s3", "GetEncryptionConfiguration PutEncryptionConfiguration"
        ),
        "aws:s3/bucketVersioning:BucketVersioning": _of("s3", "GetBucketVersioning PutBucketVersioning"),
        "aws:sagemaker/endpoint:Endpoint": _of(
            "sagemaker", "AddTags CreateEndpoint DeleteEndpoint DeleteTags DescribeEndpoint ListTags UpdateEndpoint"
        ),
        "aws:sagemaker/endpointConfiguration:EndpointConfiguration": _of(
            "sagemaker", "AddTags CreateEndpointConfig DeleteEndpointConfig DeleteTags DescribeEndpointConfig ListTags"
        ),
        "aws:sagemaker/mlflowApp:MlflowApp": _of(
            "sagemaker", "AddTags CreateMlflowApp DeleteMlflowApp DeleteTags DescribeMlflowApp ListTags UpdateMlflowApp"
        ),
        "aws:sagemaker/model:Model": _of("sagemaker", "AddTags CreateModel DeleteModel DeleteTags DescribeModel ListTags"),
        "aws:sagemaker/modelPackageGroup:ModelPackageGroup": _of(
            "sagemaker", "AddTags CreateModelPackageGroup DeleteModelPackageGroup DeleteTags DescribeModelPackageGroup ListTags"
        ),
        "aws:sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy": _of(
            "sagemaker", "DeleteModelPackageGroupPolicy GetModelPackageGroupPolicy PutModelPackageGroupPolicy"
        ),
        "aws:scheduler/schedule:Schedule": _of("scheduler", "CreateSchedule DeleteSchedule GetSchedule UpdateSchedule"),
        "aws:sns/topic:Topic": _of("sns", "CreateTopic DeleteTopic GetTopicAttributes SetTopicAttributes", *_TAGS),
        "aws:sns/topicPolicy:TopicPolicy": _of("sns", "GetTopicAttributes SetTopicAttributes"),
    }
)
"""By the type's token. Secrets, keys in use and objects in buckets are not here: they are under conditions, in bootstrap_deploy."""

LOOKED_UP: tuple[str, ...] = (
    *_of("ec2", "DescribeAvailabilityZones DescribeManagedPrefixLists GetManagedPrefixListEntries"),
    *_of("eks", "DescribeAddonVersions DescribeNodegroup ListClusters ListNodegroups"),
    *_of("ssm", "GetParameter"),
)
"""What programs look up."""

DASHBOARDS: tuple[str, ...] = (
    *_of("aps", "ListWorkspaces"),
    *_of("grafana", "ListWorkspaces ListWorkspaceServiceAccounts CreateWorkspaceServiceAccount CreateWorkspaceServiceAccountToken"),
    *_of("grafana", "DeleteWorkspaceServiceAccountToken"),
)
"""What `modelway dashboards ENV --push` calls."""
