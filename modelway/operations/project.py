"""Where the project is: its root, the folder the engine runs in, and the folder of the environments."""

import os
from pathlib import Path
from typing import Any

from modelway.errors import ModelwayError

PROJECT = "modelway"
"""Name in Pulumi.yaml; part of every stack reference."""

DEFAULT_ENVIRONMENTS = "stacks/environments"
"""The default of `modelway:environments`, as Pulumi.yaml declares it."""

CONFIG = Path("stacks") / "config"
"""Where the files of stacks' configuration are, from the root of the project; Pulumi.yaml says it."""


def find_root(start: Path | None = None) -> Path:
    """The nearest folder at or above `start` (default: the current one) that holds Modelway's Pulumi.yaml.

    Raises ModelwayError when there is none.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        manifest = folder / "Pulumi.yaml"
        if manifest.is_file() and any(line.split() == ["name:", PROJECT] for line in manifest.read_text("utf-8").splitlines()):
            # The local cloud runs the engine in a copy of the project whose program is linked to the original.
            return (folder / "stacks" / "__main__.py").resolve().parents[1]
    raise ModelwayError(
        f"no Modelway project here: neither {here} nor a folder above it has a Pulumi.yaml with `name: {PROJECT}`. "
        "Change to your clone first."
    )


def engine_folder(root: Path) -> Path:
    """The folder the engine runs in: `PULUMI_OPTION_CWD`, which the engine itself obeys, or `root`."""
    return Path(os.environ.get("PULUMI_OPTION_CWD") or root)


def environments_folder(root: Path, name: str) -> Path:
    """The folder of the environments as configured for environment `name` (`modelway:environments`), absolute.

    Relative values count from `root`. Raises ModelwayError when the stack's configuration file cannot be read.
    """
    config = engine_folder(root) / "stacks" / "config" / f"Pulumi.{name}.yaml"
    configured = _environments_in(config) if config.is_file() else None
    return root / (configured or DEFAULT_ENVIRONMENTS)


def cache_folder() -> Path:
    """Where a user's caches are (specifications.freedesktop.org/basedir/latest)."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    # One that is not absolute is to be ignored.
    return (Path(named) if Path(named).is_absolute() else Path.home() / ".cache") / "modelway"


def read_stack_file(file: Path) -> dict[str, Any]:
    """What is in a stack's configuration file. Raises ModelwayError when it is none."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        content = YAML(typ="safe").load(file.read_text("utf-8")) or {}
        (content.get("config") or {}).keys()
    except (YAMLError, UnicodeDecodeError, AttributeError) as fault:
        raise ModelwayError(f"{file}: not a stack configuration file: {str(fault).splitlines()[0]}") from fault
    return dict(content)


def _environments_in(file: Path) -> str | None:
    key = f"{PROJECT}:environments"
    value = (read_stack_file(file).get("config") or {}).get(key)
    if value is not None and not isinstance(value, str):
        raise ModelwayError(f"{file}: {key} is {value!r}, but has to be the path of a folder.")
    return value
