"""Which packages ask for which plugin, and which options are served: what needs no engine."""

import base64
import json
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from pulumi.runtime.proto import language_pb2

from toolchain.language_host import installed
from toolchain.language_host.environment import HostFault, Program
from toolchain.language_host.packages import dependency_of, plugin_version, required_packages


@pytest.mark.parametrize(
    ("python", "semantic"),
    [
        ("7.51.1", "7.51.1"),
        ("1", "1.0.0"),
        ("1.2", "1.2.0"),
        ("1.2.3.4", ""),
        ("1.2.3a4", "1.2.3-alpha.4"),
        ("1.2.3b4", "1.2.3-beta.4"),
        ("1.2rc3.dev4", "1.2.0-rc.3+dev4"),
        ("1.2.3.post4.dev5", "1.2.3+post4dev5"),
        ("1!2.3.4", ""),
        ("1.2.3+local", ""),
        ("", ""),
        ("one", ""),
    ],
)
def test_versions_as_the_engine_reads_them(python: str, semantic: str) -> None:
    assert plugin_version(python) == semantic


def package(name: str = "pulumi-shop", release: str = "1.2.3", plugin: dict[str, object] | None = None) -> installed.Package:
    return installed.Package(name=name, version=release, plugin=json.dumps(plugin) if plugin else "")


def test_a_package_without_a_description_goes_by_its_own_name() -> None:
    dependency = dependency_of(package())
    assert dependency is not None
    assert (dependency.name, dependency.version, dependency.kind, dependency.server) == ("shop", "v1.2.3", "resource", "")
    assert not dependency.HasField("parameterization")


def test_a_description_says_more() -> None:
    value = base64.b64encode(b"anything").decode()
    described = {
        "resource": True,
        "name": "base",
        "version": "v2.0.0",
        "server": "https://example.test/plugins",
        "parameterization": {"name": "shop", "version": "1.2.3", "value": value},
    }
    dependency = dependency_of(package(plugin=described))
    assert dependency is not None
    assert (dependency.name, dependency.version, dependency.server) == ("base", "v2.0.0", "https://example.test/plugins")
    assert (dependency.parameterization.name, dependency.parameterization.version) == ("shop", "1.2.3")
    assert dependency.parameterization.value == b"anything"


@pytest.mark.parametrize(
    "without", [package(plugin={"resource": False}), package("pulumi-policy"), package("pulumi-esc-sdk"), package(release="1.2.3+local")]
)
def test_packages_without_a_plugin(without: installed.Package) -> None:
    assert dependency_of(without) is None


@pytest.mark.parametrize("broken", ["{", "[]", '{"resource": true, "parameterization": {"name": "shop"}}'])
def test_a_broken_description_is_named(broken: str) -> None:
    with pytest.raises(HostFault, match=r"pulumi-plugin.json of pulumi-shop 1\.2\.3 is not as it has to be"):
        dependency_of(installed.Package(name="pulumi-shop", version="1.2.3", plugin=broken))


def test_installed_packages_are_found_by_their_description_or_name(tmp_path: Path) -> None:
    for name in ("pulumi_plain-1.0.0", "Third.Party-2.0.0rc1", "other-3.0.0"):
        (tmp_path / f"{name}.dist-info").mkdir()
    (tmp_path / "third_party").mkdir()
    (tmp_path / "third_party" / "pulumi-plugin.json").write_text('{"resource": true}', "utf-8")
    assert sorted(map(tuple, (each.values() for each in installed.packages([str(tmp_path), str(tmp_path / "none")])))) == [
        ("pulumi-plain", "1.0.0", ""),
        ("third-party", "2.0.0rc1", '{"resource": true}'),
    ]


def test_a_package_that_is_installed_from_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "site" / "pulumi_elsewhere-1.0.dist-info").mkdir(parents=True)
    (tmp_path / "source" / "pulumi_elsewhere").mkdir(parents=True)
    (tmp_path / "source" / "pulumi_elsewhere" / "pulumi-plugin.json").write_text("{}", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path / "source"))
    assert [each["plugin"] for each in installed.packages([str(tmp_path / "site")])] == ["{}"]


