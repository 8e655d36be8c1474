"""The cache of the toolchain, with a real Go program small enough to build in a moment."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from toolchain import ToolchainError, ToolchainMissing, building, cache, entries, find, installed_engine
from toolchain.finding import LANGUAGE_HOST, LAUNCHER_MARK
from toolchain.linking import link_engine, link_program, unlink_engine
from toolchain.pins import GO, Entry, ModuleFiles, Programs, PythonEnvironment, environment_entry, pinned

ROOT = Path(__file__).resolve().parents[2]
BUILD = """
import sys
from pathlib import Path
from toolchain import building
from tests.toolchain.test_toolchain import hello
print(building.make(hello(Path(sys.argv[1])), lambda text: print(text, file=sys.stderr)))
"""


def hello(folder: Path) -> Entry:
    """A program that prints the version which the linker gave it."""
    return Entry("hello", "1.2.3", Programs(folder, {"hello": "example.test/hello"}, {"main.version": "1.2.3"}), 0.1)


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    # Go keeps its own cache in XDG_CACHE_HOME too, and would compile its library for every test.
    monkeypatch.setenv("GOCACHE", subprocess.run(["go", "env", "GOCACHE"], capture_output=True, text=True, check=True).stdout.strip())
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "hello"
    folder.mkdir()
    (folder / "go.mod").write_text("module example.test/hello\n\ngo 1.21\n", "utf-8")
    (folder / "go.sum").write_text("", "utf-8")
    (folder / "main.go").write_text('package main\n\nvar version = "none"\n\nfunc main() { print(version) }\n', "utf-8")
    return folder


def said_by(program: Path) -> str:
    return subprocess.run([program], capture_output=True, text=True, check=True).stderr


def quiet(_: str) -> None:
    pass


def test_a_program_is_built_once(source: Path) -> None:
    entry = hello(source)
    said: list[str] = []
    folder = building.make(entry, said.append)
    assert said_by(folder / "bin" / "hello") == "1.2.3"
    assert "hello 1.2.3: making it, some seconds on two cores" in said
    said.clear()
    assert building.make(entry, said.append) == folder
    assert not said
    assert cache.state(entry) == "whole"


def test_build_tags_leave_out_what_they_name(source: Path) -> None:
    (source / "more.go").write_text('//go:build !less\n\npackage main\n\nfunc init() { version = "more" }\n', "utf-8")
    content = hello(source).content
    assert isinstance(content, Programs)
    less = replace(hello(source), content=replace(content, tags=("less",)))
    assert [said_by(building.make(entry, quiet) / "bin" / "hello") for entry in (hello(source), less)] == ["more", "1.2.3"]


def test_another_content_is_another_entry(source: Path) -> None:
    before = hello(source).folder_name
    (source / "go.sum").write_text("example.test/other v1.0.0 h1:x=\n", "utf-8")
    assert hello(source).folder_name != before


def damage_size(folder: Path) -> None:
    with (folder / "bin" / "hello").open("ab") as stream:
        stream.write(b"x")


def damage_bytes(folder: Path) -> None:
    program = folder / "bin" / "hello"
    content = bytearray(program.read_bytes())
    content[len(content) // 2] ^= 0xFF
    program.write_bytes(content)


def lose_program(folder: Path) -> None:
    (folder / "bin" / "hello").unlink()


def lose_manifest(folder: Path) -> None:
    (folder / cache.MANIFEST).unlink()


def cut_manifest(folder: Path) -> None:
    manifest = folder / cache.MANIFEST
    manifest.write_bytes(manifest.read_bytes()[:10])


@pytest.mark.parametrize("harm", [damage_size, damage_bytes, lose_program, lose_manifest, cut_manifest])
def test_what_is_not_whole_is_made_again(source: Path, harm: object) -> None:
    entry = hello(source)
    folder = building.make(entry, quiet)
    assert callable(harm)
    harm(folder)
    assert cache.state(entry, thorough=True) == "broken"
    said: list[str] = []
    building.make(entry, said.append)
    assert any("not whole; making it again" in line for line in said)
    assert said_by(folder / "bin" / "hello") == "1.2.3"


def test_two_processes_at_once_build_it_once(source: Path) -> None:
    builders = [
        subprocess.Popen([sys.executable, "-c", BUILD, source], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    results = [builder.communicate() for builder in builders]
    assert [builder.returncode for builder in builders] == [0, 0, 0], results
    assert len({out for out, _ in results}) == 1
    assert sum("making it, some seconds" in err for _, err in results) == 1
    assert said_by(Path(results[0][0].strip()) / "bin" / "hello") == "1.2.3"


def test_a_failed_build_leaves_nothing_and_tells_why(source: Path) -> None:
    (source / "main.go").write_text("package main\n\nfunc main() { nonsense() }\n", "utf-8")
    with pytest.raises(ToolchainError, match=r"(?s)hello: hello: `go build` ended with exit code 1; its last words:.*undefined: nonsense"):
        building.make(hello(source), quiet)
    assert cache.state(hello(source)) == "missing"


def test_without_go_one_sentence_says_what_to_install(source: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    parts = "engine, kubernetes, kwok, prometheus, crds"
    with pytest.raises(ToolchainError, match=rf"^Go is not on PATH, and {parts} are built with it: install Go 1\.26"):
        building.make(hello(source), quiet)


def test_a_go_that_is_too_old_is_told(source: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    go = tmp_path / "go"
    go.write_text("#!/bin/sh\necho 'go: go.mod requires go >= 1.26 (running go 1.21.1; GOTOOLCHAIN=local)' >&2\nexit 1\n", "utf-8")
    go.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(ToolchainError, match=r"^Go is too old here \(go: go.mod requires go >= 1\.26 .*\): install Go 1\.26 or later"):
        building.make(hello(source), quiet)


def test_a_cache_that_cannot_be_written_is_one_sentence(source: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(ToolchainError, match=r"cannot be written \(Not a directory\): make it writable, or set XDG_CACHE_HOME"):
        building.make(hello(source), quiet)


def test_a_relative_cache_home_is_ignored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for configured in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", configured)
        assert cache.root() == tmp_path / ".cache" / "modelway"


def test_an_environment_whose_interpreter_has_gone_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    lock = tmp_path / "empty.lock"
    lock.write_text("", "utf-8")
    entry = environment_entry(lock, "empty")
    python = building.python_environment(entry, quiet)
    assert subprocess.run([python, "-c", "print(1)"], capture_output=True, text=True, check=True).stdout == "1\n"
    python.unlink()
    assert cache.state(entry) == "broken"


def test_an_empty_cache_lacks_every_part_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    parts = ", ".join(rf"{name} .* \(missing\)" for name in ("engine", "kubernetes", "kwok", "prometheus", "crds"))
    with pytest.raises(ToolchainMissing, match=rf"{parts}\. Run `make setup`\.$"):
        find()


@pytest.fixture
def other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on PATH, before all others."""
    folder = tmp_path / "other"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


