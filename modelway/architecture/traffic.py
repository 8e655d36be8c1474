"""Which version of a model answers whom."""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from modelway.architecture.base import Breach, Section, Shaped, VersionName, each, of_each
from modelway.architecture.quantities import Duration

HeaderName = Annotated[
    str,
    Shaped(
        # Of HTTP's tokens (rfc-editor.org/rfc/rfc9110#name-tokens) those that people write, without what proxies set.
        r"(?!(?i:host|connection|content-length|transfer-encoding|authorization|cookie)$)[A-Za-z0-9][-A-Za-z0-9_]*",
        "the name of a header: letters, digits, dashes and underscores; none that HTTP or proxies have a use for",
        "Write it like x-cohort.",
        128,
    ),
]
HeaderValue = Annotated[str, Shaped(r"[!-~]([ -~]*[!-~])?", "the value of a header: visible ASCII", "Write it like beta.", 256)]


class Canary(Section):
    """A version that answers a part of the requests."""

    EXAMPLES = MappingProxyType({"version": "2026.12.0", "percent": 10})
    PEERS = MappingProxyType({"percent": "KServe `canaryTrafficPercent`, SageMaker `InitialVariantWeight`, Gateway API `weight`"})

    version: VersionName
    """Version that is being tried."""
    percent: int = Field(ge=1, le=99)
    """Percent of requests that it answers, 1 to 99; `live` answers the others."""


class Shadow(Section):
    """A version that gets copies of requests; nobody sees what it answers."""

    EXAMPLES = MappingProxyType({"version": "2026.12.0", "percent": 50})
    PEERS = MappingProxyType({"percent": "Azure ML `mirror_traffic`, Gateway API `RequestMirror` with `percent`"})

    version: VersionName
    """Version that is being tried."""
    percent: int = Field(ge=1, le=100)
    """Percent of requests that are copied, 1 to 100."""


class Header(Section):
    """A header of a request, with its value."""

    EXAMPLES = MappingProxyType({"value": "beta"})

    name: HeaderName
    """Name, such as x-cohort; small or capital letters are the same."""
    value: HeaderValue
    """Exact value."""


class Share(Section):
    """A version that is compared with the live one, and whose requests it answers: those with a header, or a percentage."""

    EXAMPLES = MappingProxyType({"version": "2026.12.0", "percent": 50})
    PEERS = MappingProxyType({"header": "Gateway API `matches.headers`", "percent": "Azure ML `traffic`, Gateway API `weight`"})

    version: VersionName
    """Version that is compared."""
    header: Header | None = None
    """Header of the requests that it answers."""
    percent: int | None = Field(default=None, ge=1, le=99)
    """Percent of requests that it answers, 1 to 99."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([self._whose_breaches()])

    def _whose_breaches(self) -> Iterator[Breach]:
        if self.header is None and self.percent is None:
            yield Breach(
                (), "a header or a percent: whose requests it answers", "Add `percent: 50`, or `header: {name: x-cohort, value: b}`."
            )
        elif self.header is not None and self.percent is not None:
            yield Breach(("percent",), "a header or a percent, not both", "Remove one of them.", (("header",),))


class Sticky(Section):
    """Callers that keep to one replica of one version, as long as it is there."""

    EXAMPLES = MappingProxyType({"by": "header", "name": "x-user", "lasts": "1h"})

    by: Literal["cookie", "header"]
    """What callers are known by: a cookie that they get, or a header that they send."""
    name: HeaderName
    """Name of the cookie or header."""
    lasts: Duration | None = None
    """How long a cookie is kept, up to 7d; until the caller's session ends when absent."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([self._kept_breaches(), self._lasts_breaches()])

    def _kept_breaches(self) -> Iterator[Breach]:
        if self.lasts is not None and self.by == "header":
            yield Breach(("lasts",), "only a cookie is kept; a header is sent each time", "Remove it.", (("by",),))

    def _lasts_breaches(self) -> Iterator[Breach]:
        if self.lasts is not None and not 1 <= self.lasts.seconds <= 7 * 86400:
            yield Breach(("lasts",), "1s to 7d", "Write it like 1h.")


