"""Starts the engine, as a process. The only place of the library that does; it never imports pulumi."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from modelway.errors import ModelwayError


class EngineFailure(ModelwayError):
    """The engine ended with a failure; it has said why on its own."""


class NotLoggedIn(EngineFailure):
    """The engine does not know where the state is."""


_NOT_LOGGED_IN = (
    "the engine does not know where the state is: log in to it first, `pulumi login 's3://PLATFORM-ENV-state-ACCOUNT?region=REGION'` for"
    " the bucket of `modelway bootstrap ENV` (docs/bootstrap.md); or set PULUMI_BACKEND_URL, or PULUMI_ACCESS_TOKEN for Pulumi Cloud."
)


_MEANWHILE = re.compile(r"error: EOF$|\.tmp: no such file or directory$")
"""The end of what the engine says of a file that came or went while it looked."""
READS = 4
"""How often stacks are listed until none was cut off."""
PAUSE = 0.5
"""Seconds between."""


@dataclass(frozen=True)
class PreviewFiles:
    """Where the engine writes of one preview. It writes secrets too, and every file with mode 0644: the folder is its owner's alone."""

    folder: Path

    @property
    def digest(self) -> Path:
        return self.folder / "digest.json"

    @property
    def events(self) -> Path:
        return self.folder / "events.jsonl"

    @property
    def plan(self) -> Path:
        """There is none when the preview failed."""
        return self.folder / "plan.json"

    @property
    def state(self) -> Path:
        return self.folder / "state.json"

    @property
    def talk(self) -> Path:
        """What it said besides."""
        return self.folder / "talk.txt"


@dataclass(frozen=True)
class Previewed:
    """How a preview ended."""

    code: int
    said: str


