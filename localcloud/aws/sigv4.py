"""AWS Signature Version 4, the side that verifies.

Pure: a request in, a verdict out.
Source: AWS documentation, "Create a signed AWS API request" and "Authenticating Requests: Using Query Parameters".
"""

import hashlib
import hmac
import posixpath
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from localcloud.aws.messages import Refused, Request

ALGORITHM = "AWS4-HMAC-SHA256"
SKEW = timedelta(minutes=15)
"""How far the clock of a caller may be off. Source: AWS Signature Version 4, "requests must reach AWS within 15 minutes"."""

MAX_EXPIRES = 7 * 24 * 3600
"""Seconds a presigned URL may live. Source: Amazon S3 API, X-Amz-Expires."""

_HEADER = re.compile(rf"{ALGORITHM}\s+(.*)", re.DOTALL)
_SCOPE = re.compile(r"([A-Za-z0-9]+)/(\d{8})/([a-z0-9-]+)/([a-z0-9.-]+)/aws4_request")
_HEX = re.compile(r"[0-9a-f]{64}")
_QUERY = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature")


@dataclass(frozen=True)
class Signature:
    """What a request says about who signed it. Nothing in it is proven before `verify`."""

    access_key: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    value: str
    at: datetime
    token: str | None
    """The session token that temporary credentials come with."""
    expires: int | None = None
    """Seconds from `at` that a presigned URL lives; None when the signature is in the header."""


def read(request: Request) -> Signature:
    """The signature in the header `Authorization` or in the query. Raises Refused when there is none, or one that cannot be read."""
    if "authorization" in request.headers:
        return _from_header(request)
    if any(name.lower() == "x-amz-signature" for name, _ in request.pairs):
        return _from_query(request)
    if request.parameter("AWSAccessKeyId"):
        raise Refused("InvalidRequest", f"The authorization mechanism you have provided is not supported. Please use {ALGORITHM}.")
    raise Refused("MissingAuthenticationToken", "Request is missing Authentication Token", 403)


def verify(request: Request, signature: Signature, secret: str, now: datetime) -> None:
    """Returns when `secret` made the signature for this very request, and it is neither too old nor of the future; else raises Refused."""
    if not hmac.compare_digest(expected(request, signature, secret), signature.value):
        raise Refused(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. "
            "Check your AWS Secret Access Key and signing method.",
            403,
        )
    if signature.at - now > SKEW:
        raise Refused(
            "SignatureDoesNotMatch",
            f"Signature not yet current: {signature.at:%Y%m%dT%H%M%SZ} is still later than {now:%Y%m%dT%H%M%SZ}",
            403,
        )
    lives = SKEW if signature.expires is None else timedelta(seconds=signature.expires)
    if now - signature.at > lives:
        raise Refused(
            "SignatureDoesNotMatch",
            f"Signature expired: {signature.at:%Y%m%dT%H%M%SZ} is now earlier than {now - lives:%Y%m%dT%H%M%SZ}",
            403,
        )


def expected(request: Request, signature: Signature, secret: str) -> str:
    """The signature that `secret` makes for this request, in hex."""
    stamp = f"{signature.at:%Y%m%dT%H%M%SZ}"
    scope = f"{signature.date}/{signature.region}/{signature.service}/aws4_request"
    digest = hashlib.sha256(canonical(request, signature).encode("utf-8", "surrogateescape")).hexdigest()
    key = f"AWS4{secret}".encode()
    for part in (signature.date, signature.region, signature.service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, "\n".join((ALGORITHM, stamp, scope, digest)).encode(), "sha256").hex()


def canonical(request: Request, signature: Signature) -> str:
    """The text that is signed for a request."""
    headers = []
    for name in signature.signed_headers:
        if name not in request.headers:
            raise Refused("SignatureDoesNotMatch", f"Header {name} is signed but not sent.", 403)
        headers.append(f"{name}:{' '.join(request.headers[name].split())}\n")
    return "\n".join(
        (
            request.method,
            _path(request.path, signature.service),
            "&".join(
                f"{name}={value}"
                for name, value in sorted(
                    (_encoded(name), _encoded(value))
                    for name, value in request.pairs
                    if name != "X-Amz-Signature" or signature.expires is None
                )
            ),
            "".join(headers),
            ";".join(signature.signed_headers),
            _payload(request, signature),
        )
    )


