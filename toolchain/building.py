"""Makes entries of the cache: programs from Go modules, files out of them, Python environments from lock files."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from toolchain import cache
from toolchain.cache import Progress, ToolchainError
from toolchain.pins import Entry, ModuleFiles, Programs, PythonEnvironment, entries, pinned

_SIGN_OF_LIFE_SECONDS = 20.0
_LAST_LINES = 15
# Debugging tables take a fifth of the compiler's time, and the linker drops them all the same: no part of an entry's fingerprint.
_COMPILER_FLAGS = "-gcflags=all=-dwarf=false"


def make(entry: Entry, progress: Progress) -> Path:
    """Afterwards the entry is whole; its folder is returned. Raises ToolchainError with what to do."""
    if cache.state(entry, thorough=True) == "whole":
        return cache.folder(entry)
    with cache.making(entry, progress) as folder:
        if folder is not None:
            started = time.monotonic()
            progress(f"{entry.name} {entry.version}: making it, {_expected(entry.minutes)} on two cores")
            match entry.content:
                case Programs():
                    _build(entry, entry.content, folder, progress)
                case ModuleFiles():
                    _copy_files(entry, entry.content, folder, progress)
                case PythonEnvironment():
                    _install(entry, entry.content, folder, progress)
            progress(f"{entry.name} {entry.version}: made in {time.monotonic() - started:.0f} s")
    return cache.folder(entry)


def python_environment(entry: Entry, progress: Progress) -> Path:
    """The interpreter of a Python environment, made when there is none. Raises ToolchainError."""
    return make(entry, progress) / "bin" / "python"


def _expected(minutes: float) -> str:
    return f"about {minutes:.0f} min" if minutes >= 1 else "some seconds"


def _build(entry: Entry, programs: Programs, folder: Path, progress: Progress) -> None:
    binaries = folder / "bin"
    binaries.mkdir()
    for package_group in _by_base_name(programs.packages):
        # One call for all whose name is their package's last word: shared packages are compiled once, and linked side by side.
        output = f"{binaries}/" if len(package_group) > 1 else str(binaries / next(iter(package_group)))
        flags = ["-trimpath", *build_tags(programs), _COMPILER_FLAGS, "-ldflags", programs.linker_flags]
        _go(
            ["build", *flags, "-o", output, *package_group.values()],
            programs.folder,
            f"{entry.name}: {', '.join(package_group)}",
            progress,
        )
    for name, (module, path) in programs.copied.items():
        source = Path(_go(["list", "-m", "-f", "{{.Dir}}", module], programs.folder, f"{entry.name}: {name}", progress).strip()) / path
        shutil.copyfile(source, binaries / name)
        (binaries / name).chmod(0o755)


def build_tags(programs: Programs) -> list[str]:
    """What the Go command has to be told of the programs' build tags."""
    return ["-tags", ",".join(programs.tags)] if programs.tags else []


def _by_base_name(packages: dict[str, str]) -> list[dict[str, str]]:
    together = {name: package for name, package in packages.items() if package.rpartition("/")[2] == name}
    return [group for group in (together, *({name: package} for name, package in packages.items() if name not in together)) if group]


def _copy_files(entry: Entry, files: ModuleFiles, folder: Path, progress: Progress) -> None:
    modules = [f"{module}@{pinned(files.folder, module)}" for module, _ in files.folders.values()]
    # Named with its version, a module is checked against go.sum without a look at what it requires.
    text = _go(["mod", "download", "-json", *modules], files.folder, f"{entry.name}: {', '.join(files.folders)}", progress)
    decoder = json.JSONDecoder()
    found: dict[str, str] = {}
    while text := text.lstrip():
        module, end = decoder.raw_decode(text)
        found[module["Path"]] = module["Dir"]
        text = text[end:]
    for name, (module, path) in files.folders.items():
        (folder / name).mkdir()
        for file in sorted(Path(found[module]).glob(path if path.endswith(".yaml") else f"{path}/*.yaml")):
            shutil.copyfile(file, folder / name / file.name)


def _install(entry: Entry, environment: PythonEnvironment, folder: Path, progress: Progress) -> None:
    uv = str(Path(sys.prefix) / "bin" / "uv")
    _run(
        [uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(folder)],
        folder,
        f"{entry.name}: virtual environment",
        progress,
    )
    command = [uv, "pip", "install", "--quiet", "--require-hashes", "--compile-bytecode", "--python", str(folder / "bin" / "python")]
    _run([*command, "-r", str(environment.lock)], folder, f"{entry.name}: packages", progress)


def go_missing() -> str | None:
    """Why Go cannot be used here, as a sentence with the way out; None when it can."""
    needed = ", ".join(entries())
    if not shutil.which("go"):
        return f"Go is not on PATH, and {needed} are built with it: install Go 1.26 or later, then run this again."
    first = next(iter(entries().values())).content
    assert isinstance(first, Programs)
    # In a module that asks for a newer Go, this either fetches that one or says what is wrong.
    asked = subprocess.run(["go", "version"], cwd=first.folder, env=environment(), capture_output=True, text=True, check=False)
    if asked.returncode:
        words = asked.stderr.strip().splitlines()[-1]
        return f"Go is too old here ({words}): install Go 1.26 or later, or unset GOTOOLCHAIN, then run this again."
    return None


def _go(arguments: Sequence[str], folder: Path, what: str, progress: Progress) -> str:
    if fault := go_missing():
        raise ToolchainError(fault)
    return _run(["go", *arguments], folder, what, progress, environment())


def environment() -> dict[str, str]:
    """What the Go command gets."""
    # Without cgo no C compiler is needed; a go.work above the clone is none of ours.
    # The compiler's own collector works less: a tenth of its time for some more memory.
    return {**os.environ, "CGO_ENABLED": "0", "GOWORK": "off", "GOGC": "400"}


def _run(command: Sequence[str], folder: Path, what: str, progress: Progress, environment: dict[str, str] | None = None) -> str:
    """What the command wrote to stdout. Says now and then that it still runs. Raises ToolchainError with its last words."""
    started = time.monotonic()
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    done = threading.Event()

    def show_life() -> None:
        while not done.wait(_SIGN_OF_LIFE_SECONDS):
            progress(f"{what}: still at it after {time.monotonic() - started:.0f} s")

    threading.Thread(target=show_life, daemon=True).start()
    try:
        out, err = process.communicate()
    except BaseException:
        process.terminate()
        process.wait()
        raise
    finally:
        done.set()
    if process.returncode:
        words = "\n".join(f"  {line}" for line in (err.strip() or out.strip()).splitlines()[-_LAST_LINES:])
        raise ToolchainError(
            f"{what}: `{Path(command[0]).name} {command[1]}` ended with exit code {process.returncode}; its last words:\n{words}"
        )
    return out
