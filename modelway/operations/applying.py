"""A reviewed plan runs, or nothing: with what `modelway up` looks at before and after an update."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from modelway.architecture import load
from modelway.operations import hosted, rollbacks
from modelway.operations._aws_serving import Endpoints
from modelway.operations.approval import (
    OutOfDate,
    Project,
    as_it_is,
    differences,
    environment_of,
    exported,
    read_manifest,
    refusal,
    state_as_written,
)
from modelway.operations.environments import Deployment, coming_up, refuse_other_account
from modelway.operations.revisions import head


def apply(project: Project, stack: str, plan: Path, *, yes: bool, folder: Path, progress: Callable[[str], None]) -> None:
    """The stack is as planned.

    Raises, before the engine changes anything: OtherAccount and Protected as `modelway up` does; OutOfDate when anything differs from the
    review; NotAsPlanned when an endpoint on SageMaker needs more before the update than is planned. Afterwards WentBack, where SageMaker
    took it back. `folder` is the owner's alone; the state is written there for a moment. Between the last look at it and the engine's own
    lock somebody else may still begin an update; the engine then refuses one of the two.
    """
    manifest = read_manifest(plan)
    deployment = _deployment(project, stack)
    around: AbstractContextManager[None] = nullcontext()
    if deployment is not None:
        refuse_other_account(deployment.environment)
        around = coming_up(deployment, (stack,), progress)
    with around:
        if found := differences(manifest, as_it_is(project, stack, plan, folder)):
            raise OutOfDate(refusal(stack, plan, found))
        if manifest.commit and (stands := head(project.root)).commit != manifest.commit:
            progress(f"the plan was made at commit {manifest.commit[:12]}, and this is {stands.commit[:12]}, whose files say the same")

        def refuse_other_state() -> None:
            if (last := exported(project, stack, folder)).hash != manifest.state:
                raise OutOfDate(
                    refusal(stack, plan, [f"state: {state_as_written(manifest)} when it was reviewed, written {last.time or 'never'} now"])
                )

        if deployment is not None and rollbacks.on_sagemaker(deployment.environment):
            cloud = Endpoints(deployment.environment.aws.region)
            # It previews, which takes minutes; what it releases changes the state, so the last look is before that.
            hosted.prepare_as_planned(stack, project.engine, cloud, yes=yes, progress=progress, last_look=refuse_other_state)
        else:
            refuse_other_state()
        progress(f"pulumi up: stack {stack}, as planned at {manifest.created_at}")
        project.engine.up_as_planned(stack, plan.resolve(), yes=yes)


def _deployment(project: Project, stack: str) -> Deployment | None:
    """The environment that a stack is of; None for stacks of no environment. Raises InvalidArchitecture."""
    owner = environment_of(project, stack)
    return None if owner is None else Deployment(load(owner[1], owner[0], project.root), project.engine)
