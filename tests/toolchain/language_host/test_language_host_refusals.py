"""What this host does not do, it says in a sentence."""

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import language_pb2

from tests.toolchain.language_host.conftest import Host
from toolchain import PULUMI_VERSION

pytestmark = pytest.mark.localcloud

REFUSED = {
    "GenerateProgram": (language_pb2.GenerateProgramRequest(), "generates none; install the official Pulumi CLI"),
    "GenerateProject": (language_pb2.GenerateProjectRequest(), "generates none; install the official Pulumi CLI"),
    "GeneratePackage": (language_pb2.GeneratePackageRequest(), "generates none; install the official Pulumi CLI"),
    "Pack": (language_pb2.PackRequest(), "generates none; install the official Pulumi CLI"),
    "Link": (language_pb2.LinkRequest(), "generates none; install the official Pulumi CLI"),
    "Template": (language_pb2.TemplateRequest(), "templates stay as they are"),
    "RuntimeOptionsPrompts": (language_pb2.RuntimeOptionsRequest(), "the toolchain is pip"),
    "GetRequiredPlugins": (language_pb2.GetRequiredPluginsRequest(), "GetRequiredPackages has taken its place"),
}


def test_what_is_not_implemented(host: Host) -> None:
    for method, (request, sentence) in REFUSED.items():
        with pytest.raises(grpc.RpcError) as raised:
            getattr(host.stub, method)(request)
        assert raised.value.code() is grpc.StatusCode.UNIMPLEMENTED
        assert sentence in raised.value.details()


def test_what_is_left_to_the_official_one(host: Host) -> None:
    assert "attaches no debugger" in host.stub.Run(language_pb2.RunRequest(attach_debugger=True)).error
    with pytest.raises(grpc.RpcError, match="attaches no debugger"):
        list(host.stub.RunPlugin(language_pb2.RunPluginRequest(attach_debugger=True)))
    with pytest.raises(grpc.RpcError, match="installs no Python: leave --use-language-version-tools out"):
        list(host.stub.InstallDependencies(language_pb2.InstallDependenciesRequest(use_language_version_tools=True)))


def test_it_is_of_the_version_of_the_engine(host: Host) -> None:
    assert host.stub.GetPluginInfo(empty_pb2.Empty()).version == PULUMI_VERSION
