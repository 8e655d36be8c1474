"""EventBridge Scheduler. Schemas: hashicorp/terraform-provider-aws, internal/service/scheduler, files named at each row."""

from __future__ import annotations

from localcloud.plugins.aws.table import Call, Naming, Read, Row, Step, part

_SAID = {
    "Description": "description",
    "EndDate": "endDate",
    "FlexibleTimeWindow": "flexibleTimeWindow",
    "KmsKeyArn": "kmsKeyArn",
    "ScheduleExpression": "scheduleExpression",
    "ScheduleExpressionTimezone": "scheduleExpressionTimezone",
    "StartDate": "startDate",
    "State": "state",
    "Target": "target",
}
_FOUND = {"GroupName": part(0), "Name": part(1)}

SCHEDULE = Row(
    type="aws:scheduler/schedule:Schedule",
    service="scheduler",
    source="internal/service/scheduler/schedule.go",
    served="moto",
    create=Call("CreateSchedule", {"GroupName": "groupName", "Name": "name", **_SAID}),
    id="join('/', [inputs.groupName, inputs.name])",
    read=Read(Call("GetSchedule", _FOUND)),
    # What is not said again is gone.
    steps=(Step(tuple(_SAID.values()), Call("UpdateSchedule", {**_FOUND, **_SAID}), on_create=False),),
    delete=(Call("DeleteSchedule", _FOUND),),
    replace_on=frozenset({"groupName", "name", "namePrefix"}),
    defaults={"groupName": "default", "scheduleExpressionTimezone": "UTC", "state": "ENABLED"},
    computed=frozenset({"groupName", "name", "namePrefix", "target.retryPolicy"}),
    kept={"namePrefix": "it is part of the name"},
    documents=frozenset({"target.input"}),
    naming=Naming(length=64),
    separator="/",
    refused=frozenset({"target.ecsParameters", "target.sagemakerPipelineParameters"}),
    note="starts nothing; no targets in ECS, no pipelines of SageMaker",
)

ROWS = (SCHEDULE,)
