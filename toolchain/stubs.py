"""The SDK's generated stubs without the SDK."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def spare_the_sdk() -> None:
    """Afterwards `pulumi.runtime.proto` can be imported, and nothing else of `pulumi`.

    For processes that only serve: loading the SDK takes several times as long as everything else they do before they answer, at every
    command. Call it before the first import of a stub. Does nothing where the SDK is loaded already.
    """
    if "pulumi" in sys.modules:
        return
    spec = importlib.util.find_spec("pulumi")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("pulumi is not installed", name="pulumi")
    folder = Path(spec.submodule_search_locations[0])
    for name in ("pulumi", "pulumi.runtime", "pulumi.runtime.proto"):
        package = ModuleType(name)
        package.__path__ = [str(folder.joinpath(*name.split(".")[1:]))]
        sys.modules[name] = package
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, package)
