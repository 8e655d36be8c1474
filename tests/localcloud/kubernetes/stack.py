"""A throw-away stack on the real engine: resources as data in, results and state out."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_PROGRAM = Path(__file__).parent / "program"
Object = dict[str, Any]


def kubernetes(token: str, name: str, inputs: Object | None = None, **options: Any) -> Object:
    """A resource for the program: `kubernetes("core/v1:Namespace", "team", {...}, timeout=5)`."""
    return {"type": f"kubernetes:{token}", "name": name, "inputs": inputs or {}, "options": options}


class Result:
    def __init__(self, done: subprocess.CompletedProcess[str], steps: list[Object]) -> None:
        self.code = done.returncode
        self.text = done.stdout + done.stderr
        self.steps = [
            (step["metadata"]["op"], step["metadata"]["urn"].rpartition("::")[2])
            for step in steps
            if "::pulumi:" not in step["metadata"]["urn"]
        ]
        self.diffs: dict[str, Object] = {}
        for step in steps:
            self.diffs.setdefault(step["metadata"]["urn"].rpartition("::")[2], {}).update(step["metadata"].get("detailedDiff") or {})


class Stack:
    """One project folder with one stack `test`; its state is in the folder too."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "state").mkdir()
        runtime = {"name": "python", "options": {"virtualenv": sys.prefix}}
        (folder / "Pulumi.yaml").write_text(
            json.dumps({"name": "plugin-test", "runtime": runtime, "main": str(_PROGRAM)}), encoding="utf-8"
        )
        kept = {name: value for name, value in environment.items() if not name.startswith(("PULUMI_OPTION", "PULUMI_CONFIG"))}
        self.environment = {
            **kept,
            "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "RESOURCES": str(folder / "resources.json"),
            "NO_COLOR": "1",
            "PULUMI_DEBUG_COMMANDS": "true",  # --event-log
        }
        self.write([])
        self.pulumi("stack", "init", "test")

    def write(self, resources: list[Object]) -> None:
        (self.folder / "resources.json").write_text(json.dumps(resources), encoding="utf-8")

    def command(self, *arguments: str) -> list[str]:
        return ["pulumi", "--cwd", str(self.folder), "--non-interactive", *arguments]

    def pulumi(self, *arguments: str, events: bool = False) -> Result:
        log = self.folder / "events.json"
        log.unlink(missing_ok=True)
        command = self.command(*arguments, *(["--event-log", str(log)] if events else []))
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=180, check=False)
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        parsed = [json.loads(line) for line in lines]
        return Result(done, [each["resourcePreEvent"] for each in parsed if "resourcePreEvent" in each])

    def up(self, resources: list[Object] | None = None, ok: bool = True) -> Result:
        """One that has to fail goes on after the first error, so that several can be seen in one run."""
        return self._run("up", resources, ok, "--yes", "--skip-preview", *([] if ok else ["--continue-on-error"]))

    def preview(self, resources: list[Object] | None = None, ok: bool = True) -> Result:
        return self._run("preview", resources, ok)

    def refresh(self, ok: bool = True) -> Result:
        return self._run("refresh", None, ok, "--yes", "--skip-preview")

    def destroy(self, ok: bool = True) -> Result:
        return self._run("destroy", None, ok, "--yes", "--skip-preview")

    def _run(self, verb: str, resources: list[Object] | None, ok: bool, *arguments: str) -> Result:
        if resources is not None:
            self.write(resources)
        result = self.pulumi(verb, *arguments, events=True)
        assert (result.code == 0) == ok, result.text
        return result

    def no_changes(self) -> None:
        """Asserts that a second preview is empty and that a refresh finds nothing."""
        preview = self.preview()
        assert {op for op, _ in preview.steps} <= {"same", "read"}, (preview.steps, preview.diffs)
        self._run("refresh", None, True, "--yes", "--skip-preview", "--expect-no-changes")

    def file(self) -> str:
        """The state as the engine wrote it: secrets are encrypted."""
        return (self.folder / "state" / ".pulumi" / "stacks" / "plugin-test" / "test.json").read_text("utf-8")

    def state(self) -> dict[str, Object]:
        """The resources of the state by logical name; secrets are as in the file."""
        return _by_name(json.loads(self.file())["checkpoint"]["latest"].get("resources", []))

    def clear_state(self) -> dict[str, Object]:
        """The same with secrets in clear, without their marks."""
        exported = subprocess.run(
            self.command("stack", "export", "--show-secrets"), env=self.environment, capture_output=True, text=True, check=True
        )
        resources = _by_name(json.loads(exported.stdout)["deployment"].get("resources", []))
        return {name: _clear(each) for name, each in resources.items()}


def _by_name(resources: list[Object]) -> dict[str, Object]:
    return {each["urn"].rpartition("::")[2]: each for each in resources if each["type"].startswith("kubernetes:")}


_SIGNATURE = "4dabf18193072939515e22adb298388d"


def _clear(value: Any) -> Any:
    match value:
        case {"plaintext": text} if _SIGNATURE in value:
            return _clear(json.loads(text))
        case dict():
            return {key: _clear(item) for key, item in value.items()}
        case list():
            return [_clear(item) for item in value]
    return value
