"""Tokens for EKS clusters, as `aws eks get-token` makes them.

A token is a presigned URL of STS GetCallerIdentity that names the cluster in a signed header. Nothing is called: who holds credentials can
make one, the cluster checks it.
"""

import base64
from datetime import UTC, datetime, timedelta

from modelway.operations._aws import presigned_identity

PREFIX = "k8s-aws-v1."
CLUSTER_HEADER = "x-k8s-aws-id"
PRESIGNED_SECONDS = 60
"""What stands in the URL. Source: kubernetes-sigs/aws-iam-authenticator, pkg/token: EKS takes no URL that asks for more."""

LIFETIME = timedelta(minutes=14)
"""After which the client asks anew: a minute before EKS refuses the token. Source: as above, presignedURLExpiration."""


def kube_token(cluster: str, region: str | None) -> dict[str, object]:
    """An ExecCredential for the cluster of that name, with the credentials of the environment.

    Without `region` that of the environment is taken. Raises AwsFailure when there are no credentials or no region.
    """
    # The time before signing: rather a second early than a second late.
    now = datetime.now(UTC)
    url = presigned_identity(region, {CLUSTER_HEADER: cluster}, PRESIGNED_SECONDS)
    token = PREFIX + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")
    return {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "spec": {"interactive": False},
        "status": {"expirationTimestamp": f"{now + LIFETIME:%Y-%m-%dT%H:%M:%SZ}", "token": token},
    }
