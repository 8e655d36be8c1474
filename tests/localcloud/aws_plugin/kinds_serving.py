"""Models, endpoints, what scales and watches them, in a program, and the same with every input changed that can be."""

import json
from typing import Any

from tests.localcloud.aws_plugin.stack import aws, of, text

ELSEWHERE = "555555555555.dkr.ecr.eu-west-1.amazonaws.com/serving@sha256:" + "a" * 64


def serving(changed: bool, policy: str) -> list[Any]:
    """`policy`: who assumes the execution role. The endpoint is updated, not replaced, when its model is."""
    tags = {"stage": "two"} if changed else {"old": "yes"}
    variant = {
        "variantName": "live",
        "modelName": of("scorer", "name"),
        # Something scales the variant, so that other instances are refused.
        "instanceType": "ml.m7i.large",
        "initialInstanceCount": 3 if changed else 2,
        "initialVariantWeight": 100,
        "routingConfigs": [{"routingStrategy": "LEAST_OUTSTANDING_REQUESTS"}],
        "containerStartupHealthCheckTimeoutInSeconds": 120,
    }
    shadow = {**variant, "variantName": "shadow", "initialVariantWeight": 10}
    resource = {"serviceNamespace": "sagemaker", "scalableDimension": "sagemaker:variant:DesiredInstanceCount"}
    place = {**resource, "resourceId": of("capacity", "resourceId")}
    steps = {"type": "LINEAR", "linearStepSize": {"type": "INSTANCE_COUNT", "value": 1}, "waitIntervalInSeconds": 300}
    watched = {
        "comparisonOperator": "GreaterThanThreshold",
        "evaluationPeriods": 5,
        "datapointsToAlarm": 3,
        "namespace": "AWS/SageMaker",
        "period": 60,
        "dimensions": {"EndpointName": "scorer", "VariantName": "live"},
        "treatMissingData": "notBreaching",
    }
    daily = {
        "scheduleExpression": "rate(1 day)",
        "flexibleTimeWindow": {"mode": "FLEXIBLE", "maximumWindowInMinutes": 15},
        "target": {"arn": "arn:aws:scheduler:::aws-sdk:sagemaker:createProcessingJob", "roleArn": of("execution", "arn"), "input": "{}"},
    }
    write = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Two" if changed else "One",
                "Effect": "Allow",
                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": "{0}",
            }
        ],
    }
    braces = json.dumps(write).replace("{", "{{").replace("}", "}}").replace("{{0}}", "{0}")
    return [
        aws("iam/role:Role", "execution", {"assumeRolePolicy": policy}),
        aws("kms/key:Key", "messages-key", {"deletionWindowInDays": 7}),
        aws(
            "sns/topic:Topic",
            "messages",
            {
                "displayName": "two" if changed else "one",
                **({} if changed else {"kmsMasterKeyId": of("messages-key", "arn")}),
                "tags": tags,
            },
        ),
        aws("sns/topicPolicy:TopicPolicy", "writers", {"arn": of("messages", "arn"), "policy": text(braces, of("messages", "arn"))}),
        aws(
            "scheduler/schedule:Schedule",
            "hourly",
            {
                "name": "look",
                "description": "Two" if changed else "One",
                "scheduleExpression": "cron(5/15 * * * ? *)" if changed else "cron(17 * * * ? *)",
                "flexibleTimeWindow": {"mode": "OFF"},
                "target": {
                    "arn": "arn:aws:scheduler:::aws-sdk:sagemaker:createProcessingJob",
                    "roleArn": of("execution", "arn"),
                    "input": json.dumps({"ProcessingJobName": "two" if changed else "one"}),
                    "retryPolicy": {"maximumEventAgeInSeconds": 900, "maximumRetryAttempts": 2 if changed else 3},
                },
            },
        ),
        aws("scheduler/schedule:Schedule", "moved-schedule", {**daily, "name": "moved-two" if changed else "moved-one"}),
        aws("s3/bucket:Bucket", "objects", {"forceDestroy": True}),
        aws(
            "s3/bucketObjectv2:BucketObjectv2",
            "object",
            {
                "bucket": of("objects"),
                "key": "folder/one.json",
                "content": json.dumps({"said": changed}),
                "contentType": "application/json",
                "tags": tags,
            },
        ),
        aws("s3/bucketObjectv2:BucketObjectv2", "moved-object", {"bucket": of("objects"), "key": f"{changed}.txt", "content": "same"}),
        aws(
            "cloudwatch/metricAlarm:MetricAlarm",
            "slow",
            {
                **watched,
                "metricName": "ModelLatency",
                "extendedStatistic": "p99",
                "threshold": 300000 if changed else 200000,
                "alarmActions": [of("messages", "arn")],
                "evaluateLowSampleCountPercentiles": "ignore",
                "tags": tags,
            },
        ),
        aws(
            "cloudwatch/metricAlarm:MetricAlarm",
            "failing",
            {**watched, "metricName": "Invocation5XXErrors", "statistic": "Average", "threshold": 0.01, "actionsEnabled": not changed},
        ),
        aws(
            "sagemaker/model:Model",
            "scorer",
            {
                "executionRoleArn": of("execution", "arn"),
                "enableNetworkIsolation": True,
                "primaryContainer": {
                    "image": ELSEWHERE,
                    "environment": {"MODEL_VERSION": "2" if changed else "1"},
                    "modelDataSource": {
                        "s3DataSources": [{"s3Uri": "s3://weights/model.json", "s3DataType": "S3Object", "compressionType": "None"}]
                    },
                },
                "vpcConfig": {"subnets": ["subnet-b", "subnet-a"], "securityGroupIds": ["sg-a"]},
            },
        ),
        aws(
            "sagemaker/model:Model",
            "plain",
            {"executionRoleArn": of("execution", "arn"), "primaryContainer": {"image": ELSEWHERE}, "tags": tags},
        ),
        aws(
            "sagemaker/endpointConfiguration:EndpointConfiguration",
            "shape",
            {
                "productionVariants": [variant],
                "shadowProductionVariants": [shadow],
                "executionRoleArn": of("execution", "arn"),
                "kmsKeyArn": of("messages-key", "arn"),
                "dataCaptureConfig": {
                    "enableCapture": True,
                    "initialSamplingPercentage": 5,
                    "destinationS3Uri": "s3://payloads/scorer",
                    "captureOptions": [{"captureMode": "Input"}, {"captureMode": "Output"}],
                    "captureContentTypeHeader": {"jsonContentTypes": ["application/json"]},
                },
            },
        ),
        aws(
            "sagemaker/endpointConfiguration:EndpointConfiguration",
            "tagged-shape",
            {"productionVariants": [{**variant, "initialInstanceCount": 2, "modelName": of("plain", "name")}], "tags": tags},
        ),
        aws(
            "sagemaker/endpoint:Endpoint",
            "endpoint",
            {
                "name": "scorer",
                "endpointConfigName": of("shape", "name"),
                "deploymentConfig": {
                    "blueGreenUpdatePolicy": {
                        "trafficRoutingConfiguration": steps,
                        "terminationWaitInSeconds": 600 if changed else 300,
                        "maximumExecutionTimeoutInSeconds": 3600,
                    },
                    "autoRollbackConfiguration": {
                        "alarms": [{"alarmName": of("slow", "name")}, *([{"alarmName": of("failing", "name")}] if changed else [])]
                    },
                },
                "tags": tags,
            },
        ),
        aws(
            "appautoscaling/target:Target",
            "capacity",
            {
                **resource,
                "resourceId": text("endpoint/{0}/variant/live", of("endpoint", "name")),
                "minCapacity": 2,
                "maxCapacity": 9 if changed else 4,
                "tags": {"owner": "fraud"} if changed else {"owner": "risk", "tier": "high"},
            },
        ),
        aws(
            "appautoscaling/policy:Policy",
            "requests",
            {
                **place,
                "policyType": "TargetTrackingScaling",
                "targetTrackingScalingPolicyConfiguration": {
                    "targetValue": 90 if changed else 60,
                    "scaleInCooldown": 300,
                    "predefinedMetricSpecification": {"predefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
                },
            },
        ),
        aws(
            "appautoscaling/policy:Policy",
            "processors",
            {
                **place,
                "policyType": "TargetTrackingScaling",
                "targetTrackingScalingPolicyConfiguration": {
                    "targetValue": 60,
                    "customizedMetricSpecification": {
                        "namespace": "/aws/sagemaker/Endpoints",
                        "metricName": "CPUUtilizationNormalized",
                        "statistic": "Average",
                        "dimensions": [{"name": "VariantName", "value": "live"}, {"name": "EndpointName", "value": "scorer"}],
                    },
                },
            },
        ),
        aws(
            "appautoscaling/scheduledAction:ScheduledAction",
            "morning",
            {
                **place,
                "schedule": "cron(0 7 ? * MON *)" if changed else "cron(0 8 ? * MON *)",
                "timezone": "Europe/Berlin",
                "scalableTargetAction": {"minCapacity": 3, "maxCapacity": 4},
            },
        ),
    ]
