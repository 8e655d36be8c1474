"""What is approved: everything that an environment says of one model, as one digest."""

from modelway.architecture import Model
from modelway.governance.record import hashed


def subject_of(environment: str, model: Model) -> str:
    """SHA-256 in hex. Any change of what the environment says of the model is another subject, and has to be approved anew."""
    return hashed({"environment": environment, "model": model.model_dump(mode="json", by_alias=True, exclude_unset=False)})


def name_of(environment: str, model: str) -> str:
    """Name of the subject in a statement."""
    return f"{environment}/{model}/description"
