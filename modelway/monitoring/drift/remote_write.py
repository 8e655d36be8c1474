"""Prometheus remote write 1.0 (prometheus.io/docs/specs/prw/remote_write_spec): samples as protobuf, in snappy's block format."""

import struct
from collections.abc import Iterable, Iterator
from itertools import islice

import cramjam
from prometheus_client import Metric

from modelway.monitoring.drift import posting

SERIES = 500
"""Most of them in one request: receivers limit its size (1 MB at Amazon's)."""
_HEADERS = {
    "Content-Encoding": "snappy",
    "Content-Type": "application/x-protobuf",
    "User-Agent": "modelway",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
}


def write(address: str, families: Iterable[Metric], now: float, region: str | None, *, pause: float = posting.PAUSE) -> None:
    """Afterwards the receiver has every sample of the families, as of `now`. Signed for Amazon Managed Service for Prometheus where there
    is a `region`. Raises NotTold."""
    called = f"The receiver of remote write at {posting.shown(address)}"
    for message in messages(families, round(now * 1000)):
        body = bytes(cramjam.snappy.compress_raw(message))
        headers = _HEADERS
        if region is not None:
            from modelway.monitoring import _aws_signing

            headers = _aws_signing.signed(address, body, headers, "aps", region)
        posting.post(address, body, headers, called, repeats_answer=True, pause=pause)


def messages(families: Iterable[Metric], milliseconds: int) -> Iterator[bytes]:
    """WriteRequests of at most SERIES series, each with one sample at that time (milliseconds since 1970)."""
    series = (_series(sample.name, sample.labels, sample.value, milliseconds) for family in families for sample in family.samples)
    while some := list(islice(series, SERIES)):
        yield b"".join(_field(1, one) for one in some)


def _series(name: str, labels: dict[str, str], value: float, milliseconds: int) -> bytes:
    # Sorted by name, and none empty: the specification asks for both.
    named = sorted({"__name__": name, **{key: text for key, text in labels.items() if text}}.items())
    sample = b"\x09" + struct.pack("<d", value) + b"\x10" + _number(milliseconds)
    return b"".join(_field(1, _field(1, key.encode()) + _field(2, text.encode())) for key, text in named) + _field(2, sample)


def _field(number: int, content: bytes) -> bytes:
    """A field of bytes, text or a message (protobuf.dev/programming-guides/encoding)."""
    return _number(number << 3 | 2) + _number(len(content)) + content


def _number(value: int) -> bytes:
    """A varint: seven bits a byte, the lowest first."""
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)
