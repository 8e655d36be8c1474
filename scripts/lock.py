"""report.lock and drift.lock: what the verbs without an engine need of requirements.lock, and what the job that looks for drift does."""

import re
import tomllib
from collections import deque
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WHOLE = ROOT / "requirements.lock"
FILE = ROOT / "report.lock"

NEEDED = ("jinja2", "msgspec", "pydantic", "rich", "ruamel-yaml", "ruamel-yaml-clib", "setuptools", "typer", "urllib3")
"""What `report`, `comment`, `validate`, `affected`, `show` and `diff` import, and what builds modelway itself."""

HEAD = """\
# For the verbs without an engine (report, comment, validate, affected). Out of requirements.lock, by `make generate`:
#   pip install --require-hashes -r report.lock
#   pip install --no-deps --no-build-isolation .
"""

_VIA = re.compile(r"^ +#(?: via)?(?: +([A-Za-z0-9._-]+))?")


def part_of(lock: str, needed: Iterable[str]) -> str:
    """The entries of a lock file for `needed` and all that they need, as they stand there. Raises LookupError for what it does not have.

    uv writes below each package what needs it (`# via`); a package may stand there twice, for different versions of Python.
    """
    entries: dict[str, list[str]] = {}
    needs: dict[str, set[str]] = {}
    name = ""
    for line in lock.splitlines(keepends=True):
        if not line.startswith((" ", "#")):
            name = line.partition("==")[0]
            entries.setdefault(name, []).append("")
        if name:
            entries[name][-1] += line
        if (found := _VIA.match(line)) and found[1]:
            needs.setdefault(found[1], set()).add(name)
    wanted: set[str] = set()
    left = deque(needed)
    while left:
        one = left.popleft()
        if one not in entries:
            raise LookupError(f"the lock file has no {one}")
        if one not in wanted:
            wanted.add(one)
            left += needs.get(one, ())
    return "".join(entry for one in sorted(wanted) for entry in entries[one])


def of_reports() -> str:
    """What report.lock holds."""
    return HEAD + part_of(WHOLE.read_text("utf-8"), NEEDED)


DRIFT_FILE = ROOT / "drift.lock"
DRIFT_HEAD = """\
# For the image of the job that looks for drift (templates/drift-job). Out of requirements.lock, by `make generate`.
"""


def of_drift() -> str:
    """What drift.lock holds: report.lock, the extra `drift`, and how both reach AWS and read data."""
    extra = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]["drift"]
    named = [re.split(r"[\[<>=]", one)[0] for one in extra]
    return DRIFT_HEAD + part_of(WHOLE.read_text("utf-8"), (*NEEDED, "boto3", "duckdb", *named))
