"""What every provider plugin shares: the gRPC server the engine talks to, and a base class on plain Python values.

A plugin subclasses `Provider`, overrides what it can do and calls `serve(TheProvider())`:

    class Shop(Provider):
        name, version = "shop", "1.2.3"

        def check(self, request: Check) -> Checked:
            missing = [Failure("size", "is required")] if "size" not in request.inputs else []
            return Checked(request.inputs, missing)

        def diff(self, request: Diff) -> Difference:
            return Difference.of(request.old_inputs, request.inputs, replace_on=lambda path: path[0] == "size")

        def create(self, request: Create) -> Created:
            if request.preview:
                return Created("", {**request.inputs, "price": UNKNOWN})
            ...
            return Created(identifier, {**outputs})

    serve(Shop())

Rules of the game:
- Every method runs in a thread of its own (up to 64 at once) and may block. Long waits look at `self.cancelled` (a threading.Event,
  set when the user interrupts) every second or so; `self.cancelled.wait(seconds)` is the sleep to use.
- Values are those of localcloud.plugins.values: plain Python plus Secret and UNKNOWN. Inputs keep their secret marks; what a method
  returns is sent as it is, so outputs that come from secret inputs are marked with `secret_like(outputs, request.inputs)`.
- Errors: `ProviderError("one clear sentence")` fails the operation. `Partial(id, outputs, reasons)` fails create or update but leaves
  the object in the state, with the reasons, so that the next `up` goes on from there. `read` returns None for what is gone,
  `delete` of what is gone succeeds.
- `self.log(message, urn, status=True)` shows a fleeting line beside the resource; without status it is kept in the output.
- Time-outs (`request.timeout`, seconds, None = the plugin's own default) come from the resource option customTimeouts.

Never write to stdout: the engine reads the port from there.
"""

# Defaults ignore their arguments.
# ruff: noqa: ARG002

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable
from typing import ClassVar, NoReturn

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2_grpc

from localcloud.plugins.operations import (
    Autonaming,
    Check,
    Checked,
    Create,
    Created,
    Delete,
    Diff,
    Difference,
    Failure,
    Found,
    Partial,
    ProviderError,
    Read,
    Resource,
    Teller,
    Update,
)
from localcloud.plugins.protocol import Servicer
from localcloud.plugins.values import Path, Properties, Value
from toolchain import plugin_process

_PARALLEL = 64


class Provider:
    """A provider. What a subclass does not override is refused with a clear error, but for the harmless defaults below."""

    name: ClassVar[str]
    version: ClassVar[str]
    description: ClassVar[str] = ""

    def __init__(self) -> None:
        self.cancelled = threading.Event()
        self._engine: engine_pb2_grpc.EngineStub | None = None

    def schema(self) -> str:
        """The package schema as JSON text."""
        return f'{{"name": "{self.name}", "version": "{self.version}", "description": "{self.description}"}}'

    def check_config(self, request: Check) -> Checked:
        return Checked(request.inputs)

    def diff_config(self, request: Diff) -> Difference:
        return Difference.of(request.old_inputs, request.inputs)

    def configure(self, config: Properties) -> None:
        """Called once, before any resource. Previews may hold UNKNOWN values."""

    def check(self, request: Check) -> Checked:
        return Checked(request.inputs)

    def diff(self, request: Diff) -> Difference:
        return Difference.of(request.old_inputs, request.inputs)

    def create(self, request: Create) -> Created:
        raise ProviderError(f"{self.name} cannot create {request.resource.type}")

    def read(self, request: Read) -> Found | None:
        raise ProviderError(f"{self.name} cannot read {request.resource.type}")

    def update(self, request: Update) -> Properties:
        """The outputs after the update."""
        raise ProviderError(f"{self.name} cannot update {request.resource.type}")

    def delete(self, request: Delete) -> None:
        raise ProviderError(f"{self.name} cannot delete {request.resource.type}")

    def invoke(self, token: str, arguments: Properties, preview: bool) -> Properties:
        """The result of a function (data source). `preview` says that some arguments may be UNKNOWN."""
        raise ProviderError(f"{self.name} has no function {token}")

    def log(self, message: str, urn: str = "", severity: str = "info", status: bool = False) -> None:
        """A line in the engine's output beside the resource; `severity`: debug, info, warning, error. Never fails."""
        if self._engine is None:
            return
        request = engine_pb2.LogRequest(severity=engine_pb2.LogSeverity.Value(severity.upper()), message=message, urn=urn, ephemeral=status)
        with contextlib.suppress(grpc.RpcError):
            self._engine.Log(request, timeout=5)

    def attach(self, engine_address: str) -> None:
        """Afterwards `log` talks to this engine."""
        if engine_address:
            self._engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(engine_address))


def serve(provider: Provider) -> NoReturn:
    """Serves until the engine ends it (SIGINT or SIGTERM), or the engine itself is gone. Silent, exit code 0."""
    engine = next((argument for argument in reversed(sys.argv[1:]) if not argument.startswith("-")), "")
    provider.attach(engine)
    plugin_process.serve(_register(provider), _PARALLEL, engine)


def start(provider: Provider) -> plugin_process.Server:
    """A server on a free loopback port, for as long as somebody holds it."""
    return plugin_process.start(_register(provider), _PARALLEL)


def _register(provider: Provider) -> Callable[[grpc.Server], None]:
    return lambda server: provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(provider), server)


__all__ = [
    "Autonaming",
    "Check",
    "Checked",
    "Create",
    "Created",
    "Delete",
    "Diff",
    "Difference",
    "Failure",
    "Found",
    "Partial",
    "Path",
    "Properties",
    "Provider",
    "ProviderError",
    "Read",
    "Resource",
    "Teller",
    "Update",
    "Value",
    "serve",
    "start",
]
