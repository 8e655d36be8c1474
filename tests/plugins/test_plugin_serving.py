"""A small provider behind a real gRPC server, called as the engine calls it."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from localcloud.plugins.serving import (
    Check,
    Checked,
    Create,
    Created,
    Diff,
    Difference,
    Failure,
    Found,
    Partial,
    Provider,
    ProviderError,
    Read,
    start,
)
from localcloud.plugins.values import UNKNOWN, Secret, from_struct, to_struct

URN = "urn:pulumi:dev::project::parent$shop:index:Thing::mine"


class Shop(Provider):
    name, version = "shop", "1.2.3"

    def check(self, request: Check) -> Checked:
        assert (request.resource.type, request.resource.name) == ("shop:index:Thing", "mine")
        naming = request.autonaming
        inputs = {**request.inputs, "name": f"{naming.mode}/{naming.name}" if naming else "own", "old": request.old_inputs.get("size")}
        return Checked(inputs, [] if "size" in request.inputs else [Failure("size", "is required")])

    def diff(self, request: Diff) -> Difference:
        return Difference.of(request.old_inputs, request.inputs, lambda path: path[0] == "size", delete_before_replace=True)

    def create(self, request: Create) -> Created:
        match request.inputs.get("size"):
            case "refused":
                raise ProviderError("too large for the shelf")
            case "broken":
                raise KeyError("shelf")
            case "half":
                raise Partial("id-1", {"done": Secret("half")}, ["first reason", "second reason"])
            case "slow":
                assert self.cancelled.wait(10)
                raise ProviderError("interrupted")
        return Created("id-1", {**request.inputs, "timeout": request.timeout, "preview": request.preview, "later": UNKNOWN})

    def read(self, request: Read) -> Found | None:
        return Found(request.id, request.inputs, request.outputs) if request.id == "id-1" else None


@pytest.fixture
def shop() -> Iterator[provider_pb2_grpc.ResourceProviderStub]:
    server = start(Shop())
    with grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        yield provider_pb2_grpc.ResourceProviderStub(channel)
    server.stop()


def test_what_the_plugin_says_about_itself(shop: provider_pb2_grpc.ResourceProviderStub) -> None:
    assert shop.GetPluginInfo(empty_pb2.Empty()).version == "1.2.3"
    assert '"shop"' in shop.GetSchema(provider_pb2.GetSchemaRequest()).schema
    assert shop.Handshake(provider_pb2.ProviderHandshakeRequest()).accept_secrets
    configured = shop.Configure(provider_pb2.ConfigureRequest())
    assert configured.supportsPreview
    assert configured.acceptSecrets


def test_check_names_every_failure(shop: provider_pb2_grpc.ResourceProviderStub) -> None:
    naming = provider_pb2.CheckRequest.AutonamingOptions(proposed_name="x", mode="ENFORCE")
    answer = shop.Check(
        provider_pb2.CheckRequest(urn=URN, olds=to_struct({"size": 1}), news=to_struct({"a": Secret(1)}), autonaming=naming)
    )
    assert from_struct(answer.inputs) == {"a": Secret(1), "name": "enforce/x", "old": 1}
    assert [(failure.property, failure.reason) for failure in answer.failures] == [("size", "is required")]
    assert from_struct(shop.Check(provider_pb2.CheckRequest(urn=URN, news=to_struct({"size": 1}))).inputs)["name"] == "own"


def test_diff_is_property_by_property(shop: provider_pb2_grpc.ResourceProviderStub) -> None:
    old, new = to_struct({"size": 1, "tags": {"a.b": "1", "c": "2"}}), to_struct({"size": 2, "tags": {"a.b": "2"}, "more": [1]})
    answer = shop.Diff(provider_pb2.DiffRequest(urn=URN, olds=to_struct({}), old_inputs=old, news=new))
    assert answer.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert answer.deleteBeforeReplace
    kinds = {path: provider_pb2.PropertyDiff.Kind.Name(each.kind) for path, each in answer.detailedDiff.items()}
    assert kinds == {"size": "UPDATE_REPLACE", 'tags["a.b"]': "UPDATE", "tags.c": "DELETE", "more": "ADD"}
    assert list(answer.replaces) == ["size"]
    same = shop.Diff(provider_pb2.DiffRequest(urn=URN, old_inputs=old, news=old))
    assert same.changes == provider_pb2.DiffResponse.DIFF_NONE


def create(size: str, **fields: object) -> provider_pb2.CreateRequest:
    return provider_pb2.CreateRequest(urn=URN, properties=to_struct({"size": size}), **fields)


def test_create_and_read(shop: provider_pb2_grpc.ResourceProviderStub) -> None:
    made = shop.Create(create("small", timeout=7.5, preview=True))
    assert made.id == "id-1"
    assert from_struct(made.properties) == {"size": "small", "timeout": 7.5, "preview": True, "later": UNKNOWN}
    found = shop.Read(provider_pb2.ReadRequest(urn=URN, id="id-1", inputs=to_struct({"a": 1}), properties=to_struct({"b": 2})))
    assert (found.id, from_struct(found.inputs), from_struct(found.properties)) == ("id-1", {"a": 1}, {"b": 2})
    assert shop.Read(provider_pb2.ReadRequest(urn=URN, id="gone")).id == ""


@pytest.mark.parametrize(
    ("size", "message"),
    [("refused", "too large for the shelf"), ("broken", "unexpected KeyError at test_plugin_serving.py:"), ("half", "first reason")],
)
def test_errors_are_sentences(shop: provider_pb2_grpc.ResourceProviderStub, size: str, message: str) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        shop.Create(create(size))
    assert message in raised.value.details()
    assert "Traceback" not in raised.value.details()


def test_what_exists_half_goes_into_the_state(shop: provider_pb2_grpc.ResourceProviderStub) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        shop.Create(create("half"))
    status = status_pb2.Status.FromString(dict(raised.value.trailing_metadata())["grpc-status-details-bin"])
    detail = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(detail)
    assert (detail.id, list(detail.reasons), from_struct(detail.properties)) == (
        "id-1",
        ["first reason", "second reason"],
        {"done": Secret("half")},
    )


def test_what_a_provider_cannot_do_is_refused_politely(shop: provider_pb2_grpc.ResourceProviderStub) -> None:
    with pytest.raises(grpc.RpcError, match="shop cannot delete shop:index:Thing"):
        shop.Delete(provider_pb2.DeleteRequest(urn=URN, id="id-1"))
    with pytest.raises(grpc.RpcError, match="shop has no function shop:index:find"):
        shop.Invoke(provider_pb2.InvokeRequest(tok="shop:index:find"))
    with pytest.raises(grpc.RpcError) as raised:
        shop.Parameterize(provider_pb2.ParameterizeRequest())
    assert raised.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_cancel_ends_waits(shop: provider_pb2_grpc.ResourceProviderStub) -> None:
    waiting = shop.Create.future(create("slow"))
    shop.Cancel(empty_pb2.Empty())
    assert "interrupted" in waiting.exception(timeout=5).details()


def test_operations_run_side_by_side() -> None:
    both = threading.Barrier(2, timeout=5)

    class Meeting(Provider):
        name, version = "meeting", "1.0.0"

        def create(self, request: Create) -> Created:
            both.wait()
            return Created("id", {})

    server = start(Meeting())
    with grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        stub = provider_pb2_grpc.ResourceProviderStub(channel)
        calls = [stub.Create.future(create("any")) for _ in range(2)]
        assert [call.result(timeout=5).id for call in calls] == ["id", "id"]
    server.stop()


PLUGIN = """
from localcloud.plugins.serving import Provider, serve
class Shop(Provider):
    name, version = "shop", "1.2.3"
serve(Shop())
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_at_once_and_silently(number: signal.Signals, tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", PLUGIN], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as plugin:
        assert plugin.stdout is not None
        assert int(plugin.stdout.readline()) > 0
        plugin.send_signal(number)
        rest, errors = plugin.communicate(timeout=5)
    assert (plugin.returncode, rest, errors) == (0, "", "")


def test_it_ends_when_its_engine_is_gone(tmp_path: Path) -> None:
    engine = textwrap.dedent(
        f"""
        import subprocess, sys, time
        plugin = subprocess.Popen([sys.executable, "-c", {PLUGIN!r}], stdout=subprocess.PIPE)
        plugin.stdout.readline()
        print(plugin.pid, flush=True)
        time.sleep(60)
        """
    )
    with subprocess.Popen([sys.executable, "-c", engine], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        plugin = int(parent.stdout.readline())
        parent.kill()
    for _ in range(50):
        try:
            os.kill(plugin, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    os.kill(plugin, signal.SIGKILL)
    pytest.fail("the plugin outlived its engine")
