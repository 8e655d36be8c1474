"""Whether somebody learns that a model has drifted, or treats groups unequally."""

import re
from collections.abc import Iterator, Mapping, Sequence

from modelway.rules.demands import Demand
from modelway.rules.expecting import Judged
from modelway.rules.properties import Missing, look, one
from modelway.rules.serving.kserve import is_service
from modelway.rules.serving.monitor_jobs import SCHEDULE
from modelway.rules.serving.updates import ENDPOINT
from modelway.rules.serving.watching import (
    CONFIG_MAP,
    CRON,
    OBJECTS,
    STARTER,
    Named,
    document,
    endpoints,
    is_route,
    jobs,
    of_same,
    watched_document,
)
from modelway.rules.stack import Resource, StackRule
from modelway.rules.subjects import Rule, Subject, verdict, wrong
from modelway.rules.values import Unknown
from modelway.rules.verdicts import Evidence, Undecided, Unreadable, Verdict

_ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
_RULES = "aws:amp/ruleGroupNamespace:RuleGroupNamespace"
_DRIFTS = re.compile("drift", re.IGNORECASE)

_RUNS = Demand("what looks for drift runs ever again", "Give it a schedule.")
_NOT_STOPPED = Demand(_RUNS.says, "Remove it: nobody is told while it stands still.")
_UNWATCHED = Evidence(
    "drift",
    "nobody looks",
    "a job looks whether a model drifts",
    "Add `drift: {data: {}}` to the model's file, and `monitoring.drift.image`, an image of the job.",
)
_SILENT = Evidence(
    "drift",
    "no alarm",
    "what a job finds sets off an alarm or is told",
    "Add an alarm on what it writes, or name in `monitoring.drift.events` who is told.",
)
_EQUAL = Demand("whether groups are treated alike is watched of a model of high risk", "Add `drift.parity` to the model's file.")


def judge_endpoints(resources: Sequence[Resource]) -> Mapping[str, Verdict]:
    """Whether a job of the stack looks at each endpoint."""
    looking = list(jobs(resources))
    return {endpoint.resource.urn: verdict([_looked_at(endpoint, looking)]) for endpoint in endpoints(resources)}


def _looked_at(endpoint: Named, looking: Sequence[Named]) -> Judged:
    if endpoint.model is not None and any(job.model is not None and of_same(job.model, endpoint.model) for job in looking):
        return None
    if looking and (endpoint.model is None or any(job.model is None for job in looking)):
        return Undecided(("which endpoint a job looks at",))
    return _UNWATCHED


def judge_jobs(resources: Sequence[Resource]) -> Mapping[str, Verdict]:
    """Whether each job that looks for drift runs by a schedule, and something comes of what it finds: it tells somebody itself, or there is
    an alarm. Whom an alarm tells is another rule's."""
    return {job.resource.urn: verdict([*_runs(job.resource), _alarmed(job, resources)]) for job in jobs(resources)}


def _runs(job: Resource) -> Iterator[Judged]:
    properties = job.subject.properties
    if job.subject.type == CRON:
        yield _RUNS.is_set(one(properties, "spec.schedule"))
        yield _NOT_STOPPED.is_off(one(properties, "spec.suspend"))
    elif job.subject.type == SCHEDULE:
        yield _RUNS.is_set(one(properties, "monitoringScheduleConfig.scheduleConfig.scheduleExpression"))
    else:
        yield _RUNS.is_set(one(properties, "scheduleExpression"))
        state = one(properties, "state")
        yield None if isinstance(state.value, Missing) else _NOT_STOPPED.is_one_of(state, ("ENABLED",))


def _alarmed(job: Named, resources: Sequence[Resource]) -> Judged:
    found = [_tells(each) for each in resources if each.urn in job.resource.depends_on]
    found += [_is_alarm_of(each, job) for each in resources]
    if True in found:
        return None
    if None in found:
        return Undecided(("alarms about drift",))
    return _SILENT


def _tells(resource: Resource) -> bool | None:
    """Whether a job is told to tell somebody itself; None where that is not known."""
    found = watched_document(resource.subject.type, resource.subject.properties)
    if found is None:
        return False
    return None if isinstance(found.value, Unknown) else bool((document(found) or {}).get("told"))


