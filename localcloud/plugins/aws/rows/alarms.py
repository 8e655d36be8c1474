"""Metric alarms and the topics that they tell. Schemas: hashicorp/terraform-provider-aws, files named at each row."""

from __future__ import annotations

import json

from localcloud.plugins.aws.table import ID, REMOVED, TAGS, Action, Call, Naming, Read, Row, Scope, Source, Step, Tagging, using

_WATCHED = (
    *("actionsEnabled", "alarmActions", "alarmDescription", "comparisonOperator", "datapointsToAlarm", "dimensions"),
    *("evaluateLowSampleCountPercentiles", "evaluationPeriods", "extendedStatistic", "insufficientDataActions", "metricName"),
    *("namespace", "okActions", "period", "statistic", "threshold", "treatMissingData", "unit"),
)


def _pairs(scope: Scope) -> object:
    return [{"name": key, "value": value} for key, value in sorted((scope.inputs.get("dimensions") or {}).items())]


def _dimensions(scope: Scope) -> object:
    return {pair["Name"]: pair["Value"] for pair in scope.live.get("Dimensions") or []}


_PUT = Call(
    "PutMetricAlarm",
    {
        "AlarmName": "name",
        "ActionsEnabled": "actionsEnabled",
        "AlarmActions": "alarmActions",
        "AlarmDescription": "alarmDescription",
        "ComparisonOperator": "comparisonOperator",
        "DatapointsToAlarm": "datapointsToAlarm",
        "Dimensions": using("dimensions", make=_pairs),
        "EvaluateLowSampleCountPercentile": "evaluateLowSampleCountPercentiles",
        "EvaluationPeriods": "evaluationPeriods",
        "ExtendedStatistic": "extendedStatistic",
        "InsufficientDataActions": "insufficientDataActions",
        "MetricName": "metricName",
        "Namespace": "namespace",
        "OKActions": "okActions",
        "Period": "period",
        "Statistic": "statistic",
        "Threshold": "threshold",
        "TreatMissingData": "treatMissingData",
        "Unit": "unit",
        "Tags": TAGS,
    },
)
_ALARM_ARN = Source(lambda scope: scope.live["AlarmArn"])

ALARM = Row(
    type="aws:cloudwatch/metricAlarm:MetricAlarm",
    service="cloudwatch",
    source="internal/service/cloudwatch/metric_alarm.go",
    served="moto",
    create=_PUT,
    id="inputs.name",
    read=Read(
        Call("DescribeAlarms", {"AlarmNames": [ID]}),
        "MetricAlarms[0]",
        more={"tags": Call("ListTagsForResource", {"ResourceARN": _ALARM_ARN})},
    ),
    steps=(Step(_WATCHED, _PUT, on_create=False),),
    delete=(Call("DeleteAlarms", {"AlarmNames": [ID]}),),
    outputs={
        "arn": "AlarmArn",
        "name": "AlarmName",
        "dimensions": Source(_dimensions),
        "evaluateLowSampleCountPercentiles": "EvaluateLowSampleCountPercentile",
    },
    replace_on=frozenset({"name"}),
    defaults={"actionsEnabled": True, "treatMissingData": "missing"},
    computed=frozenset({"name", "evaluateLowSampleCountPercentiles"}),
    sets=frozenset({"alarmActions", "insufficientDataActions", "okActions"}),
    tagging=Tagging(
        Call("TagResource", {"ResourceARN": _ALARM_ARN, "Tags": TAGS}),
        Call("UntagResource", {"ResourceARN": _ALARM_ARN, "TagKeys": REMOVED}),
        read="tags.Tags",
    ),
    naming=Naming(prefix_property=""),
    refuse_existing=True,
    note="goes off only when somebody sets its state; of one metric, no queries",
)


_ATTRIBUTES = {"displayName": "DisplayName", "kmsMasterKeyId": "KmsMasterKeyId", "policy": "Policy", "signatureVersion": "SignatureVersion"}


def _attribute(name: str) -> Step:
    """Sets one attribute of a topic; nothing stands for none."""

    def put(scope: Scope) -> None:
        value = str(scope.inputs.get(name) or "")
        scope.call("sns", "SetTopicAttributes", {"TopicArn": scope.id, "AttributeName": _ATTRIBUTES[name], "AttributeValue": value})

    return Step((name,), Action(put, (name,), ("sns:SetTopicAttributes",)))


_TOPIC_ATTRIBUTES = Call("GetTopicAttributes", {"TopicArn": ID})

TOPIC = Row(
    type="aws:sns/topic:Topic",
    service="sns",
    source="internal/service/sns/topic.go",
    served="moto",
    create=Call("CreateTopic", {"Name": "name", "Tags": TAGS}),
    id="answer.TopicArn",
    read=Read(_TOPIC_ATTRIBUTES, "Attributes", more={"tags": Call("ListTagsForResource", {"ResourceArn": ID})}),
    steps=tuple(_attribute(name) for name in _ATTRIBUTES),
    delete=(Call("DeleteTopic", {"TopicArn": ID}),),
    outputs={**_ATTRIBUTES, "arn": "TopicArn", "name": Source(lambda scope: scope.id.rpartition(":")[2])},
    replace_on=frozenset({"name", "namePrefix"}),
    computed=frozenset({"name", "namePrefix", "policy", "signatureVersion"}),
    documents=frozenset({"policy"}),
    kept={"namePrefix": "it is part of the name"},
    tagging=Tagging(
        Call("TagResource", {"ResourceArn": ID, "Tags": TAGS}),
        Call("UntagResource", {"ResourceArn": ID, "TagKeys": REMOVED}),
        read="tags.Tags",
    ),
    naming=Naming(length=256),
    # It is that of a TopicPolicy.
    import_skips=frozenset({"policy"}),
    note="no first-in-first-out topics, no delivery policy, no feedback",
)


def _default_policy(scope: Scope) -> None:
    """The owner alone, as upstream leaves a topic whose policy goes."""
    actions = ("AddPermission", "DeleteTopic", "GetTopicAttributes", "ListSubscriptionsByTopic", "Publish", "RemovePermission")
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{action}" for action in (*actions, "SetTopicAttributes", "Subscribe")],
        "Resource": scope.id,
        "Condition": {"StringEquals": {"AWS:SourceOwner": scope.account}},
    }
    policy = json.dumps({"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]})
    scope.call("sns", "SetTopicAttributes", {"TopicArn": scope.id, "AttributeName": "Policy", "AttributeValue": policy})


def _put_policy(scope: Scope) -> None:
    arn, policy = scope.inputs["arn"], scope.inputs["policy"]
    scope.call("sns", "SetTopicAttributes", {"TopicArn": arn, "AttributeName": "Policy", "AttributeValue": policy})


_SET = ("sns:SetTopicAttributes",)

TOPIC_POLICY = Row(
    type="aws:sns/topicPolicy:TopicPolicy",
    service="sns",
    source="internal/service/sns/topic_policy.go",
    served="moto",
    create=Action(_put_policy, ("arn", "policy"), _SET),
    id="inputs.arn",
    read=Read(_TOPIC_ATTRIBUTES, "Attributes"),
    steps=(Step(("policy",), Action(_put_policy, ("arn", "policy"), _SET), on_create=False),),
    delete=(Action(_default_policy, (), _SET),),
    outputs={"arn": "TopicArn", "policy": "Policy"},
    replace_on=frozenset({"arn"}),
    documents=frozenset({"policy"}),
)

ROWS = (ALARM, TOPIC, TOPIC_POLICY)