class Engine:
    """The engine on one project folder. Every method raises EngineFailure when the engine fails."""

    def __init__(self, folder: Path, talk: TextIO = sys.stderr) -> None:
        self._folder = folder
        self._talk = talk

    def add_stack(self, stack: str, secrets_provider: str | None = None) -> None:
        """The stack, which is new, is there and holds nothing; `secrets_provider` (default: the backend's) is what encrypts in it."""
        chosen = ("--secrets-provider", secrets_provider) if secrets_provider else ()
        self._capture("stack", "init", stack, "--no-select", *chosen)

    def stacks(self) -> list[str]:
        """Names of the project's stacks in the backend."""
        for left in reversed(range(READS)):
            try:
                return [entry["name"] for entry in json.loads(self._capture("stack", "ls", "--json"))]
            except EngineFailure as fault:
                # A backend of files is read whole, also what another engine is just writing beside its state, and has moved a moment later.
                if not left or not _MEANWHILE.search(str(fault)):
                    raise
                time.sleep(PAUSE)
        raise AssertionError

    def configure(self, stack: str, key: str, value: str) -> None:
        """The stack's configuration file holds `value` under `key`, in clear."""
        self._capture("config", "set", key, value, "--stack", stack)

    def tag(self, stack: str, name: str, value: str) -> None:
        """The stack has the tag; no resource is touched."""
        self._capture("stack", "tag", "set", name, value, "--stack", stack)

    def up(self, stack: str, *, yes: bool, variables: Mapping[str, str] | None = None) -> None:
        """The stack is what the program says, which reads `variables` besides those of this process. Asks first unless `yes`."""
        self._run("up", "--stack", stack, *_consent(yes), variables=variables)

    def preview(self, stack: str) -> dict[str, object]:
        """What an update would do, as `pulumi preview --json` writes it; secrets are masked."""
        return dict(json.loads(self._capture("preview", "--stack", stack, "--json")))

    def preview_into(self, stack: str, files: PreviewFiles, *, policies: Sequence[Path] = (), refresh: bool = False) -> Previewed:
        """One preview, with all that the engine can write of it; a preview that fails leaves what it came to. Ctrl-C reaches the engine
        too, which ends first."""
        packs = [word for pack in policies for word in ("--policy-pack", str(pack))]
        arguments = (
            *("preview", "--stack", stack, "--non-interactive", "--color", "never", "--json"),
            *("--event-log", str(files.events), "--save-plan", str(files.plan), *packs, *(("--refresh",) if refresh else ())),
        )
        with files.digest.open("wb") as told, files.talk.open("w+b") as talk:
            # Without this there is no --event-log (cmd/pulumi/operations/preview.go).
            variables = {"PULUMI_DEBUG_COMMANDS": "true"}
            result = self._start(arguments, stdout=told.fileno(), stderr=talk.fileno(), variables=variables, told_of_interrupts=True)
            talk.seek(0)
            said = talk.read().decode("utf-8", "replace").strip()
        if "PULUMI_ACCESS_TOKEN must be set" in said:
            raise NotLoggedIn(_NOT_LOGGED_IN)
        return Previewed(result.returncode, said)

    def up_as_planned(self, stack: str, plan: Path, *, yes: bool) -> None:
        """The stack is what the program says; the engine refuses what the plan does not have. Asks first unless `yes`."""
        self._run("up", "--stack", stack, "--plan", str(plan), *_consent(yes))

    def version(self) -> str:
        """Of the engine, as 3.250.0."""
        return self._capture("version").strip().removeprefix("v")

    def destroy(self, stack: str, *, yes: bool, only: Sequence[str] = (), dependents: bool = False) -> None:
        """The stack holds nothing, or none of `only`, which are URNs, and with `dependents` of what needs them. Asks first unless `yes`."""
        targets = [word for urn in only for word in ("--target", urn)] + (["--target-dependents"] if dependents else [])
        self._run("destroy", "--stack", stack, *_consent(yes), *targets)

    def outputs(self, stack: str) -> dict[str, object]:
        """The stack's outputs; a secret one is masked."""
        return dict(json.loads(self._capture("stack", "output", "--json", "--stack", stack)))

    def resources(self, stack: str) -> list[dict[str, object]]:
        """The resources in the stack's state, as `pulumi stack export` writes them; secrets stay encrypted."""
        deployment = json.loads(self._capture("stack", "export", "--stack", stack))["deployment"]
        return list(deployment.get("resources") or [])

    def backend(self) -> str:
        """URL of the backend that holds the state."""
        return str(json.loads(self._capture("whoami", "--json"))["url"])

    def export_to(self, stack: str, file: Path) -> None:
        """The stack's whole state in a file, as the engine writes it; secrets stay encrypted."""
        self._capture("stack", "export", "--stack", stack, "--file", str(file))

    def export(self, stack: str) -> dict[str, object]:
        """The stack's whole state as `pulumi stack export` writes it; secrets stay encrypted."""
        return dict(json.loads(self._capture("stack", "export", "--stack", stack)))

    def put(self, stack: str, exported: Mapping[str, object]) -> None:
        """The stack's state is `exported`. The engine refuses one whose parts do not fit together."""
        self._capture("stack", "import", "--stack", stack, given=json.dumps(exported))

    def refresh(self, stack: str, urns: Sequence[str]) -> None:
        """The state of these resources is what their providers read; those that are not there are not in the state."""
        targets = [word for urn in urns for word in ("--target", urn)]
        self._run("refresh", "--stack", stack, "--yes", "--skip-preview", *targets)

    def forget(self, stack: str, urn: str) -> None:
        """The state does not have the resource; whatever it stands for is left alone."""
        self._capture("state", "delete", urn, "--stack", stack, "--yes", "--force")

    def _run(self, *arguments: str, variables: Mapping[str, str] | None = None) -> None:
        result = self._start(arguments, stdout=self._talk.fileno(), stderr=self._talk.fileno(), variables=variables)
        if result.returncode:
            raise EngineFailure(f"`pulumi {' '.join(arguments)}` ended with exit code {result.returncode}; its own words are above.")

    def _capture(self, *arguments: str, given: str | None = None) -> str:
        result = self._start((*arguments, "--non-interactive"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, given=given)
        if result.returncode:
            said = result.stderr.strip() or result.stdout.strip()
            if "PULUMI_ACCESS_TOKEN must be set" in said:
                # The engine's words for having no backend at all: it takes Pulumi Cloud for one.
                raise NotLoggedIn(_NOT_LOGGED_IN)
            raise EngineFailure(f"`pulumi {' '.join(arguments)}` failed: {said}")
        return result.stdout

    def _start(
        self,
        arguments: Sequence[str],
        *,
        stdout: int,
        stderr: int,
        given: str | None = None,
        variables: Mapping[str, str] | None = None,
        told_of_interrupts: bool = False,
    ) -> subprocess.CompletedProcess[str]:
        # The interpreter's own folder first: set-up puts the engine beside it, and the shell may not have activated it.
        path = os.pathsep.join([str(Path(sys.prefix) / "bin"), os.environ.get("PATH", os.defpath)])
        # A stack's file that nobody committed names nothing that decrypts; the state does.
        environment = {"PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER": "true", **os.environ, "PATH": path, **(variables or {})}
        command = ["pulumi", *arguments]
        try:
            process = subprocess.Popen(
                command,
                cwd=self._folder,
                env=environment,
                stdin=subprocess.PIPE if given is not None else None,
                stdout=stdout,
                stderr=stderr,
                text=True,
            )
        except FileNotFoundError as fault:
            raise EngineFailure("pulumi is not installed: run `make setup`, or install Pulumi 3.250 or later.") from fault
        if stdout == subprocess.PIPE:
            with process:
                told, complained = process.communicate(given)
            return subprocess.CompletedProcess(command, process.returncode, told, complained)
        code, interrupted = _attended(process)
        if interrupted and told_of_interrupts:
            raise KeyboardInterrupt
        return subprocess.CompletedProcess(command, code)


def _attended(process: subprocess.Popen[str]) -> tuple[int, bool]:
    """The exit code of a process that changes things, once it has ended on its own; and whether there was an interrupt."""
    interrupted = False
    while True:
        try:
            return process.wait(), interrupted
        except KeyboardInterrupt:
            # The engine was interrupted too: it ends what it has begun and gives its lock back. Killed, it would do neither; a second
            # interrupt is its own way to end at once.
            interrupted = True


def _consent(yes: bool) -> tuple[str, ...]:
    return ("--yes", "--skip-preview") if yes else ()
