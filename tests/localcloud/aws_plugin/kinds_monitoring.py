"""Metrics that Amazon keeps, rules, who is told, Grafana, in a program, and the same with every input changed that can be."""

import json
from typing import Any

from tests.localcloud.aws_plugin.stack import aws, of, text

WORKSPACE = "arn:aws:aps:eu-west-1:111111111111:workspace/ws-1"


def monitoring(changed: bool, policy: str) -> list[Any]:
    """`policy`: who assumes the role that Grafana reads with."""
    tags = {"stage": "two"} if changed else {"old": "yes"}
    rules = {"groups": [{"name": "g", "rules": [{"record": "a:b", "expr": "2" if changed else "1"}]}]}
    told = {"route": {"receiver": "two" if changed else "one"}}
    cluster = f"arn:aws:eks:eu-west-1:111111111111:cluster/{'two' if changed else 'one'}"
    return [
        aws("cloudwatch/logGroup:LogGroup", "metrics-logs", {"name": "/aws/vendedlogs/prometheus/one"}),
        aws("cloudwatch/logGroup:LogGroup", "metrics-other-logs", {"name": "/aws/vendedlogs/prometheus/two"}),
        aws(
            "amp/workspace:Workspace",
            "metrics",
            {
                "alias": "two" if changed else "one",
                "loggingConfiguration": {"logGroupArn": text("{0}:*", of("metrics-other-logs" if changed else "metrics-logs", "arn"))},
                "tags": tags,
            },
        ),
        aws(
            "amp/workspace:Workspace", "other-metrics", {"loggingConfiguration": {"logGroupArn": text("{0}:*", of("metrics-logs", "arn"))}}
        ),
        aws(
            "amp/ruleGroupNamespace:RuleGroupNamespace",
            "rules",
            {"workspaceId": of("metrics"), "name": "base", "data": json.dumps(rules), "tags": tags},
        ),
        aws(
            "amp/ruleGroupNamespace:RuleGroupNamespace",
            "moved-rules",
            {"workspaceId": of("other-metrics" if changed else "metrics"), "name": "moved", "data": json.dumps({"groups": []})},
        ),
        aws(
            "amp/alertManagerDefinition:AlertManagerDefinition",
            "told",
            {"workspaceId": of("metrics"), "definition": json.dumps({"alertmanager_config": json.dumps(told)})},
        ),
        aws(
            "amp/workspaceConfiguration:WorkspaceConfiguration",
            "kept",
            {"workspaceId": of("metrics"), "retentionPeriodInDays": 90 if changed else 30},
        ),
        aws(
            "amp/scraper:Scraper",
            "scraper",
            {
                "alias": "scraper",
                "source": {"eks": {"clusterArn": cluster, "subnetIds": ["subnet-1", "subnet-2"]}},
                "destination": {"amp": {"workspaceArn": WORKSPACE}},
                "scrapeConfiguration": json.dumps({"scrape_configs": ["two" if changed else "one"]}),
                "tags": tags,
            },
        ),
        aws("iam/role:Role", "grafana-reader", {"assumeRolePolicy": policy}),
        aws(
            "grafana/workspace:Workspace",
            "boards",
            {
                "name": "boards",
                "accountAccessType": "CURRENT_ACCOUNT",
                "authenticationProviders": ["AWS_SSO"],
                "permissionType": "CUSTOMER_MANAGED",
                "roleArn": of("grafana-reader", "arn"),
                "dataSources": ["PROMETHEUS", "CLOUDWATCH"] if changed else ["PROMETHEUS"],
                "tags": tags,
            },
        ),
    ]
