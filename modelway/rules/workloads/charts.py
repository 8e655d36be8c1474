"""Charts that Helm installs: one version, taken back when it fails, in a time that ends."""

import re
from collections.abc import Iterator

from modelway.rules.expecting import Judged, breach, has_to_be
from modelway.rules.properties import Found, Missing, one
from modelway.rules.stack import StackRule
from modelway.rules.subjects import Rule, Subject, text_of, verdict, wrong
from modelway.rules.values import Unknown
from modelway.rules.verdicts import Undecided, Unreadable, Verdict

_RELEASE = "kubernetes:helm.sh/v3:Release"
_CHART = "kubernetes:helm.sh/v4:Chart"
_OLD_CHART = "kubernetes:helm.sh/v3:Chart"
"""Its inputs stay in the program: the engine never sees them."""

_VERSION = re.compile(r"v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
_DIGEST = re.compile(r"oci://[^\s@]+@sha256:[0-9a-f]{64}")
_FOLDER = re.compile(r"\.{0,2}/")
"""A chart that is in the repository itself."""


def judge(subject: Subject) -> Verdict:
    """Whether a chart has one version, and its release is taken back when it fails.

    The digest of a chart is not asked for: Helm 3, which the provider brings, takes none
    (helm.sh/docs/topics/registries). Where one is given, it stands for the version.
    """
    return verdict(_judged(subject))


def _judged(subject: Subject) -> Iterator[Judged]:
    if subject.type == _OLD_CHART:
        yield Undecided(("version",))
    if subject.type not in (_RELEASE, _CHART):
        return
    yield from _pinned(subject)
    if subject.type == _RELEASE:
        way_out = "Set atomic to true: a release that fails is then taken back."
        yield has_to_be(one(subject.properties, "atomic"), True, missing=False, says=RULE.says, way_out=way_out)
        yield _ends(one(subject.properties, "timeout"))


def _pinned(subject: Subject) -> Iterator[Judged]:
    chart = text_of(one(subject.properties, "chart"))
    if isinstance(chart, Undecided | Unreadable):
        yield chart
    elif chart is not None and (_DIGEST.fullmatch(chart) or _FOLDER.match(chart)):
        yield None
        return
    version = one(subject.properties, "version")
    text = text_of(version)
    if isinstance(text, Undecided | Unreadable):
        yield text
    elif text is None or not _VERSION.fullmatch(text):
        yield breach(version, RULE.says, "Write one version, such as 2.21.0; `helm search repo NAME --versions` lists them.")
    way_out = "Remove devel, which takes versions that are not ready."
    yield has_to_be(one(subject.properties, "devel"), False, missing=False, says=RULE.says, way_out=way_out)


def _ends(found: Found) -> Judged:
    match found.value:
        case Unknown():
            return Undecided((found.path,))
        case Missing():
            # Five minutes.
            return None
        case bool():
            return wrong(found, "seconds")
        case int() | float() as seconds:
            return None if seconds > 0 else breach(found, RULE.says, "Write the seconds after which it has failed, such as 600.")
    return wrong(found, "seconds")


RULE = Rule(
    id="pinned-charts",
    says="a chart has one version, and a release that fails is taken back in a time that ends",
    why="With a range another chart may come with the next update, and half a release that stays blocks the one after it.",
    severity="medium",
    sources=("K8S-07", "NIST SR-4"),
    applies=lambda type_: type_ in (_RELEASE, _CHART, _OLD_CHART),
    judge=judge,
)

RULES: tuple[Rule | StackRule, ...] = (RULE,)
