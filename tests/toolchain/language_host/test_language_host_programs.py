"""Programs on the real engine."""

import json
from pathlib import Path

import pytest

from tests.toolchain.language_host.conftest import SITE, Project

pytestmark = pytest.mark.localcloud


def test_a_program_gets_what_upstream_gives_it(project: Project, tmp_path: Path) -> None:
    project.program("""
        import json, os, sys
        from pathlib import Path
        import pulumi
        from pulumi.runtime import is_config_secret
        from pulumi.runtime.settings import get_root_directory
        config = pulumi.Config()
        seen = {
            "config": [config.require("plain"), config.require("hidden")],
            "secret": [is_config_secret("project:plain"), is_config_secret("project:hidden")],
            "names": [pulumi.get_project(), pulumi.get_stack(), pulumi.get_organization()],
            "dry run": pulumi.runtime.is_dry_run(),
            "folders": [os.getcwd(), get_root_directory()],
            "prefix": sys.prefix,
            "variables": {name: os.environ.get(name) for name in ("VIRTUAL_ENV", "PYTHONPATH")},
            "path": os.environ["PATH"].split(os.pathsep)[0],
        }
        Path(os.environ["SEEN"]).write_text(json.dumps(seen))
        print("on stdout")
        print("on stderr", file=sys.stderr)
        pulumi.export("hidden", config.require_secret("hidden"))
    """)
    project.pulumi("config", "set", "plain", "one")
    project.pulumi("config", "set", "--secret", "hidden", "two")
    seen = tmp_path / "seen.json"
    said = project.pulumi("preview", SEEN=str(seen), PYTHONPATH="/somewhere")
    assert {"on stdout", "on stderr"} <= {line.strip() for line in said.splitlines()}
    assert "hidden: [secret]" in said
    assert json.loads(seen.read_text("utf-8")) == {
        "config": ["one", "two"],
        "secret": [False, True],
        "names": ["project", "dev", "organization"],
        "dry run": True,
        "folders": [str(project.folder), str(project.folder)],
        "prefix": str(SITE),
        "variables": {"VIRTUAL_ENV": str(SITE), "PYTHONPATH": "/somewhere"},
        "path": str(SITE / "bin"),
    }


def test_a_failure_is_reported_once_by_whoever_knows_more(project: Project) -> None:
    project.program("""
        def deep():
            raise LookupError("no such shelf")
        deep()
    """)
    said = project.pulumi("preview", code=1)
    diagnostics = said.partition("Diagnostics:")[2]
    assert diagnostics.count("Traceback") == 1
    assert 'line 3, in deep\n        raise LookupError("no such shelf")' in diagnostics
    assert "exit code" not in said  # 32 says that it was reported already
    assert "runpy" not in diagnostics


@pytest.mark.parametrize(
    ("program", "sentence"),
    [
        ("import sys; sys.exit(3)", "program exited with non-zero exit code: 3"),
        ("import os; os.kill(os.getpid(), 9)", "program was ended by SIGKILL"),
    ],
)
def test_an_end_that_nobody_reported_is_told(project: Project, program: str, sentence: str) -> None:
    project.program(program)
    assert sentence in project.pulumi("preview", code=1)


def test_the_python_on_path_is_used_without_an_environment(project: Project, tmp_path: Path) -> None:
    project.runtime()
    project.program("import os, pulumi; print('chosen by', os.environ['CHOOSER'], os.environ.get('VIRTUAL_ENV'))")
    chosen = tmp_path / "chosen"
    chosen.write_text(f'#!/bin/sh\nCHOOSER=me exec {SITE / "bin" / "python"} "$@"\n', "utf-8")
    chosen.chmod(0o755)
    assert "chosen by me None" in project.pulumi("preview", PULUMI_PYTHON_CMD=str(chosen))


def test_what_is_no_virtual_environment_is_told_with_the_way_out(project: Project) -> None:
    project.write("broken/pyvenv.cfg", "")
    project.runtime(virtualenv="broken")
    said = project.pulumi("preview", code=1)
    assert "The 'virtualenv' option in Pulumi.yaml is set to \"broken\", but" in said
    assert f'"{project.folder / "broken"}" doesn\'t appear to be a virtual environment; run `pulumi install`' in said
    assert f"python3 -m venv {project.folder / 'broken'}" in said
