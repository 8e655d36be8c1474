"""Requests to the AWS emulators, and to nothing else: an endpoint that is not on this machine is refused."""

from __future__ import annotations

import ipaddress
import os
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from localcloud.plugins.aws.table import Object
from localcloud.plugins.operations import ProviderError

_WAY_OUT = "this stand-in of the AWS provider talks to the local cloud only; `modelway local env` prints the variables that point at it"


class ApiError(Exception):
    """AWS refused."""

    def __init__(self, service: str, operation: str, code: str, message: str, status: int) -> None:
        super().__init__(f"{service} {operation}: {code}: {message}")
        self.code = code
        self.status = status

    @property
    def not_found(self) -> bool:
        """Whether the thing does not exist. Services have dozens of codes for it, all of these forms."""
        return (
            self.code.endswith(("NotFound", "NotFoundException", "NotFoundError", "NotFoundFault"))
            or self.code.startswith("NoSuch")
            or self.code == "404"
        )


# No user, no backslash: what one parser takes for the host, another does not.
_URL = re.compile(r"https?://(?:\[(?P<six>[0-9a-f:]+)\]|(?P<host>[0-9a-z.-]+))(?::\d{1,5})?(?:/[!-\[\]-~]*)?", re.IGNORECASE)


def loopback(url: str) -> bool:
    """Whether an endpoint is on this machine."""
    match = _URL.fullmatch(url)
    if match is None:
        return False
    host = (match["six"] or match["host"]).lower()
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Settings:
    """What the provider's options and the environment say. `endpoints`: by service name, in lower case without marks."""

    region: str
    access_key: str
    secret_key: str
    token: str
    endpoints: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    """Those of the environment that name endpoints."""

    @staticmethod
    def of(config: Object, environment: Mapping[str, str]) -> Settings:
        """Raises ProviderError for what is missing, and for every endpoint that is not on this machine, used or not."""
        region = config.get("region") or environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or ""
        if not region:
            raise ProviderError("aws:region is not set: give the provider a region, or set AWS_REGION")
        endpoints = {
            service: url for group in config.get("endpoints") or [] for service, url in group.items() if isinstance(url, str) and url
        }
        variables = {name: url for name, url in environment.items() if name.startswith("AWS_ENDPOINT_URL") and url}
        for name, url in {**{f"aws:endpoints {service}": url for service, url in endpoints.items()}, **variables}.items():
            if not loopback(url):
                raise ProviderError(f"{name}: the endpoint {url} is not on this machine: {_WAY_OUT}")
        access_key = config.get("accessKey") or environment.get("AWS_ACCESS_KEY_ID") or ""
        secret_key = config.get("secretKey") or environment.get("AWS_SECRET_ACCESS_KEY") or ""
        if not access_key or not secret_key:
            raise ProviderError(f"no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY ({_WAY_OUT})")
        own_key = bool(config.get("accessKey"))
        token = config.get("token") or ("" if own_key else environment.get("AWS_SESSION_TOKEN", ""))
        return Settings(region, access_key, secret_key, token, {_plain(service): url for service, url in endpoints.items()}, variables)

    def endpoint(self, service: str) -> str:
        """The service's endpoint, which is on this machine. Raises ProviderError where there is none."""
        names = (service, *_ALIASES.get(service, ()))
        configured = next((self.endpoints[_plain(name)] for name in names if _plain(name) in self.endpoints), "")
        variable = f"AWS_ENDPOINT_URL_{_VARIABLES.get(service, service).upper()}"
        url = configured or self.variables.get(variable, "") or self.variables.get("AWS_ENDPOINT_URL", "")
        if not url:
            raise ProviderError(f"no endpoint for {service}: AWS_ENDPOINT_URL is not set, and {_WAY_OUT}")
        return url


# Names of services in the provider's `endpoints` (https://www.pulumi.com/registry/packages/aws/api-docs/provider/#providerendpoint).
_ALIASES = {"logs": ("cloudwatchlogs", "cloudwatchlog")}
# Service ids as the variables spell them (https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html).
_VARIABLES = {"logs": "cloudwatch_logs"}


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _stay_here(request: Any, **_: object) -> None:
    """The last word before anything is sent: some ARNs and redirects lead botocore away from the endpoint it was given."""
    if not loopback(request.url):
        raise ProviderError(f"{urlsplit(request.url).hostname} is not on this machine: {_WAY_OUT}")


class Session:
    """A way to call operations by name. Clients are made once per service and region; botocore is loaded with the first."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()

    @cached_property
    def _botocore(self) -> Any:
        import botocore.session

        session = botocore.session.Session()
        # Profiles and configuration files of the user are for the real AWS.
        for variable, value in (("profile", None), ("config_file", os.devnull), ("credentials_file", os.devnull)):
            session.set_config_variable(variable, value)
        return session

    def _client(self, service: str, region: str) -> Any:
        endpoint = self.settings.endpoint(service)
        with self._lock:
            if (service, region) not in self._clients:
                from botocore.config import Config

                client = self._botocore.create_client(
                    service,
                    region_name=region,
                    endpoint_url=endpoint,
                    aws_access_key_id=self.settings.access_key,
                    aws_secret_access_key=self.settings.secret_key,
                    aws_session_token=self.settings.token or None,
                    config=Config(
                        proxies={},
                        inject_host_prefix=False,
                        connect_timeout=5,
                        retries={"mode": "standard", "total_max_attempts": 3},
                        max_pool_connections=64,
                        s3={"addressing_style": "path"},
                    ),
                )
                client.meta.events.register("before-send", _stay_here)
                self._clients[service, region] = client
            return self._clients[service, region]

    def shape(self, service: str, operation: str) -> Any:
        """The shape of an operation's parameters in the service model."""
        return self._client(service, self.settings.region).meta.service_model.operation_model(operation).input_shape

    def call(self, service: str, operation: str, parameters: Object, region: str = "") -> Object:
        """The answer, all pages of it. Raises ApiError when AWS refuses, ProviderError when nobody answers."""
        from botocore import exceptions, xform_name

        client = self._client(service, region or self.settings.region)
        method = xform_name(operation)
        try:
            if operation.startswith(("Describe", "List")) and client.can_paginate(method):
                return dict(client.get_paginator(method).paginate(**parameters).build_full_result())
            return dict(getattr(client, method)(**parameters))
        except exceptions.ClientError as error:
            detail = error.response.get("Error", {})
            status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
            raise ApiError(service, operation, str(detail.get("Code", status)), str(detail.get("Message", "")), status) from None
        except (exceptions.HTTPClientError, exceptions.ConnectionError) as error:
            raise ProviderError(f"{service} {operation}: {error}; `modelway local status` says whether the local cloud is up") from None
        except exceptions.BotoCoreError as error:
            problem = " ".join(str(error).split())
            raise ProviderError(f"{service} {operation}: {problem}") from None

    @cached_property
    def identity(self) -> Object:
        """Who we are: Account, Arn, UserId."""
        return self.call("sts", "GetCallerIdentity", {})

    @property
    def account(self) -> str:
        return str(self.identity["Account"])
