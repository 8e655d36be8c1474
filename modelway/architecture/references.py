"""What is pinned by its SHA-256 digest: images, weights, baselines. What a tag points at may change; what a digest names may not."""

import re
from typing import Annotated, Literal, Self

from pydantic_core import PydanticCustomError

from modelway.architecture.base import Shaped, compiled, misshapen
from modelway.architecture.quantities import Written

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
"""Part of an image's name (github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests)."""
_HOST = r"(?:[A-Za-z0-9](?:[-A-Za-z0-9]*[A-Za-z0-9])?)(?:\.[A-Za-z0-9](?:[-A-Za-z0-9]*[A-Za-z0-9])?)*(?::[0-9]{1,5})?"
_DIGEST = r"sha256:[0-9a-f]{64}"
_KEY = r"(?!.*//)(?!(?:.*/)?\.\.?/)[A-Za-z0-9][A-Za-z0-9!_.*'()/=-]{0,400}[A-Za-z0-9]"
_BUCKET = r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"


Sha256 = Annotated[str, Shaped(r"[0-9a-f]{64}", "a SHA-256 as 64 hex digits in small letters", "`sha256sum FILE` shows it.", 64)]
"""Of the bytes of a file, in hex."""


class Image(Written):
    """A container image: `NAME@sha256:…` in the environment's own registry, or `HOST/NAME@sha256:…` in another."""

    SHAPE = rf"(?:({_HOST})/)?({_COMPONENT}(?:/{_COMPONENT})*)@({_DIGEST})"
    RULE = "an image as NAME@sha256: and 64 hex digits, or HOST/NAME@sha256:… where it is in another registry"
    WAY_OUT = "Write the digest that `modelway publish` or the registry shows."
    __slots__ = ()

    @classmethod
    def _read(cls, value: object) -> Self:
        try:
            return super()._read(value)
        except PydanticCustomError:
            if isinstance(value, str):
                cls._explain(value)
            raise

    @staticmethod
    def _explain(value: str) -> None:
        """Raises what says more than RULE of a text that is no image, where there is more to say."""
        if "@" not in value:
            name, tag = re.fullmatch(r"(.*?)(?::([^/:]*))?", value, re.DOTALL).groups()  # type: ignore[union-attr]
            said = f"the tag `{tag}` can be moved" if tag else "without a digest the tag `latest` is meant, and it can be moved"
            # Without a host it is in the environment's own registry, which `docker` would not ask.
            shown_by = f"`docker buildx imagetools inspect {value[:100]}`" if "/" in name else "your build, or the registry,"
            raise misshapen(
                f"an image is pinned by its digest; {said} to another image at any time",
                f"Write {name[:100]}@sha256:DIGEST; {shown_by} shows the digest.",
            )
        if mixed := re.fullmatch(rf"(.*?):[^/:@]+@({_DIGEST})", value):
            raise misshapen(
                "a digest alone says which image it is; a tag beside it may say something else", f"Write {mixed[1]}@{mixed[2]}."
            )

    @property
    def registry(self) -> str | None:
        """Host of the registry; None for the environment's own."""
        return self._parts[1]

    @property
    def name(self) -> str:
        """Name of the repository, without the host."""
        return self._parts[2]

    @property
    def digest(self) -> str:
        """`sha256:` and 64 hex digits."""
        return self._parts[3]


class Weights(Written):
    """Weights: `KEY@sha256:…` in the environment's own model store, `s3://BUCKET/KEY@sha256:…` in another bucket, or an OCI artifact,
    `oci://HOST/NAME@sha256:…`. The digest is the file's; an artifact's is its manifest's."""

    SHAPE = rf"(?:(?:s3://({_BUCKET})/)?({_KEY})|oci://({_HOST}/{_COMPONENT}(?:/{_COMPONENT})*))@({_DIGEST})"
    RULE = "weights as KEY@sha256: and 64 hex digits; KEY is a path in the environment's model store"
    WAY_OUT = "Write it like credit-risk/2026.11.1/model.json@sha256:…; `sha256sum FILE` shows the digest."
    __slots__ = ()

    @classmethod
    def _read(cls, value: object) -> Self:
        try:
            return super()._read(value)
        except PydanticCustomError:
            scheme = re.match(r"([a-z0-9+.-]{1,20})://", value) if isinstance(value, str) else None
            if scheme is None or compiled(cls.SHAPE).fullmatch(scheme.string):
                raise
            raise misshapen(
                "weights elsewhere are s3://BUCKET/KEY or oci://HOST/NAME, with @sha256: and 64 hex digits",
                "Write the whole address and the digest."
                if scheme[1] in ("s3", "oci")
                else "Copy them there, or into the environment's own store with `modelway publish`.",
            ) from None

    @property
    def kind(self) -> Literal["store", "s3", "oci"]:
        """Where they are: in the environment's own store, in another bucket, in a registry."""
        bucket, _, artifact, _ = self._parts.groups()
        return "oci" if artifact else "s3" if bucket else "store"

    @property
    def bucket(self) -> str | None:
        """Name of the bucket they are in, when it is not the environment's own."""
        return self._parts[1]

    @property
    def key(self) -> str:
        """Path in the bucket; of an artifact its address, HOST/NAME."""
        return self._parts[2] or self._parts[3]

    @property
    def sha256(self) -> str:
        """64 hex digits."""
        return self._parts[4].removeprefix("sha256:")


class BaselineFile(Written):
    """What drift of a version is measured from: `KEY@sha256:…` in the environment's own model store, or `s3://BUCKET/KEY@sha256:…` in
    another bucket."""

    SHAPE = rf"(?:s3://({_BUCKET})/)?({_KEY})@({_DIGEST})"
    RULE = "a baseline as KEY@sha256: and 64 hex digits, KEY is a path in the environment's model store; or s3://BUCKET/KEY@sha256:…"
    WAY_OUT = "Write what `modelway drift baseline` shows, like credit-risk/2026.11.1/baseline.json@sha256:…"
    __slots__ = ()

    @property
    def bucket(self) -> str | None:
        """Name of the bucket it is in, when it is not the environment's own."""
        return self._parts[1]

    @property
    def key(self) -> str:
        """Path in the bucket."""
        return self._parts[2]

    @property
    def sha256(self) -> str:
        """64 hex digits."""
        return self._parts[3].removeprefix("sha256:")
