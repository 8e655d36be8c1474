"""How boto3 is asked about models, endpoints, alarms, topics and scaling."""

from collections.abc import Mapping

from tests.localcloud.aws_plugin.lookup import Lookup, says
from tests.localcloud.aws_plugin.stack import Object


def _named(method: str, kind: str, names: Mapping[str, str]) -> Lookup:
    return Lookup(
        "sagemaker",
        method,
        lambda i, _: {f"{kind}Name": i},
        "@",
        {"arn": f"{kind}Arn", "name": f"{kind}Name", **names},
        {"tagging": ("list_tags", lambda _, o: {"ResourceArn": o["arn"]})},
        "tagging.Tags",
    )


def _place(_: str, outputs: Object) -> Object:
    names = {"ServiceNamespace": "serviceNamespace", "ResourceId": "resourceId", "ScalableDimension": "scalableDimension"}
    return {parameter: outputs[name] for parameter, name in names.items()}


def _topic(tags: bool) -> Lookup:
    more = {"tagging": ("list_tags_for_resource", lambda i, _: {"ResourceArn": i})} if tags else {}
    return Lookup(
        "sns",
        "get_topic_attributes",
        lambda i, _: {"TopicArn": i},
        "Attributes",
        {"arn": "TopicArn", "name": lambda i, _: i.split(":")[-1]},
        more,  # type: ignore[arg-type]
        "tagging.Tags" if tags else "",
    )


def _object(i: str, _: Object) -> Object:
    bucket, _, key = i.partition("/")
    return {"Bucket": bucket, "Key": key}


SERVING: Mapping[str, Lookup] = {
    "scheduler/schedule:Schedule": Lookup(
        "scheduler",
        "get_schedule",
        lambda i, _: dict(zip(("GroupName", "Name"), i.split("/"), strict=True)),
        "@",
    ),
    "s3/bucketObjectv2:BucketObjectv2": Lookup(
        "s3",
        "head_object",
        _object,
        "@",
        {
            "arn": says("arn:aws:s3:::{id}"),
            "bucket": lambda i, _: i.partition("/")[0],
            "key": lambda i, _: i.partition("/")[2],
            "etag": lambda _, live: live["ETag"].strip('"'),
        },
        {"tagging": ("get_object_tagging", _object)},
        "tagging.TagSet",
    ),
    "sagemaker/model:Model": _named("describe_model", "Model", {}),
    "sagemaker/endpointConfiguration:EndpointConfiguration": _named(
        "describe_endpoint_config", "EndpointConfig", {"kmsKeyArn": "KmsKeyId"}
    ),
    "sagemaker/endpoint:Endpoint": _named("describe_endpoint", "Endpoint", {"deploymentConfig": "LastDeploymentConfig"}),
    "cloudwatch/metricAlarm:MetricAlarm": Lookup(
        "cloudwatch",
        "describe_alarms",
        lambda i, _: {"AlarmNames": [i]},
        "MetricAlarms[0]",
        {
            "arn": "AlarmArn",
            "name": "AlarmName",
            "metricQueries": "Metrics",
            "evaluateLowSampleCountPercentiles": "EvaluateLowSampleCountPercentile",
            "dimensions": lambda _, live: {each["Name"]: each["Value"] for each in live.get("Dimensions") or []},
        },
        {"tagging": ("list_tags_for_resource", lambda _, o: {"ResourceARN": o["arn"]})},
        "tagging.Tags",
    ),
    "sns/topic:Topic": _topic(tags=True),
    "sns/topicPolicy:TopicPolicy": _topic(tags=False),
    "appautoscaling/target:Target": Lookup(
        "application-autoscaling",
        "describe_scalable_targets",
        lambda i, o: {"ServiceNamespace": o["serviceNamespace"], "ResourceIds": [i], "ScalableDimension": o["scalableDimension"]},
        "ScalableTargets[0]",
        {"arn": "ScalableTargetARN", "resourceId": says("{id}")},
    ),
    "appautoscaling/policy:Policy": Lookup(
        "application-autoscaling",
        "describe_scaling_policies",
        _place,
        "ScalingPolicies[?PolicyName=='{name}'] | [0]",
        {"arn": "PolicyARN", "name": "PolicyName", "alarmArns": "Alarms[].AlarmARN"},
    ),
    "appautoscaling/scheduledAction:ScheduledAction": Lookup(
        "application-autoscaling",
        "describe_scheduled_actions",
        _place,
        "ScheduledActions[?ScheduledActionName=='{name}'] | [0]",
        {"arn": "ScheduledActionARN", "name": "ScheduledActionName"},
    ),
}
