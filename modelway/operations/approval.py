"""What a plan was made from, beside it: whether that is still so when somebody wants to apply it.

The engine's own plan binds operations and inputs, not the state that the update starts from, nor who may have looked at it when.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

from modelway.architecture import layout
from modelway.architecture.folders import names
from modelway.errors import ModelwayError, WrongUsage
from modelway.operations._pulumi import Engine
from modelway.operations.described import stack_file
from modelway.operations.fingerprints import FactBook, environment_digest, program_digest, stack_file_digest, tree_digest
from modelway.operations.project import engine_folder, environments_folder
from modelway.operations.revisions import head
from modelway.operations.trees import WorkingTree
from modelway.preview.files import UnusableFile, contents, sha256
from modelway.preview.plan import Plan
from modelway.preview.state import State

VALID = timedelta(days=7)
"""How long a plan may be applied after it was made: what clouds answer changes also where the state does not."""
PROVIDERS = ("pulumi", "pulumi-aws", "pulumi-kubernetes")
"""Packages that decide what a program asks for, besides the engine."""


class OutOfDate(ModelwayError):
    """What a plan was made from is no longer so."""

    exit_code = 4


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a plan was made from. Hashes are SHA-256 in hex."""

    stack: str
    plan: str
    state: str
    """Of the deployment, as the engine exports it."""
    state_time: str
    """When the state was last written."""
    program: str
    environment: str
    """Of what is described of the stack's environment, contracts among it, and of the stack's configuration."""
    commit: str
    dirty: bool
    """Whether files differed from the commit."""
    versions: dict[str, str]
    created_at: str
    """UTC, RFC 3339."""
    expires_at: str
    manifest_version: int = 1


@dataclass(frozen=True)
class Project:
    """What a stack's program is in."""

    root: Path
    engine: Engine
    ours: bool
    """Whether it is a project of Modelway, which has environments."""


def manifest_file(plan: Path) -> Path:
    """Where the manifest of a plan is."""
    return plan.with_name(f"{plan.stem}.manifest.json")


def made_from(project: Project, stack: str, plan: Path, state: State, now: datetime | None = None) -> Manifest:
    """The manifest of a plan that was just made from `state`."""
    at = now or datetime.now(UTC)
    stands = head(project.root)
    return Manifest(
        stack=stack,
        plan=Plan(plan).hash,
        state=state.hash,
        state_time=state.time,
        program=_program(project),
        environment=_environment(project, stack),
        commit=stands.commit,
        dirty=stands.dirty,
        versions=versions(project.engine),
        created_at=_written(at),
        expires_at=_written(at + VALID),
    )


def read_manifest(plan: Path) -> Manifest:
    """The manifest beside a plan. Raises WrongUsage where one of the two is not there, ModelwayError for one that cannot be read."""
    file = manifest_file(plan)
    if not plan.is_file():
        raise WrongUsage(f"There is no plan {plan}: `modelway preview -s STACK --out DIR` makes DIR/STACK/plan.json.")
    if not file.is_file():
        # Or it is no plan at all, which says more.
        Plan(plan)
        raise WrongUsage(
            f"{plan} has no manifest {file.name} beside it, so nothing says what it was made from: take both from the same preview."
        )
    try:
        return msgspec.json.decode(file.read_bytes(), type=Manifest)
    except (msgspec.DecodeError, OSError) as fault:
        raise ModelwayError(f"{file} is not the manifest of a plan as this Modelway writes it: {fault}. Preview again.") from None


