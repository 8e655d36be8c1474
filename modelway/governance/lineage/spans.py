"""What answered where from when until when: one span for as long as nothing of a model changed, and one for what files say now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from modelway.architecture import Environment
from modelway.governance import record
from modelway.governance.lineage.versions import Answering, Version, answering_in, of_file, of_record
from modelway.governance.questions import moment
from modelway.governance.releases import Release


@dataclass(frozen=True)
class Span:
    """A time in which the same versions of a model answered in the same way; or what its files say, which may not be live yet."""

    environment: str
    model: str
    owner: str
    risk_tier: str
    answering: tuple[Answering, ...]
    """Versions that get requests or copies of them; the most requests first."""
    versions: Mapping[str, Version]
    """Those, by name."""
    releases: tuple[int, ...] = ()
    """Their numbers in the ledger; none of what files say."""
    commits: tuple[str, ...] = ()
    since: str | None = None
    """When it became live, in UTC; None of what files say."""
    until: str | None = None
    """When the next release ended it; None while it is the last that was recorded."""
    entry: str = ""
    """SHA-256 in hex of the ledger's entry that began it; empty of what files say."""

    @property
    def described(self) -> bool:
        """Whether files say it, and no release."""
        return not self.releases

    @property
    def now(self) -> bool:
        """Whether it is what files say, or the last that was recorded."""
        return self.until is None

    @property
    def endpoint(self) -> str:
        """ENVIRONMENT/MODEL."""
        return f"{self.environment}/{self.model}"


@dataclass(frozen=True)
class Lineage:
    """All that is known."""

    spans: tuple[Span, ...]
    """By endpoint: what files say first, then what was released, the newest first."""
    waiting: tuple[Version, ...] = ()
    """Versions in files that nobody asks."""
    unread: tuple[str, ...] = ()
    """What could not be looked at, and why."""

    def of(self, model: str) -> "Lineage":
        """What there is of one model."""
        spans = tuple(span for span in self.spans if span.model == model)
        return Lineage(spans, tuple(version for version in self.waiting if version.model == model), self.unread)

    @property
    def models(self) -> tuple[str, ...]:
        """Their names, sorted."""
        return tuple(sorted({span.model for span in self.spans} | {version.model for version in self.waiting}))

    @property
    def versions(self) -> tuple[Version, ...]:
        """All of them, as often as they are said."""
        return tuple(version for span in self.spans for version in span.versions.values()) + self.waiting

    @property
    def unknown(self) -> tuple[str, ...]:
        """What could not be looked at, and versions of which nobody says by a fingerprint with which data they were made."""
        places = [(f"{span.endpoint} {one.name}", one) for span in self.spans for one in span.versions.values()]
        places += [(f"{one.model} {one.name}, which nobody asks", one) for one in self.waiting]
        lines = [f"{place}: {_whom(one)} does not say with which data it was made" for place, one in places if not _says(one)]
        return tuple(dict.fromkeys([*self.unread, *lines]))

    @property
    def differences(self) -> tuple[str, ...]:
        """Where two say of the same weights that they were made otherwise."""
        said: dict[str, dict[str, Version]] = {}
        for version in self.versions:
            if version.said:
                said.setdefault(version.weights_sha256, {}).setdefault(version.made_sha256, version)
        return tuple(
            f"weights sha256:{sha256}: {' and '.join(one.told_by for one in claims.values())} do not say the same of how they were made"
            for sha256, claims in said.items()
            if len(claims) > 1
        )


def span_described(environment: Environment, contracts: Mapping[str, str]) -> tuple[list[Span], list[Version]]:
    """What the files of an environment say: a span for each model that is served, and the versions that nobody asks. `contracts`: SHA-256
    in hex of their files, by path, as far as somebody looked."""
    spans, waiting = [], []
    told_by = f"files of {environment.environment}"
    for _, model in sorted(environment.models.items()):
        versions = {name: of_file(model, name, version, contracts, told_by) for name, version in sorted(model.versions.items())}
        traffic = model.traffic
        answers: list[Answering] = []
        if traffic is not None:
            headers = {one.version: f"{one.header.name}: {one.header.value}" for one in traffic.split if one.header}
            shares, copied = traffic.shares, traffic.copied
            answers = [Answering(name, shares.get(name, 0), copied.get(name, 0), headers.get(name)) for name in versions]
            answers = [one for one in answers if one.says != "nothing"]
            used = {one.version: versions[one.version] for one in answers}
            spans.append(Span(environment.environment, model.model, model.owner, model.risk_tier, _ordered(answers), used))
        waiting += [version for name, version in versions.items() if name not in {one.version for one in answers}]
    return spans, waiting


