"""Models, configurations and endpoints. Schemas: hashicorp/terraform-provider-aws, internal/service/sagemaker, files named at each row."""

from __future__ import annotations

from localcloud.plugins.aws.table import ID, REMOVED, TAGS, Call, Naming, Object, Read, Row, Source, Step, Tagging, Until

# SageMaker says this of what it does not find, and of much else.
_GONE = ("ValidationException",)


def _tagging(arn: str) -> tuple[dict[str, Call], Tagging]:
    """The call that reads tags, and those that change them; `arn`: where the ARN is in the live object."""
    resource = Source(lambda scope: scope.live[arn])
    return (
        {"tags": Call("ListTags", {"ResourceArn": resource})},
        Tagging(
            Call("AddTags", {"ResourceArn": resource, "Tags": TAGS}),
            Call("DeleteTags", {"ResourceArn": resource, "TagKeys": REMOVED}),
            read="tags.Tags",
        ),
    )


_READ_MODEL, _TAG_MODEL = _tagging("ModelArn")

MODEL = Row(
    type="aws:sagemaker/model:Model",
    service="sagemaker",
    source="internal/service/sagemaker/model.go",
    served="moto",
    create=Call(
        "CreateModel",
        {
            "ModelName": "name",
            "ExecutionRoleArn": "executionRoleArn",
            "PrimaryContainer": "primaryContainer",
            "Containers": "containers",
            "EnableNetworkIsolation": "enableNetworkIsolation",
            "VpcConfig": "vpcConfig",
            "Tags": TAGS,
        },
    ),
    id="inputs.name",
    read=Read(Call("DescribeModel", {"ModelName": ID}, tolerate=_GONE), more=_READ_MODEL),
    delete=(Call("DeleteModel", {"ModelName": ID}),),
    outputs={"arn": "ModelArn", "name": "ModelName"},
    replace_on=frozenset({"containers", "enableNetworkIsolation", "executionRoleArn", "name", "primaryContainer", "vpcConfig"}),
    defaults={"enableNetworkIsolation": False, "primaryContainer.mode": "SingleModel"},
    computed=frozenset({"name"}),
    sets=frozenset({"vpcConfig.securityGroupIds", "vpcConfig.subnets"}),
    tagging=_TAG_MODEL,
    naming=Naming(prefix_property=""),
    note="nothing runs; an image of the account's own registry has to be there, of weights and of other images nothing is checked",
)

_READ_CONFIGURATION, _TAG_CONFIGURATION = _tagging("EndpointConfigArn")
_CONFIGURED = (
    *("asyncInferenceConfig", "dataCaptureConfig", "executionRoleArn", "kmsKeyArn"),
    *("productionVariants", "shadowProductionVariants"),
)

CONFIGURATION = Row(
    type="aws:sagemaker/endpointConfiguration:EndpointConfiguration",
    service="sagemaker",
    source="internal/service/sagemaker/endpoint_configuration.go",
    served="moto",
    create=Call(
        "CreateEndpointConfig",
        {
            "EndpointConfigName": "name",
            "AsyncInferenceConfig": "asyncInferenceConfig",
            "DataCaptureConfig": "dataCaptureConfig",
            "ExecutionRoleArn": "executionRoleArn",
            "KmsKeyId": "kmsKeyArn",
            "ProductionVariants": "productionVariants",
            "ShadowProductionVariants": "shadowProductionVariants",
            "Tags": TAGS,
        },
    ),
    id="inputs.name",
    read=Read(Call("DescribeEndpointConfig", {"EndpointConfigName": ID}, tolerate=_GONE), more=_READ_CONFIGURATION),
    delete=(Call("DeleteEndpointConfig", {"EndpointConfigName": ID}),),
    outputs={"arn": "EndpointConfigArn", "name": "EndpointConfigName", "kmsKeyArn": "KmsKeyId"},
    replace_on=frozenset({*_CONFIGURED, "name", "namePrefix"}),
    computed=frozenset({"name", "namePrefix", "productionVariants.variantName", "productionVariants.volumeSizeInGb"}),
    sets=frozenset(
        {
            "dataCaptureConfig.captureContentTypeHeader.csvContentTypes",
            "dataCaptureConfig.captureContentTypeHeader.jsonContentTypes",
        }
    ),
    kept={"namePrefix": "it is part of the name"},
    tagging=_TAG_CONFIGURATION,
    naming=Naming(),
    note="instance types are not checked against those of the region",
)

_READ_ENDPOINT, _TAG_ENDPOINT = _tagging("EndpointArn")


def _other_rollback(old: Object, new: Object) -> list[str]:
    """Upstream makes an endpoint anew where alarms that take an update back come or go as a whole; one more or less is an update."""
    there = ["autoRollbackConfiguration" in (inputs.get("deploymentConfig") or {}) for inputs in (old, new)]
    return ["deploymentConfig"] if there[0] != there[1] else []


ENDPOINT = Row(
    type="aws:sagemaker/endpoint:Endpoint",
    service="sagemaker",
    source="internal/service/sagemaker/endpoint.go",
    served="moto",
    create=Call(
        "CreateEndpoint",
        {"EndpointName": "name", "EndpointConfigName": "endpointConfigName", "DeploymentConfig": "deploymentConfig", "Tags": TAGS},
    ),
    id="inputs.name",
    read=Read(Call("DescribeEndpoint", {"EndpointName": ID}, tolerate=_GONE), more=_READ_ENDPOINT),
    steps=(
        Step(
            ("endpointConfigName", "deploymentConfig"),
            Call(
                "UpdateEndpoint",
                {"EndpointName": ID, "EndpointConfigName": "endpointConfigName", "DeploymentConfig": "deploymentConfig"},
            ),
            on_create=False,
        ),
    ),
    delete=(Call("DeleteEndpoint", {"EndpointName": ID}),),
    outputs={"arn": "EndpointArn", "name": "EndpointName", "deploymentConfig": "LastDeploymentConfig"},
    replace_on=frozenset({"name"}),
    replace_if=_other_rollback,
    computed=frozenset({"name"}),
    sets=frozenset({"deploymentConfig.autoRollbackConfiguration.alarms"}),
    tagging=_TAG_ENDPOINT,
    naming=Naming(prefix_property=""),
    until=Until("EndpointStatus", ("InService",), ("Failed", "UpdateRollbackFailed"), "FailureReason", timeout=3600),
    wait_gone=True,
    note="in service at once, and answers nobody; an update goes back at once when one of its alarms is in state ALARM",
)

ROWS = (MODEL, CONFIGURATION, ENDPOINT)
