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

# The names of gRPC methods and their arguments are the protocol's.
# ruff: noqa: ARG002, N802

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, ClassVar, NoReturn, TypeAlias, TypeVar

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from localcloud.plugins.values import Path, Properties, Value, differences, from_struct, path_text, to_struct

Teller: TypeAlias = Callable[[str], None]

_PARALLEL = 64
_MESSAGE_LIMIT = 400 * 1024 * 1024  # bytes; what the engine itself allows (sdk/go/common/util/rpcutil)


class ProviderError(Exception):
    """The operation failed; the message is what the user reads."""


class Partial(Exception):
    """The object exists but is not as it should be: it goes into the state, and the operation fails with the reasons."""

    def __init__(self, identifier: str, outputs: Properties, reasons: Sequence[str], inputs: Properties | None = None) -> None:
        super().__init__("; ".join(reasons))
        self.identifier = identifier
        self.outputs = outputs
        self.reasons = list(reasons)
        self.inputs = inputs


@dataclass(frozen=True)
class Resource:
    """Which resource a request is about: URN, type token (`aws:s3/bucketV2:BucketV2`) and logical name."""

    urn: str
    type: str
    name: str


@dataclass(frozen=True)
class Autonaming:
    """What the stack's configuration `pulumi:autonaming` says: mode "propose", "enforce" or "disable", and the name for the first two."""

    mode: str
    name: str


@dataclass(frozen=True)
class Check:
    """Validate inputs and fill in defaults. `old_inputs` is empty for a resource that does not exist yet."""

    resource: Resource
    old_inputs: Properties
    inputs: Properties
    seed: bytes = b""
    autonaming: Autonaming | None = None


@dataclass(frozen=True)
class Failure:
    """One input that is wrong: which, and why."""

    property: str
    reason: str


@dataclass(frozen=True)
class Checked:
    """The inputs with defaults, and every failure at once."""

    inputs: Properties
    failures: Sequence[Failure] = ()


@dataclass(frozen=True)
class Diff:
    """Compare; `inputs` are the checked new ones."""

    resource: Resource
    id: str
    old_inputs: Properties
    old_outputs: Properties
    inputs: Properties
    ignore_changes: Sequence[str] = ()


@dataclass(frozen=True)
class Difference:
    """What an update would do. `changes`: path → "add", "delete" or "update"; a path in `replaces` makes it a replacement."""

    changes: Mapping[Path, str] = field(default_factory=dict)
    replaces: frozenset[Path] = frozenset()
    delete_before_replace: bool = False

    @staticmethod
    def of(
        old: Properties, new: Properties, replace_on: Callable[[Path], bool] = lambda _: False, delete_before_replace: bool = False
    ) -> Difference:
        """Property by property; those whose path satisfies `replace_on` force a replacement."""
        changes = dict(differences(old, new))
        return Difference(changes, frozenset(path for path in changes if replace_on(path)), delete_before_replace)


@dataclass(frozen=True)
class Create:
    resource: Resource
    inputs: Properties
    timeout: float | None
    preview: bool


@dataclass(frozen=True)
class Created:
    id: str
    outputs: Properties


@dataclass(frozen=True)
class Read:
    """Look at the live object: for a refresh (`inputs` and `outputs` as in the state) or an import (both empty)."""

    resource: Resource
    id: str
    inputs: Properties
    outputs: Properties
    timeout: float | None = None


@dataclass(frozen=True)
class Found:
    id: str
    inputs: Properties
    outputs: Properties


@dataclass(frozen=True)
class Update:
    resource: Resource
    id: str
    old_inputs: Properties
    old_outputs: Properties
    inputs: Properties
    timeout: float | None
    preview: bool
    ignore_changes: Sequence[str] = ()


@dataclass(frozen=True)
class Delete:
    resource: Resource
    id: str
    old_inputs: Properties
    outputs: Properties
    timeout: float | None


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
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(0))
    parent = os.getppid()
    addresses = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    provider.attach(addresses[-1] if addresses else "")
    server = start(provider)
    print(server.port, flush=True)  # noqa: T201 - the protocol of plugins
    # A killed engine (kill -9) cannot say good-bye, but it is our parent: the launcher execs.
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


@dataclass(frozen=True)
class Server:
    port: int
    stop: Callable[[], None]