class Traffic(Section):
    """Which version answers."""

    PEERS = MappingProxyType(
        {
            "live": "Azure ML `traffic` (the rest of it)",
            "canary": "Azure ML `traffic`, KServe `canaryTrafficPercent`, SageMaker `ProductionVariants`",
            "shadow": "Azure ML `mirror_traffic`, SageMaker `ShadowProductionVariants`, Gateway API `RequestMirror`",
            "split": "Azure ML `traffic`, SageMaker `ProductionVariants`, Gateway API `rules`",
            "sticky": "Gateway API `sessionPersistence`",
        }
    )

    live: VersionName
    """Version that answers all requests that no other answers."""
    canary: Canary | None = None
    """Version that is being tried on users."""
    shadow: Shadow | None = None
    """Version that is being tried on copies."""
    split: tuple[Share, ...] = Field(default=(), max_length=8)
    """Versions that are compared with the live one on users, until somebody decides (A/B)."""
    sticky: Sticky | None = None
    """How callers keep to what answered them first; each request may go elsewhere when absent."""

    @property
    def shares(self) -> dict[str, int]:
        """Percentages of the requests without a header of `split` that versions answer, 100 together."""
        others = {self.canary.version: self.canary.percent} if self.canary else {}
        others |= {share.version: share.percent for share in self.split if share.percent is not None}
        return {self.live: 100 - sum(others.values()), **others}

    @property
    def copied(self) -> dict[str, int]:
        """Percentages of requests that are copied, by the version that gets them."""
        return {self.shadow.version: self.shadow.percent} if self.shadow else {}

    @property
    def versions(self) -> tuple[str, ...]:
        """Every version that gets requests, sorted."""
        others = (self.canary, self.shadow, *self.split)
        return tuple(sorted({self.live, *(other.version for other in others if other is not None)}))

    def breaches(self) -> Iterator[Breach]:
        yield from each([self._live_again("canary"), self._live_again("shadow"), self._total_breaches(), self._sticky_breaches()])
        shares = (self._share_is_live, self._share_is_canary, self._share_again, self._header_breaches)
        yield from each(of_each(self, "split", rule) for rule in shares)

    def _live_again(self, role: str) -> Iterator[Breach]:
        tried = getattr(self, role)
        if tried and tried.version == self.live:
            yield Breach(
                (role, "version"),
                f"{role} and live are different versions; both are {self.live}",
                f"Name the version to try, or remove {role}.",
                (("live",),),
            )

    def _share_is_live(self, number: int, share: Share) -> Iterator[Breach]:
        if share.version == self.live:
            rule, way_out = f"another version than live, which is {self.live}", "Name the version to compare, or remove it."
            yield Breach(("split", number, "version"), rule, way_out, (("live",),))

    def _share_is_canary(self, number: int, share: Share) -> Iterator[Breach]:
        if self.canary is not None and share.version == self.canary.version:
            yield Breach(
                ("split", number, "version"),
                f"another version than the canary, which is {self.canary.version}: a version is compared, or tried",
                "Remove it here, or remove canary.",
                (("canary", "version"),),
            )

    def _share_again(self, number: int, share: Share) -> Iterator[Breach]:
        if any(share.version == other.version for other in self.split[:number]):
            yield Breach(("split", number, "version"), "each version only once", "Remove one of the two.")

    def _header_breaches(self, number: int, share: Share) -> Iterator[Breach]:
        for other in self.split[:number]:
            if share.header is not None and other.header is not None and _same(share.header, other.header):
                yield Breach(
                    ("split", number, "header"),
                    f"requests with this header are answered by {other.version} already",
                    "Choose another value.",
                )

    def _total_breaches(self) -> Iterator[Breach]:
        total = (self.canary.percent if self.canary else 0) + sum(share.percent or 0 for share in self.split)
        if self.split and total > 99:
            yield Breach(
                ("split",),
                f"live answers some requests too; canary and split take {total}% together",
                "Lower a percent, so that at most 99% are taken.",
                (("canary", "percent"),),
            )

    def _sticky_breaches(self) -> Iterator[Breach]:
        if self.sticky is not None and self.sticky.by == "header":
            for share in self.split:
                if share.header is not None and share.header.name.lower() == self.sticky.name.lower():
                    yield Breach(
                        ("sticky", "name"),
                        "another header than those that split looks at: all who send the same value would keep to one replica",
                        "Name one that tells callers apart, like x-user.",
                        (("split",),),
                    )
                    return


def _same(one: Header, other: Header) -> bool:
    return (one.name.lower(), one.value) == (other.name.lower(), other.value)
