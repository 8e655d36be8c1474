"""Where images and weights of models are kept."""

from pydantic import Field

from modelway.architecture.base import Section


class ImageRegistry(Section):
    """Repositories of images, one for each model. Tags in them cannot be moved, and every image is scanned."""

    untagged_days: int = Field(default=14, ge=1, le=3650)
    """Days after which an image without a tag is deleted."""


class ModelStore(Section):
    """The bucket of weights. Every object is kept in all its versions."""

    noncurrent_days: int = Field(default=90, ge=1, le=3650)
    """Days after which a version of an object that was overwritten or deleted is gone for good."""


class Registry(Section):
    """The registries of an environment, in its own account."""

    images: ImageRegistry = Field(default_factory=ImageRegistry)
    """Images of serving programs."""
    models: ModelStore = Field(default_factory=ModelStore)
    """Weights."""
