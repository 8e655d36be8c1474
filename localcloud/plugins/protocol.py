"""The gRPC side of a provider plugin: protocol buffers in and out, plain values between."""

# The names of gRPC methods and their arguments are the protocol's.
# ruff: noqa: ARG002, N802

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from localcloud.plugins.operations import (
    Autonaming,
    Check,
    Checked,
    Create,
    Delete,
    Diff,
    Difference,
    Partial,
    ProviderError,
    Read,
    Resource,
    Update,
)
from localcloud.plugins.values import from_struct, path_text, to_struct

if TYPE_CHECKING:
    from localcloud.plugins.serving import Provider

_Answer = TypeVar("_Answer")
_MODES = {0: "propose", 1: "enforce", 2: "disable"}
_KINDS = provider_pb2.PropertyDiff.Kind


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Serves one provider. An operation that raises ends as a gRPC error with its message, never with a traceback."""

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
