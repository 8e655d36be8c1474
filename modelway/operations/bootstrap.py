"""What a team needs in an account before its first `pulumi up`: a place for state, roles for CI, and the boundary of what these make."""

import re
from collections.abc import Callable, Sequence

from modelway.architecture import Environment
from modelway.errors import ModelwayError
from modelway.operations import bootstrap_documents as documents
from modelway.operations.bootstrap_documents import Ground

Progress = Callable[[str], None]

POWER = "arn:aws:iam::aws:policy/PowerUserAccess"
"""Everything but IAM and the account itself: a deployment makes networks, clusters, databases, registries and endpoints."""

_REPOSITORY = re.compile(r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}/[A-Za-z0-9._-]{1,100}")


class NotARepository(ModelwayError):
    """What was named is no repository on GitHub."""


def ground(environment: Environment, repository: str) -> Ground:
    """What the environment stands on. Raises NotARepository for what is not OWNER/NAME."""
    if not _REPOSITORY.fullmatch(repository):
        raise NotARepository(f"--repository {repository}: a repository on GitHub is OWNER/NAME, like acme/models.")
    return Ground(environment.environment, environment.aws.account, environment.aws.region, repository, environment.platform)


def bootstrap(environment: Environment, repository: str, subnets: Sequence[str], made: Progress) -> Ground:
    """Afterwards there are: the bucket of state and its key; GitHub as a provider of identities; the roles `preview` and `deploy`, and
    `runner` where `subnets` say where it runs; the boundary of roles that deployments make.

    What is there and as it should be stays; `made` hears of everything else. Raises AwsFailure.
    """
    from modelway.operations._aws_bootstrap import Ensurer

    place = ground(environment, repository)
    names = _role_names(place)
    ensure = Ensurer(place.region, {"environment": place.environment, "owner": environment.owner, "managed-by": "modelway-bootstrap"})
    key = ensure.key(place.alias, documents.state_key(place.account), made)
    ensure.bucket(place.bucket, place.account, key, documents.state_bucket(place), made)
    ensure.provider(place.provider, documents.ISSUER, documents.AUDIENCE, made)
    ensure.policy(place.boundary, documents.workloads(), made)
    ensure.role(names["preview"], documents.assumed_by_github(place, "pull_request"), documents.preview(place, key), (), made)
    deploying = documents.assumed_by_github(place, f"environment:{place.environment}")
    ensure.role(names["deploy"], deploying, documents.deploy(place, key), (POWER,), made)
    if subnets:
        running = documents.runner(place, key, subnets)
        ensure.role(names["runner"], documents.assumed_by_codebuild(place), running, (POWER,), made)
    return place


def _role_names(place: Ground) -> dict[str, str]:
    return {name: place.role(name) for name in ("preview", "deploy", "runner")}


def next_steps(place: Ground, with_runner: bool) -> str:
    """What a person does now."""
    roles = ["preview", "deploy", *(["runner"] if with_runner else [])]
    listed = "\n".join(f"  {name}: {place.role(name)}" for name in roles)
    return (
        f"State:\n  pulumi login 's3://{place.bucket}?region={place.region}'\n"
        f"  pulumi stack init STACK --secrets-provider 'awskms://{place.alias}?region={place.region}'\n"
        f"Roles of CI:\n{listed}\n"
        "Then:\n"
        "  write `bounded_roles: true` under aws in the environment's file: `deploy` makes no role without it\n"
        f"  make a GitHub environment called {place.environment} with reviewers: only its runs get `deploy`\n"
    )
