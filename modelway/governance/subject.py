"""What is approved: everything that an environment says of one model, and what its contracts promise, as one digest."""

from modelway.architecture import Environment, Model
from modelway.governance.record import hashed


def subject_of(environment: Environment, model: Model) -> str:
    """SHA-256 in hex. Any change of what the environment says of the model, or of a contract of its versions, is another subject, and has
    to be approved anew."""
    contracts = {
        version.contract: environment.contracts[version.contract].model_dump(mode="json", by_alias=True)
        for version in model.versions.values()
    }
    return hashed({"environment": environment.environment, "model": model.model_dump(mode="json", by_alias=True), "contracts": contracts})


def name_of(environment: str, model: str) -> str:
    """Name of the subject in a statement."""
    return f"{environment}/{model}/description"
