"""What stands around a request and its answer: three ways of writing them down, and what each says of id, time, model and version."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec

Side = Literal["both", "asked", "answered"]
"""Whether a record has a request and its answer, or one of them."""

_PREFIX = "org.kubeflow.serving.inference."
_DECODER = msgspec.json.Decoder()


@dataclass(frozen=True)
class Csv:
    """Values by position: rows of texts, in the order of the contract."""

    text: str


Body = object
"""A request or an answer: decoded JSON, or Csv."""


@dataclass(frozen=True)
class Envelope:
    """One record, as far as it says so."""

    side: Side
    id: str | None
    time: object
    model: str | None
    version: str | None
    asked: Body = None
    answered: Body = None


def decoded(content: bytes | str) -> object:
    """A JSON text. NaN and Infinity are allowed, which Python's own writer makes of them. Raises ValueError."""
    try:
        return _DECODER.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        try:
            return json.loads(content)
        except RecursionError:
            raise ValueError("nested too deep") from None


def envelope(record: object) -> Envelope | None:
    """What a record says; None for one that is none of those known."""
    if not isinstance(record, dict):
        return None
    if "captureData" in record:
        return _capture(record)
    if isinstance(record.get("ReqType"), str):
        return _kserve_file(record)
    if isinstance(record.get("inputs"), list) or isinstance(record.get("outputs"), list):
        return _ours(record)
    return _cloud_event(record)


def _ours(record: Mapping[str, object]) -> Envelope:
    side: Side = "both"
    asked = {"inputs": record.get("inputs")}
    answered = {"outputs": record.get("outputs")}
    return Envelope(
        side, _text(record.get("id")), record.get("time"), _text(record.get("model")), _text(record.get("version")), asked, answered
    )


def _cloud_event(record: Mapping[str, object]) -> Envelope | None:
    """Structured: attributes beside `data`; or binary: attributes in headers that begin with ce-, and a body
    (github.com/cloudevents/spec, http-protocol-binding.md)."""
    body = record.get("data")
    attributes: Mapping[str, object] = record
    if "type" not in record:
        headers = record.get("headers", record)
        if not isinstance(headers, Mapping):
            return None
        attributes = _headers(headers)
        body = record.get("body", body)
    kind = attributes.get("type")
    if not isinstance(kind, str) or not kind.startswith(_PREFIX):
        return None
    if body is None and isinstance(record.get("data_base64"), str):
        body = _unpacked(str(record["data_base64"]))
    return _event(kind, attributes, _json(body))


def _event(kind: str, attributes: Mapping[str, object], body: Body) -> Envelope | None:
    side: Side | None = {"request": "asked", "response": "answered"}.get(kind.removeprefix(_PREFIX))  # type: ignore[assignment]
    if side is None or body is None:
        return None
    said = body if isinstance(body, dict) else {}
    version = _text(said.get("model_version")) or _text(attributes.get("modelversion"))
    # What a server calls its model may be anything; the service is called after ours.
    model = _text(attributes.get("inferenceservicename")) or _text(said.get("model_name"))
    bodies = {side: body}
    return Envelope(
        side,
        _text(attributes.get("id")),
        attributes.get("time", attributes.get("recordedtime")),
        model,
        version,
        bodies.get("asked"),
        bodies.get("answered"),
    )


def _kserve_file(record: Mapping[str, object]) -> Envelope | None:
    """As KServe's logger writes to a bucket by itself: fields of its own instead of attributes, the body in Base64."""
    headers = record.get("Metadata")
    attributes = _headers(headers) if isinstance(headers, dict) else {}
    attributes |= {"id": record.get("Id"), "inferenceservicename": record.get("InferenceService")}
    body = record.get("Bytes")
    return _event(str(record["ReqType"]), attributes, _json(_unpacked(body) if isinstance(body, str) else None))


def _capture(record: Mapping[str, object]) -> Envelope | None:
    """As SageMaker's data capture writes (docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html)."""
    captured, about = record.get("captureData"), record.get("eventMetadata")
    if not isinstance(captured, dict) or not isinstance(about, dict):
        return None
    asked, answered = (_captured(captured.get(side)) for side in ("endpointInput", "endpointOutput"))
    if asked is None and answered is None:
        return None
    side: Side = "both" if asked is not None and answered is not None else "asked" if answered is None else "answered"
    said = answered if isinstance(answered, dict) else {}
    name = _text(about.get("inferenceId")) or _text(about.get("eventId"))
    return Envelope(
        side, name, about.get("inferenceTime"), _text(said.get("model_name")), _text(said.get("model_version")), asked, answered
    )


def _captured(part: object) -> Body:
    if not isinstance(part, dict) or not isinstance(part.get("data"), str):
        return None
    text: str = part["data"]
    encoding, kind = str(part.get("encoding", "")).upper(), str(part.get("observedContentType", "")).lower()
    if encoding == "BASE64":
        content = _unpacked(text)
        if content is None:
            return None
        text = content.decode("utf-8", "replace")
    return Csv(text) if encoding == "CSV" or (encoding == "BASE64" and "csv" in kind) else _json(text)


def _json(body: object) -> Body:
    if isinstance(body, str | bytes):
        try:
            return decoded(body)
        except ValueError:
            return None
    return body


def _unpacked(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _headers(headers: Mapping[object, object]) -> dict[str, object]:
    """Attributes of an event out of headers of HTTP; each may have several values, and then the first counts."""
    named = {str(key).lower(): value[0] if isinstance(value, list) and value else value for key, value in headers.items()}
    return {name.removeprefix("ce-"): value for name, value in named.items() if name.startswith("ce-")}


def _text(value: object) -> str | None:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None
