"""Every type of the table in a program, and the same program with every input changed that can be: in place, or by replacement."""

import json
from typing import Any

from tests.localcloud.aws_plugin.kinds_databases import databases
from tests.localcloud.aws_plugin.kinds_monitoring import monitoring
from tests.localcloud.aws_plugin.kinds_registry import registry
from tests.localcloud.aws_plugin.kinds_serving import serving
from tests.localcloud.aws_plugin.stack import aws, of, provider, text

DEFAULT_TAGS = {"owner": "tests", "environment": "aws-plugin"}


def policy(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def allow(action: str, resource: str = "*", **more: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource, **more}]})


def with_provider(*resources: Any) -> list[Any]:
    for each in resources:
        each["options"].setdefault("provider", "tagged")
    return [provider("tagged", region="eu-west-1", defaultTags={"tags": DEFAULT_TAGS}), *resources]


def network(changed: bool) -> list[Any]:
    """Every kind of a network."""
    tags = {"Name": "test", "stage": "two"} if changed else {"Name": "test", "old": "yes"}
    ssh = {"protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrBlocks": ["10.0.0.0/8"], "description": "ssh"}
    web = {"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["0.0.0.0/0"], "self": True}
    every = {"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}
    vpc = {"vpcId": of("vpc")}
    return with_provider(
        aws("ec2/vpc:Vpc", "vpc", {"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": not changed, "tags": tags}),
        aws("ec2/defaultSecurityGroup:DefaultSecurityGroup", "closed", {**vpc, "ingress": [], "egress": []}),
        aws(
            "ec2/subnet:Subnet",
            "public",
            {**vpc, "cidrBlock": "10.0.1.0/24", "availabilityZone": "eu-west-1a", "mapPublicIpOnLaunch": changed, "tags": tags},
        ),
        aws("ec2/subnet:Subnet", "moved", {**vpc, "cidrBlock": "10.0.3.0/24" if changed else "10.0.2.0/24"}),
        aws("ec2/internetGateway:InternetGateway", "internet", {**vpc, "tags": tags}),
        aws("ec2/routeTable:RouteTable", "routes", {**vpc, "tags": tags}),
        aws("ec2/routeTable:RouteTable", "other", vpc),
        aws(
            "ec2/route:Route",
            "out",
            {
                "routeTableId": of("routes"),
                "destinationCidrBlock": "192.168.0.0/16" if changed else "0.0.0.0/0",
                "gatewayId": of("internet"),
            },
        ),
        aws(
            "ec2/routeTableAssociation:RouteTableAssociation",
            "associated",
            {"subnetId": of("public"), "routeTableId": of("other" if changed else "routes")},
        ),
        aws("ec2/eip:Eip", "address", {"domain": "vpc", "tags": tags}),
        aws(
            "ec2/natGateway:NatGateway",
            "nat",
            {"subnetId": of("public"), "allocationId": of("address"), "tags": tags},
            depends_on=["internet"],
        ),
        aws(
            "ec2/securityGroup:SecurityGroup",
            "web",
            {**vpc, "ingress": [web] if changed else [ssh, web], "egress": [every]},
        ),
        aws(
            "ec2/vpcEndpoint:VpcEndpoint",
            "s3",
            {**vpc, "serviceName": "com.amazonaws.eu-west-1.s3", "routeTableIds": [of("routes"), *([of("other")] if changed else [])]},
        ),
        aws("cloudwatch/logGroup:LogGroup", "flows", {"retentionInDays": 30 if changed else 7, "tags": tags}),
        aws("cloudwatch/logGroup:LogGroup", "other-flows"),
        aws("iam/role:Role", "flow-writer", {"assumeRolePolicy": policy("vpc-flow-logs.amazonaws.com")}),
        aws(
            "ec2/flowLog:FlowLog",
            "flow",
            {
                **vpc,
                "trafficType": "REJECT" if changed else "ALL",
                # moto takes no second flow log to the same place, though AWS does.
                "logDestination": of("other-flows" if changed else "flows", "arn"),
                "iamRoleArn": of("flow-writer", "arn"),
            },
        ),
        aws(
            "ec2/launchTemplate:LaunchTemplate",
            "template",
            {
                "instanceType": "m7i.large" if changed else "m7i.xlarge",
                "imageId": "ami-12345678",
                "metadataOptions": {"httpTokens": "required"},
                "blockDeviceMappings": [{"deviceName": "/dev/xvda", "ebs": {"volumeSize": 20, "encrypted": "true"}}],
                "tagSpecifications": [{"resourceType": "instance", "tags": {"a": "b"}}],
                "updateDefaultVersion": True,
                "tags": tags,
            },
        ),
    )


def storage(changed: bool) -> list[Any]:
    """Buckets, repositories, keys, roles."""
    tags = {"stage": "two"} if changed else {"old": "yes", "stage": "one"}
    bucket = {"bucket": of("store")}
    tls = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Tls",
                "Effect": "Deny",
                "Principal": "*",
                "Action": ["s3:PutObject", "s3:GetObject"] if changed else "s3:*",
                "Resource": "{0}/*",
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }
    keep = {
        "rulePriority": 1,
        "selection": {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 7 if changed else 14},
        "action": {"type": "expire"},
    }
    pull = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "Pull",
                    "Effect": "Allow",
                    "Principal": {"AWS": "arn:aws:iam::484848484848:root"},
                    "Action": "ecr:BatchGetImage" if changed else "ecr:GetDownloadUrlForLayer",
                }
            ],
        }
    )
    braces = json.dumps(tls).replace("{", "{{").replace("}", "}}").replace("{{0}}", "{0}")
    return with_provider(
        aws(
            "kms/key:Key",
            "key",
            {"description": "two" if changed else "one", "enableKeyRotation": not changed, "deletionWindowInDays": 7, "tags": tags},
        ),
        aws("kms/key:Key", "second-key", {"isEnabled": not changed}),
        aws("kms/alias:Alias", "alias", {"targetKeyId": of("second-key" if changed else "key", "keyId")}),
        aws("s3/bucket:Bucket", "store", {"forceDestroy": changed, "tags": tags}),
        aws(
            "s3/bucketVersioning:BucketVersioning",
            "versioning",
            {**bucket, "versioningConfiguration": {"status": "Suspended" if changed else "Enabled"}},
        ),
        aws(
            "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
            "encryption",
            {
                **bucket,
                "rules": [
                    {
                        "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": of("key", "arn")},
                        "bucketKeyEnabled": not changed,
                    }
                ],
            },
        ),
        aws(
            "s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
            "private",
            {**bucket, "blockPublicAcls": True, "blockPublicPolicy": True, "ignorePublicAcls": not changed, "restrictPublicBuckets": True},
        ),
        aws(
            "s3/bucketOwnershipControls:BucketOwnershipControls",
            "owner",
            {**bucket, "rule": {"objectOwnership": "BucketOwnerPreferred" if changed else "BucketOwnerEnforced"}},
        ),
        aws("s3/bucketPolicy:BucketPolicy", "tls", {**bucket, "policy": text(braces, of("store", "arn"))}, depends_on=["private"]),
        aws(
            "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
            "lifecycle",
            {
                **bucket,
                "rules": [
                    {
                        "id": "old",
                        "status": "Enabled",
                        "filter": {"prefix": ""},
                        "noncurrentVersionExpiration": {"noncurrentDays": 30 if changed else 90},
                        "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
                    },
                    {
                        "id": "logs",
                        "status": "Enabled",
                        "filter": {"and": {"prefix": "logs/", "tags": {"kind": "log"}}},
                        "transitions": [{"days": 30, "storageClass": "STANDARD_IA"}, {"days": 90, "storageClass": "GLACIER"}],
                        "expiration": {"days": 365},
                    },
                ],
            },
            depends_on=["versioning"],
        ),
        aws("s3/bucketV2:BucketV2", "old-store", {"tags": tags}),
        aws(
            "s3/bucketVersioningV2:BucketVersioningV2",
            "old-versioning",
            {"bucket": of("old-store"), "versioningConfiguration": {"status": "Suspended" if changed else "Enabled"}},
        ),
        aws(
            "s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
            "old-encryption",
            {
                "bucket": of("old-store"),
                "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms" if changed else "AES256"}}],
            },
        ),
        aws(
            "s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2",
            "old-lifecycle",
            {
                "bucket": of("old-store"),
                "rules": [{"id": "all", "status": "Enabled", "filter": {"prefix": ""}, "expiration": {"days": 7 if changed else 14}}],
            },
        ),
        aws(
            "ecr/repository:Repository",
            "images",
            {
                "name": "aws-plugin/images",
                "imageTagMutability": "MUTABLE" if changed else "IMMUTABLE",
                "imageScanningConfiguration": {"scanOnPush": not changed},
                "encryptionConfigurations": [{"encryptionType": "KMS", "kmsKey": of("key", "arn")}],
                "forceDelete": changed,
                "tags": tags,
            },
        ),
        aws("ecr/lifecyclePolicy:LifecyclePolicy", "expiry", {"repository": of("images", "name"), "policy": json.dumps({"rules": [keep]})}),
        aws("ecr/repositoryPolicy:RepositoryPolicy", "pull", {"repository": of("images", "name"), "policy": pull}),
        aws(
            "ecr/pullThroughCacheRule:PullThroughCacheRule",
            "cache",
            {"ecrRepositoryPrefix": "quay", "upstreamRegistryUrl": "quay.io", "credentialArn": "arn:two" if changed else "arn:one"},
        ),
        aws(
            "iam/role:Role",
            "role",
            {
                "assumeRolePolicy": policy("eks.amazonaws.com" if changed else "ec2.amazonaws.com"),
                "description": "two" if changed else "one",
                "maxSessionDuration": 7200 if changed else 3600,
                "tags": tags,
            },
        ),
        aws(
            "iam/rolePolicy:RolePolicy",
            "reading",
            {"role": of("role", "name"), "policy": allow("s3:ListBucket" if changed else "s3:GetObject")},
        ),
        aws("iam/policy:Policy", "own", {"policy": allow("kms:Encrypt" if changed else "kms:Decrypt"), "tags": tags}),
        aws("iam/rolePolicyAttachment:RolePolicyAttachment", "attached", {"role": of("role", "name"), "policyArn": of("own", "arn")}),
        aws(
            "iam/rolePolicyAttachment:RolePolicyAttachment",
            "managed",
            {
                "role": of("role", "name"),
                "policyArn": f"arn:aws:iam::aws:policy/{'AmazonEKSClusterPolicy' if changed else 'AmazonEKSWorkerNodePolicy'}",
            },
        ),
    )