def described(environments: Iterable[tuple[Environment, Mapping[str, str]]]) -> Lineage:
    """What files say, and nothing else."""
    return lineage(environments, ())


def lineage(
    environments: Iterable[tuple[Environment, Mapping[str, str]]], releases: Iterable[Release], unread: Sequence[str] = ()
) -> Lineage:
    """All that files and releases say. What a record does not say of weights, those say who know weights with the same digest.

    `releases` in any order; two of the same time in that of the ledger.
    """
    spans: list[Span] = []
    waiting: dict[tuple[str, str, str], Version] = {}
    for environment, contracts in environments:
        some, others = span_described(environment, contracts)
        spans += some
        for version in others:
            waiting.setdefault((version.model, version.name, version.made_sha256), version)
    released = _released(releases)
    known = _known([*(version for span in (*spans, *released) for version in span.versions.values()), *waiting.values()])
    learned = [replace(span, versions={name: _learned(one, known) for name, one in span.versions.items()}) for span in released]
    found = sorted([*spans, *learned], key=lambda span: (span.endpoint, not span.described, -max(span.releases, default=0)))
    # What answers somewhere is not waiting.
    asked = {(span.model, name, one.made_sha256) for span in found for name, one in span.versions.items()}
    return Lineage(tuple(found), tuple(one for key, one in waiting.items() if key not in asked), tuple(unread))


@dataclass
class _Live:
    """What answers, while releases are gone through."""

    stack: str
    span: Span
    releases: list[int]
    commits: dict[str, None]

    def ended(self, until: str | None) -> Span:
        return replace(self.span, releases=tuple(self.releases), commits=tuple(self.commits), until=until)


def _released(releases: Iterable[Release]) -> list[Span]:
    """The spans of all releases, oldest first."""
    ended: list[Span] = []
    live: dict[tuple[str, str], _Live] = {}
    for release in sorted(releases, key=lambda one: (moment(one.record.released), one.number)):
        made = release.record
        here = {model.model: _span(release, model) for model in made.models}
        for (environment, name), now in list(live.items()):
            # What another stack of the environment served may be this one's now; what this one served and no longer names is gone.
            if environment != made.environment or (name not in here and now.stack != made.stack):
                continue
            following = here.get(name)
            if following is not None and _told(now.span) == _told(following):
                now.stack = made.stack
                now.releases.append(release.number)
                now.commits[made.commit] = None
                del here[name]
            else:
                ended.append(now.ended(made.released))
                del live[environment, name]
        for name, begun in here.items():
            if begun is not None:
                live[made.environment, name] = _Live(made.stack, begun, [release.number], {made.commit: None})
    return ended + [now.ended(None) for now in live.values()]


def _span(release: Release, model: record.Model) -> Span | None:
    """What a release says of a model; None where nobody asks any version of it."""
    told_by = f"release {release.number}"
    answers = [(answering_in(share), of_record(model.model, share, told_by)) for share in model.versions if share.answers]
    answers = [(one, version) for one, version in answers if one.says != "nothing"]
    if not answers:
        return None
    made = release.record
    return Span(
        environment=made.environment,
        model=model.model,
        owner=model.owner,
        risk_tier=model.risk_tier,
        answering=_ordered(one for one, _ in answers),
        versions={version.name: version for _, version in answers},
        releases=(release.number,),
        commits=(made.commit,),
        since=made.released,
        entry=release.entry.hash,
    )


def _ordered(answers: Iterable[Answering]) -> tuple[Answering, ...]:
    return tuple(sorted(answers, key=lambda one: (-one.percent, -one.copied, one.version)))


def _told(span: Span) -> tuple[object, ...]:
    """What a release says of a model, whichever release it is."""
    return span.answering, {name: version.content for name, version in span.versions.items()}, span.owner, span.risk_tier


def _known(versions: Iterable[Version]) -> dict[str, Version]:
    """Who says first how weights were made, by their digest."""
    found: dict[str, Version] = {}
    for version in versions:
        if version.said:
            found.setdefault(version.weights_sha256, version)
    return found


def _learned(version: Version, known: Mapping[str, Version]) -> Version:
    """With what others say of the same weights, where its own record does not say it."""
    other = known.get(version.weights_sha256)
    if version.said or other is None:
        return version
    made = replace(version, said=True, run=other.run, commit=other.commit, data=other.data, told_by=f"{other.told_by}, of the same weights")
    return made if made.metrics else replace(made, metrics=other.metrics, evaluated=other.evaluated, day=other.day)


def _says(version: Version) -> bool:
    return any(data.sha256 for data in version.data)


def _whom(version: Version) -> str:
    return "its file" if version.told_by.startswith("files") else version.told_by
