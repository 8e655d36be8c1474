"""Makes the CodeBuild project that runs GitHub's jobs inside a network, or brings it back to what it should be. Each call looks first."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import boto3

from modelway.operations._aws import AwsFailure, explained

Made = Callable[[str], None]

IMAGE = "aws/codebuild/amazonlinux-x86_64-standard:5.0"
"""AWS's own image, with Python (docs.aws.amazon.com/codebuild/latest/userguide/available-runtimes.html)."""

API_SERVER = 443


@dataclass(frozen=True)
class Project:
    """What the project is made from."""

    name: str
    role: str
    repository: str
    """OWNER/NAME on GitHub."""
    connection: str
    """ARN of the connection to GitHub, which a person has confirmed."""
    subnets: Sequence[str]


class RunnerEnsurer:
    """Of one account and region. Every method leaves alone what is as it should be, and tells `made` of what it made or changed."""

    def __init__(self, region: str, tags: Mapping[str, str], made: Made) -> None:
        self._tags, self._made = dict(sorted(tags.items())), made
        session = boto3.Session(region_name=region)
        with explained("codebuild"):
            self._ec2, self._eks, self._codebuild = (session.client(service) for service in ("ec2", "eks", "codebuild"))

    def ensure(self, project: Project, clusters: Mapping[str, Sequence[str]]) -> str:
        """The project in its network, let in to the API servers of these clusters, and called for every job that asks for it.

        `clusters`: the security groups that each lets in by its own description; one that has the runner's is left alone. Returns the id of
        the runner's group.
        """
        vpc = self._network(project.subnets)
        group = self._group(project.name, vpc)
        for cluster, callers in clusters.items():
            if group not in callers:
                self._let_in(cluster, group)
        self._project(project, vpc, group)
        self._webhook(project.name)
        return group

    def _network(self, subnets: Sequence[str]) -> str:
        with explained("ec2:DescribeSubnets"):
            found = self._ec2.describe_subnets(SubnetIds=list(subnets))["Subnets"]
        networks = sorted({str(subnet["VpcId"]) for subnet in found})
        if len(networks) != 1:
            raise AwsFailure(
                f"--runner-subnet: subnets of one network, and these are of {', '.join(networks)}. Name those of the cluster's."
            )
        return networks[0]

    def _group(self, name: str, vpc: str) -> str:
        asked = [{"Name": "group-name", "Values": [name]}, {"Name": "vpc-id", "Values": [vpc]}]
        with explained("ec2:CreateSecurityGroup"):
            if found := self._ec2.describe_security_groups(Filters=asked)["SecurityGroups"]:
                return str(found[0]["GroupId"])
            tags = [{"Key": key, "Value": value} for key, value in self._tags.items()]
            group = self._ec2.create_security_group(
                GroupName=name,
                Description="Jobs of GitHub that run in the network; nobody calls them",
                VpcId=vpc,
                TagSpecifications=[{"ResourceType": "security-group", "Tags": tags}],
            )["GroupId"]
        self._made(f"security group {name}")
        return str(group)

    def _let_in(self, cluster: str, group: str) -> None:
        with explained("eks:DescribeCluster"):
            try:
                target = self._eks.describe_cluster(name=cluster)["cluster"]["resourcesVpcConfig"]["clusterSecurityGroupId"]
            except self._eks.exceptions.ResourceNotFoundException:
                # It comes with the platform's stack; whoever makes the runner before that makes it once more.
                return
        with explained("ec2:AuthorizeSecurityGroupIngress"):
            (there,) = self._ec2.describe_security_groups(GroupIds=[target])["SecurityGroups"]
            if any(
                rule.get("FromPort") == API_SERVER and any(pair["GroupId"] == group for pair in rule["UserIdGroupPairs"])
                for rule in there["IpPermissions"]
            ):
                return
            allowed = {
                "IpProtocol": "tcp",
                "FromPort": API_SERVER,
                "ToPort": API_SERVER,
                "UserIdGroupPairs": [{"GroupId": group, "Description": "Runner of deployments"}],
            }
            self._ec2.authorize_security_group_ingress(GroupId=target, IpPermissions=[allowed])
        self._made(f"way to the API server of {cluster}")

    def _project(self, project: Project, vpc: str, group: str) -> None:
        wanted: dict[str, Any] = {
            "source": {
                "type": "GITHUB",
                "location": f"https://github.com/{project.repository}.git",
                "gitCloneDepth": 1,
                "auth": {"type": "CODECONNECTIONS", "resource": project.connection},
            },
            "artifacts": {"type": "NO_ARTIFACTS"},
            "environment": {"type": "LINUX_CONTAINER", "image": IMAGE, "computeType": "BUILD_GENERAL1_SMALL", "privilegedMode": False},
            "serviceRole": project.role,
            "timeoutInMinutes": 120,
            "vpcConfig": {"vpcId": vpc, "subnets": sorted(project.subnets), "securityGroupIds": [group]},
            "logsConfig": {"cloudWatchLogs": {"status": "ENABLED", "groupName": f"/aws/codebuild/{project.name}"}},
        }
        with explained("codebuild:CreateProject"):
            found = self._codebuild.batch_get_projects(names=[project.name])["projects"]
            if not found:
                tags = [{"key": key, "value": value} for key, value in self._tags.items()]
                self._codebuild.create_project(name=project.name, tags=tags, **wanted)
                self._made(f"CodeBuild project {project.name}")
            elif not _holds(found[0], wanted):
                self._codebuild.update_project(name=project.name, **wanted)
                self._made(f"settings of CodeBuild project {project.name}")

    def _webhook(self, name: str) -> None:
        with explained("codebuild:CreateWebhook"):
            if self._codebuild.batch_get_projects(names=[name])["projects"][0].get("webhook"):
                return
            # docs.aws.amazon.com/codebuild/latest/userguide/action-runner.html
            queued = [[{"type": "EVENT", "pattern": "WORKFLOW_JOB_QUEUED"}]]
            self._codebuild.create_webhook(projectName=name, buildType="BUILD", filterGroups=queued)
        self._made(f"webhook of CodeBuild project {name}")


def _holds(found: object, wanted: object) -> bool:
    """Whether `found` says what is wanted; AWS says more, of what nobody asked for."""
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(_holds(found.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(found, list) and sorted(map(str, found)) == sorted(map(str, wanted))
    return found == wanted
