"""Asks a tracking server of MLflow for a run, by its REST API (mlflow.org/docs/latest/api_reference/rest-api.html#get-run).

Credentials come from the variables that MLflow's own client reads. They stand in one header, and no text has them.
"""

import base64
import json
import ssl
import urllib.request
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

import urllib3

from modelway.errors import ModelwayError

TIMES = urllib3.Timeout(connect=10, read=30)
MOST_BYTES = 16 << 20
"""Most that is read of an answer: a run with some thousand metrics has a few hundred kB."""
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_USER, _PASSWORD, _TOKEN, _CERTIFICATES = (
    "MLFLOW_TRACKING_USERNAME",
    "MLFLOW_TRACKING_PASSWORD",
    "MLFLOW_TRACKING_TOKEN",
    "MLFLOW_TRACKING_SERVER_CERT_PATH",
)


class MlflowFailure(ModelwayError):
    """The server refused, or did not answer."""


def read_run(server: str, run: str, variables: Mapping[str, str]) -> bytes:
    """What the server says of a run: JSON. Raises MlflowFailure."""
    address = _checked(server)
    shown = f"{address.scheme}://{address.hostname}{f':{address.port}' if address.port else ''}{address.path.rstrip('/')}"
    headers = {"Accept": "application/json", "User-Agent": "modelway", **_authorization(variables)}
    # An answer that leads elsewhere would take the password there.
    retries = urllib3.Retry(total=3, redirect=0, status_forcelist={500, 502, 503, 504}, backoff_factor=0.3, raise_on_status=False)
    try:
        with _pool(address.scheme, str(address.hostname), variables).request(
            "GET",
            f"{shown}/api/2.0/mlflow/runs/get",
            fields={"run_id": run},
            headers=headers,
            timeout=TIMES,
            retries=retries,
            preload_content=False,
            redirect=False,
        ) as response:
            content = response.read(MOST_BYTES + 1, decode_content=True)
            status = response.status
    except (urllib3.exceptions.HTTPError, OSError) as fault:
        # Without the exception that it is from: that one holds the request.
        raise MlflowFailure(f"MLflow does not answer at {shown}: {_reason(fault)}. Look whether the address is right.") from None
    if len(content) > MOST_BYTES:
        raise MlflowFailure(f"MLflow at {shown} says more of run {run} than {MOST_BYTES >> 20} MiB; that much is not read.")
    if status in (401, 403):
        said = "refuses" if headers.get("Authorization") else "wants a name and a password"
        raise MlflowFailure(
            f"MLflow at {shown} {said} ({status}): set {_USER} and {_PASSWORD}, or {_TOKEN}, of somebody who may read runs."
        )
    if 300 <= status < 400:
        raise MlflowFailure(f"MLflow at {shown} sends elsewhere ({status}): give the address that it is reached at in the end.")
    if status == 404 and _code(content) == "RESOURCE_DOES_NOT_EXIST":
        raise MlflowFailure(f"MLflow at {shown} has no run {run}. Look at `training.run` of the version, and whether it is this server's.")
    if status != 200:
        raise MlflowFailure(f"MLflow at {shown} answered {status} when it was asked for run {run}. Is it the root of a tracking server?")
    return content


def _checked(server: str) -> SplitResult:
    try:
        address = urlsplit(server)
        port = address.port
    except ValueError:
        raise MlflowFailure("the server of MLflow is no address. Write it like https://mlflow.example.com.") from None
    if address.scheme not in ("http", "https") or not address.hostname or port == 0:
        raise MlflowFailure("the server of MLflow is no address. Write it like https://mlflow.example.com.")
    if address.username or address.password or address.query or address.fragment:
        raise MlflowFailure(
            f"the address of MLflow has more than host and path in it: leave that out; {_USER} and {_PASSWORD} say who asks."
        )
    if address.scheme == "http" and address.hostname not in _LOOPBACK:
        raise MlflowFailure(
            f"MLflow at http://{address.hostname} would be asked in the clear, and anybody could read the password: write https://."
        )
    return address


def _authorization(variables: Mapping[str, str]) -> dict[str, str]:
    """As MLflow's client does it: name and password before a token."""
    user, password, token = (variables.get(name, "") for name in (_USER, _PASSWORD, _TOKEN))
    if user and password:
        return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}
    if token and not (token.isascii() and token.isprintable()):
        raise MlflowFailure(f"{_TOKEN} has characters that no token has. Set it again.")
    return {"Authorization": f"Bearer {token}"} if token else {}


def _pool(scheme: str, host: str, variables: Mapping[str, str]) -> urllib3.PoolManager:
    certificates = variables.get(_CERTIFICATES)
    try:
        context = ssl.create_default_context(cafile=certificates) if certificates else None
    except OSError:
        raise MlflowFailure(f"{_CERTIFICATES} is {certificates}, which is no file of certificates. Set it to one, or remove it.") from None
    proxy = urllib.request.getproxies().get(scheme)
    if proxy and not urllib.request.proxy_bypass(host):
        return urllib3.ProxyManager(proxy, ssl_context=context)
    return urllib3.PoolManager(ssl_context=context)


def _code(content: bytes) -> str:
    try:
        return str(json.loads(content)["error_code"])
    except (ValueError, KeyError, TypeError):
        return ""


def _reason(fault: object) -> str:
    """Why there was no answer, without what urllib3 tells of the request."""
    reason = getattr(fault, "reason", None) or fault
    kinds: tuple[tuple[type[Exception], str], ...] = (
        (urllib3.exceptions.ReadTimeoutError, f"it takes longer than {TIMES.read_timeout:g} seconds"),
        (urllib3.exceptions.NameResolutionError, "its name is not known"),
        (urllib3.exceptions.NewConnectionError, "nobody listens there"),
        (urllib3.exceptions.ConnectTimeoutError, "it takes too long to connect"),
        (urllib3.exceptions.SSLError, "its certificate is not trusted"),
        (urllib3.exceptions.ProxyError, "the proxy does not let it through"),
    )
    return next((text for kind, text in kinds if isinstance(reason, kind)), "the connection broke")
