"""What a team needs in an account before its first `pulumi up`: a place for state, roles for CI, and the boundary of what these make."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from modelway.architecture import Environment
from modelway.errors import ModelwayError
from modelway.operations import bootstrap_documents as documents
from modelway.operations.bootstrap_deploy import deployments, drift, ledger_of
from modelway.operations.bootstrap_documents import Ground

Progress = Callable[[str], None]

TOO_MUCH = "arn:aws:iam::aws:policy/PowerUserAccess"
"""What deployments had before they had policies of their own."""

_REPOSITORY = re.compile(r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}/[A-Za-z0-9._-]{1,100}")
_PROJECT = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_.][A-Za-z0-9_.-]*)+")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\.[a-z]{2,}")


_CONNECTION = re.compile(r"arn:aws[a-z-]*:(?:codeconnections|codestar-connections):[a-z0-9-]+:[0-9]{12}:connection/[0-9a-f-]{36}")


class NotARepository(ModelwayError):
    """What was named is no repository on GitHub, or no project on GitLab."""


class NotAHost(ModelwayError):
    """What was named is no host of GitLab."""


class RunnerHalfDescribed(ModelwayError):
    """A runner without its subnets, or without its connection to GitHub; or one for GitLab."""

    exit_code = 2


def ground(environment: Environment, repository: str, gitlab: str = "") -> Ground:
    """What the environment stands on; `gitlab` is the host of GitLab, where it is not GitHub. Raises NotARepository, NotAHost."""
    if gitlab and not _HOST.fullmatch(gitlab):
        raise NotAHost(f"--gitlab {gitlab}: a host alone, like gitlab.com.")
    if gitlab and not _PROJECT.fullmatch(repository):
        raise NotARepository(f"--repository {repository}: a project on GitLab is GROUP/PROJECT, like acme/platform/models.")
    if not gitlab and not _REPOSITORY.fullmatch(repository):
        raise NotARepository(f"--repository {repository}: a repository on GitHub is OWNER/NAME, like acme/models.")
    aws = environment.aws
    return Ground(environment.environment, aws.account, aws.region, repository, environment.platform, gitlab)


@dataclass(frozen=True)
class Runner:
    """Where jobs run that have to reach a private API server."""

    subnets: Sequence[str]
    """Private, with a way to GitHub, and of the cluster's network."""
    connection: str
    """ARN of the connection to GitHub, which a person has confirmed."""


def runner(subnets: Sequence[str], connection: str | None) -> Runner | None:
    """None where neither is said. Raises RunnerHalfDescribed for one without the other."""
    if not subnets and connection is None:
        return None
    if not subnets or connection is None:
        raise RunnerHalfDescribed("a runner needs --runner-subnet, and --runner-connection with the ARN of a connection to GitHub.")
    if not _CONNECTION.fullmatch(connection):
        raise RunnerHalfDescribed(
            f"--runner-connection {connection}: the ARN of a connection to GitHub, like"
            " arn:aws:codeconnections:eu-west-1:222222222222:connection/1234abcd-12ab-34cd-56ef-1234567890ab."
        )
    return Runner(subnets, connection)


def bootstrap(environment: Environment, place: Ground, running: Runner | None, made: Progress) -> str | None:
    """Afterwards there are: the bucket of state and its key; the forge as a provider of identities; the roles `preview`, `drift` and
    `deploy` with what they may; the boundary of roles that deployments make; with `running`, a CodeBuild project in the network and the
    role `runner`.

    Returns the id of the runner's security group. What is there and as it should be stays; `made` hears of everything else. Raises
    AwsFailure, and RunnerHalfDescribed for a runner on GitLab.
    """
    from modelway.operations._aws_bootstrap import Ensurer

    if running is not None and place.gitlab:
        raise RunnerHalfDescribed("the runner in the network hears of jobs from GitHub: leave --runner-subnet out with --gitlab.")
    tags = {"environment": place.environment, "owner": environment.owner, "managed-by": "modelway-bootstrap"}
    ensure = Ensurer(place.region, tags)
    key = ensure.key(place.alias, documents.state_key(place.account), made)
    ensure.bucket(place.bucket, place.account, key, documents.state_bucket(place), made)
    ensure.provider(place.provider, place.issuer, documents.AUDIENCE, made)
    ensure.policy(place.boundary, documents.workloads(place), made)
    rights, ledger = deployments(place, environment), ledger_of(environment)
    for arn, document in rights.items():
        ensure.policy(arn, document, made)
    ensure.role(place.role("preview"), documents.trust(place, "preview"), documents.preview(place, key, ledger), (), made)
    ensure.role(place.role("drift"), documents.trust(place, "drift"), drift(place, environment, key), (), made)
    ensure.role(
        place.role("deploy"),
        documents.trust(place, "deploy"),
        documents.deploy(place, key, ledger),
        list(rights),
        made,
        instead_of=(TOO_MUCH,),
    )
    group = None
    if running is not None:
        allowed = documents.runner(place, running.subnets, running.connection)
        ensure.role(place.role("runner"), documents.assumed_by_codebuild(place), allowed, (), made, instead_of=(TOO_MUCH,))
        group = _run(environment, place, running, tags, made)
    return group


def _run(environment: Environment, place: Ground, running: Runner, tags: dict[str, str], made: Progress) -> str:
    from modelway.operations._aws_runner import Project, RunnerEnsurer

    described = environment.clusters.items()
    clusters = {f"{place.environment}-{key}": cluster.endpoint.callers for key, cluster in described if cluster.kind == "eks"}
    project = Project(place.runner, place.role("runner"), place.repository, running.connection, running.subnets)
    return RunnerEnsurer(place.region, tags, made).ensure(project, clusters)


def next_steps(place: Ground, runner_group: str | None) -> str:
    """What a person does now; `runner_group` is the id of the runner's security group, where there is a runner."""
    listed = "\n".join(f"  {name}: {place.role(name)}" for name in ("preview", "drift", "deploy"))
    running = (
        f"  in workflows, `runs-on: codebuild-{place.runner}-${{{{ github.run_id }}}}-${{{{ github.run_attempt }}}}`\n"
        f"  write `callers: [{runner_group}]` under endpoint of every cluster of kind eks: its API server lets the runner in\n"
        if runner_group is not None
        else ""
    )
    return (
        f"State:\n  pulumi login 's3://{place.bucket}?region={place.region}'\n"
        f"  pulumi stack init STACK --secrets-provider 'awskms://{place.alias}?region={place.region}'\n"
        f"Roles of CI:\n{listed}\n"
        "Then:\n"
        "  write `bounded_roles: true` under aws in the environment's file: `deploy` makes no role without it\n"
        f"{_on_forge(place)}"
        f"{running}"
    )


def _on_forge(place: Ground) -> str:
    if place.gitlab:
        return (
            f"  protect the branch main, and an environment called {place.environment} with approvers: jobs on main get `deploy`\n"
            "  copy templates/gitlab/modelway.gitlab-ci.yml and fill in its variables (docs/bootstrap.md)\n"
        )
    return (
        f"  make a GitHub environment called {place.environment} with reviewers: only its runs get `deploy`\n"
        "  copy templates/github/ to .github/workflows/ and fill in the roles (docs/bootstrap.md)\n"
    )
