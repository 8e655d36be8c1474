"""A serving image without a container engine: unpacked into a folder, its program run as a process."""

import json
import os
import shutil
import socket
import subprocess
import tarfile
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from modelway.errors import ModelwayError
from modelway.operations._aws import ImageRegistry

READY_SECONDS = 30


class NotServed(ModelwayError):
    """The image's program does not serve here."""


@contextmanager
def serving(
    registry: ImageRegistry,
    repository: str,
    digest: str,
    variables: Mapping[str, str],
    *,
    arguments: Sequence[str] = (),
    ready: str = "/v2/health/ready",
) -> Iterator[str]:
    """Address of the image's program, run with `variables` and this process's AWS credentials, for as long as it is needed.

    `arguments` come behind those of the image; the program is ready when `ready` answers. Raises NotServed, with what the program said;
    AwsFailure for an image that is not in the registry.
    """
    folder = Path(tempfile.mkdtemp(prefix="modelway-image-"))
    try:
        command = _unpack(registry, repository, digest, folder)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        own = {name: value for name, value in os.environ.items() if name.startswith("AWS_") or name in ("PATH", "HOME")}
        with (folder / "log").open("w+b") as log:
            process = subprocess.Popen(
                [*command, *arguments],
                cwd=folder / "root",
                env={**own, **variables, "PORT": str(port), "DRAIN_SECONDS": "0"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
            try:
                _await(process, f"http://127.0.0.1:{port}{ready}", folder / "log")
                yield f"http://127.0.0.1:{port}"
            finally:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unpack(registry: ImageRegistry, repository: str, digest: str, folder: Path) -> list[str]:
    """The image's files lie under `folder`/root; returns the command that its configuration names, with paths in there."""
    manifest = registry.by_digest(repository, digest)
    if manifest is None:
        raise NotServed(f"image {repository}@{digest} is not in the registry: `modelway publish` puts it there.")
    content, root = json.loads(manifest), folder / "root"
    root.mkdir()
    layers = [layer["digest"] for layer in content["layers"]]
    for layer in layers:
        registry.download(repository, layer, folder / "layer")
        with tarfile.open(folder / "layer") as archive:
            archive.extractall(root, filter="data")
    registry.download(repository, content["config"]["digest"], folder / "config")
    settings = json.loads((folder / "config").read_bytes()).get("config", {})
    command = [*(settings.get("Entrypoint") or []), *(settings.get("Cmd") or [])]
    if not command:
        raise NotServed(f"image {repository}@{digest} names no program to run.")
    return [f"{root}{part}" if part.startswith("/") and (root / part.lstrip("/")).exists() else part for part in command]


def _await(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    said = log.read_text("utf-8", "replace").strip()[-1000:] or "it said nothing"
    ended = f"ended with {process.returncode}" if process.returncode is not None else f"was not ready within {READY_SECONDS} s"
    raise NotServed(f"the image's program {ended}: {said}")
