"""Stand-ins for the official Pulumi providers of AWS and Kubernetes, for runs without the official ones.

They are installed into a private PULUMI_HOME; a Pulumi project, its program and its SDKs do not know them.
"""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path

_PLUGINS = {"aws": "pulumi-aws", "kubernetes": "pulumi-kubernetes"}


def install(pulumi_home: Path, root: Path) -> None:
    """Afterwards `pulumi` with this PULUMI_HOME finds both plugins, in the versions of the installed SDKs (else it warns at every run).

    `root` is the clone that holds this package. The launchers name the running interpreter; plugins of other SDK versions stay.
    """
    for name, distribution in _PLUGINS.items():
        folder = pulumi_home / "plugins" / f"resource-{name}-v{importlib.metadata.version(distribution)}"
        folder.mkdir(parents=True, exist_ok=True)
        about = f"A stand-in for the official Pulumi {name} provider, run from {root / 'localcloud' / 'plugins' / name}.\n"
        _write(folder / "README", about, 0o644)
        _write(folder / f"pulumi-resource-{name}", _launcher(name, root), 0o755)


def _launcher(name: str, root: Path) -> str:
    # exec: the plugin's parent must be the engine, whose end it watches.
    return (
        "#!/bin/sh\n"
        f"# Stand-in for the official Pulumi {name} provider; part of Modelway's local cloud.\n"
        f'PYTHONPATH={_quoted(str(root))} exec {_quoted(sys.executable)} -P -m localcloud.plugins.{name} "$@"\n'
    )


def _write(file: Path, text: str, mode: int) -> None:
    if file.is_file() and file.read_text("utf-8") == text:
        return
    # At once: an engine may be starting it.
    fresh = file.with_name(f".{file.name}.new")
    fresh.write_text(text, encoding="utf-8")
    fresh.chmod(mode)
    fresh.replace(file)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
