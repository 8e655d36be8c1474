"""Who reads and writes what is in a bucket is written down: by S3 itself, or by a trail."""

from collections.abc import Iterator, Mapping, Sequence

from modelway.rules.belonging import Whole, at, items_at, under
from modelway.rules.buckets.kinds import LOGGING, TYPES, takes_access_logs
from modelway.rules.demands import Demand
from modelway.rules.expecting import Judged
from modelway.rules.properties import Found, Missing, one
from modelway.rules.stack import Resource, StackRule
from modelway.rules.subjects import text_of, truth
from modelway.rules.values import Unknown
from modelway.rules.verdicts import Evidence, Undecided, Verdict

_TRAIL = "aws:cloudtrail/trail:Trail"
_OBJECTS = "AWS::S3::Object"
_ALL_BUCKETS = ("arn:aws:s3", "arn:aws:s3:::")

_LOGGED = Demand(
    "who reads and writes what is in a bucket is written down",
    "Add aws.s3.BucketLogging of the bucket, or data events of S3 to a trail.",
)


def _judge(resources: Sequence[Resource]) -> Mapping[str, Verdict]:
    trails = [resource for resource in resources if resource.subject.type == _TRAIL]
    return LOGGING.judged(resources, lambda whole: _logged(whole, resources, trails))


def _logged(whole: Whole, resources: Sequence[Resource], trails: Sequence[Resource]) -> Iterator[Judged]:
    targets = [*(at(one, "targetBucket") for one in whole.settings), *whole.inside("logging.targetBucket", "loggings.*.targetBucket")]
    judged = [_LOGGED.is_set(target) for target in targets]
    if judged and not any(isinstance(each, Evidence) for each in judged):
        yield from judged
        return
    # Logs of a bucket of logs would be logged without end.
    for_logs = takes_access_logs(whole, resources)
    if for_logs is True:
        return
    recorded = [_records(trail, whole.resource) for trail in trails]
    if True in recorded:
        yield None
    elif unknown := [each for each in recorded if isinstance(each, Undecided)]:
        yield from unknown
    elif isinstance(for_logs, Unknown) and not whole.doubtful:
        yield Undecided(("bucket",))
    else:
        yield from judged or [whole.not_set(_LOGGED, "logging")]


def _records(trail: Resource, bucket: Resource) -> bool | Undecided:
    """Whether a trail writes down what happens to the objects of a bucket."""
    on = truth(at(trail, "enableLogging"), missing=True)
    if isinstance(on, Undecided):
        return on
    name = one(bucket.subject.properties, "bucket").value
    arns = (*_ALL_BUCKETS, *((f"arn:aws:s3:::{name}/",) if isinstance(name, str) else ()))
    open_question: Undecided | None = None
    for path, takes in (("eventSelectors", _takes), ("advancedEventSelectors", _takes_by_fields)):
        for selector in items_at(trail, path) if on is True else ():
            taken = takes(selector, arns) if isinstance(selector, Found) else selector
            if taken is True:
                return True
            open_question = taken if isinstance(taken, Undecided) else open_question
    return open_question or False


def _takes(selector: Found, arns: Sequence[str]) -> bool | Undecided:
    """Whether a selector takes what is read and what is written of all objects that one of `arns` stands for."""
    kind = under(selector, "readWriteType")
    if not isinstance(kind.value, Missing | Unknown) and kind.value != "All":
        return False
    unknown: list[str] = []
    taken = False
    for resource in _list(under(selector, "dataResources"), unknown):
        if text_of(under(resource, "type")) == _OBJECTS:
            taken = taken or any(value.value in arns for value in _list(under(resource, "values"), unknown))
    if isinstance(kind.value, Unknown):
        return Undecided((kind.path,))
    return taken or (Undecided(tuple(unknown)) if unknown else False)


def _takes_by_fields(selector: Found, arns: Sequence[str]) -> bool | Undecided:
    """The same of a selector by fields, each of which has to hold."""
    unknown: list[str] = []
    objects = rest = False
    for field in _list(under(selector, "fieldSelectors"), unknown):
        name = text_of(under(field, "field"))
        if name == "resources.type":
            objects = any(value.value == _OBJECTS for value in _list(under(field, "equals"), unknown))
        elif name == "resources.ARN":
            rest = rest or not any(value.value in arns for value in _list(under(field, "startsWiths"), unknown))
        else:
            # Any other leaves some requests out.
            rest = rest or name != "eventCategory"
    return Undecided(tuple(unknown)) if unknown else objects and not rest


def _list(found: Found, unknown: list[str]) -> list[Found]:
    """The items of a list that are known; the paths of the others go to `unknown`."""
    if isinstance(found.value, Unknown):
        unknown.append(found.path)
    each = [under(found, f"[{number}]") for number in range(len(found.value))] if isinstance(found.value, list | tuple) else []
    unknown += [item.path for item in each if isinstance(item.value, Unknown)]
    return [item for item in each if not isinstance(item.value, Unknown)]


ACCESS_LOGS = StackRule(
    id="bucket-access-logs",
    says="who reads and writes what is in a bucket is written down; a bucket of logs is let off",
    why="After weights or data were taken, somebody asks which, and by whom.",
    severity="medium",
    sources=("S3-06", "FSBP S3.9", "CKV_AWS_18", "NIST AU-12"),
    applies=lambda type_: type_ in TYPES,
    judge=_judge,
)
RULES: tuple[StackRule, ...] = (ACCESS_LOGS,)
