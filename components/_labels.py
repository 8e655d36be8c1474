"""The labels of every object in a cluster."""

TEAM = "modelway.dev/team"
MODEL = "modelway.dev/model"
VERSION = "modelway.dev/version"

MANAGED = {"app.kubernetes.io/managed-by": "pulumi", "app.kubernetes.io/part-of": "modelway"}
"""On every object. The provider does not say who manages an object that is applied by the server, so we do."""


def of_model(model: str, team: str) -> dict[str, str]:
    """Labels of what belongs to a model and none of its versions."""
    return MANAGED | {"app.kubernetes.io/name": model, "app.kubernetes.io/component": "model-endpoint", MODEL: model, TEAM: team}


def of_version(model: str, version: str, team: str, instance: str) -> dict[str, str]:
    """Labels of what belongs to one version of a model; `instance` is its physical name."""
    return of_model(model, team) | {"app.kubernetes.io/instance": instance, "app.kubernetes.io/version": version, VERSION: version}


def selector(model: str, version: str) -> dict[str, str]:
    """What picks the pods of one version. Never changes: a Deployment's selector is immutable."""
    return {MODEL: model, VERSION: version}
