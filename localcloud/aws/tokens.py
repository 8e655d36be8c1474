"""Tokens of EKS clusters: presigned GetCallerIdentity URLs.

Checked as aws-iam-authenticator checks them, but without calling STS: the keys it issued are known here.
Source: kubernetes-sigs/aws-iam-authenticator, pkg/token/token.go.
"""

import base64
import binascii
import re
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from localcloud.aws import sigv4
from localcloud.aws.identities import Identities, Identity
from localcloud.aws.messages import Refused, Request

PREFIX = "k8s-aws-v1."
CLUSTER_HEADER = "x-k8s-aws-id"
LIFETIME = timedelta(minutes=15)
MAX_EXPIRES = 60
"""Seconds that may stand in X-Amz-Expires. Every client of EKS writes 60."""

MAX_LENGTH = 16384

# Nothing else may stand in the URL, and nothing twice.
_PARAMETERS = frozenset(
    (
        "Action",
        "Version",
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-Security-Token",
        "X-Amz-Signature",
        "X-Amz-SignedHeaders",
    )
)
_ALPHABET = re.compile(r"[A-Za-z0-9_-]+")


def read(token: str, cluster: str, hosts: frozenset[str]) -> tuple[Request, sigv4.Signature]:
    """The request that the token stands for, as its sender must have signed it for this cluster, and the signature it carries. Pure.

    `hosts` are the names under which the emulated STS answers. Raises Refused for anything that is not exactly a GetCallerIdentity on it.
    """
    if not token.startswith(PREFIX) or len(token) > MAX_LENGTH:
        raise Refused("Unauthorized", f"token does not begin with {PREFIX}, or is too long", 401)
    text = token.removeprefix(PREFIX)
    if not _ALPHABET.fullmatch(text):
        raise Refused("Unauthorized", "token is not base64url without padding", 401)
    try:
        url = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
        parts = urlsplit(url)
    except (binascii.Error, ValueError):
        raise Refused("Unauthorized", "token does not hold a URL", 401) from None
    if parts.scheme != "http" or parts.netloc not in hosts:
        raise Refused("Unauthorized", f"token is for host {parts.netloc!r}, which is not the local cloud's STS", 401)
    if parts.path not in ("", "/") or parts.fragment:
        raise Refused("Unauthorized", "token has a path or fragment", 401)
    request = Request("GET", "/", parts.query, {"host": parts.netloc, CLUSTER_HEADER: cluster})
    names = [name for name, _ in request.pairs]
    if len(names) != len(set(names)) or not set(names) <= _PARAMETERS or any(not name for name in names):
        raise Refused("Unauthorized", "token has parameters that do not belong there, or one twice", 401)
    if request.parameter("Action") != "GetCallerIdentity":
        raise Refused("Unauthorized", "token is not for GetCallerIdentity", 401)
    signature = sigv4.read(request)
    if signature.service != "sts" or CLUSTER_HEADER not in signature.signed_headers:
        raise Refused("Unauthorized", f"token is not signed for sts with header {CLUSTER_HEADER}", 401)
    if signature.expires is None or signature.expires > MAX_EXPIRES:
        raise Refused("Unauthorized", f"X-Amz-Expires is more than {MAX_EXPIRES}", 401)
    return request, signature


def verify(token: str, cluster: str, hosts: frozenset[str], identities: Identities, now: datetime) -> Identity:
    """Whose token it is. Raises Refused when it is forged, tampered with, expired, or meant for another cluster."""
    request, signature = read(token, cluster, hosts)
    identity = identities.of(signature, now)
    # STS takes such a URL for 15 minutes, whatever X-Amz-Expires says (which is signed as it stands).
    accepted = replace(signature, expires=int(LIFETIME.total_seconds()))
    sigv4.verify(request, accepted, identity.secret, now)
    return identity