def program(file: Path, text: str) -> None:
    file.write_text(text, "utf-8")
    file.chmod(0o755)


@pytest.mark.parametrize(("version", "used"), [("v3.250.0", True), ("v4.0.1", True), ("v3.249.9", False), ("v3.9.0", False)])
def test_an_installed_engine_that_is_recent_enough_is_used(other: Path, version: str, used: bool) -> None:
    program(other / "pulumi", f"#!/bin/sh\necho {version}\n")
    program(other / LANGUAGE_HOST, "#!/bin/sh\n")
    found = installed_engine()
    assert (found is not None and found.program == other / "pulumi" and found.version == version.removeprefix("v")) is used


def test_an_engine_without_a_host_for_python_is_not_used(other: Path) -> None:
    program(other / "pulumi", "#!/bin/sh\necho v3.260.0\n")
    found = installed_engine()
    assert found is None or found.program != other / "pulumi"


def test_the_engine_of_another_clone_is_not_an_installed_one(other: Path, tmp_path: Path) -> None:
    cached = tmp_path / "cached"
    (cached / "bin").mkdir(parents=True)
    program(cached / "bin" / "pulumi", "#!/bin/sh\necho v3.260.0\n")
    program(cached / "bin" / f"{LANGUAGE_HOST}-exec", "")
    link_engine(other, cached)
    assert (other / LANGUAGE_HOST).read_bytes().startswith(LAUNCHER_MARK)
    assert (other / "pulumi").samefile(cached / "bin" / "pulumi")
    found = installed_engine()
    assert found is None or found.program != other / "pulumi"
    unlink_engine(other)
    assert not list(other.iterdir())


def test_a_host_that_somebody_installed_stays(other: Path) -> None:
    program(other / LANGUAGE_HOST, "#!/bin/sh\n# somebody's\n")
    program(other / "pulumi", "#!/bin/sh\n")
    unlink_engine(other)
    assert len(list(other.iterdir())) == 2


def test_a_link_follows_its_program(tmp_path: Path) -> None:
    for version in ("1", "2"):
        (tmp_path / version).mkdir()
        program(tmp_path / version / "tool", f"#!/bin/sh\necho {version}\n")
        link_program(tmp_path, tmp_path / version / "tool")
        assert subprocess.run([tmp_path / "tool"], capture_output=True, text=True, check=True).stdout == f"{version}\n"


def test_every_entry_is_pinned_by_hashes() -> None:
    for entry in entries().values():
        content = entry.content
        assert not isinstance(content, PythonEnvironment)
        sums = (content.folder / "go.sum").read_text("utf-8")
        modules = [module for module, _ in content.folders.values()] if isinstance(content, ModuleFiles) else []
        for module in modules:
            assert f"{module} {pinned(content.folder, module)} h1:" in sums
        assert entry.version[0].isdigit()


def test_no_module_asks_for_a_newer_go() -> None:
    for file in GO.glob("*/go.mod"):
        (line,) = [line for line in file.read_text("utf-8").splitlines() if line.startswith("go ")]
        assert tuple(map(int, line.split()[1].split("."))) <= (1, 26, 0), file
        assert "toolchain " not in file.read_text("utf-8")


def test_what_is_not_required_has_no_version() -> None:
    with pytest.raises(LookupError, match=r"requires no example\.test/none"):
        pinned(GO / "engine", "example.test/none")


def test_the_emulator_is_pinned() -> None:
    entry = environment_entry(ROOT / "localcloud" / "ministack.lock", "ministack")
    assert entry.version.count(".") == 2
    assert "--hash=sha256:" in (ROOT / "localcloud" / "ministack.lock").read_text("utf-8")


def test_set_up_says_what_stops_it(tmp_path: Path) -> None:
    """As a user whose cache is a file sees it: one sentence, exit code 1."""
    (tmp_path / "file").touch()
    result = subprocess.run(
        [sys.executable, "-m", "toolchain"],
        cwd=ROOT,
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "file")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert result.stderr.count("set-up stopped: ") == 1
    assert "Traceback" not in result.stderr
    assert not result.stdout


def test_the_manifest_names_what_is_there(source: Path) -> None:
    folder = building.make(hello(source), quiet)
    manifest = json.loads((folder / cache.MANIFEST).read_text("utf-8"))
    assert list(manifest) == ["bin/hello"]
    assert manifest["bin/hello"][0] == (folder / "bin" / "hello").stat().st_size
