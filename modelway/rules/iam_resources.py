"""Actions for which AWS takes no resource but `*`.

Source: the tables of docs.aws.amazon.com/service-authorization/latest/reference/ (an action without a resource type). Only what somebody
needed stands here; one that is not here is judged as if its resources could be named.
"""

from modelway.rules.patterns import matches

_ONLY_ANY = (
    *("acm:ListCertificates", "acm:RequestCertificate"),
    *("application-autoscaling:Describe*",),
    *("aps:CreateWorkspace", "aps:ListWorkspaces", "aps:CreateScraper", "aps:ListScrapers", "aps:GetDefaultScraperConfiguration"),
    *("autoscaling:Describe*",),
    *("ce:GetCostAndUsage", "ce:GetCostForecast"),
    *("cloudwatch:GetMetricData", "cloudwatch:GetMetricStatistics", "cloudwatch:ListMetrics", "cloudwatch:PutMetricData"),
    *("ec2:Describe*", "ec2:GetEbsEncryptionByDefault", "ec2:GetSecurityGroupsForVpc"),
    *("ecr:CreatePullThroughCacheRule", "ecr:DescribePullThroughCacheRules", "ecr:DescribeRegistry", "ecr:GetAuthorizationToken"),
    *("ecr:GetRegistryPolicy", "ecr:GetRegistryScanningConfiguration", "ecr:PutRegistryPolicy", "ecr:PutRegistryScanningConfiguration"),
    *("ecr:PutReplicationConfiguration", "ecr:DeletePullThroughCacheRule", "ecr:DeleteRegistryPolicy", "ecr:UpdatePullThroughCacheRule"),
    *("ecr:CreateRepositoryCreationTemplate", "ecr:DeleteRepositoryCreationTemplate", "ecr:DescribeRepositoryCreationTemplates"),
    *("ecr:UpdateRepositoryCreationTemplate",),
    *("eks:CreateCluster", "eks:DescribeAddonConfiguration", "eks:DescribeAddonVersions", "eks:DescribeClusterVersions"),
    *("eks:ListAccessPolicies", "eks:ListClusters"),
    *("elasticloadbalancing:Describe*",),
    *("grafana:CreateWorkspace", "grafana:ListWorkspaces"),
    *("iam:GetAccountSummary", "iam:ListAccountAliases", "iam:ListOpenIDConnectProviders", "iam:ListPolicies", "iam:ListRoles"),
    *("inspector2:Enable", "inspector2:ListAccountPermissions"),
    *("kms:CreateKey", "kms:ListAliases", "kms:ListKeys"),
    *("logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DeleteResourcePolicy", "logs:DescribeResourcePolicies"),
    *("logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery"),
    *("pricing:GetProducts",),
    *("rds:DescribeDBEngineVersions", "rds:DescribeOrderableDBInstanceOptions"),
    *("route53:ListHostedZones",),
    *("s3:GetAccountPublicAccessBlock", "s3:ListAllMyBuckets"),
    *("sagemaker:ListEndpointConfigs", "sagemaker:ListEndpoints", "sagemaker:ListModelPackageGroups", "sagemaker:ListModels"),
    *("servicequotas:GetAWSDefaultServiceQuota", "servicequotas:GetServiceQuota", "servicequotas:ListAWSDefaultServiceQuotas"),
    *("servicequotas:ListServiceQuotas",),
    *("sso:CreateManagedApplicationInstance", "sso:DeleteManagedApplicationInstance", "sso:DescribeRegisteredRegions"),
    *("sso:GetManagedApplicationInstance", "sso:GetSharedSsoConfiguration"),
    *("sts:GetCallerIdentity",),
    *("tag:GetResources",),
    *("xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments"),
)


def only_any(action: str) -> bool:
    """Whether AWS lets nobody name the resources of `action`."""
    return any(matches(pattern, action) for pattern in _ONLY_ANY)