def cluster(changed: bool) -> list[Any]:
    """A cluster with all that belongs to it."""
    tags = {"stage": "two"} if changed else {"old": "yes"}
    inside = {"clusterName": of("cluster", "name")}
    view, edit = (f"arn:aws:eks::aws:cluster-access-policy/AmazonEKS{name}Policy" for name in ("View", "Edit"))
    return with_provider(
        aws("ec2/vpc:Vpc", "cluster-vpc", {"cidrBlock": "10.9.0.0/16"}),
        aws("ec2/subnet:Subnet", "a", {"vpcId": of("cluster-vpc"), "cidrBlock": "10.9.1.0/24", "availabilityZone": "eu-west-1a"}),
        aws("ec2/subnet:Subnet", "b", {"vpcId": of("cluster-vpc"), "cidrBlock": "10.9.2.0/24", "availabilityZone": "eu-west-1b"}),
        aws("kms/key:Key", "secrets", {"deletionWindowInDays": 7}),
        aws("iam/role:Role", "cluster-role", {"assumeRolePolicy": policy("eks.amazonaws.com")}),
        aws("iam/role:Role", "node-role", {"assumeRolePolicy": policy("ec2.amazonaws.com")}),
        aws("iam/role:Role", "somebody", {"assumeRolePolicy": policy("ec2.amazonaws.com")}),
        aws("iam/role:Role", "pod-role", {"assumeRolePolicy": policy("pods.eks.amazonaws.com")}),
        aws("iam/role:Role", "pod-role-2", {"assumeRolePolicy": policy("pods.eks.amazonaws.com")}),
        aws(
            "eks/cluster:Cluster",
            "cluster",
            {
                "name": "aws-plugin",
                "roleArn": of("cluster-role", "arn"),
                "version": "1.35",
                "vpcConfig": {"subnetIds": [of("b"), of("a")], "endpointPrivateAccess": True, "endpointPublicAccess": changed},
                "accessConfig": {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False},
                "bootstrapSelfManagedAddons": False,
                "kubernetesNetworkConfig": {"serviceIpv4Cidr": "172.20.0.0/16", "elasticLoadBalancing": {"enabled": True}},
                "computeConfig": {"enabled": True, "nodePools": ["system", "general-purpose"], "nodeRoleArn": of("node-role", "arn")},
                "storageConfig": {"blockStorage": {"enabled": True}},
                "encryptionConfig": {"provider": {"keyArn": of("secrets", "arn")}, "resources": ["secrets"]},
                "upgradePolicy": {"supportType": "STANDARD" if changed else "EXTENDED"},
                "enabledClusterLogTypes": ["audit"] if changed else ["scheduler", "audit", "api"],
                "tags": tags,
            },
        ),
        aws(
            "eks/nodeGroup:NodeGroup",
            "nodes",
            {
                **inside,
                "nodeRoleArn": of("node-role", "arn"),
                "subnetIds": [of("b"), of("a")],
                "instanceTypes": ["m7i.xlarge" if changed else "m7i.large"],
                "scalingConfig": {"minSize": 1, "maxSize": 2, "desiredSize": 1},
            },
        ),
        aws(
            "eks/nodeGroup:NodeGroup",
            "pool",
            {
                **inside,
                "nodeRoleArn": of("node-role", "arn"),
                "subnetIds": [of("a")],
                "instanceTypes": ["g6.xlarge"],
                "amiType": "AL2023_x86_64_NVIDIA",
                "scalingConfig": {"minSize": 1, "maxSize": 3 if changed else 2, "desiredSize": 1},
                "updateConfig": {"maxUnavailable": 1},
                "nodeRepairConfig": {"enabled": not changed},
                "labels": {"pool": "two"} if changed else {"pool": "one", "old": "yes"},
                "taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "PREFER_NO_SCHEDULE" if changed else "NO_SCHEDULE"}],
                "tags": tags,
            },
        ),
        aws(
            "eks/addon:Addon",
            "proxy",
            {
                **inside,
                "addonName": "kube-proxy",
                "addonVersion": f"v1.{36 if changed else 35}.0-local.1",
                "resolveConflictsOnCreate": "OVERWRITE",
                "tags": tags,
            },
        ),
        aws(
            "eks/addon:Addon",
            "cni",
            {**inside, "addonName": "vpc-cni", "configurationValues": json.dumps({"enableNetworkPolicy": "false" if changed else "true"})},
        ),
        aws(
            "eks/accessEntry:AccessEntry",
            "entry",
            {**inside, "principalArn": of("somebody", "arn"), "kubernetesGroups": ["two"] if changed else ["one", "old"]},
        ),
        aws(
            "eks/accessPolicyAssociation:AccessPolicyAssociation",
            "rights",
            {
                **inside,
                "principalArn": of("entry", "principalArn"),
                "policyArn": edit if changed else view,
                "accessScope": {"type": "namespace", "namespaces": ["b", "a"]},
            },
        ),
        aws(
            "eks/podIdentityAssociation:PodIdentityAssociation",
            "identity",
            {
                **inside,
                "namespace": "models",
                "serviceAccount": "reader",
                "roleArn": of("pod-role-2" if changed else "pod-role", "arn"),
                "tags": tags,
            },
        ),
    )


def everything(changed: bool) -> list[Any]:
    return [
        *network(changed),
        *storage(changed)[1:],
        *cluster(changed)[1:],
        *with_provider(*registry(changed), *serving(changed, policy("sagemaker.amazonaws.com")))[1:],
        *with_provider(*databases(changed))[1:],
        *with_provider(*monitoring(changed, policy("grafana.amazonaws.com")))[1:],
    ]
