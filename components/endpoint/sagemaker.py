"""A model that serves on Amazon SageMaker AI."""

from typing import Any, NotRequired, TypedDict, cast

import pulumi
import pulumi_aws as aws

from components import _statements as statements
from components.endpoint import _execution as execution
from components.endpoint import _variants as variants
from components.endpoint.instance_scaling import ScalingArgs, ScheduleArgs, scale


class VariantArgs(TypedDict):
    """One version that runs."""

    variant: str
    """Name of its variant: what it is to callers, and not which version, so that a new version comes to the variant of the old."""
    image: pulumi.Input[str]
    """Full reference with a digest, in ECR."""
    weights_bucket: pulumi.Input[str]
    """Name of the bucket."""
    weights_key: str
    """Key of the object; the program finds it by its last part."""
    weights_sha256: str
    """64 hex digits."""
    weight: int
    """Percentage of requests that it answers; of all versions together 100."""
    mirror: NotRequired[int]
    """Percentage of requests that are copied to it, its answers thrown away."""


class RolloutArgs(TypedDict):
    """How an update shifts requests from old instances to new ones."""

    kind: str
    """`canary` in two steps, `linear` in equal ones, or `all_at_once`."""
    percent: NotRequired[int]
    """Share of the instances in the first step, or in each. Default: 10."""
    wait_seconds: NotRequired[int]
    """Between steps. Default: 600."""
    bake_seconds: int
    """How long the old instances stay after the last step."""


class CaptureArgs(TypedDict):
    """What is kept of requests and answers: a sample, whole."""

    bucket: pulumi.Input[str]
    """Name of the bucket."""
    prefix: str
    """Key prefix, without a slash at the end."""
    key_arn: pulumi.Input[str]
    """KMS key they are encrypted with."""
    percent: int
    """Share of the requests, 1 to 100."""


class PlaceArgs(TypedDict):
    """Where in a VPC the instances are."""

    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[list[str]]


class SageMakerEndpointArgs(TypedDict):
    """What an endpoint is made from."""

    model: str
    endpoint_name: str
    """Physical name, at most 63 characters: letters, digits and dashes."""
    account: str
    """AWS account, 12 digits."""
    region: str
    instance_type: str
    """With `ml.` first."""
    min_replicas: int
    max_replicas: int
    instances: NotRequired[int]
    """Instances that run now, where they are scaled: an update begins with as many of what answers most. Without it, with as many as the
    one before, and with `min_replicas` at first."""
    targets: dict[str, float]
    """What the number of instances follows: cpu and memory in percent; concurrency, requests_per_second of an instance."""
    schedules: NotRequired[list[ScheduleArgs]]
    versions: dict[str, VariantArgs]
    key_arn: pulumi.Input[str]
    """KMS key of weights in `weights_bucket`, and of the instances' disks."""
    latency_p99_seconds: float
    error_rate: float
    """Share of failed requests above which an update goes back, 0 to 1."""
    rollout: RolloutArgs
    place: NotRequired[PlaceArgs]
    """Without it the instances are in a network of SageMaker's."""
    alarm_actions: NotRequired[list[pulumi.Input[str]]]
    """ARNs of what is told when an alarm goes off or is over."""
    startup_seconds: NotRequired[int]
    """How long an instance may take until it answers, 60 to 3600. Default: what SageMaker gives it."""
    capture: NotRequired[CaptureArgs]
    log_retention_days: NotRequired[int]
    """Default: 30."""
    keep_replaced: NotRequired[bool]
    """Whether models and configurations stay in the account when others take their place: the way back after SageMaker went back by
    itself, and without cost. Default: no."""
    environment: NotRequired[dict[str, str]]
    """Variables of the serving program on top of its own."""


