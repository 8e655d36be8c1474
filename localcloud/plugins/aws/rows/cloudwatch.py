"""Log groups: hashicorp/terraform-provider-aws, internal/service/logs/group.go."""

from __future__ import annotations

from localcloud.plugins.aws.table import ID, REMOVED, TAGS, Call, Naming, Read, Row, Source, Step, Tagging

_ARN = Source(lambda scope: str(scope.live["arn"]).removesuffix(":*"))

LOG_GROUP = Row(
    type="aws:cloudwatch/logGroup:LogGroup",
    service="logs",
    source="internal/service/logs/group.go",
    served="moto",
    create=Call("CreateLogGroup", {"logGroupName": "name", "kmsKeyId": "kmsKeyId", "logGroupClass": "logGroupClass", "tags": TAGS}),
    id="inputs.name",
    read=Read(
        Call("DescribeLogGroups", {"logGroupNamePrefix": ID}),
        "logGroups[?logGroupName=='$id'] | [0]",
        more={"tagging": Call("ListTagsForResource", {"resourceArn": _ARN})},
    ),
    steps=(
        Step(
            ("retentionInDays",),
            Call("PutRetentionPolicy", {"logGroupName": ID, "retentionInDays": "retentionInDays"}),
            unset=Call("DeleteRetentionPolicy", {"logGroupName": ID}),
        ),
        Step(
            ("kmsKeyId",),
            Call("AssociateKmsKey", {"logGroupName": ID, "kmsKeyId": "kmsKeyId"}),
            unset=Call("DisassociateKmsKey", {"logGroupName": ID}),
            on_create=False,
        ),
    ),
    delete=(Call("DeleteLogGroup", {"logGroupName": ID}),),
    outputs={"arn": _ARN, "name": "logGroupName", "retentionInDays": "retentionInDays || `0`"},
    replace_on=frozenset({"name", "namePrefix", "logGroupClass"}),
    defaults={"retentionInDays": 0, "skipDestroy": False},
    computed=frozenset({"name", "namePrefix", "logGroupClass"}),
    kept={"skipDestroy": "AWS does not know it", "namePrefix": "it is part of the name"},
    tagging=Tagging(
        Call("TagResource", {"resourceArn": _ARN, "tags": TAGS}),
        Call("UntagResource", {"resourceArn": _ARN, "tagKeys": REMOVED}),
        read="tagging.tags",
    ),
    naming=Naming(),
    keep_if="skipDestroy",
)

ROWS = (LOG_GROUP,)
