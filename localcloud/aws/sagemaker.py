"""SageMaker's endpoints as far as moto has none: updates, shadows, isolation, and refusals of what AWS refuses.

Changes moto's own backend, inside the front's process. Nothing runs: an endpoint is in service at once, and says so to who asks it.
"""

import json
import re
from typing import Any

from localcloud.aws.messages import Refused

_INSTANCE = re.compile(r"ml\.[a-z][a-z0-9-]*\.[a-z0-9-]+")
_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
_INVOCATION = re.compile(r"/endpoints/([^/]+)/(?:async-)?invocations(?:-response-stream)?")
_OWN_IMAGE = re.compile(r"([0-9]{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/([^@:]+)(?:@(sha256:[0-9a-f]{64})|:(.+))?")


def install() -> None:
    """Afterwards moto's SageMaker keeps what it is told of models, configurations and endpoints, and updates endpoints.

    An update whose alarms are in state ALARM is taken back, as by AWS: the endpoint is in service on its old configuration.
    """
    from moto.sagemaker.models import FakeEndpointConfig, SageMakerModelBackend
    from moto.sagemaker.responses import SageMakerResponse

    create_model, create_configuration, create_endpoint = (
        getattr(SageMakerResponse, name) for name in ("create_model", "create_endpoint_config", "create_endpoint")
    )

    def validate_instance_type(_: Any, instance_type: str) -> None:
        if not _INSTANCE.fullmatch(instance_type):
            raise _invalid(f"Value '{instance_type}' at 'instanceType' failed to satisfy constraint")

    def make_model(self: Any) -> Any:
        backend, asked = self.sagemaker_backend, json.loads(self.body)
        name = asked["ModelName"]
        _check_name(name)
        if name in backend._models:
            raise _invalid(f'Cannot create already existing model "{backend._models[name].arn}".')
        for container in [*(asked.get("Containers") or []), *([asked["PrimaryContainer"]] if "PrimaryContainer" in asked else [])]:
            _check_image(container.get("Image") or "", backend.account_id)
        made = create_model(self)
        backend._models[name].enable_network_isolation = bool(asked.get("EnableNetworkIsolation"))
        return made

    def make_configuration(self: Any) -> Any:
        backend, asked = self.sagemaker_backend, json.loads(self.body)
        name = asked["EndpointConfigName"]
        _check_name(name)
        if name in backend.endpoint_configs:
            raise _invalid(f'Cannot create already existing endpoint configuration "{backend.endpoint_configs[name].endpoint_config_arn}".')
        shadows = asked.get("ShadowProductionVariants") or []
        backend.validate_production_variants(shadows)
        made = create_configuration(self)
        configuration = backend.endpoint_configs[name]
        configuration.shadow_production_variants = shadows or None
        configuration.execution_role_arn = asked.get("ExecutionRoleArn")
        return made

    def make_endpoint(self: Any) -> Any:
        backend, asked = self.sagemaker_backend, json.loads(self.body)
        name = asked["EndpointName"]
        _check_name(name)
        if name in backend.endpoints:
            raise _invalid(f'Cannot create already existing endpoint "{backend.endpoints[name].arn}".')
        made = create_endpoint(self)
        backend.endpoints[name].last_deployment_config = asked.get("DeploymentConfig")
        return made

    def update_endpoint(self: Any) -> Any:
        from moto.core.responses import ActionResult

        backend, asked = self.sagemaker_backend, json.loads(self.body)
        endpoint = backend.endpoints.get(asked["EndpointName"])
        if endpoint is None:
            raise _invalid(f'Could not find endpoint "{asked["EndpointName"]}".')
        # The one in use is looked up as well (github.com/hashicorp/terraform-provider-aws/issues/40048).
        for name in (endpoint.endpoint_config_name, asked["EndpointConfigName"]):
            if name not in backend.endpoint_configs:
                raise _invalid(f'Could not find endpoint configuration "{name}".')
        served, coming = (backend.endpoint_configs[name] for name in (endpoint.endpoint_config_name, asked["EndpointConfigName"]))
        _check_scaled(asked["EndpointName"], served, coming, backend.account_id, backend.region_name)
        deployment = asked.get("DeploymentConfig")
        if not _alarmed(deployment, backend.account_id, backend.region_name):
            endpoint.endpoint_config_name = asked["EndpointConfigName"]
            endpoint.production_variants = endpoint._process_production_variants(coming.production_variants)
        endpoint.last_deployment_config = deployment
        return ActionResult({"EndpointArn": endpoint.arn})

    def add_tags(self: Any, arn: str, tags: list[dict[str, str]]) -> list[dict[str, str]]:
        resource = self._get_resource_from_arn(arn)
        keys = {tag["Key"] for tag in tags}
        resource.tags = [*(tag for tag in resource.tags if tag["Key"] not in keys), *tags]
        return list(resource.tags)

    replaced = (
        (FakeEndpointConfig, "validate_instance_type", validate_instance_type),
        (SageMakerModelBackend, "add_tags", add_tags),
        (SageMakerResponse, "create_model", make_model),
        (SageMakerResponse, "create_endpoint_config", make_configuration),
        (SageMakerResponse, "create_endpoint", make_endpoint),
        (SageMakerResponse, "update_endpoint", update_endpoint),
    )
    for kind, name, method in replaced:
        setattr(kind, name, method)


