"""The folder of one local cloud: who uses it, and where everything in it lies."""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from localcloud import LocalCloudError


class Home:
    """Paths in the folder of a local cloud. Everything in it is readable by its owner only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.state_file = self.folder / "state.json"
        self.logs = self.folder / "logs"
        self.control_socket = self.folder / "control.sock"
        self.token_file = self.folder / "control.token"
        self.aws = self.folder / "aws"
        self.pulumi_home = self.folder / "pulumi"
        self.pulumi_state = self.folder / "state"
        self.passphrase_file = self.folder / "passphrase"
        self.project = self.folder / "project"
        self.kubeconfig = self.folder / "kubeconfig"
        self.certificates = self.folder / "certificates"

    def cluster(self, name: str) -> Path:
        """Folder of one cluster: its certificates, keys and kubeconfigs."""
        return self.folder / "clusters" / name

    def log(self, part: str) -> Path:
        return self.logs / f"{part.replace('/', '.')}.log"

    def create(self) -> None:
        """Afterwards the folder and the secrets every part needs exist. Raises LocalCloudError when the folder cannot be written."""
        try:
            for folder in (self.folder, self.logs, self.aws, self.pulumi_home, self.pulumi_state):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.folder.chmod(0o700)
            for file in (self.token_file, self.passphrase_file):
                if not file.exists():
                    write_private(file, secrets.token_urlsafe(32))
        except OSError as fault:
            raise LocalCloudError(f"the local cloud cannot write its folder {self.folder}: {fault.strerror or fault}.") from fault

    def read_state(self) -> dict[str, Any]:
        """What the supervisor wrote last; empty when there is nothing, or nothing readable."""
        try:
            state = json.loads(self.state_file.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return state if isinstance(state, dict) else {}

    def write_state(self, state: dict[str, Any]) -> None:
        write_private(self.state_file, json.dumps(state, indent=1) + "\n")

    def remove(self) -> None:
        """Afterwards the folder is gone, and the one above it when nothing else is in it."""
        for _ in range(20):
            # Something that still runs (an engine, a shell) may add a file while the rest is removed.
            shutil.rmtree(self.folder, ignore_errors=True)
            if not self.folder.exists():
                break
            time.sleep(0.1)
        else:
            raise LocalCloudError(f"{self.folder} cannot be removed: something still writes there or it belongs to another user.")
        if self.folder.parent.name == ".modelway":
            with contextlib.suppress(OSError):
                self.folder.parent.rmdir()

    @contextlib.contextmanager
    def locked(self, create: bool) -> Iterator[bool]:
        """One `up` or `down` at a time. Yields whether the folder exists (with `create` it always does).

        The lock is on the folder itself, so that `down` leaves no lock file; who waited for a folder that is gone by then starts again.
        """
        while True:
            if create:
                self.create()
            try:
                descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            except FileNotFoundError:
                if create:
                    continue
                yield False
                return
            except OSError as fault:
                raise LocalCloudError(f"the local cloud cannot open its folder {self.folder}: {fault.strerror}.") from fault
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                if not _is(descriptor, self.folder):
                    continue
                yield True
                return
            finally:
                os.close(descriptor)


def write_private(file: Path, text: str) -> None:
    """Replaces the file at once, mode 0600."""
    fresh = file.with_name(f".{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    fresh.replace(file)


def _is(descriptor: int, folder: Path) -> bool:
    try:
        now = folder.stat()
    except OSError:
        return False
    then = os.fstat(descriptor)
    return (now.st_dev, now.st_ino) == (then.st_dev, then.st_ino)
