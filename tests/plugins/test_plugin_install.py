"""Both plugins where the engine looks for them."""

import importlib.metadata
import os
from pathlib import Path

from localcloud.plugins import install


def test_both_plugins_are_installed_and_say_what_they_are(tmp_path: Path) -> None:
    root = tmp_path / "a clone's folder"
    for _ in range(2):  # the second time changes nothing
        install(tmp_path / "home", root)
    for name in ("aws", "kubernetes"):
        folder = tmp_path / "home" / "plugins" / f"resource-{name}-v{importlib.metadata.version(f'pulumi-{name}')}"
        program = folder / f"pulumi-resource-{name}"
        assert os.access(program, os.X_OK)
        assert "Stand-in" in program.read_text(encoding="utf-8")
        assert "stand-in" in (folder / "README").read_text(encoding="utf-8")
