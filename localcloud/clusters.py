"""The clusters of a local cloud: one store, one control plane each."""

import re
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

from localcloud import LocalCloudError, crds
from localcloud.control import ClusterInfo, NodeSpec, WebhookSpec
from localcloud.control_plane import SERVICE_CIDR, ControlPlane, Etcd
from localcloud.home import Home
from localcloud.nodes import set_nodes
from localcloud.parts import Parts
from localcloud.processes import wait_until
from toolchain import Toolchain

READY_SECONDS = 60.0
"""Patience with one part; on two busy cores an API server has needed 15 s."""

_NAME = re.compile(r"[a-z0-9]([-a-zA-Z0-9_]{0,120}[a-zA-Z0-9])?")


class Clusters:
    """Thread-safe: calls for one cluster queue, clusters do not wait for each other."""

    def __init__(self, home: Home, parts: Parts, toolchain: Toolchain) -> None:
        self._home = home
        self._parts = parts
        self._toolchain = toolchain
        self._etcd = Etcd(home, parts.port("etcd"), parts.port("etcd-peer"))
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def start_store(self, progress: Callable[[str], None]) -> None:
        """Afterwards etcd answers."""
        if self._parts.ensure(self._etcd.command(self._toolchain), lambda: self._etcd.api().ready("/health"), READY_SECONDS):
            progress("etcd runs")

    def names(self) -> list[str]:
        return list(self._records())

    def info(self, name: str) -> ClusterInfo | None:
        plane = self._plane(name)
        return plane.info() if plane and plane.prepared() else None

    def create(
        self, name: str, webhook: WebhookSpec | None, progress: Callable[[str], None], service_cidr: str = SERVICE_CIDR
    ) -> ClusterInfo:
        if not _NAME.fullmatch(name):
            raise LocalCloudError(f"cluster name {name!r}: letters, digits, `-` and `_` only.")
        with self._lock(name):
            if name not in self._records():
                self._write(name, {"webhook": asdict(webhook) if webhook else None, "service_cidr": service_cidr})
            plane = self._plane(name)
            assert plane is not None
            self._start(plane, progress)
            return plane.info()

    def repair(self, progress: Callable[[str], None]) -> None:
        """Afterwards all parts of all clusters run."""

        def start(name: str) -> None:
            with self._lock(name):
                plane = self._plane(name)
                if plane and not (self._complete(name) and plane.api().ready()):
                    self._start(plane, progress)

        # All at once: on a laptop these are a few, and most of the time is waiting.
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(start, self.names()))

    def delete(self, name: str) -> None:
        with self._lock(name):
            if name not in self._records():
                return
            self._parts.stop([part for part in self._parts.names() if part.startswith(f"{name}/")])
            try:
                self._etcd.forget(name)
            except OSError as fault:
                raise LocalCloudError(f"etcd does not answer, so cluster {name} is not gone: see `modelway local status`.") from fault
            shutil.rmtree(self._home.cluster(name), ignore_errors=True)
            for log in self._home.logs.glob(f"{name}.*.log"):
                log.unlink()
            self._write(name, None)
            self._parts.forget_ports(f"{name}/")

    def set_nodes(self, name: str, group: str, nodes: list[NodeSpec]) -> None:
        with self._lock(name):
            plane = self._plane(name)
            if plane is None:
                raise LocalCloudError(f"there is no cluster {name!r}.")
            try:
                set_nodes(plane.api(), group, nodes)
            except OSError as fault:
                raise LocalCloudError(f"the API server of cluster {name} does not answer: see `modelway local status`.") from fault

    def _start(self, plane: ControlPlane, progress: Callable[[str], None]) -> None:
        if not plane.prepared():
            plane.prepare()
        api = plane.api()
        server = plane.server_command(self._toolchain)
        record = self._records()[plane.name]
        # Into the store before anybody reads there.
        stored = {} if record.get("definitions") or self._parts.running(server.part) else crds.kept()
        self._etcd.write(plane.name, crds.STORED, stored)
        if self._parts.ensure(server, api.ready, READY_SECONDS):
            progress(f"cluster {plane.name}: the API server answers on {plane.endpoint}")
        # It may be a running one that waits for a store that came back.
        if not wait_until(api.ready, READY_SECONDS, 0.1):
            raise LocalCloudError(f"the API server of cluster {plane.name} is not ready: see {self._home.log(server.part)}.")
        for command in plane.other_commands(self._toolchain):
            self._parts.ensure(command, None, READY_SECONDS)
        if stored:
            crds.settle(api, stored)
        elif not record.get("definitions"):
            crds.apply(api, self._toolchain)
            crds.keep(self._etcd.read(plane.name, crds.STORED))
        self._write(plane.name, {**record, "definitions": True})
        # Pods are refused in a namespace before its default service account is there: the first sign that controllers work.
        if not wait_until(lambda: _has_service_account(plane), READY_SECONDS, 0.1):
            raise LocalCloudError(
                f"the controllers of cluster {plane.name} do not work: see {self._home.log(f'{plane.name}/kube-controller-manager')}."
            )

    def _complete(self, name: str) -> bool:
        plane = self._plane(name)
        assert plane is not None
        if not plane.prepared() or not self._records()[name].get("definitions"):
            return False
        commands = [plane.server_command(self._toolchain), *plane.other_commands(self._toolchain)]
        return all(self._parts.running(command.part) for command in commands)

    def _plane(self, name: str) -> ControlPlane | None:
        record = self._records().get(name)
        if record is None:
            return None
        webhook = WebhookSpec(**record["webhook"]) if record["webhook"] else None
        port = self._parts.port(f"{name}/kube-apiserver")
        return ControlPlane(self._home, name, port, webhook, self._etcd, record.get("service_cidr", SERVICE_CIDR))

    def _records(self) -> dict[str, dict[str, Any]]:
        return dict(self._parts.setting("clusters") or {})

    def _write(self, name: str, record: dict[str, Any] | None) -> None:
        with self._guard:
            records = self._records()
            if record is None:
                records.pop(name, None)
            else:
                records[name] = record
            self._parts.remember("clusters", records)

    def _lock(self, name: str) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault(name, threading.Lock())


def _has_service_account(plane: ControlPlane) -> bool:
    try:
        plane.api().call("GET", "/api/v1/namespaces/default/serviceaccounts/default")
    except (OSError, LocalCloudError):
        return False
    return True
