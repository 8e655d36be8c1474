"""What encrypts the secrets of a stack that is about to be made: unless somebody chooses, the engine asks for a passphrase."""

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from modelway.architecture import Environment
from modelway.errors import ModelwayError
from modelway.operations.bootstrap_documents import Ground
from modelway.operations.project import read_stack_file

_PASSPHRASES = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")
_OF_THE_BACKEND = (None, "", "default", "passphrase")


class NothingEncrypts(ModelwayError):
    """A stack would have nothing that encrypts its secrets."""


def secrets_provider(
    environment: Environment, stack: str, file: Path, backend: str, variables: Mapping[str, str] = os.environ
) -> str | None:
    """The URL of what encrypts the secrets of `stack`, which is not there yet; None where the backend has its own way.

    What the stack's configuration `file` names comes first. Pulumi Cloud encrypts by itself, and a passphrase that is given is taken. In
    the bucket that `modelway bootstrap` makes for the environment it is the key that was made with it. Raises NothingEncrypts otherwise.
    """
    written = read_stack_file(file) if file.is_file() else {}
    # The engine itself overwrites it when it makes the stack.
    if (named := written.get("secretsprovider")) not in _OF_THE_BACKEND:
        return str(named)
    # One that is empty is a passphrase too.
    if urlsplit(backend).scheme in ("https", "http") or any(name in variables for name in _PASSPHRASES):
        return None
    key = bootstrapped(environment)
    if backend.partition("?")[0].rstrip("/") == f"s3://{key.bucket}":
        return f"awskms://{key.alias}?region={key.region}"
    raise NothingEncrypts(
        f"stack {stack} is not there yet, and nothing is chosen that encrypts its secrets: its state would be in"
        f" {backend.partition('?')[0]}, which is not the bucket that `modelway bootstrap {environment.environment}` makes,"
        f" s3://{key.bucket}. Log in to that one: `pulumi login '{login_of(environment)}'`; or choose:"
        f" `pulumi stack init {stack} --no-select --secrets-provider 'awskms://alias/KEY?region={key.region}'`; or set"
        f" PULUMI_CONFIG_PASSPHRASE_FILE. docs/bootstrap.md has all steps in order."
    )


def bootstrapped(environment: Environment) -> Ground:
    """The names of what `modelway bootstrap` makes for the environment; roles of CI apart, they need no repository."""
    return Ground(environment.environment, environment.aws.account, environment.aws.region, "", environment.platform)


def login_of(environment: Environment) -> str:
    """The URL of the backend that `modelway bootstrap` makes."""
    ground = bootstrapped(environment)
    return f"s3://{ground.bucket}?region={ground.region}"