def test_our_own_environment_needs_no_process_and_tells_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PULUMI_PYTHON_CMD", sys.executable)
    asked = required_packages(program(tmp_path))
    own = required_packages(program(tmp_path, virtualenv=sys.prefix))
    assert own == asked
    versions = {each.name: each.version for each in own}
    assert versions == {name: f"v{version(f'pulumi-{name}')}" for name in ("aws", "kubernetes")}


def program(folder: Path, *, plugin: bool = False, **options: object) -> Program:
    info = language_pb2.ProgramInfo(root_directory=str(folder), program_directory=str(folder / "code"))
    info.options.update(options)
    return Program.of(info, plugin)


def test_the_environment_is_relative_to_the_project(tmp_path: Path) -> None:
    assert program(tmp_path).environment is None
    assert program(tmp_path, virtualenv="venv", toolchain="pip").environment == tmp_path / "venv"
    assert program(tmp_path, virtualenv="/elsewhere").environment == Path("/elsewhere")
    # As upstream's: a plugin that says pip and nothing more has its own.
    assert program(tmp_path, plugin=True, toolchain="pip").environment == tmp_path / "venv"
    assert program(tmp_path, plugin=True).environment is None


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"toolchain": "uv"}, "serves the toolchain pip, not uv: set `toolchain: pip` in PulumiPlugin.yaml"),
        ({"toolchain": "poetry"}, "serves the toolchain pip, not poetry"),
        ({"toolchain": "conda"}, "unsupported toolchain option: conda"),
        ({"typechecker": "mypy"}, "runs no type checker: remove `typechecker: mypy` from PulumiPlugin.yaml"),
        ({"virtualenv": True}, "virtualenv option must be a string, not True"),
    ],
)
def test_options_that_are_not_served(tmp_path: Path, options: dict[str, object], sentence: str) -> None:
    (tmp_path / "PulumiPlugin.yaml").touch()
    with pytest.raises(HostFault) as raised:
        program(tmp_path, **options)
    assert sentence in str(raised.value)


def test_the_lock_file_of_another_toolchain_is_refused_unless_pip_is_chosen(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").touch()
    with pytest.raises(HostFault, match="not uv"):
        program(tmp_path)
    assert program(tmp_path, toolchain="pip").folder == tmp_path / "code"


def test_no_python_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PULUMI_PYTHON_CMD", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HostFault, match="failed to locate python3 or python on your PATH; install Python"):
        program(tmp_path).interpreter()
    monkeypatch.setenv("PULUMI_PYTHON_CMD", "python4")
    with pytest.raises(HostFault, match="failed to locate python4"):
        program(tmp_path).interpreter()


def test_an_environment_is_activated(tmp_path: Path) -> None:
    given = {"PATH": "/bin", "PYTHONHOME": "/usr", "VIRTUAL_ENV": "/other", "A": "1"}
    assert program(tmp_path, virtualenv="venv").variables(given) == {
        "PATH": f"{tmp_path / 'venv' / 'bin'}:/bin",
        "VIRTUAL_ENV": str(tmp_path / "venv"),
        "A": "1",
    }
    assert program(tmp_path).variables(given) == given


def test_a_missing_environment_is_told_apart_from_a_broken_one(tmp_path: Path) -> None:
    missing = program(tmp_path, virtualenv="venv")
    assert missing.to_be_made
    with pytest.raises(HostFault, match="doesn't exist; run `pulumi install`"):
        missing.interpreter()
    (tmp_path / "venv").mkdir()
    assert missing.to_be_made
    (tmp_path / "venv" / "file").touch()
    assert not missing.to_be_made
    with pytest.raises(HostFault, match="doesn't appear to be a virtual environment"):
        missing.interpreter()
    with pytest.raises(HostFault, match="is not a directory"):
        _ = program(tmp_path, virtualenv="venv/file").to_be_made