def differences(manifest: Manifest, now: Manifest, at: datetime | None = None) -> list[str]:
    """What is other than when the plan was made, a line each, both sides named; nothing when it may be applied.

    The commit is none of it: a merge makes another one of the same files, and the files are compared.
    """
    told = {
        "stack": (manifest.stack, now.stack),
        "plan": (manifest.plan, now.plan),
        "state": (state_as_written(manifest), state_as_written(now)) if manifest.state != now.state else ("", ""),
        "program": (manifest.program, now.program),
        "environment": (manifest.environment, now.environment),
    }
    lines = [f"{what}: {_short(was)} when it was reviewed, {_short(is_)} now" for what, (was, is_) in told.items() if was != is_]
    for name in sorted({*manifest.versions, *now.versions}):
        was, is_ = manifest.versions.get(name, "none"), now.versions.get(name, "none")
        if was != is_:
            lines.append(f"version of {name}: {was} when it was reviewed, {is_} now")
    try:
        expired = datetime.fromisoformat(manifest.expires_at) <= (at or datetime.now(UTC))
    except (ValueError, TypeError):
        expired = True
    if expired:
        lines.append(f"time: it was to be applied before {manifest.expires_at}")
    return lines


def as_it_is(project: Project, stack: str, plan: Path, folder: Path) -> Manifest:
    """What a plan would be made from now. `folder` is the owner's alone; the state is written there for a moment."""
    try:
        # Its bytes first: a plan that somebody damaged is refused as another plan, not as an unreadable file.
        hashed = sha256(contents(plan))
    except UnusableFile as fault:
        raise ModelwayError(str(fault)) from None
    state = exported(project, stack, folder)
    return Manifest(
        stack=stack,
        plan=hashed,
        state=state.hash,
        state_time=state.time,
        program=_program(project),
        environment=_environment(project, stack),
        commit="",
        dirty=False,
        versions=versions(project.engine),
        created_at="",
        expires_at="",
    )


def exported(project: Project, stack: str, folder: Path) -> State:
    """The state of a stack as it is."""
    file = folder / f"{stack.replace('/', '-')}.json"
    project.engine.export_to(stack, file)
    try:
        return State(file)
    finally:
        file.unlink()


def hashes(project: Project, stack: str) -> dict[str, str]:
    """`program` and `environment` of a stack as they are."""
    return {"program": _program(project), "environment": _environment(project, stack)}


def _program(project: Project) -> str:
    tree = WorkingTree(project.root)
    return program_digest(tree) if project.ours else tree_digest(tree)


def _environment(project: Project, stack: str) -> str:
    facts = FactBook()
    # Programs of others have it beside Pulumi.yaml, unless that says otherwise; then it is one of the files of the program.
    file = stack_file(stack)
    config = engine_folder(project.root) / (file if project.ours else Path(file).name)
    content = config.read_bytes() if config.is_file() else None
    owner = environment_of(project, stack)
    if owner is None:
        return stack_file_digest(content, facts)
    name, folder = owner
    # Joined with an absolute path the root of the tree does not count.
    return environment_digest(WorkingTree(project.root), str(folder), name, content, facts)


def environment_of(project: Project, stack: str) -> tuple[str, Path] | None:
    """The environment that a stack is of, and the folder that it is in; None for stacks of no environment."""
    if not project.ours:
        return None
    called = stack.rsplit("/", 1)[-1]
    owned = layout.owner_of(called)
    for name in (called, owned[0] if owned else None):
        if name and (folder := environments_folder(project.root, name)).is_dir() and name in names(folder):
            return name, folder
    return None


def versions(engine: Engine) -> dict[str, str]:
    """Of what decides what a program asks for."""
    found = {"engine": engine.version()}
    for package in ("modelway", *PROVIDERS):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def state_as_written(manifest: Manifest) -> str:
    """The state that a manifest names, for people."""
    return f"{manifest.state[:12]} (written {manifest.state_time or 'never'})"


def _short(text: str) -> str:
    return text[:12] if len(text) == 64 else text


def _written(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S+00:00")


def refusal(stack: str, plan: Path, found: list[str]) -> str:
    """What is said of a plan that is not applied."""
    listed = "\n".join(f"  {line}" for line in found)
    return (
        f"{plan} is not applied to stack {stack}; what it was made from is no longer so:\n{listed}\nPreview again, and have that reviewed."
    )