def _from_header(request: Request) -> Signature:
    match = _HEADER.fullmatch(request.headers["authorization"].strip())
    if not match:
        raise Refused("IncompleteSignature", f"Authorization header requires {ALGORITHM}.", 403)
    fields = dict(part.strip().partition("=")[::2] for part in match[1].split(","))
    missing = [name for name in ("Credential", "SignedHeaders", "Signature") if not fields.get(name)]
    if missing:
        raise Refused("IncompleteSignature", f"Authorization header requires {', '.join(missing)}.", 403)
    stamp = request.headers.get("x-amz-date", "")
    return _signature(
        fields["Credential"], stamp, fields["SignedHeaders"], fields["Signature"], request.headers.get("x-amz-security-token"), None
    )


def _from_query(request: Request) -> Signature:
    names = [name for name, _ in request.pairs]
    for name in _QUERY:
        # Twice the same could mean one thing to this check and another to what follows.
        if names.count(name) != 1 or sum(other.lower() == name.lower() for other in names) != 1:
            raise Refused("IncompleteSignature", f"Query requires {name} exactly once.", 403)
    if request.parameter("X-Amz-Algorithm") != ALGORITHM:
        raise Refused("IncompleteSignature", f"X-Amz-Algorithm has to be {ALGORITHM}.", 403)
    expires = request.parameter("X-Amz-Expires") or ""
    if not re.fullmatch(r"\d{1,6}", expires, re.ASCII) or not 1 <= int(expires) <= MAX_EXPIRES:
        raise Refused("AuthorizationQueryParametersError", f"X-Amz-Expires has to be a number between 1 and {MAX_EXPIRES}.")
    credential, stamp, signed, value = (
        request.parameter(name) or "" for name in ("X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Signature")
    )
    return _signature(credential, stamp, signed, value, request.parameter("X-Amz-Security-Token"), int(expires))


def _signature(credential: str, stamp: str, signed: str, value: str, token: str | None, expires: int | None) -> Signature:
    scope = _SCOPE.fullmatch(credential)
    if not scope:
        raise Refused("IncompleteSignature", "Credential has to be KEY/DATE/REGION/SERVICE/aws4_request.", 403)
    try:
        at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise Refused("IncompleteSignature", "X-Amz-Date has to be like 20261124T120000Z.", 403) from None
    # strptime takes fewer digits than it prints; what is signed is the text.
    if f"{at:%Y%m%dT%H%M%SZ}" != stamp or scope[2] != stamp[:8]:
        raise Refused("SignatureDoesNotMatch", f"Date in Credential does not match X-Amz-Date {stamp}.", 403)
    names = tuple(signed.split(";"))
    if "host" not in names or list(names) != sorted(set(names)) or signed != signed.lower():
        raise Refused("SignatureDoesNotMatch", "'Host' must be among the SignedHeaders, which are sorted and in lower case.", 403)
    if not _HEX.fullmatch(value):
        raise Refused("SignatureDoesNotMatch", "The signature has to be 64 hex digits.", 403)
    return Signature(scope[1], scope[2], scope[3], scope[4], names, value, at, token, expires)


def _path(path: str, service: str) -> str:
    if service == "s3":
        return path or "/"  # S3 alone signs the path as it is sent: keys may hold dots and slashes
    clean = posixpath.normpath(path) if path else "/"
    clean = "/" + clean.lstrip("/")
    if path.endswith("/") and clean != "/":
        clean += "/"
    return quote(clean, safe="/~")


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~")


def _payload(request: Request, signature: Signature) -> str:
    if said := request.headers.get("x-amz-content-sha256"):
        if _HEX.fullmatch(said) and said != hashlib.sha256(request.body).hexdigest():
            raise Refused("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.")
        return said  # UNSIGNED-PAYLOAD and STREAMING-… are signed as words
    if signature.expires is not None and signature.service == "s3":
        return "UNSIGNED-PAYLOAD"
    return hashlib.sha256(request.body).hexdigest()