def _is_alarm_of(resource: Resource, job: Named) -> bool | None:
    """Whether a resource is an alarm on what the job finds; None where that is not known."""
    type_, properties = resource.subject.type, resource.subject.properties
    if type_ == _ALARM and job.resource.subject.type == SCHEDULE:
        return _is_metric_alarm_of(properties, job)
    if type_ == _RULES:
        data = one(properties, "data").value
        if isinstance(data, Unknown):
            return None
        return _names(data, job.model) if isinstance(data, str) and _DRIFTS.search(data) else False
    if type_.startswith("kubernetes:monitoring.coreos.com/") and type_.endswith(":PrometheusRule"):
        model, groups = one(properties, 'metadata.labels["modelway.dev/model"]').value, one(properties, "spec.groups").value
        if isinstance(model, Unknown) or isinstance(groups, Unknown) or job.model is None:
            return None
        return model == job.model and isinstance(groups, list | tuple) and bool(_DRIFTS.search(str(groups)))
    return False


def _is_metric_alarm_of(properties: Mapping[str, object], job: Named) -> bool | None:
    # Alarms on latency name the endpoint too (docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-interpreting-cloudwatch.html).
    if not str(one(properties, "namespace").value).endswith("-metrics"):
        return False
    actions = one(properties, "alarmActions").value
    named = [found.value for found in look(properties, "dimensions.*")]
    looked_for = [one(job.resource.subject.properties, "name").value, job.model]
    if isinstance(actions, Unknown) or any(isinstance(value, Unknown) for value in named):
        return None
    return isinstance(actions, list | tuple) and len(actions) > 0 and any(isinstance(value, str) and value in looked_for for value in named)


def _names(text: str, endpoint: str | None) -> bool | None:
    """Whether a rule file is about the model that an endpoint is called after; None where that is not known."""
    if endpoint is None:
        return None
    models = re.findall(r'\bmodel\\*"?\s*[=:]\s*\\*"([^"\\]+)', text)
    return any(of_same(endpoint, model) for model in models)


def judge_equality(subject: Subject) -> Verdict:
    """Whether a job that looks at a model of high risk looks at groups too. That a model is of high risk the document says which the job
    is given; a model at which nothing looks has none."""
    found = watched_document(subject.type, subject.properties)
    return verdict(
        [_compares(found.path, document(found)) if not isinstance(found.value, Unknown) else Undecided((found.path,))] if found else ()
    )


def _compares(path: str, told: Mapping[str, object] | None) -> Judged:
    if told is None:
        return Unreadable((f"{path} is no JSON object, and has to be what `modelway drift run` reads",))
    if told.get("tier") != "high":
        return None
    parity = one(told, "drift.parity")
    return (
        None
        if isinstance(parity.value, Mapping)
        else _EQUAL.broken(parity)
        if isinstance(parity.value, Missing)
        else wrong(parity, "an object")
    )


WATCHED = StackRule(
    id="endpoint-watched",
    says="a job looks whether the model of an endpoint drifts",
    why="A model whose world has changed answers as fast as ever, and is wrong.",
    # Before production there are no requests that tell anything: there it is said and blocks nothing.
    severity="high",
    sources=("SM-07", "NIST AI RMF MEASURE 2.4", "NIST CA-7"),
    applies=lambda type_: type_ == ENDPOINT or is_service(type_) or is_route(type_),
    judge=judge_endpoints,
)
TOLD = StackRule(
    id="drift-is-told",
    says="a job that looks for drift runs by a schedule, and what it finds sets off an alarm or is told",
    why="What nobody is told of nobody has found.",
    severity="high",
    sources=("SM-07", "NIST AI RMF MEASURE 2.4", "NIST CA-7"),
    applies=lambda type_: type_ in (CRON, STARTER, SCHEDULE),
    judge=judge_jobs,
)
EQUALITY = Rule(
    id="groups-compared",
    says=_EQUAL.says,
    why="A model can be right for most and wrong for the few, and no average shows it.",
    severity="high",
    sources=("SM-08", "NIST AI RMF MEASURE 2.11"),
    applies=lambda type_: type_ == CONFIG_MAP or type_ in OBJECTS,
    judge=judge_equality,
)

RULES: tuple[Rule | StackRule, ...] = (WATCHED, TOLD, EQUALITY)
