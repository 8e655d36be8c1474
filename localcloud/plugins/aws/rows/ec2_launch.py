"""Launch templates: hashicorp/terraform-provider-aws, internal/service/ec2/ec2_launch_template.go."""

from __future__ import annotations

from localcloud.plugins.aws.rows.ec2_network import EC2_TAGGING, filters
from localcloud.plugins.aws.table import ID, Call, Naming, Read, Row, Scope, Source, Step, Tagging, fixed, tag_specifications

_DATA = {
    "blockDeviceMappings": "BlockDeviceMappings",
    "disableApiStop": "DisableApiStop",
    "disableApiTermination": "DisableApiTermination",
    "ebsOptimized": "EbsOptimized",
    "iamInstanceProfile": "IamInstanceProfile",
    "imageId": "ImageId",
    "instanceInitiatedShutdownBehavior": "InstanceInitiatedShutdownBehavior",
    "instanceType": "InstanceType",
    "keyName": "KeyName",
    "metadataOptions": "MetadataOptions",
    "monitoring": "Monitoring",
    "tagSpecifications": "TagSpecifications",
    "userData": "UserData",
    "vpcSecurityGroupIds": "SecurityGroupIds",
}

_LATEST = "versions.LaunchTemplateVersions[0]"


def _default_version(scope: Scope) -> object:
    """The version that is the default afterwards."""
    wanted = scope.inputs.get("defaultVersion")
    latest = scope.call("ec2", "DescribeLaunchTemplates", {"LaunchTemplateIds": [scope.id]})["LaunchTemplates"][0]
    if scope.inputs.get("updateDefaultVersion"):
        wanted = latest["LatestVersionNumber"]
    return str(wanted or latest["DefaultVersionNumber"])


_SET_DEFAULT = Call("ModifyLaunchTemplate", {"LaunchTemplateId": ID, "DefaultVersion": Source(_default_version)})

LAUNCH_TEMPLATE = Row(
    type="aws:ec2/launchTemplate:LaunchTemplate",
    service="ec2",
    source="internal/service/ec2/ec2_launch_template.go",
    served="moto",
    create=Call(
        "CreateLaunchTemplate",
        {
            "LaunchTemplateName": "name",
            "VersionDescription": "description",
            "LaunchTemplateData": {member: name for name, member in _DATA.items()},
            "TagSpecifications": tag_specifications("launch-template"),
        },
    ),
    id="answer.LaunchTemplate.LaunchTemplateId",
    read=Read(
        Call("DescribeLaunchTemplates", {"LaunchTemplateIds": [ID]}),
        "LaunchTemplates[0]",
        more={
            "versions": Call("DescribeLaunchTemplateVersions", {"LaunchTemplateId": ID, "Versions": [fixed("$Latest")]}),
            # moto answers with the template the tags it was made with.
            "tagging": Call("DescribeTags", {"Filters": filters(("resource-id", "$id"))}),
        },
    ),
    steps=(
        Step(
            ("description", *_DATA),
            Call(
                "CreateLaunchTemplateVersion",
                {
                    "LaunchTemplateId": ID,
                    "VersionDescription": "description",
                    "LaunchTemplateData": {member: name for name, member in _DATA.items()},
                },
            ),
            on_create=False,
        ),
        Step(("description", "defaultVersion", "updateDefaultVersion", *_DATA), _SET_DEFAULT, on_create=False),
    ),
    delete=(Call("DeleteLaunchTemplate", {"LaunchTemplateId": ID}),),
    outputs={
        "arn": Source(lambda scope: scope.arn("ec2", f"launch-template/{scope.id}")),
        "name": "LaunchTemplateName",
        "description": f"{_LATEST}.VersionDescription",
        "defaultVersion": "DefaultVersionNumber",
        "latestVersion": "LatestVersionNumber",
        **{name: f"{_LATEST}.LaunchTemplateData.{member}" for name, member in _DATA.items()},
        # moto puts the template's own tags among them.
        "tagSpecifications": f"{_LATEST}.LaunchTemplateData.TagSpecifications[?ResourceType!='launch-template']",
    },
    replace_on=frozenset({"name", "namePrefix"}),
    computed=frozenset({"name", "namePrefix", "defaultVersion", "metadataOptions"}),
    # Whoever uses the latest version, such as a group of nodes, is updated with it.
    moved={"latestVersion": frozenset({"description", *_DATA})},
    sets=frozenset({"vpcSecurityGroupIds"}),
    kept={"updateDefaultVersion": "AWS does not know it", "namePrefix": "it is part of the name"},
    tagging=Tagging(EC2_TAGGING.add, EC2_TAGGING.remove, read="tagging.Tags"),
    naming=Naming(),
    note="of its data: image, type, key, user data, disks, metadata options, monitoring, profile, groups, tags",
)

ROWS = (LAUNCH_TEMPLATE,)
