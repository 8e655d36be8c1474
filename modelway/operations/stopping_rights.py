"""What somebody in AWS needs who may stop a model, and nothing else, as an IAM policy."""

from modelway.operations.stopping import Target


def document(target: Target, account: str) -> dict[str, object]:
    """In a cluster: to find its API server, behind which a Role of the model's says the rest. On SageMaker: to look, to shift requests, and
    to delete the endpoint; not to make it again."""
    region = target.region
    if not target.endpoint:
        cluster = f"arn:aws:eks:{region}:{account}:cluster/{target.cluster}"
        return _document({"Sid": "FindCluster", "Action": ["eks:DescribeCluster"], "Resource": [cluster]})
    base, name = f"arn:aws:sagemaker:{region}:{account}", target.endpoint
    actions = ["sagemaker:DescribeEndpoint", "sagemaker:UpdateEndpointWeightsAndCapacities", "sagemaker:DeleteEndpoint"]
    looked = [f"{base}:endpoint-config/{target.model}-*", f"{base}:model/{target.model}-*"]
    return _document(
        {"Sid": "StopEndpoint", "Action": sorted(actions), "Resource": [f"{base}:endpoint/{name}"]},
        {"Sid": "LookAtVariants", "Action": ["sagemaker:DescribeEndpointConfig", "sagemaker:DescribeModel"], "Resource": looked},
    )


def _document(*statements: dict[str, object]) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement} for statement in statements]}
