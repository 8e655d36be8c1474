"""Requests to AWS that no client of boto3 makes, signed with Signature Version 4."""

from collections.abc import Mapping

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError
from botocore.session import get_session

from modelway.errors import ModelwayError


def signed(address: str, body: bytes, headers: Mapping[str, str], service: str, region: str) -> dict[str, str]:
    """The headers of a POST with those that sign it, by the credentials that boto3 would find here. Raises ModelwayError."""
    try:
        credentials = get_session().get_credentials()
    except BotoCoreError as fault:
        raise ModelwayError(f"Credentials of AWS could not be read ({type(fault).__name__}), and {service} asks for them.") from None
    if credentials is None:
        raise ModelwayError(f"There are no credentials of AWS here, and {service} in {region} asks for them: give the job a role.")
    request = AWSRequest("POST", address, headers=dict(headers), data=body)
    SigV4Auth(credentials.get_frozen_credentials(), service, region).add_auth(request)
    return {str(name): str(value) for name, value in request.headers.items()}
