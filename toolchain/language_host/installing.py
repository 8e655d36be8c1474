"""Makes a virtual environment and installs what a program needs into it, with pip."""

import shlex
import subprocess
from collections.abc import Iterator

import grpc

from toolchain.language_host.environment import HostFault, Program, ambient_interpreter
from toolchain.language_host.processes import Processes, fate

Output = Iterator[tuple[str, bytes]]
"""What there is to show, as it comes: ("stdout" or "stderr", bytes)."""


def install(program: Program, processes: Processes, call: grpc.ServicerContext, terminal: bool = False) -> Output:
    """Afterwards its virtual environment exists and holds what the requirements.txt beside the program names. Raises HostFault.

    Upstream's makes an existing environment anew and brings pip, setuptools and wheel to their latest versions. This one leaves both
    as they are: an environment made from a lock file stays what the lock file says.
    """
    environment = program.environment
    if environment and not (environment / "bin" / "python").exists():
        yield "stdout", b"Creating virtual environment...\n"
        yield from _run(program, processes, call, [ambient_interpreter(), "-m", "venv", str(environment)], terminal)
        yield "stdout", b"Finished creating virtual environment\n"
    if not (program.folder / "requirements.txt").exists():
        return
    interpreter = program.interpreter()
    if environment and not _has_pip(program, interpreter):
        yield "stdout", b"Adding pip to the virtual environment...\n"
        yield from _run(program, processes, call, [interpreter, "-m", "ensurepip"], terminal)
    yield "stdout", b"Installing dependencies in virtual environment...\n" if environment else b"Installing dependencies...\n"
    command = [interpreter, "-m", "pip", "install", "--disable-pip-version-check", "-r", "requirements.txt"]
    yield from _run(program, processes, call, command, terminal)
    yield "stdout", b"Finished installing dependencies\n"


def _has_pip(program: Program, interpreter: str) -> bool:
    """Environments that uv makes have none."""
    return subprocess.run([interpreter, "-c", "import pip"], env=program.variables(), capture_output=True, check=False).returncode == 0


def _run(program: Program, processes: Processes, call: grpc.ServicerContext, command: list[str], terminal: bool) -> Output:
    variables = program.variables()
    with processes.start(command, call, folder=program.folder, variables=variables, shown="terminal" if terminal else "pipes") as process:
        yield from process.output()
        if code := process.wait():
            raise HostFault(f"`{shlex.join(command)}` in {program.folder} {fate(code)}")
