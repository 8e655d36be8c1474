"""What a program's environment is made of: its Pulumi packages, its dependencies, its Python."""

import base64
import json
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import cast

from pulumi.runtime.proto import language_pb2, plugin_pb2

from toolchain.language_host import installed
from toolchain.language_host.environment import HostFault, Program

_WITHOUT_PLUGIN = {"pulumi-policy", "pulumi-esc-sdk"}
_VERSION = re.compile(r"(?P<release>\d+(\.\d+){0,2})((?P<phase>a|b|rc)(?P<number>\d+))?(\.post(?P<post>\d+))?(\.dev(?P<dev>\d+))?")
_PHASES = {"a": "alpha", "b": "beta", "rc": "rc"}
_ABOUT = """
import importlib.metadata, json, platform, sys
try:
    pip = importlib.metadata.version("pip")
except importlib.metadata.PackageNotFoundError:
    pip = ""
json.dump({"executable": sys.executable, "version": platform.python_version(), "pip": pip}, sys.stdout)
"""


def required_packages(program: Program) -> list[plugin_pb2.PackageDependency]:
    """The plugins that the installed SDKs ask for. Raises HostFault."""
    environment = program.environment
    if environment and environment.resolve() == Path(sys.prefix).resolve():
        # Our own environment: no need to start its Python.
        found: Iterable[installed.Package] = installed.packages(sys.path)
    else:
        script = Path(installed.__file__).read_text("utf-8")
        found = cast(list[installed.Package], json.loads(_python(program, "-c", script)))
    first = {package["name"]: package for package in reversed(list(found))}  # where an environment holds one twice, the first is imported
    return [dependency for name in sorted(first) if (dependency := dependency_of(first[name]))]


def dependency_of(package: installed.Package) -> plugin_pb2.PackageDependency | None:
    """The plugin behind a package; None where there is none, or none whose version can be told. Raises HostFault."""
    name = package["name"]
    if name in _WITHOUT_PLUGIN:
        return None
    try:
        plugin = json.loads(package["plugin"] or '{"resource": true}')
        if not plugin.get("resource"):
            return None
        version = plugin.get("version") or plugin_version(package["version"])
        dependency = plugin_pb2.PackageDependency(
            name=plugin.get("name") or name.removeprefix("pulumi-"), kind="resource", server=plugin.get("server", "")
        )
        for target, key in ((dependency.parameterization, "parameterization"), (dependency.extension, "extensionParameterization")):
            if described := plugin.get(key):
                target.name, target.version = described["name"], described["version"]
                target.value = base64.b64decode(described["value"])
    except (ValueError, TypeError, KeyError, AttributeError) as fault:
        raise HostFault(f"pulumi-plugin.json of {name} {package['version']} is not as it has to be: {fault}") from None
    if not version:
        return None
    dependency.version = version if version.startswith("v") else f"v{version}"
    return dependency


def plugin_version(version: str) -> str:
    """A Python version as a semantic one: `1.2rc3.dev4` is `1.2.0-rc.3+dev4`; empty where that cannot be told."""
    match = _VERSION.fullmatch(version)
    if match is None:
        return ""
    release = match["release"].split(".")
    told = ".".join(release + ["0"] * (3 - len(release)))
    if match["phase"]:
        told += f"-{_PHASES[match['phase']]}.{match['number']}"
    after = "".join(f"{word}{match[word]}" for word in ("post", "dev") if match[word])
    return f"{told}+{after}" if after else told


def dependencies(program: Program, transitive: bool) -> list[language_pb2.DependencyInfo]:
    """The installed distributions; without `transitive` those that no other one needs. Raises HostFault."""
    told = _python(
        program, "-m", "pip", "list", "--disable-pip-version-check", "--format", "json", *([] if transitive else ["--not-required"])
    )
    return [
        language_pb2.DependencyInfo(name=re.sub("[-_.]+", "-", each["name"]).lower(), version=each["version"]) for each in json.loads(told)
    ]


def about(program: Program) -> language_pb2.AboutResponse:
    """Raises HostFault."""
    told = json.loads(_python(program, "-c", _ABOUT))
    metadata = {"toolchain": "pip", "toolchainVersion": told["pip"]}
    return language_pb2.AboutResponse(executable=told["executable"], version=told["version"], metadata=metadata)


def _python(program: Program, *arguments: str) -> str:
    interpreter = program.interpreter()
    ran = subprocess.run(
        [interpreter, *arguments], env=program.variables(), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if ran.returncode:
        last = (ran.stderr.strip().splitlines() or [f"exit code {ran.returncode}"])[-1]
        asked = "a script" if arguments[0] == "-c" else " ".join(arguments)
        raise HostFault(f"{interpreter} could not run {asked}: {last}")
    return ran.stdout