class SageMakerEndpoint(pulumi.ComponentResource):
    """An endpoint with a variant per version, its execution role, log, alarms, scaling; in a VPC a security group.

    - containers have no network at all; SageMaker fetches image and weights by a role that reaches these and no others
    - an update brings up new instances, shifts requests, and goes back when an alarm of the variants goes off
    - a new configuration is there before the old one goes, and variants keep their names
    """

    endpoint: pulumi.Output[str]
    """Name, as callers of InvokeEndpoint use it."""
    arn: pulumi.Output[str]
    role_arn: pulumi.Output[str]
    configuration: pulumi.Output[str]
    """Name of the configuration that should serve; another one in DescribeEndpoint means that SageMaker went back."""
    variants: pulumi.Output[dict[str, str]]
    """Name of the variant by version."""
    weights: pulumi.Output[dict[str, int]]
    """Percentage of requests by version; 0 for one that gets copies alone."""
    mirrors: pulumi.Output[dict[str, int]]
    alarms: pulumi.Output[list[str]]
    """Names."""

    def __init__(self, name: str, args: SageMakerEndpointArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        # How many instances run now is nothing that was asked for, and no change when it differs.
        asked = {key: value for key, value in args.items() if key != "instances"}
        super().__init__("modelway:index:SageMakerEndpoint", name, asked, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self._kept = pulumi.ResourceOptions(parent=self, retain_on_delete=args.get("keep_replaced", False))
        _check(args)
        versions = dict(sorted(args["versions"].items()))
        answering = [made["variant"] for made in versions.values() if "mirror" not in made]
        log = aws.cloudwatch.LogGroup(
            f"{name}-log",
            name=f"/aws/sagemaker/Endpoints/{args['endpoint_name']}",
            retention_in_days=args.get("log_retention_days", 30),
            opts=self._child,
        )
        alarms = [alarm for variant in answering for alarm in self._alarms(variant)]
        group = self._security_group(args["place"]) if "place" in args else None
        role, permissions = self._role(log, alarms, group)
        models = {version: self._model(version, made, role, permissions, group) for version, made in versions.items()}
        configuration = self._configuration(models, role)
        update = variants.deployment(_rollout(args["rollout"]), args["min_replicas"], [alarm.name for alarm in alarms])
        endpoint = aws.sagemaker.Endpoint(
            f"{name}-endpoint",
            name=args["endpoint_name"],
            endpoint_config_name=configuration.name,
            deployment_config=cast("aws.sagemaker.EndpointDeploymentConfigArgsDict", update),
            # Its name is its own: a second one could not be there before the first has gone.
            opts=self._after(log, unique=True),
        )
        if self._scaled():
            for variant in answering:
                scale(name, _variant_scaling(args, variant), endpoint, self._child)
        self.endpoint = endpoint.name
        self.arn = endpoint.arn
        self.role_arn = role.arn
        self.configuration = configuration.name
        self.variants = pulumi.Output.from_input({version: made["variant"] for version, made in versions.items()})
        self.weights = pulumi.Output.from_input({version: made["weight"] for version, made in versions.items()})
        self.mirrors = pulumi.Output.from_input({version: made["mirror"] for version, made in versions.items() if "mirror" in made})
        self.alarms = pulumi.Output.all(*[alarm.name for alarm in alarms])
        self.register_outputs({key: getattr(self, key) for key in type(self).__annotations__})

    def _alarms(self, variant: str) -> list[aws.cloudwatch.MetricAlarm]:
        args = self._args
        actions = args.get("alarm_actions", [])
        described = variants.alarms(args["endpoint_name"], variant, args["latency_p99_seconds"], args["error_rate"])
        return [
            aws.cloudwatch.MetricAlarm(
                f"{self._name}-{variant}-{role}",
                alarm_actions=actions,
                ok_actions=actions,
                **cast("dict[str, Any]", properties),
                opts=self._child,
            )
            for role, properties in described.items()
        ]

    def _security_group(self, place: PlaceArgs) -> aws.ec2.SecurityGroup:
        s3 = aws.ec2.get_managed_prefix_list_output(
            name=f"com.amazonaws.{self._args['region']}.s3", opts=pulumi.InvokeOutputOptions(parent=self)
        )
        return aws.ec2.SecurityGroup(
            f"{self._name}-instances",
            description=f"Instances of the endpoint {self._args['endpoint_name']}: nobody reaches them, and they reach S3 alone",
            vpc_id=place["vpc_id"],
            ingress=[],
            egress=[{"description": "Weights", "protocol": "tcp", "from_port": 443, "to_port": 443, "prefix_list_ids": [s3.id]}],
            opts=self._child,
        )

    def _role(
        self, log: aws.cloudwatch.LogGroup, alarms: list[aws.cloudwatch.MetricAlarm], group: aws.ec2.SecurityGroup | None
    ) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
        args = self._args
        role = aws.iam.Role(
            f"{self._name}-execution",
            description=f"SageMaker for the endpoint {args['endpoint_name']}",
            assume_role_policy=statements.text(execution.assumed_by_sagemaker(args["account"], args["region"])),
            opts=self._child,
        )
        known = pulumi.Output.all(
            key_arn=args["key_arn"],
            buckets=[made["weights_bucket"] for made in args["versions"].values()],
            images=[made["image"] for made in args["versions"].values()],
            log_group=log.arn,
            alarms=[alarm.arn for alarm in alarms],
            subnets=args["place"]["subnet_ids"] if "place" in args else [],
            groups=[group.id] if group is not None else [],
            captures=args["capture"]["bucket"] if "capture" in args else None,
            captures_key=args["capture"]["key_arn"] if "capture" in args else None,
        )
        policy = aws.iam.RolePolicy(
            f"{self._name}-permissions", role=role.id, policy=known.apply(lambda facts: _permissions(args, facts)), opts=self._child
        )
        return role, policy

    def _model(
        self, version: str, made: VariantArgs, role: aws.iam.Role, permissions: aws.iam.RolePolicy, group: aws.ec2.SecurityGroup | None
    ) -> aws.sagemaker.Model:
        args = self._args
        file = made["weights_key"].rpartition("/")[2]
        weights = pulumi.Output.concat("s3://", made["weights_bucket"], "/", made["weights_key"])
        environment = {
            "MODEL_NAME": args["model"],
            "MODEL_VERSION": version,
            "MODEL_URI": f"{variants.MODEL_FOLDER}/{file}",
            "MODEL_SHA256": made["weights_sha256"],
            **args.get("environment", {}),
        }
        # As they are, and not unpacked: the program holds what it gets against the digest.
        source: aws.sagemaker.ModelPrimaryContainerModelDataSourceS3DataSourceArgsDict = {
            "s3_uri": weights,
            "s3_data_type": "S3Object",
            "compression_type": "None",
        }
        return aws.sagemaker.Model(
            variants.model_name(self._name, version),
            execution_role_arn=role.arn,
            enable_network_isolation=True,
            primary_container={
                "image": made["image"],
                "environment": environment,
                "model_data_source": {"s3_data_sources": [source]},
            },
            vpc_config={"subnets": args["place"]["subnet_ids"], "security_group_ids": [group.id]} if group is not None else None,
            # SageMaker tries the role when it makes the model.
            opts=self._after(permissions, kept=True),
        )

    def _configuration(self, models: dict[str, aws.sagemaker.Model], role: aws.iam.Role) -> aws.sagemaker.EndpointConfiguration:
        args = self._args
        versions = args["versions"]
        # The largest share first, so that a canary is read behind what is live.
        order = sorted(models, key=lambda version: (-versions[version]["weight"], version))
        answering = [version for version in order if "mirror" not in versions[version]]
        production = [
            self._variant(versions[version], models[version], versions[version]["weight"], self._begins() if number == 0 else None)
            for number, version in enumerate(answering)
        ]
        # A share of the weight of what is answered, which is 100.
        shadows = [
            self._variant(versions[version], models[version], versions[version]["mirror"])
            for version in order
            if "mirror" in versions[version]
        ]
        capture = args.get("capture")
        return aws.sagemaker.EndpointConfiguration(
            f"{self._name}-config",
            execution_role_arn=role.arn,
            production_variants=production,
            shadow_production_variants=cast("list[aws.sagemaker.EndpointConfigurationShadowProductionVariantArgsDict]", shadows) or None,
            kms_key_arn=None if variants.own_disks(args["instance_type"]) else args["key_arn"],
            data_capture_config=_capture(capture) if capture is not None else None,
            opts=self._kept if "instances" in args or not self._scaled() else self._as_many_as_before(),
        )

    def _scaled(self) -> bool:
        return self._args["min_replicas"] < self._args["max_replicas"]

    def _as_many_as_before(self) -> pulumi.ResourceOptions:
        # What a busy hour began with is no change in the next preview. Of the first variant alone: the engine takes a path to an entry that
        # a configuration has not for a mistake.
        ignored = pulumi.ResourceOptions(ignore_changes=["productionVariants[0].initialInstanceCount"])
        return pulumi.ResourceOptions.merge(self._kept, ignored)

    def _begins(self) -> int:
        args = self._args
        least = args["min_replicas"]
        wanted = max(least, min(args["max_replicas"], args.get("instances", least)))
        return variants.beginning(_rollout(args["rollout"]), least, wanted)

    def _variant(
        self, made: VariantArgs, model: aws.sagemaker.Model, weight: int, instances: int | None = None
    ) -> aws.sagemaker.EndpointConfigurationProductionVariantArgsDict:
        args = self._args
        variant: aws.sagemaker.EndpointConfigurationProductionVariantArgsDict = {
            "variant_name": made["variant"],
            "model_name": model.name,
            "instance_type": args["instance_type"],
            "initial_instance_count": instances or args["min_replicas"],
            "initial_variant_weight": weight,
            "routing_configs": [{"routing_strategy": "LEAST_OUTSTANDING_REQUESTS"}],
        }
        if "startup_seconds" in args:
            variant["container_startup_health_check_timeout_in_seconds"] = args["startup_seconds"]
        return variant

    def _after(self, *others: pulumi.Resource, kept: bool = False, unique: bool = False) -> pulumi.ResourceOptions:
        more = pulumi.ResourceOptions(depends_on=list(others), delete_before_replace=unique or None)
        return pulumi.ResourceOptions.merge(self._kept if kept else self._child, more)


def _rollout(args: RolloutArgs) -> variants.Rollout:
    return variants.Rollout(args["kind"], args.get("percent", 10), args.get("wait_seconds", 600), args["bake_seconds"])


def _variant_scaling(args: SageMakerEndpointArgs, variant: str) -> ScalingArgs:
    return {
        "endpoint_name": args["endpoint_name"],
        "variant": variant,
        "min": args["min_replicas"],
        "max": args["max_replicas"],
        "targets": args["targets"],
        "schedules": args.get("schedules", []),
    }


def _capture(args: CaptureArgs) -> aws.sagemaker.EndpointConfigurationDataCaptureConfigArgsDict:
    return {
        "enable_capture": True,
        "initial_sampling_percentage": args["percent"],
        "destination_s3_uri": pulumi.Output.concat("s3://", args["bucket"], "/", args["prefix"]),
        "kms_key_id": args["key_arn"],
        "capture_options": [{"capture_mode": "Input"}, {"capture_mode": "Output"}],
        # Everything else is kept in base64.
        "capture_content_type_header": {"json_content_types": ["application/json"]},
    }


def _permissions(args: SageMakerEndpointArgs, facts: dict[str, object]) -> str:
    keys: dict[str, list[str]] = {}
    for bucket, made in zip(_texts(facts["buckets"]), args["versions"].values(), strict=True):
        keys.setdefault(f"arn:aws:s3:::{bucket}", []).append(made["weights_key"])
    capture = args.get("capture")
    reach = execution.Reach(
        account=args["account"],
        region=args["region"],
        weights={bucket: sorted(set(found)) for bucket, found in keys.items()},
        keys=[str(facts["key_arn"])],
        repositories=[execution.repository_arn(image) for image in _texts(facts["images"])],
        log_group=str(facts["log_group"]),
        alarms=_texts(facts["alarms"]),
        subnets=_texts(facts["subnets"]),
        security_groups=_texts(facts["groups"]),
        captures=f"arn:aws:s3:::{facts['captures']}/{capture['prefix']}/*" if capture is not None else None,
        captures_key=str(facts["captures_key"]) if capture is not None else None,
    )
    return statements.text(execution.execution(reach))


def _texts(values: object) -> list[str]:
    assert isinstance(values, list)
    return [str(value) for value in values]


def _check(args: SageMakerEndpointArgs) -> None:
    model, versions = args["model"], args["versions"]
    total = sum(made["weight"] for made in versions.values())
    if total != 100:
        raise ValueError(f"{model}: the weights of its versions have to be 100 together, and are {total}")
    answering = [version for version, made in versions.items() if "mirror" not in made]
    if len(answering) < len(versions) and len(answering) > 1:
        raise ValueError(f"{model}: SageMaker copies requests only where one version answers all, and {len(answering)} do")
