"""Where the results of an environment's drift jobs are, by its description alone."""

import hashlib

from modelway.architecture.environment import Environment
from modelway.architecture.platform_rules import BUCKET_LENGTH, bucket_name


def results_address(environment: Environment, model: str) -> str:
    """The folder of a model's results, as the stack names it (components/drift_results.py)."""
    return f"s3://{_beside(bucket_name(environment), 'drift')}/{model}/"


def _beside(bucket: str, purpose: str) -> str:
    # The components' own rule, which the library may not import; a test holds the two together.
    wanted = f"{bucket}-{purpose}"
    if len(wanted) <= BUCKET_LENGTH:
        return wanted
    ending = f"-{purpose}-h{hashlib.sha256(bucket.encode()).hexdigest()[:7]}"
    return bucket[: BUCKET_LENGTH - len(ending)].rstrip("-") + ending
