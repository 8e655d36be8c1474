"""Programs that the engine starts in order to talk to a cloud: they hold every credential that it needs."""

import re
from collections.abc import Iterator, Mapping

from modelway.rules.demands import Demand
from modelway.rules.expecting import Judged, breach
from modelway.rules.properties import Found, Missing, one
from modelway.rules.stack import StackRule
from modelway.rules.subjects import Rule, Subject, text_of, verdict, wrong
from modelway.rules.values import Unknown
from modelway.rules.verdicts import Undecided, Unreadable, Verdict

_PROVIDER = "pulumi:providers:"
_ENGINE = f"{_PROVIDER}pulumi"
"""What reads stack references: a part of the engine, and no plugin (pulumi/pulumi, pkg/resource/deploy/builtins.go)."""
_INTERNAL = "__internal"
"""Where the engine keeps what is its own (pulumi/pulumi, pkg/resource/deploy/providers/registry.go)."""
_EXACT = re.compile(r"v?\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_PUBLISHER = re.compile(r"(https://get\.pulumi\.com|github://api\.github\.com/pulumi)(/.*)?")
"""Where plugins of Pulumi come from when nothing else is said."""

_PINNED = Demand("a plugin has one version", "Install its SDK at one version, or set the option `version`.")
_CHECKED = Demand(
    "a plugin from elsewhere is held against its sha256",
    "Name the sha256 of each platform in pluginChecksums, or remove pluginDownloadURL.",
)


def _judge(subject: Subject) -> Verdict:
    """Whether a provider is one program: of one version, and held against its sha256 where somebody else than Pulumi publishes it."""
    return verdict(_judged(subject.properties) if _applies(subject.type) else ())


def _applies(type_: str) -> bool:
    return type_.startswith(_PROVIDER) and type_ != _ENGINE


def _judged(properties: Mapping[str, object]) -> Iterator[Judged]:
    # Of one that is made for a schema, `version` is that of the schema, and the plugin's is beside it.
    parameterized = not isinstance(one(properties, f"{_INTERNAL}.parameterization").value, Missing)
    version = one(properties, f"{_INTERNAL}.version" if parameterized else "version")
    text = text_of(version)
    if isinstance(text, Undecided | Unreadable):
        yield text
    else:
        yield None if text and _EXACT.fullmatch(text) else _PINNED.broken(version)
    source = one(properties, f"{_INTERNAL}.pluginDownloadURL")
    address = text_of(source)
    if isinstance(address, Undecided | Unreadable):
        yield address
    elif address and not _PUBLISHER.fullmatch(address):
        yield _checked(source, one(properties, f"{_INTERNAL}.pluginChecksums"))


def _checked(source: Found, checksums: Found) -> Judged:
    match checksums.value:
        case Unknown():
            return Undecided((checksums.path,))
        case Missing():
            # An address may have a password in it.
            return breach(source, _CHECKED.says, _CHECKED.way_out, "from elsewhere")
        case Mapping():
            digests = list(checksums.value.values())
            good = all(isinstance(one, str) and _DIGEST.fullmatch(one) for one in digests)
            return None if digests and good else _CHECKED.broken(checksums)
    return wrong(checksums, "an object")


RULE = Rule(
    id="pinned-plugins",
    says="a provider is one program: of one version, and held against its sha256 where it comes from elsewhere",
    why="Whoever can put another program in its place has the credentials that a deployment has.",
    severity="high",
    sources=("GOV-06", "NIST SR-3", "NIST SR-4", "NIST SA-10"),
    applies=_applies,
    judge=_judge,
)

RULES: tuple[Rule | StackRule, ...] = (RULE,)
