"""Who may call a model. Nobody calls without being known."""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Annotated

from pydantic import Field

from modelway.architecture.base import Breach, Line, Name, Section, Shaped, each, repeated

Issuer = Annotated[
    str,
    Shaped(
        # openid.net/specs/openid-connect-discovery-1_0.html: https, no query, no fragment.
        r"https://[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?",
        "the address of a token issuer: https, without a query",
        "Write it like https://login.example.com.",
        300,
    ),
]

KeySet = Annotated[
    str,
    Shaped(
        r"https://[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?",
        "the address of a set of keys: https, without a query",
        "Write it like https://login.example.com/.well-known/jwks.json.",
        300,
    ),
]


class Jwt(Section):
    """Tokens that callers show (RFC 7519)."""

    EXAMPLES = MappingProxyType({"audiences": ["models.example.com"]})

    issuer: Issuer
    """Who gives them: the claim `iss`, which leads to the keys that they are checked with."""
    audiences: tuple[Line, ...] = Field(min_length=1, max_length=20)
    """Whom they are for: one of these has to be in the claim `aud`. A token for somebody else is not taken."""
    keys: KeySet | None = None
    """Address of the issuer's keys (`jwks_uri` in its openid-configuration); ISSUER/.well-known/jwks.json when absent."""

    @property
    def key_set(self) -> str:
        """Address of the keys that tokens are checked with."""
        return self.keys or f"{self.issuer.rstrip('/')}/.well-known/jwks.json"

    def breaches(self) -> Iterator[Breach]:
        yield from each([repeated(self, "audiences")])


class EndpointAccess(Section):
    """Who may call a model, besides its own team."""

    EXAMPLES = MappingProxyType({"namespaces": ["loan-desk"], "teams": ["fraud"]})
    PEERS = MappingProxyType({"namespaces": "Kubernetes `NetworkPolicy` `namespaceSelector`"})

    namespaces: tuple[Name, ...] = Field(default=(), max_length=50)
    """Namespaces of the cluster whose pods may call."""
    teams: tuple[Name, ...] = Field(default=(), max_length=50)
    """Teams whose models may call; each has a namespace of its name."""
    jwt: Jwt | None = None
    """Tokens that callers from outside of the cluster show; none may call from there when absent."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([repeated(self, "namespaces"), repeated(self, "teams"), self._twice_breaches()])

    def _twice_breaches(self) -> Iterator[Breach]:
        for number, namespace in enumerate(self.namespaces):
            if namespace in self.teams:
                yield Breach(
                    ("namespaces", number),
                    f"the namespace of team {namespace}, which is among teams",
                    "Remove one of the two.",
                    (("teams",),),
                )
