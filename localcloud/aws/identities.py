"""Who signed a request: the access keys that moto issued, and nobody else's."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from localcloud.aws.messages import Refused
from localcloud.aws.moto_host import Moto
from localcloud.aws.sigv4 import Signature

DEPLOYER = "deployer"
SESSION = "modelway-local"
SESSION_SECONDS = 12 * 3600
"""The longest session of a role. Source: AWS STS API, AssumeRole, DurationSeconds."""

_ACCOUNT = re.compile(r"\d{12}")
_ROLE = re.compile(r"arn:aws:iam::(\d{12}):role/(?:[!-~]+/)?([\w+=,.@-]{1,64})", re.ASCII)
_USER = re.compile(r"arn:aws:iam::(\d{12}):user/(?:[!-~]+/)?([\w+=,.@-]{1,64})", re.ASCII)
_ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


@dataclass(frozen=True)
class Identity:
    """A caller: the holder of one access key."""

    account: str
    access_key: str
    secret: str
    token: str | None
    arn: str
    """As GetCallerIdentity says it: for a role `…:assumed-role/ROLE/SESSION`."""
    principal: str
    """The role or user itself, with its path: what access entries and trust policies name."""
    user_id: str
    session: str | None
    expires: datetime | None


@dataclass(frozen=True)
class Credentials:
    """What a caller needs, named as the environment variables are."""

    access_key: str
    secret: str
    token: str
    expires: datetime

    def variables(self) -> dict[str, str]:
        return {"AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret, "AWS_SESSION_TOKEN": self.token}


class Identities:
    """Reads moto's IAM and STS: a key that is deleted or inactive there, or whose role is gone, is nobody's at once."""

    def __init__(self, moto: Moto) -> None:
        self._moto = moto
        self._deployers: dict[str, Credentials] = {}

    def of(self, signature: Signature, now: datetime) -> Identity:
        """Whose key it is and whether its session token belongs to it. The signature itself is not checked here. Raises Refused."""
        identity = self.find(signature.access_key)
        if identity is None or identity.token != signature.token:
            raise Refused("InvalidClientTokenId", "The security token included in the request is invalid.", 403)
        if identity.expires and now >= identity.expires:
            raise Refused("ExpiredToken", "The security token included in the request is expired", 403)
        return identity

    def find(self, access_key: str) -> Identity | None:
        """The holder of an access key that may be used now, or None."""
        from moto.iam.models import iam_backends
        from moto.sts.models import sts_backends

        with self._moto.lock:
            for account in list(sts_backends):
                session = sts_backends[account]["aws"].get_assumed_role_from_access_key(access_key)
                if session:
                    return _assumed(account, session) if self.role(session.role_arn) else None
            for account in list(iam_backends):
                for user in iam_backends[account]["aws"].users.values():
                    for key in user.access_keys:
                        if key.access_key_id == access_key and key.status == "Active":
                            return Identity(account, access_key, key.secret_access_key, None, user.arn, user.arn, user.id, None, None)
        return None

    def role(self, arn: str) -> Any:
        """moto's role of that ARN, or None."""
        from moto.iam.models import iam_backends

        match = _ROLE.fullmatch(arn)
        if not match or match[1] not in iam_backends:
            return None
        with self._moto.lock:
            return next((role for role in iam_backends[match[1]]["aws"].roles.values() if role.arn == arn), None)

    def exists(self, arn: str) -> bool:
        """Whether a role or user has that ARN."""
        from moto.iam.models import iam_backends

        match = _USER.fullmatch(arn)
        if not match:
            return self.role(arn) is not None
        with self._moto.lock:
            return match[1] in iam_backends and any(user.arn == arn for user in iam_backends[match[1]]["aws"].users.values())

    def check_assume(self, caller: Identity, arn: str) -> None:
        """Returns when the role exists and its trust policy names the caller. Conditions are not evaluated. Raises Refused."""
        role = self.role(arn)
        if role is None or not any(_trusts(statement, caller) for statement in _statements(role.assume_role_policy_document)):
            raise Refused("AccessDenied", f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}", 403)

    def deployer(self, account: str, region: str, now: datetime) -> Credentials:
        """Credentials of role `deployer` of the account, which is made on the first call; good for at least six hours.

        Raises ValueError for what is no account.
        """
        if not _ACCOUNT.fullmatch(account):
            raise ValueError(f"account {account!r} has to be 12 digits")
        from moto.iam.models import iam_backends
        from moto.sts.models import sts_backends

        with self._moto.lock:
            iam = iam_backends[account]["aws"]
            if not any(role.name == DEPLOYER for role in iam.roles.values()):
                trust = {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}],
                }
                description = "Who deploys on this laptop"
                iam.create_role(DEPLOYER, json.dumps(trust), "/", None, description, [], str(SESSION_SECONDS))
                iam.attach_role_policy(_ADMINISTRATOR, DEPLOYER)
                self._deployers.pop(account, None)
            kept = self._deployers.get(account)
            if kept is None or kept.expires - now < timedelta(seconds=SESSION_SECONDS / 2):
                arn = f"arn:aws:iam::{account}:role/{DEPLOYER}"
                session = sts_backends[account]["aws"].assume_role(region, SESSION, arn, "", SESSION_SECONDS, "")
                kept = Credentials(session.access_key_id, session.secret_access_key, session.session_token, _aware(session.expiration))
                self._deployers[account] = kept
            return kept


def _assumed(account: str, session: Any) -> Identity:
    return Identity(
        account,
        session.access_key_id,
        session.secret_access_key,
        session.session_token,
        session.arn,
        session.role_arn,
        session.user_id,
        session.session_name,
        _aware(session.expiration),
    )


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _statements(policy: str | dict[str, Any]) -> Iterator[dict[str, Any]]:
    document = json.loads(policy) if isinstance(policy, str) else policy
    statements = document.get("Statement", [])
    yield from [statements] if isinstance(statements, dict) else statements


def _trusts(statement: dict[str, Any], caller: Identity) -> bool:
    actions = statement.get("Action", [])
    actions = [actions] if isinstance(actions, str) else actions
    if statement.get("Effect") != "Allow" or not {"sts:AssumeRole", "sts:*", "*"} & set(actions):
        return False
    principal = statement.get("Principal", {})
    named = principal if isinstance(principal, str) else principal.get("AWS", [])
    named = [named] if isinstance(named, str) else named
    return bool({"*", caller.account, f"arn:aws:iam::{caller.account}:root", caller.principal, caller.arn} & set(named))
