"""Which cluster a kubeconfig means, and with which credentials. Rules of client-go (tools/clientcmd, plugin/pkg/client/auth/exec)."""

from __future__ import annotations

import base64
import datetime
import json
import os
import shutil
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from localcloud.plugins.values import Properties, Value

_EXEC_TIMEOUT = 60  # seconds; longer than any token command should take
_EARLY = datetime.timedelta(seconds=30)  # credentials are renewed this long before they expire


class KubeconfigError(Exception):
    """The kubeconfig cannot be used; the message says why."""


@dataclass(frozen=True)
class Connection:
    """An API server and how to log on to it."""

    server: str
    namespace: str
    tls: ssl.SSLContext | None
    server_name: str | None
    credentials: Credentials


def connect(text_or_path: str | None, context: str | None = None, cluster: str | None = None) -> Connection:
    """From the content or the path of a kubeconfig; None = $KUBECONFIG or ~/.kube/config. Nothing is sent yet."""
    config = load(text_or_path)
    entry = active_context(config, context)
    cluster_entry = active_cluster(config, context, cluster)
    if cluster_entry is None:
        raise KubeconfigError("the kubeconfig names no cluster: set its current-context, or the provider's `context`")
    user = _named(config, "users", _text(entry, "user")) or {}
    server = _text(cluster_entry, "server")
    if not server:
        raise KubeconfigError("the kubeconfig's cluster has no server")
    if _text(cluster_entry, "proxy-url"):
        raise KubeconfigError("the kubeconfig asks for a proxy (proxy-url), which this stand-in does not support")
    tls = _tls(cluster_entry, user) if server.startswith("https") else None
    return Connection(
        server=server.rstrip("/"),
        namespace=_text(entry, "namespace") or "default",
        tls=tls,
        server_name=_text(cluster_entry, "tls-server-name") or None,
        credentials=Credentials(user, cluster_entry, tls),
    )


def load(text_or_path: str | None) -> Properties:
    """The parsed kubeconfig; several files of $KUBECONFIG are merged, the first one to say something wins."""
    if text_or_path:
        content = text_or_path.strip()
        if "\n" not in content and not content.startswith("{"):
            path = Path(content).expanduser()
            if not path.is_file():
                raise KubeconfigError(f"the kubeconfig file {path} does not exist")
            return _parse(path.read_text(encoding="utf-8"), path.parent)
        return _parse(content, Path.cwd())
    paths = [Path(part) for part in os.environ.get("KUBECONFIG", "").split(os.pathsep) if part] or [Path.home() / ".kube" / "config"]
    merged: Properties = {}
    for path in paths:
        if path.is_file():
            for key, value in _parse(path.read_text(encoding="utf-8"), path.parent).items():
                known = merged.get(key)
                if isinstance(known, list) and isinstance(value, list):
                    merged[key] = known + value
                elif not known:
                    merged[key] = value
    if not merged:
        raise KubeconfigError(
            f"no kubeconfig found at {', '.join(str(path) for path in paths)}: set KUBECONFIG or the provider's `kubeconfig`"
        )
    return merged


def active_context(config: Properties, context: str | None = None) -> Properties:
    """The entry of the context in use; empty when there is none."""
    name = context or _text(config, "current-context")
    found = _named(config, "contexts", name)
    if context and found is None:
        names = ", ".join(sorted(_text(each, "name") for each in _list(config, "contexts"))) or "none"
        raise KubeconfigError(f"the kubeconfig has no context {context!r}; it has {names}")
    return found or {}


def active_cluster(config: Properties, context: str | None = None, cluster: str | None = None) -> Properties | None:
    """The entry of the cluster in use: what tells whether two kubeconfigs mean the same cluster."""
    return _named(config, "clusters", cluster or _text(active_context(config, context), "cluster"))


