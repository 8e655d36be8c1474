"""From what an environment says to what components take; nothing else knows both."""

from stacks.arguments.cluster import auto_nodes, eks_cluster, existing_cluster, tenancy
from stacks.arguments.drift import (
    drift_identity,
    drift_monitor,
    drift_results,
    drift_schedule,
    drift_secrets,
    drift_sight,
    drift_watched,
)
from stacks.arguments.endpoint import kubernetes_endpoint, model_support, payload_store
from stacks.arguments.identity import model_identity
from stacks.arguments.monitoring import (
    alertmanager_identity,
    endpoint_groups,
    endpoint_monitoring,
    managed_metrics,
    managed_rules,
    metrics_reader,
    monitoring_groups,
    monitoring_stack,
    receiver_secrets,
)
from stacks.arguments.network import network
from stacks.arguments.placing import cluster_of, marks, served, tags, takes_own_tags, teams
from stacks.arguments.registry import mlflow_model_registry, registry, sagemaker_model_registry
from stacks.arguments.sagemaker import alarm_topic, on_sagemaker, sagemaker_endpoint
from stacks.arguments.tracking import (
    ADMIN_PASSWORD,
    DATABASE_PASSWORD,
    mlflow_backend,
    mlflow_server,
    tracking_secrets,
    tracking_server,
)

__all__ = [
    "ADMIN_PASSWORD",
    "DATABASE_PASSWORD",
    "alarm_topic",
    "alertmanager_identity",
    "auto_nodes",
    "cluster_of",
    "drift_identity",
    "drift_monitor",
    "drift_results",
    "drift_schedule",
    "drift_secrets",
    "drift_sight",
    "drift_watched",
    "eks_cluster",
    "endpoint_groups",
    "endpoint_monitoring",
    "existing_cluster",
    "kubernetes_endpoint",
    "managed_metrics",
    "managed_rules",
    "marks",
    "metrics_reader",
    "mlflow_backend",
    "mlflow_model_registry",
    "mlflow_server",
    "model_identity",
    "model_support",
    "monitoring_groups",
    "monitoring_stack",
    "network",
    "on_sagemaker",
    "payload_store",
    "receiver_secrets",
    "registry",
    "sagemaker_endpoint",
    "sagemaker_model_registry",
    "served",
    "tags",
    "takes_own_tags",
    "teams",
    "tenancy",
    "tracking_secrets",
    "tracking_server",
]
