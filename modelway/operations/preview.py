"""Previews on the engine: what it writes goes into a folder that its owner alone may read, and leaves it masked."""

import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from modelway.architecture import Environment, load
from modelway.architecture.faults import InvalidArchitecture
from modelway.errors import ModelwayError
from modelway.operations._pulumi import Engine, EngineFailure, PreviewFiles
from modelway.operations.approval import Project, environment_of, made_from, manifest_file
from modelway.operations.masking import kept_as_is, masked_copy, masked_lines
from modelway.operations.project import engine_folder, find_root
from modelway.operations.revisions import at_revision
from modelway.preview.plan import Plan, exposed
from modelway.preview.sources import Sources
from modelway.preview.state import State
from modelway.redaction import masked

Progress = Callable[[str], None]

FOLDER = ".modelway"
"""Where the engine's files are for as long as a run takes, from the root of the project."""
POLICY = "policy"
"""The policy pack, from the root of the project."""
EVERY = 10.0
"""Seconds between two lines that say how far a preview is."""


@dataclass(frozen=True)
class Wanted:
    """What a run of `modelway preview` is to do."""

    stacks: Sequence[str]
    refresh: bool = False
    base: str | None = None
    """Git revision that the description is compared with."""
    policies: Sequence[Path] = ()
    """Policy packs besides the project's own."""


def project_here() -> Project:
    """The project of the current folder: Modelway's, or that of another Pulumi program. Raises ModelwayError where there is none."""
    try:
        root = find_root()
    except ModelwayError as none:
        here = Path.cwd()
        other = next((folder for folder in (here, *here.parents) if any(folder.glob("Pulumi.y*ml"))), None)
        if other is None:
            raise ModelwayError(f"{none} Or to the folder of another Pulumi program.") from None
        return Project(other, Engine(other), ours=False)
    return Project(root, Engine(engine_folder(root)), ours=True)


@contextmanager
def private_folder(root: Path) -> Iterator[Path]:
    """A folder in the project that its owner alone may read, gone afterwards; git does not see it."""
    above = root / FOLDER
    above.mkdir(mode=0o700, exist_ok=True)
    ignored = above / ".gitignore"
    if not ignored.exists() and not (root / "stacks").is_dir():
        # Modelway's own project ignores the folder itself.
        ignored.write_text("*\n", "utf-8")
    # With mode 0700, whatever the umask.
    folder = Path(tempfile.mkdtemp(prefix="preview-", dir=above))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def previewed(project: Project, wanted: Wanted, folder: Path, progress: Progress) -> list[Sources]:
    """One preview of each stack, one after the other, in folders of `folder`; a stack whose preview fails is one of them all the same.

    Raises ModelwayError when nothing could be begun at all, and KeyboardInterrupt once the engine has ended.
    """
    found: list[Sources] = []
    described: set[str] = set()
    for number, stack in enumerate(wanted.stacks):
        files = PreviewFiles(folder / f"{number}")
        files.folder.mkdir(mode=0o700)
        one = _previewed(project, wanted, stack, files, progress)
        found.append(replace(_with_environment(project, wanted, stack, one, progress), described=one.environment not in described))
        described.add(found[-1].environment)
    return found


def _previewed(project: Project, wanted: Wanted, stack: str, files: PreviewFiles, progress: Progress) -> Sources:
    called = stack.rsplit("/", 1)[-1]
    try:
        # Just before, so that what was reviewed can be told from what is there when it is applied.
        project.engine.export_to(stack, files.state)
    except EngineFailure as fault:
        progress(masked(str(fault)))
        if "no stack named" in str(fault):
            progress(
                f"stack {stack} is not made yet: there is no state to compare with, and nothing that a plan could be held against."
                " The first update makes it (`modelway up ENV`, or `pulumi stack init` and `pulumi up`)."
            )
        return Sources(called, ended="failed")
    progress(f"pulumi preview: stack {stack}")
    with _counting(files.events, lambda count: progress(f"pulumi preview: stack {stack}, {count} resources so far")):
        own = project.root / POLICY
        policies = [*([own] if project.ours and (own / "PulumiPolicy.yaml").is_file() else []), *wanted.policies]
        ended = project.engine.preview_into(stack, files, policies=policies, refresh=wanted.refresh)
    if ended.code:
        progress(f"the preview of stack {stack} failed{': ' + masked(ended.said) if ended.said else ''}")
    return Sources(
        called,
        digest=_there(files.digest),
        events=_there(files.events),
        state=files.state,
        plan=_there(files.plan),
        ended="failed" if ended.code else "succeeded",
    )


def _with_environment(project: Project, wanted: Wanted, stack: str, one: Sources, progress: Progress) -> Sources:
    owner = environment_of(project, stack)
    if owner is None:
        return one
    name, folder = owner
    now = _loaded(folder, name, project.root, progress)
    # Without a revision nobody knows what the description was; as new, all of it would be told.
    then = now if wanted.base is None else _before(folder, name, wanted.base, progress)
    return replace(one, environment=name, before=then, after=now, described_by="now" if wanted.base is None and now else "both")


def _before(folder: Path, name: str, base: str, progress: Progress) -> Environment | None:
    with at_revision(folder, base) as then:
        return _loaded(then.environments, name, then.root, progress) if (then.environments / name).is_dir() else None


def _loaded(folder: Path, name: str, root: Path, progress: Progress) -> Environment | None:
    try:
        return load(folder, name, root)
    except InvalidArchitecture:
        progress(f"environment {name} in {folder} is not valid, so nothing of it is told: `modelway validate` says why")
        return None


def keep(project: Project, stack: str, sources: Sources, out: Path, progress: Progress) -> None:
    """What may be kept of one preview in a folder of `out`: digest, events and state masked, the plan with its manifest.

    A plan that holds in clear what looks like a credential is not kept: the engine takes no plan that was changed.
    """
    # Before anything is written: of another program every file of the folder counts.
    manifest = None
    if sources.plan is not None and sources.state is not None and sources.ended == "succeeded":
        manifest = made_from(project, stack, sources.plan, State(sources.state))
    folder = out / stack.replace("/", "-")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = PreviewFiles(folder)
    for file in (files.digest, files.events, files.state, files.plan, manifest_file(files.plan)):
        # Of an earlier run, which this one is not.
        file.unlink(missing_ok=True)
    if sources.digest is not None:
        masked_copy(sources.digest, files.digest)
    if sources.events is not None:
        masked_lines(sources.events, files.events)
    if sources.state is not None:
        masked_copy(sources.state, files.state)
    if sources.plan is None or manifest is None:
        return
    if found := next(exposed(Plan(sources.plan)), None):
        progress(f"the plan of stack {stack} is not kept: {found.path} of {found.urn} looks like {found.kind}, and stands there in clear")
        return
    kept_as_is(sources.plan, files.plan)
    manifest_file(files.plan).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")


def _there(file: Path) -> Path | None:
    return file if file.is_file() and file.stat().st_size else None


@contextmanager
def _counting(events: Path, tell: Callable[[int], None]) -> Iterator[None]:
    """Says now and then how many resources an event log has come to."""
    over = threading.Event()

    def count() -> None:
        while not over.wait(EVERY):
            if events.is_file():
                tell(events.read_bytes().count(b'"resourcePreEvent"'))

    thread = threading.Thread(target=count, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
