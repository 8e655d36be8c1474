"""The weights that are loaded are those that were tested: a key of a bucket can be written again."""

import re
from collections.abc import Iterator, Mapping

from modelway.rules.demands import Demand
from modelway.rules.expecting import Judged, items
from modelway.rules.properties import Found, Missing, one
from modelway.rules.serving.kserve import address, is_service, programs, variable
from modelway.rules.serving.managed import MODEL
from modelway.rules.stack import StackRule
from modelway.rules.subjects import Rule, Subject, text_of, verdict, wrong
from modelway.rules.values import Unknown
from modelway.rules.verdicts import Undecided, Verdict

HELD_AGAINST = "MODEL_SHA256"
"""Variable by which a serving program is told what it has to hold its weights against before it loads them."""

_DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_COMMIT = re.compile(r"hf://[^:]+:[0-9a-f]{40}")
"""A commit at Hugging Face, which is a hash of what is in it."""
_VERSION = re.compile(r"arn:[^:]+:sagemaker:[^/]+:model-package/[^/]+/[0-9]+")
"""A version of a model package, which never changes its files."""

_PINNED = Demand(
    "weights are named by their sha256",
    f"Put them under a key that has it in it, or give the program {HELD_AGAINST}, which it holds them against before it loads them.",
)
_VERSIONED = Demand("a model package is named with its version", "Write the ARN of a version, which ends in a number.")


def _judge(subject: Subject) -> Verdict:
    """Whether weights are pinned, by address or by what the program is told. Whether they are signed is in no resource."""
    if subject.type == MODEL:
        return verdict(_of_model(subject.properties))
    return verdict(_of_service(subject.properties) if is_service(subject.type) else ())


def _of_model(properties: Mapping[str, object]) -> Iterator[Judged]:
    primary = one(properties, "primaryContainer")
    if not isinstance(primary.value, Missing):
        yield from _of_container(properties, primary)
    for item in items(properties, "containers"):
        if isinstance(item, Found):
            yield from _of_container(properties, item)
        else:
            yield item


def _of_container(properties: Mapping[str, object], container: Found) -> Iterator[Judged]:
    """One without addresses has its weights in its image."""
    path = container.path
    if not isinstance(container.value, Mapping):
        yield Undecided((path,)) if isinstance(container.value, Unknown) else wrong(container, "an object")
        return
    told = one(properties, f"{path}.environment.{HELD_AGAINST}")
    package = one(properties, f"{path}.modelPackageName")
    arn = text_of(package)
    if arn is not None:
        yield arn if not isinstance(arn, str) else None if _VERSION.fullmatch(arn) else _VERSIONED.broken(package)
    named = one(properties, f"{path}.modelDataUrl")
    if not isinstance(named.value, Missing):
        yield _pinned(named, told)
    yield from _sources(properties, f"{path}.modelDataSource", told)
    # What the program is told is of the first.
    for more in items(properties, f"{path}.additionalModelDataSources"):
        if isinstance(more, Found):
            yield from _sources(properties, more.path, None)
        else:
            yield more


def _sources(properties: Mapping[str, object], path: str, told: Found | None) -> Iterator[Judged]:
    for source in items(properties, f"{path}.s3DataSources"):
        yield _pinned(one(properties, f"{source.path}.s3Uri"), told) if isinstance(source, Found) else source


def _of_service(properties: Mapping[str, object]) -> Iterator[Judged]:
    for program in programs(properties):
        if not isinstance(program, Found):
            yield program
            continue
        named = address(properties, program)
        if isinstance(named.value, Missing):
            named = one(properties, f"{program.path}.storage.path")
        if not isinstance(named.value, Missing):
            yield _pinned(named, variable(properties, program, HELD_AGAINST))


def _pinned(named: Found, told: Found | None) -> Judged:
    if told is not None and isinstance(told.value, str) and _DIGEST.fullmatch(told.value):
        return None
    text = text_of(named)
    if isinstance(text, str) and (_DIGEST.search(text) or _COMMIT.fullmatch(text)):
        return None
    if told is not None and isinstance(told.value, Unknown):
        return Undecided((told.path,))
    return _PINNED.broken(named) if text is None or isinstance(text, str) else text


RULE = Rule(
    id="pinned-weights",
    says="weights are named by their sha256, a model package with its version",
    why="Whoever may write to the bucket decides otherwise what the model answers, and nobody sees it.",
    severity="high",
    sources=("SM-06", "NIST SI-7(6)", "NIST SR-4", "NIST AI 600-1 MS-2.7-005"),
    applies=lambda type_: type_ == MODEL or is_service(type_),
    judge=_judge,
)

RULES: tuple[Rule | StackRule, ...] = (RULE,)
