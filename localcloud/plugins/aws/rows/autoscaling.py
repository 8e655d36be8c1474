"""Application Auto Scaling. Schemas: hashicorp/terraform-provider-aws, internal/service/appautoscaling, files named at each row."""

from __future__ import annotations

from localcloud.plugins.aws.table import ID, REMOVED, TAGS, Call, Naming, Read, Row, Scope, Source, Step, Tagging

_SERVICE = "application-autoscaling"
_PLACE = {"ServiceNamespace": "serviceNamespace", "ResourceId": "resourceId", "ScalableDimension": "scalableDimension"}
_PLACED = frozenset({"serviceNamespace", "resourceId", "scalableDimension"})


def _place(scope: Scope) -> tuple[str, str, str]:
    """Namespace, resource and dimension: of the inputs, or of an import, whose id is `NAMESPACE/RESOURCE/DIMENSION[/NAME]`."""
    if "resourceId" in scope.inputs:
        return scope.inputs["serviceNamespace"], scope.inputs["resourceId"], scope.inputs["scalableDimension"]
    parts = scope.id.split("/")
    last = next(number for number in reversed(range(len(parts))) if ":" in parts[number])
    return parts[0], "/".join(parts[1:last]), parts[last]


_NAMESPACE, _RESOURCE, _DIMENSION = (Source(lambda scope, number=number: _place(scope)[number]) for number in range(3))  # type: ignore[misc]
_FOUND = {"ServiceNamespace": _NAMESPACE, "ResourceId": _RESOURCE, "ScalableDimension": _DIMENSION}

_ARN = Source(lambda scope: scope.live["ScalableTargetARN"])
_REGISTERED = {
    **_PLACE,
    "MinCapacity": "minCapacity",
    "MaxCapacity": "maxCapacity",
    "RoleARN": "roleArn",
    "SuspendedState": "suspendedState",
}
_REGISTER = Call("RegisterScalableTarget", _REGISTERED)

TARGET = Row(
    type="aws:appautoscaling/target:Target",
    service=_SERVICE,
    source="internal/service/appautoscaling/target.go",
    served="moto",
    create=Call("RegisterScalableTarget", {**_REGISTERED, "Tags": TAGS}),
    id="inputs.resourceId",
    read=Read(
        Call(
            "DescribeScalableTargets",
            {"ServiceNamespace": _NAMESPACE, "ResourceIds": [_RESOURCE], "ScalableDimension": _DIMENSION},
        ),
        "ScalableTargets[0]",
        more={"tags": Call("ListTagsForResource", {"ResourceARN": _ARN})},
    ),
    steps=(Step(("minCapacity", "maxCapacity", "roleArn", "suspendedState"), _REGISTER, on_create=False),),
    delete=(Call("DeregisterScalableTarget", _FOUND),),
    outputs={"arn": "ScalableTargetARN"},
    replace_on=_PLACED,
    computed=frozenset({"roleArn", "suspendedState"}),
    imported_id="ResourceId",
    tagging=Tagging(
        Call("TagResource", {"ResourceARN": _ARN, "Tags": TAGS}),
        Call("UntagResource", {"ResourceARN": _ARN, "TagKeys": REMOVED}),
        read="tags.Tags",
    ),
    note="scales nothing",
)

_PUT_POLICY = Call(
    "PutScalingPolicy",
    {
        **_PLACE,
        "PolicyName": "name",
        "PolicyType": "policyType",
        "StepScalingPolicyConfiguration": "stepScalingPolicyConfiguration",
        "TargetTrackingScalingPolicyConfiguration": "targetTrackingScalingPolicyConfiguration",
    },
)
_SAME_POLICY = "PolicyName=='$id' || join('/', [ServiceNamespace, ResourceId, ScalableDimension, PolicyName])=='$id'"

POLICY = Row(
    type="aws:appautoscaling/policy:Policy",
    service=_SERVICE,
    source="internal/service/appautoscaling/policy.go",
    served="moto",
    create=_PUT_POLICY,
    id="inputs.name",
    read=Read(Call("DescribeScalingPolicies", _FOUND), f"ScalingPolicies[?{_SAME_POLICY}] | [0]"),
    steps=(
        Step(("policyType", "stepScalingPolicyConfiguration", "targetTrackingScalingPolicyConfiguration"), _PUT_POLICY, on_create=False),
    ),
    delete=(Call("DeleteScalingPolicy", {**_FOUND, "PolicyName": ID}),),
    outputs={"arn": "PolicyARN", "name": "PolicyName", "alarmArns": "Alarms[].AlarmARN"},
    replace_on=_PLACED | {"name"},
    defaults={"policyType": "StepScaling"},
    computed=frozenset({"name"}),
    sets=frozenset({"targetTrackingScalingPolicyConfiguration.customizedMetricSpecification.dimensions"}),
    naming=Naming(prefix_property=""),
    imported_id="PolicyName",
    note="scales nothing; no predictive scaling",
)


def _namespace_of_action(scope: Scope) -> object:
    """Of the inputs; upstream's id, `NAME-NAMESPACE-RESOURCE`, says it too."""
    known = ("appstream", "dynamodb", "ecs", "ec2", "elasticmapreduce", "kafka", "lambda", "rds", "sagemaker")
    return scope.inputs.get("serviceNamespace") or next(name for name in known if f"-{name}-" in scope.id)


_SAME_ACTION = "join('-', [ScheduledActionName, ServiceNamespace, ResourceId])=='$id'"
_PUT_ACTION = Call(
    "PutScheduledAction",
    {
        **_PLACE,
        "ScheduledActionName": "name",
        "Schedule": "schedule",
        "Timezone": "timezone",
        "ScalableTargetAction": "scalableTargetAction",
    },
)

SCHEDULED_ACTION = Row(
    type="aws:appautoscaling/scheduledAction:ScheduledAction",
    service=_SERVICE,
    source="internal/service/appautoscaling/scheduled_action.go",
    served="moto",
    create=_PUT_ACTION,
    id="join('-', [inputs.name, inputs.serviceNamespace, inputs.resourceId])",
    read=Read(
        Call("DescribeScheduledActions", {"ServiceNamespace": Source(_namespace_of_action)}), f"ScheduledActions[?{_SAME_ACTION}] | [0]"
    ),
    steps=(Step(("schedule", "timezone", "scalableTargetAction"), _PUT_ACTION, on_create=False),),
    delete=(
        Call(
            "DeleteScheduledAction",
            {
                "ServiceNamespace": Source(lambda scope: scope.live["ServiceNamespace"]),
                "ScheduledActionName": Source(lambda scope: scope.live["ScheduledActionName"]),
                "ResourceId": Source(lambda scope: scope.live["ResourceId"]),
                "ScalableDimension": Source(lambda scope: scope.live["ScalableDimension"]),
            },
        ),
    ),
    outputs={"arn": "ScheduledActionARN", "name": "ScheduledActionName"},
    replace_on=_PLACED | {"name"},
    defaults={"timezone": "UTC"},
    naming=Naming(prefix_property=""),
    note="nothing happens at its time; no start or end",
)

ROWS = (TARGET, POLICY, SCHEDULED_ACTION)
