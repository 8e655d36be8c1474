"""Documents that say who may use a repository, a key or a bucket: nobody who is not named, or marked by a condition."""

from collections.abc import Callable, Iterator, Mapping

from modelway.rules.expecting import Judged
from modelway.rules.iam import PRINCIPALS
from modelway.rules.iam import judge as judge_document
from modelway.rules.policy_documents import Kind
from modelway.rules.properties import Missing, one
from modelway.rules.subjects import Rule, Subject, verdict
from modelway.rules.values import Secret
from modelway.rules.verdicts import Evidence, Failed, NotApplicable, Passed, Undecided, Unreadable, Verdict

_REPOSITORIES: Mapping[str, tuple[str, Kind]] = {
    "aws:ecr/repositoryPolicy:RepositoryPolicy": ("policy", "resource"),
    "aws:ecr/registryPolicy:RegistryPolicy": ("policy", "resource"),
    "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate": ("repositoryPolicy", "resource"),
    "aws:ecrpublic/repositoryPolicy:RepositoryPolicy": ("policy", "resource"),
}
_KEYS: Mapping[str, tuple[str, Kind]] = {
    "aws:kms/key:Key": ("policy", "key"),
    "aws:kms/keyPolicy:KeyPolicy": ("policy", "key"),
    "aws:kms/replicaKey:ReplicaKey": ("policy", "key"),
    "aws:kms/externalKey:ExternalKey": ("policy", "key"),
    "aws:kms/replicaExternalKey:ReplicaExternalKey": ("policy", "key"),
}
_BUCKETS: Mapping[str, tuple[str, Kind]] = {
    "aws:s3/bucket:Bucket": ("policy", "resource"),
    "aws:s3/bucketV2:BucketV2": ("policy", "resource"),
    "aws:s3/bucketPolicy:BucketPolicy": ("policy", "resource"),
}


def _judge_of(places: Mapping[str, tuple[str, Kind]]) -> Callable[[Subject], Verdict]:
    def judge(subject: Subject) -> Verdict:
        return verdict(_judged(subject, *places[subject.type])) if subject.type in places else NotApplicable()

    return judge


def _judged(subject: Subject, path: str, kind: Kind) -> Iterator[Judged]:
    found = one(subject.properties, path)
    if isinstance(found.value, Missing):
        # A key without a policy gets one that leaves it to its account; a bucket or a repository without one is its account's too.
        return
    for judgement in judge_document(Secret(found.value) if found.secret else found.value, kind, only=PRINCIPALS):
        match judgement.verdict:
            case Failed(evidence):
                yield from (Evidence(f"{path}#{one.path}", one.value, one.rule, one.way_out) for one in evidence)
            case Undecided(paths):
                yield Undecided(tuple(path if unknown == "the document" else f"{path}#{unknown}" for unknown in paths))
            case Unreadable(faults):
                yield Unreadable(tuple(f"{path}: {fault}" for fault in faults))
            case Passed():
                yield None


REPOSITORIES = Rule(
    id="repository-principals",
    says="images are pulled and pushed by those who are named, or marked by a condition",
    why="Who may push an image runs code in every cluster that pulls it; who may pull one has the model.",
    severity="critical",
    sources=("ECR-05", "CKV_AWS_32", "NIST AC-3"),
    applies=lambda type_: type_ in _REPOSITORIES,
    judge=_judge_of(_REPOSITORIES),
)
KEYS = Rule(
    id="key-principals",
    says="a key is used by those who are named, or marked by a condition",
    why="What is encrypted under a key that everybody may use is not encrypted.",
    severity="critical",
    sources=("KMS-02", "FSBP KMS.5", "CKV_AWS_33", "CKV2_AWS_64", "NIST AC-3"),
    applies=lambda type_: type_ in _KEYS,
    judge=_judge_of(_KEYS),
)
BUCKETS = Rule(
    id="bucket-principals",
    says="a bucket is read and written by those who are named, or marked by a condition",
    why="Weights, state and logs in a bucket are for those who are named; whoever writes weights decides what a model answers.",
    severity="high",
    sources=("S3-02", "FSBP S3.6", "CKV_AWS_70", "NIST AC-3"),
    applies=lambda type_: type_ in _BUCKETS,
    judge=_judge_of(_BUCKETS),
)
RULES: tuple[Rule, ...] = (REPOSITORIES, KEYS, BUCKETS)
