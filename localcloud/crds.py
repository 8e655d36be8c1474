"""Custom resource definitions every cluster has, taken from the Go modules of the projects that own them, but for stand-ins."""

import contextlib
import hashlib
import json
import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from localcloud import LocalCloudError
from localcloud.api import Api, ApiError
from localcloud.home import write_private
from localcloud.processes import wait_until
from toolchain import Toolchain, entries
from toolchain.cache import root

MODULES = ("gateway-api", "prometheus-operator", "keda", "envoy-gateway", "karpenter")

STAND_INS = Path(__file__).parent / "definitions"
"""Definitions of this project's own, of kinds whose owners publish none. Each says so."""

GATEWAY_CLASSES = ("modelway-local", "envoy")
"""Classes a Gateway may name here. No controller programs them: such a Gateway is never Programmed, and its status says nothing."""

STORED = "/apiextensions.k8s.io/customresourcedefinitions/"
"""Where an API server keeps them in its store."""

_PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_NAME = re.compile(rb"^  name: (\S+)$", re.MULTILINE)


def apply(api: Api, toolchain: Toolchain) -> None:
    """Afterwards all definitions are established and the gateway classes exist.

    Raises LocalCloudError with what the API server objects to.
    """
    files = every_definition(toolchain)
    # As many at once as the API server has use for on two cores; the files go as they are: parsing them here would take longer than all
    # the rest.
    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(lambda file: _apply(api, file), files))
    settle(api, names)


def settle(api: Api, names: Iterable[str]) -> None:
    """Afterwards the definitions with these names, which somebody wrote, are served, and the gateway classes exist."""
    if not wait_until(lambda: _served(api) >= set(names), 30, 0.1):
        raise LocalCloudError(
            f"custom resource definitions were not established within 30 s: {', '.join(sorted(set(names) - _served(api)))}."
        )
    for name in GATEWAY_CLASSES:
        body = {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "GatewayClass",
            "metadata": {"name": name},
            "spec": {"controllerName": "modelway.dev/none", "description": "Stand-in: routes are stored and checked, no traffic flows."},
        }
        path = f"/apis/gateway.networking.k8s.io/v1/gatewayclasses/{name}?fieldManager=localcloud"
        _retried(partial(api.call, "PATCH", path, body, "application/apply-patch+yaml"))


def keep(stored: dict[str, str]) -> None:
    """Keeps what an API server stored of the definitions, for every cluster after this one."""
    # It is a matter of seconds: without a place to keep it, the next cluster does without.
    with contextlib.suppress(OSError):
        write_private(_kept(), json.dumps(stored))


def kept() -> dict[str, str]:
    """What was kept of these very definitions and of an API server of this version; empty when there is nothing.

    An API server needs eight seconds on one core to check the definitions, twice what it needs for itself.
    """
    try:
        return dict(json.loads(_kept().read_text("ascii")))
    except (OSError, ValueError):
        return {}


def _kept() -> Path:
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for file in definitions(STAND_INS):
        digest.update(file.read_bytes())
    for name in ("kubernetes", "crds"):
        digest.update(entries()[name].fingerprint.encode())
    return root() / f"definitions-{digest.hexdigest()[:12]}.json"


def every_definition(toolchain: Toolchain) -> list[Path]:
    """The files of all definitions that a cluster gets."""
    return [file for folder in (*map(toolchain.module, MODULES), STAND_INS) for file in definitions(folder)]


def definitions(folder: Path) -> list[Path]:
    """The files in `folder` that hold a definition."""
    found = sorted(file for file in folder.rglob("*.yaml") if b"\nkind: CustomResourceDefinition\n" in b"\n" + file.read_bytes()[:4096])
    if not found:
        raise LocalCloudError(f"no custom resource definitions in {folder}: build the toolchain again with `make setup`.")
    return found


def without_descriptions(content: bytes) -> bytes:
    """The same schema without its prose, two thirds of the text: what an API server needs for it in seconds and memory is halved.

    Works on lines, since parsing takes longer than it saves. A property called `description` has a mapping, not a text, and stays.
    """
    kept = []
    within: int | None = None
    for line in content.splitlines(keepends=True):
        text = line.lstrip(b" ")
        indent = len(line) - len(text)
        if within is not None and (indent > within or not text.strip()):
            continue
        within = indent if text.startswith(b"description: ") else None
        if within is None:
            kept.append(line)
    return b"".join(kept)


def _apply(api: Api, file: Path) -> str:
    content = without_descriptions(file.read_bytes())
    match = _NAME.search(content)
    if not match:
        raise LocalCloudError(f"{file}: not one definition with a name.")
    name = match[1].decode()
    try:
        # A fresh cluster has none of them, and creating costs the server a third of an apply.
        api.call("POST", f"{_PATH}?fieldManager=localcloud", content, "application/yaml")
    except ApiError as fault:
        if fault.status != 409:
            raise LocalCloudError(f"the API server refuses {file.name}: {fault}") from fault
        api.call("PATCH", f"{_PATH}/{name}?fieldManager=localcloud&force=true", content, "application/apply-patch+yaml")
    return name


def _served(api: Api) -> set[str]:
    """Names (`plural.group`) of what the server serves: a definition is among them once it is established."""
    accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    groups = api.call("GET", "/apis", accept=accept)["items"]
    return {
        f"{resource['resource']}.{group['metadata']['name']}"
        for group in groups
        for version in group.get("versions", [])
        for resource in version.get("resources", [])
    }


def _retried(call: Callable[[], object]) -> None:
    """An established kind is served a moment later."""
    fault: ApiError | None = None

    def done() -> bool:
        nonlocal fault
        try:
            call()
        except ApiError as error:
            fault = error
            return False
        return True

    if not wait_until(done, 10, 0.1):
        raise LocalCloudError(f"the API server refuses a gateway class: {fault}")
