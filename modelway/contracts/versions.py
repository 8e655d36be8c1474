"""Which version of a model is to come, and which it takes the place of."""

from modelway.architecture.model import Model
from modelway.errors import ModelwayError


class NoVersion(ModelwayError):
    """The model's file does not say which version is meant."""


def coming(model: Model) -> str:
    """The version that is tried beside the live one; the live one where none is, or the only one there is. Raises NoVersion."""
    traffic = model.endpoint.traffic if model.endpoint else None
    tried = [name for name in dict.fromkeys(traffic.versions) if name != traffic.live] if traffic else []
    if len(tried) == 1:
        return tried[0]
    if traffic and not tried:
        return traffic.live
    if len(model.versions) == 1:
        return next(iter(model.versions))
    several = f"several: {', '.join(tried or model.versions)}" if model.versions else "none"
    raise NoVersion(f"of the versions of {model.model} one has to be named; it has {several}")


def replaced(model: Model, version: str) -> str | None:
    """The version that answers now, by pin or as live; None where it is that itself, or none does."""
    live = _live(model)
    return live if live != version else None


def is_live(model: Model, version: str) -> bool:
    """Whether it is the version that answers now."""
    return _live(model) == version


def _live(model: Model) -> str | None:
    return model.pin or (model.endpoint.traffic.live if model.endpoint else None)