def start(provider: Provider) -> Server:
    """A server on a free loopback port. For tests too."""
    options = [("grpc.max_receive_message_length", _MESSAGE_LIMIT), ("grpc.max_send_message_length", _MESSAGE_LIMIT)]
    server = grpc.server(ThreadPoolExecutor(_PARALLEL, thread_name_prefix=provider.name), options=options)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(_Servicer(provider), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return Server(port, lambda: server.stop(None).wait())


_Answer = TypeVar("_Answer")
_MODES = {0: "propose", 1: "enforce", 2: "disable"}
_KINDS = provider_pb2.PropertyDiff.Kind


class _Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Protocol buffers in, protocol buffers out; everything between is the provider's."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._provider.attach(request.engine_address)
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, supports_autonaming_configuration=True)

    def Attach(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._provider.attach(request.address)
        return empty_pb2.Empty()

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._provider.cancelled.set()
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:
        return plugin_pb2.PluginInfo(version=self._provider.version)

    def GetSchema(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.GetSchemaResponse(schema=self._provider.schema())

    def GetMapping(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.GetMappingResponse()

    def GetMappings(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.GetMappingsResponse()

    def Parameterize(self, request: Any, context: grpc.ServicerContext) -> Any:
        context.abort(grpc.StatusCode.UNIMPLEMENTED, f"{self._provider.name} takes no parameters")

    def Construct(self, request: Any, context: grpc.ServicerContext) -> Any:
        context.abort(grpc.StatusCode.UNIMPLEMENTED, f"{self._provider.name} has no component {request.type}")

    def Call(self, request: Any, context: grpc.ServicerContext) -> Any:
        context.abort(grpc.StatusCode.UNIMPLEMENTED, f"{self._provider.name} has no method {request.tok}")

    def List(self, request: Any, context: grpc.ServicerContext) -> Any:
        context.abort(grpc.StatusCode.UNIMPLEMENTED, f"{self._provider.name} cannot list resources")

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        return _checked(_run(context, lambda: self._provider.check_config(_check(request))))

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:
        return _checked(_run(context, lambda: self._provider.check(_check(request))))

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        return _difference(_run(context, lambda: self._provider.diff_config(_diff(request))))

    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:
        return _difference(_run(context, lambda: self._provider.diff(_diff(request))))

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:
        _run(context, lambda: self._provider.configure(from_struct(request.args)))
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True, supports_autonaming_configuration=True)

    def Invoke(self, request: Any, context: grpc.ServicerContext) -> Any:
        result = _run(context, lambda: self._provider.invoke(request.tok, from_struct(request.args), request.preview))
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(to_struct(result))  # a keyword in Python, a field in the protocol
        return response

    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:
        create = Create(_resource(request), from_struct(request.properties), request.timeout or None, request.preview)
        created = _run(context, lambda: self._provider.create(create))
        return provider_pb2.CreateResponse(id=created.id, properties=to_struct(created.outputs))

    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:
        inputs, outputs = from_struct(request.inputs), from_struct(request.properties)
        read = Read(_resource(request), request.id, inputs, outputs, request.timeout or None)
        found = _run(context, lambda: self._provider.read(read))
        if found is None:
            return provider_pb2.ReadResponse()
        return provider_pb2.ReadResponse(id=found.id, inputs=to_struct(found.inputs), properties=to_struct(found.outputs))

    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:
        update = Update(
            _resource(request),
            request.id,
            from_struct(request.old_inputs),
            from_struct(request.olds),
            from_struct(request.news),
            request.timeout or None,
            request.preview,
            tuple(request.ignoreChanges),
        )
        return provider_pb2.UpdateResponse(properties=to_struct(_run(context, lambda: self._provider.update(update))))

    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:
        old_inputs, outputs = from_struct(request.old_inputs), from_struct(request.properties)
        delete = Delete(_resource(request), request.id, old_inputs, outputs, request.timeout or None)
        _run(context, lambda: self._provider.delete(delete))
        return empty_pb2.Empty()


def _run(context: grpc.ServicerContext, operation: Callable[[], _Answer]) -> _Answer:
    """The operation's result; what it raises becomes a gRPC error that the engine can show."""
    try:
        return operation()
    except Partial as partial:
        problem: Exception = partial
    except ProviderError as error:
        problem = error
    except Exception as error:
        problem = error
        place = traceback.extract_tb(error.__traceback__)[-1]
        problem = ProviderError(f"unexpected {type(error).__name__} at {os.path.basename(place.filename)}:{place.lineno}: {error}")  # noqa: PTH119
    if isinstance(problem, Partial):
        detail = provider_pb2.ErrorResourceInitFailed(
            id=problem.identifier,
            properties=to_struct(problem.outputs),
            reasons=problem.reasons,
            inputs=None if problem.inputs is None else to_struct(problem.inputs),
        )
        status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(problem))
        status.details.add().Pack(detail)
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, str(problem))
    raise AssertionError("abort always raises")


def _resource(request: Any) -> Resource:
    # Older engines leave name and type empty: the URN says both.
    kind, name = request.urn.split("::", 3)[2:]
    return Resource(request.urn, request.type or kind.rsplit("$", 1)[-1], request.name or name)


def _check(request: Any) -> Check:
    naming = Autonaming(_MODES[request.autonaming.mode], request.autonaming.proposed_name) if request.HasField("autonaming") else None
    return Check(_resource(request), from_struct(request.olds), from_struct(request.news), request.randomSeed, naming)


def _checked(checked: Checked) -> Any:
    failures = [provider_pb2.CheckFailure(property=failure.property, reason=failure.reason) for failure in checked.failures]
    return provider_pb2.CheckResponse(inputs=to_struct(checked.inputs), failures=failures)


def _diff(request: Any) -> Diff:
    olds = from_struct(request.olds)
    old_inputs = from_struct(request.old_inputs) if request.HasField("old_inputs") else olds
    return Diff(_resource(request), request.id, old_inputs, olds, from_struct(request.news), tuple(request.ignoreChanges))


def _difference(difference: Difference) -> Any:
    response = provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME if difference.changes else provider_pb2.DiffResponse.DIFF_NONE,
        diffs=list(dict.fromkeys(str(path[0]) for path in difference.changes)),
        replaces=sorted(path_text(path) for path in difference.replaces),
        deleteBeforeReplace=difference.delete_before_replace,
        hasDetailedDiff=True,
    )
    for path, kind in difference.changes.items():
        name = kind.upper() + ("_REPLACE" if path in difference.replaces else "")
        response.detailedDiff[path_text(path)].CopyFrom(provider_pb2.PropertyDiff(kind=_KINDS.Value(name), inputDiff=True))
    return response


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
