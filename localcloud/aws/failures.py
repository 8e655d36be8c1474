"""Errors in the shape each of AWS's protocols has for them."""

from xml.sax.saxutils import escape

from localcloud.aws.messages import Answer, Refused, Request

_REQUEST_ID = "00000000-0000-4000-8000-000000000000"

# The same refusal has another name where the service is older than the others, or speaks JSON.
_NAMES = {
    "s3": {"InvalidClientTokenId": "InvalidAccessKeyId", "MissingAuthenticationToken": "AccessDenied",
           "IncompleteSignature": "AuthorizationHeaderMalformed"},
    "ec2": {"InvalidClientTokenId": "AuthFailure", "SignatureDoesNotMatch": "AuthFailure"},
    "json": {"InvalidClientTokenId": "UnrecognizedClientException", "ExpiredToken": "ExpiredTokenException",
             "SignatureDoesNotMatch": "InvalidSignatureException",
             "MissingAuthenticationToken": "MissingAuthenticationTokenException",
             "IncompleteSignature": "IncompleteSignatureException",
             "AccessDenied": "AccessDeniedException"},
}  # fmt: skip


def protocol(request: Request, service: str | None) -> str:
    """How the caller wants to be answered: s3, ec2, query, json or cbor."""
    if service in ("s3", "ec2"):
        return str(service)
    if request.headers.get("smithy-protocol") == "rpc-v2-cbor":
        return "cbor"
    kind = request.headers.get("content-type", "")
    if "x-amz-target" in request.headers or "json" in kind:
        return "json"
    if kind.startswith("application/x-www-form-urlencoded") or request.parameter("Action"):
        return "query"
    # REST: S3 is the one that speaks XML; a call without a signature names no service.
    return "json" if service else "s3"


def answer(refused: Refused, request: Request, service: str | None) -> Answer:
    """The refusal as the caller's SDK reads it."""
    how = protocol(request, service)
    code = _NAMES.get("json" if how == "cbor" else how, {}).get(refused.code, refused.code)
    code_text, message = escape(code), escape(refused.message)
    match how:
        case "s3":
            body = f"<Error><Code>{code_text}</Code><Message>{message}</Message><RequestId>{_REQUEST_ID}</RequestId></Error>"
        case "ec2":
            body = (
                f"<Response><Errors><Error><Code>{code_text}</Code><Message>{message}</Message></Error></Errors>"
                f"<RequestID>{_REQUEST_ID}</RequestID></Response>"
            )
        case "query":
            blame = "Sender" if refused.status < 500 else "Receiver"
            body = (
                f"<ErrorResponse><Error><Type>{blame}</Type><Code>{code_text}</Code><Message>{message}</Message></Error>"
                f"<RequestId>{_REQUEST_ID}</RequestId></ErrorResponse>"
            )
        case "cbor":
            content = b"\xa2" + b"".join(_cbor(text) for text in ("__type", code, "message", refused.message))
            return Answer(
                refused.status,
                content,
                [("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor"), ("x-amzn-query-error", f"{code};Sender")],
            )
        case _:
            shaped = Answer.of({"__type": code, "message": refused.message}, refused.status)
            return Answer(shaped.status, shaped.body, [*shaped.headers, ("x-amzn-errortype", code)])
    return Answer(refused.status, f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'.encode(), [("Content-Type", "text/xml")])


def _cbor(text: str) -> bytes:
    data = text.encode()
    size = len(data)
    head = bytes([0x60 | size]) if size < 24 else b"\x78" + bytes([size]) if size < 256 else b"\x79" + size.to_bytes(2, "big")
    return head + data
