"""Plugins and policy packs that are written in Python, on the real engine."""

import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import language_pb2

from tests.toolchain.language_host.conftest import SITE, Host, Project, alive, soon

pytestmark = pytest.mark.localcloud

GREETING = """
    from typing import TypedDict
    import os
    import pulumi

    class GreeterArgs(TypedDict):
        who: pulumi.Input[str]

    class Greeter(pulumi.ComponentResource):
        text: pulumi.Output[str]

        def __init__(self, name: str, args: GreeterArgs, opts: pulumi.ResourceOptions | None = None):
            super().__init__("greeting:index:Greeter", name, {}, opts)
            pulumi.log.info(f"greeting from {os.getcwd()} with {os.environ['VIRTUAL_ENV']}")
            self.text = pulumi.Output.concat("good morning ", args["who"])
            self.register_outputs({"text": self.text})
"""
SERVED = """
    from greeting import Greeter
    from pulumi.provider.experimental import component_provider_host
    component_provider_host(name="greeting", components=[Greeter])
"""
PROGRAM = """
    import pulumi

    class Greeter(pulumi.ComponentResource):
        text: pulumi.Output[str]

        def __init__(self, name):
            super().__init__("greeting:index:Greeter", name, {"who": "everybody", "text": None}, remote=True)

    pulumi.export("text", Greeter("one").text)
"""
# The package pulumi-policy is not among the tests' dependencies; a policy pack is whatever serves this.
POLICIES = """
    import os, sys
    from concurrent.futures import ThreadPoolExecutor
    from pathlib import Path
    import grpc
    from google.protobuf import empty_pb2
    from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc, plugin_pb2

    RULE = {"policyName": "quiet", "policyPackName": "manners", "policyPackVersion": "1.0.0"}
    FAULT = Path("fault.txt").read_text()

    class Manners(analyzer_pb2_grpc.AnalyzerServicer):
        def GetAnalyzerInfo(self, request, context):
            policy = analyzer_pb2.PolicyInfo(name="quiet", enforcementLevel=analyzer_pb2.MANDATORY)
            return analyzer_pb2.AnalyzerInfo(name="manners", version="1.0.0", policies=[policy])

        def GetPluginInfo(self, request, context):
            return plugin_pb2.PluginInfo(version="1.0.0")

        def Configure(self, request, context):
            return empty_pb2.Empty()

        def AnalyzeStack(self, request, context):
            return analyzer_pb2.AnalyzeResponse()

        def Remediate(self, request, context):
            return analyzer_pb2.RemediateResponse()

        def Analyze(self, request, context):
            if not request.type.endswith("Greeter"):
                return analyzer_pb2.AnalyzeResponse()
            fault = analyzer_pb2.AnalyzeDiagnostic(message=FAULT, urn=request.urn, enforcementLevel=analyzer_pb2.MANDATORY, **RULE)
            return analyzer_pb2.AnalyzeResponse(diagnostics=[fault])

    server = grpc.server(ThreadPoolExecutor(4))
    analyzer_pb2_grpc.add_AnalyzerServicer_to_server(Manners(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port)
    print("policies from", sys.argv[-1], file=sys.stderr)
    server.wait_for_termination()
"""
PROVIDER = "plugins: {providers: [{name: greeting, path: plugin}]}"


def test_a_component_plugin_and_a_policy_pack(project: Project) -> None:
    project.runtime(toolchain="pip", virtualenv=str(SITE), more=PROVIDER)
    project.runtime("plugin/PulumiPlugin.yaml", virtualenv=str(SITE))
    project.write("plugin/greeting.py", GREETING)
    project.write("plugin/__main__.py", SERVED)
    project.runtime("pack/PulumiPolicy.yaml", virtualenv=str(SITE))
    project.write("pack/__main__.py", POLICIES)
    project.write("pack/fault.txt", "nobody greets here")
    project.program(PROGRAM)
    said = project.pulumi("preview", "--policy-pack", "pack", code=1)
    assert 'text: "good morning everybody"' in said
    assert f"greeting from {project.folder} with {SITE}" in said
    assert f"policies from {project.folder / 'pack'}" in said
    assert "[mandatory]  quiet  (greeting:index:Greeter: one)\n          nobody greets here" in said
    assert "Traceback" not in said
    assert "prematurely" not in said


def test_a_plugin_that_is_a_package(project: Project) -> None:
    project.runtime(toolchain="pip", virtualenv=str(SITE), more=PROVIDER.replace("path: plugin", "path: packaged"))
    project.runtime("packaged/PulumiPlugin.yaml", virtualenv=str(SITE))
    project.write("packaged/pyproject.toml", '[project]\nname = "greeting"\n[build-system]\nrequires = []\nbuild-backend = "any"\n')
    project.write("packaged/src/greeting.py", GREETING)
    project.program(PROGRAM)
    said = project.pulumi("preview", PYTHONPATH=str(project.folder / "packaged" / "src"))
    assert 'text: "good morning everybody"' in said


def test_a_plugin_that_cannot_run_says_why(project: Project) -> None:
    project.runtime(toolchain="pip", virtualenv=str(SITE), more=PROVIDER.replace("path: plugin", "path: empty"))
    project.runtime("empty/PulumiPlugin.yaml", virtualenv=str(SITE))
    project.program(PROGRAM)
    said = project.pulumi("preview", code=1)
    assert f"plugin is not runnable, {project.folder / 'empty'} provides neither __main__.py nor a buildable pyproject.toml" in said


def request(project: Project, program: str, kind: str = "resource") -> language_pb2.RunPluginRequest:
    folder = project.write("tool/__main__.py", program).parent
    info = language_pb2.ProgramInfo(root_directory=str(folder), program_directory=str(folder), entry_point=".")
    info.options["virtualenv"] = str(SITE)
    return language_pb2.RunPluginRequest(info=info, pwd=str(folder), args=["one", "two"], env=["TOLD=by the engine"], kind=kind)


def test_output_and_exit_code_of_a_plugin(project: Project, host: Host) -> None:
    answers = host.stub.RunPlugin(
        request(project, "import os, sys; print(sys.argv[1:], os.environ['TOLD']); print('broken', file=sys.stderr); sys.exit(7)")
    )
    told = {"stdout": b"", "stderr": b""}
    for answer in answers:
        if (kind := answer.WhichOneof("output")) == "exitcode":
            assert answer.exitcode == 7
        else:
            told[kind] += getattr(answer, kind)
    assert told == {"stdout": b"['one', 'two'] by the engine\n", "stderr": b"broken\n"}


def test_a_plugin_ends_when_the_engine_gives_it_up_and_not_before(project: Project, host: Host) -> None:
    answers = host.stub.RunPlugin(request(project, "import os, time\nwhile True: print(os.getpid(), flush=True); time.sleep(0.05)"))
    plugin = int(next(answers).stdout)
    # The engine has told the plugin itself, which may be in the middle of something.
    host.stub.Cancel(empty_pb2.Empty())
    assert all(next(answers).stdout for _ in range(5))
    answers.cancel()
    assert soon(lambda: not alive(plugin))
