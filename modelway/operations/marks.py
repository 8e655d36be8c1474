"""What the resources of a stack say of themselves, as its program asks for them: no engine, account or state is needed."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from modelway.errors import ModelwayError

SECONDS = 120
"""Most that a program may take."""


class NotListed(ModelwayError):
    """The program of a stack cannot be run, or refuses."""


def asked_for(root: Path, stacks: Sequence[tuple[str, Path]]) -> list[Mapping[str, Mapping[str, str]]]:
    """Of each stack and its folder of environments, in order: by URN what a resource says. Raises NotListed."""
    with ThreadPoolExecutor(max(1, (os.cpu_count() or 2))) as pool:
        return list(pool.map(lambda one: _asked_for(root, *one), stacks))


def _asked_for(root: Path, stack: str, environments: Path) -> Mapping[str, Mapping[str, str]]:
    command = [sys.executable, "-B", str(root / "stacks" / "rendering.py"), str(root), stack, str(environments), "--marks"]
    # What is elsewhere on the path would be imported instead.
    variables = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PULUMI"))}
    try:
        ran = subprocess.run(command, capture_output=True, cwd=root, env=variables, timeout=SECONDS, check=False, text=True)
    except subprocess.TimeoutExpired:
        raise NotListed(f"the program of {stack} took longer than {SECONDS} seconds: leave resources out with --no-resources.") from None
    if ran.returncode:
        lines = ran.stderr.strip().splitlines() or ["it said nothing"]
        said = lines[-1] if lines[0].startswith("Traceback") else "\n".join(lines)
        raise NotListed(f"the program cannot make {stack}: {said} Leave resources out with --no-resources.")
    return dict(json.loads(ran.stdout))
