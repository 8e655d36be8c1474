"""The copy of the project in which the engine runs locally, so that `stack init` and `config set` never touch the tree."""

import shutil
from pathlib import Path


def refresh(root: Path, copy: Path) -> None:
    """Afterwards `copy` is the project as it is in `root` now.

    Pulumi.yaml is copied, the program is linked file by file, so edits are live; stack configuration is copied once per file and then
    belongs to the local cloud: what `config set` wrote there stays.
    """
    stacks = copy / "stacks"
    config = stacks / "config"
    config.mkdir(mode=0o700, parents=True, exist_ok=True)
    _copy(root / "Pulumi.yaml", copy / "Pulumi.yaml")
    _link(copy / ".venv", root / ".venv")
    # stacks/requirements.txt points at it.
    _link(copy / "requirements.lock", root / "requirements.lock")
    own = ("config", "__pycache__")
    entries = {entry.name: entry for entry in (root / "stacks").iterdir() if entry.name not in own}
    for old in stacks.iterdir():
        if old.name not in own and old.name not in entries:
            old.unlink()
    for name, entry in entries.items():
        _link(stacks / name, entry)
    if (root / "stacks" / "config").is_dir():
        for file in (root / "stacks" / "config").glob("Pulumi.*.yaml"):
            if not (config / file.name).exists():
                shutil.copyfile(file, config / file.name)


def _copy(source: Path, target: Path) -> None:
    content = source.read_bytes()
    if target.is_file() and target.read_bytes() == content:
        return
    # At once: an engine may be reading it.
    fresh = target.with_name(f".{target.name}.new")
    fresh.write_bytes(content)
    fresh.replace(target)


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() and link.readlink() == target:
        return
    link.unlink(missing_ok=True)
    link.symlink_to(target)
