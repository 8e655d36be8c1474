"""What every make target does first: the Python environment and the toolchain, found or made.

Runs on the machine's own Python, before anything is installed: the standard library alone.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
LOCK = ROOT / "requirements.lock"
MARK = ENVIRONMENT / "modelway-setup"
OLDEST = (3, 11, 4)
"""The first whose tarfile refuses what would leave the folder it is unpacked into (docs.python.org/3.11/library/tarfile.html)."""
PACKAGES = ("modelway", "components", "stacks", "localcloud", "toolchain")

_started = time.monotonic()


class Stopped(Exception):
    """Set-up cannot go on; the message is one sentence for the user."""


def progress(text: str) -> None:
    print(f"[{time.monotonic() - _started:4.0f} s] {text}", file=sys.stderr, flush=True)


def wanted() -> str:
    """What the environment was made from."""
    digest = hashlib.sha256(LOCK.read_bytes() + (ROOT / "pyproject.toml").read_bytes())
    digest.update(f"{sys.version} {sys.prefix} {ROOT}".encode())
    return digest.hexdigest()


def environment_is_right() -> bool:
    return PYTHON.exists() and MARK.is_file() and MARK.read_text("utf-8") == wanted()


def make_environment() -> None:
    """Afterwards .venv holds what requirements.lock names, with its bytecode, and this clone as `modelway`."""
    progress("Python environment: making it, about a minute")
    MARK.unlink(missing_ok=True)
    if not (PYTHON.exists() and works([str(PYTHON), "-m", "pip", "--version"])):
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        if not works([sys.executable, "-c", "import ensurepip"]):
            raise Stopped("this Python cannot make virtual environments: install its venv module (Debian, Ubuntu: `python3-venv`).")
        run("Python environment", [sys.executable, "-m", "venv", str(ENVIRONMENT)])
    with tempfile.TemporaryDirectory() as folder:
        first = Path(folder) / "uv.txt"
        first.write_text(pins_of("uv"), "utf-8")
        pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
        run("uv, which installs the rest", [*pip, "-r", str(first)])
    uv = [str(ENVIRONMENT / "bin" / "uv"), "pip", "install", "--quiet", "--python", str(PYTHON)]
    # Bytecode of the large SDKs takes a minute; without it, where PYTHONDONTWRITEBYTECODE is set, every run of the engine takes 5 s more.
    run("the packages that requirements.lock pins", [*uv, "--require-hashes", "--compile-bytecode", "-r", str(LOCK)])
    # `compat` is a line in a .pth file; the default is a finder that costs every start of a program a tenth of a second.
    run("this clone", [*uv, "--no-deps", "--no-build-isolation", "--config-setting", "editable_mode=compat", "-e", str(ROOT)])
    MARK.write_text(wanted(), "utf-8")
    progress("Python environment: ready")


def pins_of(package: str) -> str:
    """The lines of the lock file for one package."""
    lines = LOCK.read_text("utf-8").splitlines(keepends=True)
    begin = next(number for number, line in enumerate(lines) if line.startswith(f"{package}=="))
    end = next((number for number in range(begin + 1, len(lines)) if not lines[number].startswith(" ")), len(lines))
    return "".join(lines[begin:end])


def run(what: str, command: list[str]) -> None:
    """Runs a step, and says every 20 seconds that it still does."""
    progress(what)
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=sys.stderr) as process:
        while process.poll() is None:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                progress(f"{what}: still at it")
    if process.returncode:
        raise Stopped(f"`{' '.join(command[:5])} …` ended with exit code {process.returncode}; its own words are above.")


def works(command: list[str]) -> bool:
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0


def main() -> int:
    if sys.version_info < OLDEST:
        here, needed = sys.version.split()[0], ".".join(map(str, OLDEST))
        print(
            f"set-up stopped: Python {needed} or later is needed, this is {here}: make PYTHON=/path/to/a/newer/python3 …", file=sys.stderr
        )
        return 1
    if sys.platform != "linux":
        print("set-up stopped: the local cloud and the engine built here run on Linux.", file=sys.stderr)
        return 1
    try:
        if not environment_is_right():
            # Meanwhile the network brings what is built next; it goes on behind the build, and ends by itself.
            subprocess.Popen([sys.executable, "-m", "toolchain.fetching"], cwd=ROOT, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            make_environment()
    except Stopped as fault:
        print(f"set-up stopped: {fault}", file=sys.stderr)
        return 1
    except OSError as fault:
        print(f"set-up stopped: {fault.filename or ENVIRONMENT}: {fault.strerror}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    # Also where PYTHONDONTWRITEBYTECODE is set: without it every command compiles the library again.
    subprocess.run([str(PYTHON), "-m", "compileall", "-q", *PACKAGES], cwd=ROOT, check=False)
    path = os.pathsep.join([str(ENVIRONMENT / "bin"), os.environ.get("PATH", os.defpath)])
    return subprocess.run([str(PYTHON), "-m", "toolchain"], cwd=ROOT, env={**os.environ, "PATH": path}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
