"""Locks of stacks in a backend of one's own, whose owner they are, and whether that process is dead.

The engine writes one file a run and removes it at the end; nothing renews it, so a killed run's stays (pkg/backend/diy/lock.go of
pulumi/pulumi). `pulumi cancel` removes all of them, those of living runs too; here one is removed whose owner is proved to be dead.
"""

import json
import os
import re
import socket
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from modelway.errors import ModelwayError
from modelway.operations.project import PROJECT

_SLACK = timedelta(seconds=5)
"""Clocks and `ps` are that exact."""


class NoSuchBackend(ModelwayError):
    """Locks of this kind of backend cannot be read here."""


@dataclass(frozen=True)
class Owner:
    """Who wrote a lock."""

    pid: int
    user: str
    host: str
    since: datetime

    def __str__(self) -> str:
        return f"{self.user}@{self.host}, process {self.pid}, since {self.since.astimezone(UTC).isoformat(timespec='seconds')}"


@dataclass(frozen=True)
class Lock:
    """One lock of a stack."""

    key: str
    """Where it is, in the backend."""
    owner: Owner | None
    """None when what is written there says nobody: a run that was killed while it wrote."""


@dataclass(frozen=True)
class Proof:
    """Whether a lock's owner is dead, and why that is known or not."""

    dead: bool
    why: str


class Locks(Protocol):
    """The locks in one backend."""

    def of(self, stack: str) -> list[Lock]:
        """The stack's locks, oldest name first."""

    def remove(self, lock: Lock) -> None:
        """That lock is gone, and no other."""

    def mend(self, stack: str, /) -> list[str]:
        """The stack's state can be read, if only a killed run stood in the way; nobody may hold the stack. Returns what was removed."""


class FileLocks:
    """Locks below a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / ".pulumi" / "locks"

    def of(self, stack: str) -> list[Lock]:
        found = []
        for place in places(stack):
            for file in sorted((self._folder / place).glob("*.json")):
                try:
                    found.append(Lock(str(file), read_owner(file.read_bytes())))
                except FileNotFoundError:
                    continue  # its run has just ended
        return found

    def remove(self, lock: Lock) -> None:
        for file in (Path(lock.key), Path(f"{lock.key}.attrs")):
            file.unlink(missing_ok=True)

    def mend(self, stack: str) -> list[str]:
        # The engine's store writes a file's attributes beside it, in place, and reads nothing where these were cut off; without them it
        # reads all the same. gocloud.dev/blob/fileblob, setAttrs and getAttrs.
        beside = [self._folder.parent / "stacks" / PROJECT / f"{stack}.json{ending}.attrs" for ending in ("", ".gz", ".zst", ".bak")]
        beside += [file for place in places(stack) for file in (self._folder / place).glob("*.attrs")]
        cut_off = [file for file in beside if file.is_file() and not _is_json(file.read_bytes())]
        for file in cut_off:
            file.unlink()
        return [str(file) for file in cut_off]


def places(stack: str) -> tuple[str, str]:
    """Where below the folder of locks those of a stack are: as it is, and in backends from before there were projects."""
    return f"organization/{PROJECT}/{stack}", stack


def open_locks(url: str) -> Locks | None:
    """The locks of the backend at `url`; None for Pulumi Cloud, which knows itself whose runs are alive.

    Raises NoSuchBackend for stores that nobody can read here.
    """
    parts = urlsplit(url)
    match parts.scheme:
        case "file":
            return FileLocks(Path(f"{parts.netloc}{parts.path}").expanduser().resolve())
        case "s3":
            from modelway.operations._aws_backend import S3Locks

            return S3Locks(parts.netloc, parts.path.strip("/"), parts.query)
        case "https" | "http":
            return None
    raise NoSuchBackend(
        f"the state is in {parts.scheme}://{parts.netloc}, whose locks cannot be read here: see who holds the lock, make sure that that"
        " process is dead, and use `pulumi cancel`."
    )


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except ValueError:
        return False
    return True


def read_owner(content: bytes) -> Owner | None:
    """Who wrote a lock with this content; None when it does not say."""
    try:
        said = json.loads(content)
        # Go writes nanoseconds, which Python reads from 3.11 on, but for more than six digits.
        since = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", said["timestamp"]))
        return Owner(int(said["pid"]), str(said["username"]), str(said["hostname"]), since if since.tzinfo else since.replace(tzinfo=UTC))
    except (ValueError, KeyError, TypeError):
        return None


def prove(owner: Owner | None, gone_hosts: frozenset[str] = frozenset(), here: str | None = None) -> Proof:
    """Whether the owner of a lock is dead. Only somebody on the same host can be looked at; of others, `gone_hosts` are told to be gone."""
    if owner is None:
        return Proof(False, "the lock does not say who wrote it")
    host = here or socket.gethostname()
    if owner.host in gone_hosts and owner.host != host:
        return Proof(True, f"you say that {owner.host} is gone")
    if owner.host != host:
        return Proof(False, f"it runs on {owner.host}, and this is {host}")
    started = _started(owner.pid)
    if started is None:
        return Proof(True, f"there is no process {owner.pid} on {host}")
    if started > owner.since + _SLACK:
        return Proof(True, f"process {owner.pid} on {host} began after the lock was written: it is another one")
    return Proof(False, f"process {owner.pid} is alive on {host}")


def _started(pid: int) -> datetime | None:
    """When the process began; None when there is none, or only the entry of a dead one."""
    asked = subprocess.run(["ps", "-o", "stat=,etime=", "-p", str(pid)], capture_output=True, text=True, check=False)
    match = re.match(r"\s*(\S+)\s+(?:(?:(\d+)-)?(\d+):)?(\d+):(\d+)", asked.stdout)
    if match is None:
        # `ps` that cannot answer must not prove anybody dead.
        return None if not _there(pid) else datetime.min.replace(tzinfo=UTC)
    state, *age = match.groups()
    if state.startswith("Z"):
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in age)
    return datetime.now(UTC) - timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def _there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