def refuse_invocation(path: str, account: str, region: str) -> None:
    """Raises Refused for a request to an endpoint: moto would make an answer up. Everything else of SageMaker is none."""
    found = _INVOCATION.fullmatch(path)
    if found is None:
        return
    from moto.sagemaker.models import sagemaker_backends

    if found[1] not in sagemaker_backends[account][region].endpoints:
        raise Refused("ValidationError", f"Endpoint {found[1]} of account {account} not found.")
    raise Refused("SimulatedEndpoint", "the local cloud runs no containers: nobody is behind this endpoint.", 501)


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name) or len(name) > 63:
        raise _invalid(f"Value '{name}' failed to satisfy constraint: Member must satisfy regular expression pattern: {_NAME.pattern}")


def _invalid(message: str) -> Refused:
    return Refused("ValidationException", message)


def _check_image(image: str, account: str) -> None:
    """An image of the account's own registry has to be there. Of others nothing is known here."""
    from moto.ecr.models import ecr_backends

    found = _OWN_IMAGE.fullmatch(image)
    if found is None or found[1] != account:
        return
    _, region, name, digest, tag = found.groups()
    repository = ecr_backends[account][region].repositories.get(name)
    images = repository.images if repository is not None else []
    if not any(one.get_image_digest() == digest if digest else (tag or "latest") in one.image_tags for one in images):
        raise _invalid(f'Requested image "{image}" not found.')


def _check_scaled(endpoint: str, served: Any, coming: Any, account: str, region: str) -> None:
    """A variant that something scales stays, on the instances that it has
    (docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html)."""
    from moto.applicationautoscaling.models import applicationautoscaling_backends

    targets = applicationautoscaling_backends[account][region].targets.get("sagemaker:variant:DesiredInstanceCount", {})
    types = [{one["VariantName"]: one.get("InstanceType") for one in each.production_variants} for each in (served, coming)]
    for name, kind in types[0].items():
        if types[1].get(name) != kind and f"endpoint/{endpoint}/variant/{name}" in targets:
            raise _invalid(
                f'The variant(s) "[{name}]" must be deregistered as scalable targets with AWS Application Auto Scaling before they can be'
                " removed or have their instance type updated."
            )


def _alarmed(deployment: dict[str, Any] | None, account: str, region: str) -> bool:
    from moto.cloudwatch.models import cloudwatch_backends

    alarms = ((deployment or {}).get("AutoRollbackConfiguration") or {}).get("Alarms") or []
    known = cloudwatch_backends[account][region].alarms
    return any(known[alarm["AlarmName"]].state_value == "ALARM" for alarm in alarms if alarm["AlarmName"] in known)
