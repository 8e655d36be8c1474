"""Endpoints on SageMaker, and the topic that their alarms tell."""

import json
import os
from typing import TYPE_CHECKING

from modelway.architecture import Environment
from stacks import arguments
from stacks.joints import Exports, Platform, Text
from stacks.marking import landing
from stacks.providers import Providers

if TYPE_CHECKING:
    from components.endpoint.payloads import PayloadStore
    from components.endpoint.sagemaker import PlaceArgs

RUNNING = "MODELWAY_INSTANCES"
"""Variable in which `modelway up` says how many instances of an endpoint run that it is about to update (modelway/operations/hosted.py):
no function of the provider looks that up."""


def alarm_topic(environment: Environment, providers: Providers) -> Text | None:
    """ARN of the topic that alarms tell; None, and none, where no model serves on SageMaker and no database is made."""
    if not arguments.on_sagemaker(environment) and arguments.tracking_server(environment) is None:
        return None
    from components.alarms import AlarmTopic

    return AlarmTopic("alarms", arguments.alarm_topic(environment), landing(environment, providers.aws)).topic


def sagemaker_endpoint(
    environment: Environment, model: str, platform: Platform, payloads: "PayloadStore | None", providers: Providers
) -> Exports:
    from components.endpoint.sagemaker import SageMakerEndpoint

    if platform.alarms is None:
        raise ValueError(f"the alarms of {model} have nobody to tell")
    place: PlaceArgs | None = None
    if platform.network is not None:
        place = {"vpc_id": platform.network.vpc_id, "subnet_ids": platform.network.private_subnets}
    args = arguments.sagemaker_endpoint(
        environment,
        model,
        bucket=platform.registry.bucket,
        key_arn=platform.registry.key_arn,
        repositories=platform.registry.repositories,
        alarms=platform.alarms,
        place=place,
        payloads=payloads.bucket if payloads is not None else None,
    )
    running = json.loads(os.environ.get(RUNNING, "{}")).get(args["endpoint_name"])
    if running is not None:
        args["instances"] = running
    made = SageMakerEndpoint(model, args, landing(environment, providers.aws, model))
    return {
        "runtime": "sagemaker",
        "endpoint": made.endpoint,
        "arn": made.arn,
        "configuration": made.configuration,
        "variants": made.variants,
        "versions": made.weights,
        "mirrors": made.mirrors,
        "alarms": made.alarms,
    }
