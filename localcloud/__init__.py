"""The cloud on a laptop: a stand-in for AWS and EKS in which the unchanged project runs without an account.

Real: the Kubernetes API (etcd, API server, controller manager, scheduler; one control plane per cluster), the Pulumi engine. Emulated: AWS
(moto, MiniStack). Simulated: nodes and pods (kwok); no container runs. Production code never imports this package.
"""

STAND_IN = "stand-in: emulated AWS, simulated nodes; the Kubernetes API and the Pulumi engine are real"


class LocalCloudError(Exception):
    """Something the local cloud cannot do; the message is the whole text for the user."""