def _parse(text: str, folder: Path) -> Properties:
    try:
        config = YAML(typ="safe").load(text)
    except YAMLError as error:
        raise KubeconfigError(f"the kubeconfig is not YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(config, dict):
        raise KubeconfigError("the kubeconfig is not a mapping")
    # Paths are relative to the file they stand in.
    for section, body, keys in (
        ("clusters", "cluster", ["certificate-authority"]),
        ("users", "user", ["client-certificate", "client-key", "tokenFile"]),
    ):
        for entry in _list(config, section):
            inner = entry.get(body)
            for key in keys:
                if isinstance(inner, dict) and isinstance(inner.get(key), str):
                    inner[key] = str(folder / str(inner[key]))
    return config


def _list(config: Properties, section: str) -> list[Properties]:
    entries = config.get(section)
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _named(config: Properties, section: str, name: str) -> Properties | None:
    for entry in _list(config, section):
        if entry.get("name") == name:
            body = entry.get(section.removesuffix("s"))
            return body if isinstance(body, dict) else {}
    return None


def _text(entry: Mapping[str, Value], key: str) -> str:
    value = entry.get(key)
    return value if isinstance(value, str) else ""


def _tls(cluster: Properties, user: Properties) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if cluster.get("insecure-skip-tls-verify"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return _with_certificate(context, user)
    data = _text(cluster, "certificate-authority-data")
    path = _text(cluster, "certificate-authority")
    try:
        if data:
            context.load_verify_locations(cadata=base64.b64decode(data).decode("ascii"))
        elif path:
            context.load_verify_locations(cafile=path)
    except (OSError, ValueError) as error:
        raise KubeconfigError(f"the kubeconfig's certificate authority cannot be read: {error}") from None
    return _with_certificate(context, user)


def _with_certificate(context: ssl.SSLContext, user: Properties) -> ssl.SSLContext:
    certificate = _bytes(user, "client-certificate")
    key = _bytes(user, "client-key")
    if certificate and key:
        load_certificate(context, certificate, key)
    return context


def load_certificate(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """Afterwards the context logs on with this certificate. The key is in a file (0600) only as long as OpenSSL reads it."""
    with tempfile.NamedTemporaryFile(prefix="modelway-", suffix=".pem") as file:
        file.write(certificate + b"\n" + key)
        file.flush()
        try:
            context.load_cert_chain(file.name)
        except (OSError, ValueError) as error:
            raise KubeconfigError(f"the kubeconfig's client certificate cannot be used: {error}") from None


def _bytes(user: Properties, key: str) -> bytes:
    if data := _text(user, f"{key}-data"):
        return base64.b64decode(data)
    if path := _text(user, key):
        try:
            return Path(path).read_bytes()
        except OSError as error:
            raise KubeconfigError(f"the kubeconfig's {key} cannot be read: {error}") from None
    return b""


@dataclass
class Credentials:
    """The HTTP authorization of a user entry. Tokens of exec commands are kept until they expire or the server refuses them."""

    user: Properties
    cluster: Properties
    tls: ssl.SSLContext | None
    _token: str = ""
    _expires: datetime.datetime | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def header(self) -> str | None:
        """The value of Authorization; None for client certificates and anonymous users. May run a command (60 s at most)."""
        if token := _text(self.user, "token"):
            return f"Bearer {token}"
        if path := _text(self.user, "tokenFile"):
            try:
                return f"Bearer {Path(path).read_text(encoding='utf-8').strip()}"
            except OSError as error:
                raise KubeconfigError(f"the kubeconfig's token file cannot be read: {error}") from None
        if username := _text(self.user, "username"):
            pair = f"{username}:{_text(self.user, 'password')}"
            return "Basic " + base64.b64encode(pair.encode()).decode()
        command = self.user.get("exec")
        if not isinstance(command, dict):
            return None
        with self._lock:
            if not self._token or (self._expires and self._expires - _EARLY <= datetime.datetime.now(datetime.UTC)):
                self._run(command)
            return f"Bearer {self._token}" if self._token else None

    def refused(self, header: str | None) -> bool:
        """The server said 401 to this header. Whether another try makes sense (with what the command gives next)."""
        with self._lock:
            if not isinstance(self.user.get("exec"), dict):
                return False
            if header == f"Bearer {self._token}":
                self._token = ""
            return True

    def _run(self, command: Properties) -> None:
        program = _text(command, "command")
        version = _text(command, "apiVersion")
        if version not in ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"):
            raise KubeconfigError(f"the kubeconfig's exec command has the unsupported apiVersion {version!r}")
        if shutil.which(program) is None:
            hint = _text(command, "installHint")
            raise KubeconfigError(f"the kubeconfig's exec command {program!r} is not on PATH{': ' + hint if hint else ''}")
        arguments = command.get("args")
        extra = {_text(each, "name"): _text(each, "value") for each in _list(command, "env")}
        spec: Properties = {"interactive": False}
        if command.get("provideClusterInfo"):
            spec["cluster"] = dict(self.cluster)
        info = json.dumps({"apiVersion": version, "kind": "ExecCredential", "spec": spec})
        try:
            done = subprocess.run(
                [program, *(str(each) for each in arguments)] if isinstance(arguments, list) else [program],
                env={**os.environ, **extra, "KUBERNETES_EXEC_INFO": info},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_EXEC_TIMEOUT,
                check=True,
            )
            status = dict(json.loads(done.stdout)["status"])
            expires = status.get("expirationTimestamp")
            self._expires = datetime.datetime.fromisoformat(expires) if expires else None
        except subprocess.CalledProcessError as error:
            lines = error.stderr.decode(errors="replace").strip().splitlines()
            raise KubeconfigError(f"the kubeconfig's exec command {program!r} failed: {lines[-1] if lines else error.returncode}") from None
        except (subprocess.TimeoutExpired, OSError) as error:
            raise KubeconfigError(f"the kubeconfig's exec command {program!r} failed: {error}") from None
        except (ValueError, KeyError, TypeError):
            raise KubeconfigError(f"the kubeconfig's exec command {program!r} did not print an ExecCredential") from None
        self._token = status.get("token") or ""
        certificate, key = status.get("clientCertificateData"), status.get("clientKeyData")
        if certificate and key and self.tls:
            load_certificate(self.tls, certificate.encode(), key.encode())
        if not self._token and not certificate:
            raise KubeconfigError(f"the kubeconfig's exec command {program!r} gave neither a token nor a client certificate")
