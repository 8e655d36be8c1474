"""The gRPC side: what the engine asks of a language host."""

# The names of gRPC methods and their arguments are the protocol's.
# ruff: noqa: ARG002, N802

import contextlib
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

from toolchain.language_host import packages
from toolchain.language_host.environment import HostFault, Program
from toolchain.language_host.installing import install
from toolchain.language_host.processes import Processes, fate
from toolchain.pins import PULUMI_VERSION

_ALREADY_REPORTED = 32
"""The exit code of a program whose failure the engine has shown already."""


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Serves one engine."""

    def __init__(self, executor: Path, engine: str, tracing: str = "") -> None:
        self._executor = executor
        self._engine = engine
        self._tracing = tracing
        self._programs = Processes()
        self._plugins = Processes()

    def register(self, server: grpc.Server) -> None:
        language_pb2_grpc.add_LanguageRuntimeServicer_to_server(self, server)

    def end(self) -> None:
        """Kills everything that was started."""
        self._programs.end_all()
        self._plugins.end_all()

    def Handshake(
        self, request: language_pb2.LanguageHandshakeRequest, context: grpc.ServicerContext
    ) -> language_pb2.LanguageHandshakeResponse:
        self._engine = request.engine_address
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=PULUMI_VERSION)

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Ends programs and installations. Plugins were told by the engine itself, and may have to finish what they do."""
        self._programs.end_all()
        return empty_pb2.Empty()

    def Run(self, request: language_pb2.RunRequest, context: grpc.ServicerContext) -> language_pb2.RunResponse:
        if request.attach_debugger:
            return language_pb2.RunResponse(error="this language host attaches no debugger; install the official Pulumi CLI for that")
        with _telling(context):
            program = Program.of(request.info)
            command = [program.interpreter(), str(self._executor), *self._arguments(request)]
            variables = program.variables() | {
                "PULUMI_CONFIG": json.dumps(dict(request.config)),
                "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
            }
        with self._programs.start(command, context, folder=None, variables=variables, shown="here") as process:
            code = process.wait()
        if code == _ALREADY_REPORTED:
            return language_pb2.RunResponse(bail=True)
        return language_pb2.RunResponse(error=f"program {fate(code)}" if code else "")

    def _arguments(self, request: language_pb2.RunRequest) -> list[str]:
        flags = {
            "monitor": request.monitor_address,
            "engine": self._engine,
            "project": request.project,
            "root_directory": request.info.root_directory,
            "stack": request.stack,
            "pwd": request.pwd,
            "dry_run": "true" if request.dryRun else "false",
            "parallel": str(request.parallel),
            "tracing": self._tracing,
            "organization": request.organization,
        }
        given = [word for name, value in flags.items() if value for word in (f"--{name}", value)]
        return [*given, request.info.entry_point, *request.args]

    def RunPlugin(self, request: language_pb2.RunPluginRequest, context: grpc.ServicerContext) -> Iterator[language_pb2.RunPluginResponse]:
        if request.attach_debugger:
            context.abort(grpc.StatusCode.UNKNOWN, "this language host attaches no debugger; install the official Pulumi CLI for that")
        policies = request.kind == "analyzer"
        with _telling(context):
            program = Program.of(request.info, plugin=not policies)
            how = ["-u", "-m", "pulumi.policy", *request.args, str(program.folder)] if policies else [*_plugin(program), *request.args]
            command = [program.interpreter(), *how]
        variables = program.variables(dict(variable.split("=", 1) for variable in request.env))
        # Policies read files beside themselves by relative paths, whatever program they look at.
        folder = program.folder if policies else Path(request.pwd)
        with self._plugins.start(command, context, folder=folder, variables=variables, shown="pipes") as process:
            for stream, chunk in process.output():
                if stream == "stdout":
                    yield language_pb2.RunPluginResponse(stdout=chunk)
                else:
                    yield language_pb2.RunPluginResponse(stderr=chunk)
            yield language_pb2.RunPluginResponse(exitcode=process.wait())

    def InstallDependencies(
        self, request: language_pb2.InstallDependenciesRequest, context: grpc.ServicerContext
    ) -> Iterator[language_pb2.InstallDependenciesResponse]:
        with _telling(context):
            if request.use_language_version_tools:
                raise HostFault("this language host installs no Python: leave --use-language-version-tools out")
            program = Program.of(request.info, plugin=request.is_plugin)
            for stream, chunk in install(program, self._programs, context, request.is_terminal):
                if stream == "stdout":
                    yield language_pb2.InstallDependenciesResponse(stdout=chunk)
                else:
                    yield language_pb2.InstallDependenciesResponse(stderr=chunk)

    def GetRequiredPackages(
        self, request: language_pb2.GetRequiredPackagesRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetRequiredPackagesResponse:
        with _telling(context):
            program = Program.of(request.info)
            if program.to_be_made:
                self._tell_engine(install(program, self._programs, context))
            return language_pb2.GetRequiredPackagesResponse(packages=packages.required_packages(program))

    def _tell_engine(self, output: Iterator[tuple[str, bytes]]) -> None:
        """Shows output as fleeting messages."""
        # Rare, and slow to load.
        from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

        with grpc.insecure_channel(self._engine) as channel:
            engine = engine_pb2_grpc.EngineStub(channel)
            for stream, chunk in output:
                severity = engine_pb2.INFO if stream == "stdout" else engine_pb2.ERROR
                message = engine_pb2.LogRequest(severity=severity, message=chunk.decode("utf-8", "replace"), ephemeral=True)
                with contextlib.suppress(grpc.RpcError):
                    engine.Log(message)

    def About(self, request: language_pb2.AboutRequest, context: grpc.ServicerContext) -> language_pb2.AboutResponse:
        with _telling(context):
            return packages.about(Program.of(request.info))

    def GetProgramDependencies(
        self, request: language_pb2.GetProgramDependenciesRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetProgramDependenciesResponse:
        with _telling(context):
            found = packages.dependencies(Program.of(request.info), request.transitiveDependencies)
        return language_pb2.GetProgramDependenciesResponse(dependencies=found)

    def GetRequiredPlugins(self, request: language_pb2.GetRequiredPluginsRequest, context: grpc.ServicerContext) -> NoReturn:
        _refuse(context, "GetRequiredPackages has taken its place")

    def RuntimeOptionsPrompts(self, request: language_pb2.RuntimeOptionsRequest, context: grpc.ServicerContext) -> NoReturn:
        _refuse(context, "there is nothing to ask: the toolchain is pip")

    def Template(self, request: language_pb2.TemplateRequest, context: grpc.ServicerContext) -> NoReturn:
        _refuse(context, "templates stay as they are")

    def GenerateProgram(self, request: language_pb2.GenerateProgramRequest, context: grpc.ServicerContext) -> NoReturn:
        _refuse(context, _NO_CODE)

    def GenerateProject(self, request: language_pb2.GenerateProjectRequest, context: grpc.ServicerContext) -> NoReturn:
        _refuse(context, _NO_CODE)

    def GeneratePackage(self, request: language_pb2.GeneratePackageRequest, context: grpc.ServicerContext) -> NoReturn:
        _refuse(context, _NO_CODE)

    def Pack(self, request: language_pb2.PackRequest, context: grpc.ServicerContext) -> NoReturn:
        _refuse(context, _NO_CODE)

    def Link(self, request: language_pb2.LinkRequest, context: grpc.ServicerContext) -> NoReturn:
        _refuse(context, _NO_CODE)


_NO_CODE = "this language host runs Python and generates none; install the official Pulumi CLI for that"


def _plugin(program: Program) -> list[str]:
    """What follows `python` to run a plugin: its folder with a __main__.py, or the package it is. Raises HostFault."""
    if (program.root / "__main__.py").is_file():
        return [str(program.folder)]
    description = program.root / "pyproject.toml"
    try:
        project = tomllib.loads(description.read_text("utf-8"))
    except FileNotFoundError:
        project = {}
    except tomllib.TOMLDecodeError as fault:
        raise HostFault(f"{description}: {fault}") from None
    name = project.get("project", {}).get("name")
    if not name or not project.get("build-system", {}).get("build-backend"):
        raise HostFault(f"plugin is not runnable, {program.root} provides neither __main__.py nor a buildable pyproject.toml")
    return ["-m", "pulumi.run.plugin", name]


@contextlib.contextmanager
def _telling(context: grpc.ServicerContext) -> Iterator[None]:
    """What is wrong on the user's side reaches the user as a sentence."""
    try:
        yield
    except HostFault as fault:
        context.abort(grpc.StatusCode.UNKNOWN, str(fault))


def _refuse(context: grpc.ServicerContext, sentence: str) -> NoReturn:
    context.abort(grpc.StatusCode.UNIMPLEMENTED, sentence)
    raise AssertionError("abort always raises")
