"""moto inside the front's process: everything but EKS.

Calls run one at a time: moto's backends share dictionaries without locks, and under one interpreter lock two at once are not quicker.
"""

import io
import json
import os
import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any

from localcloud.aws.messages import Answer, Refused, Request

ENVIRONMENT = {
    # Without it no policy of AWS's own can be attached.
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
    # Accounts are islands, as far as moto can.
    "MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS": "false",
    # The host is an address: nothing of it is a bucket's name.
    "S3_IGNORE_SUBDOMAIN_BUCKETNAME": "true",
    # Not needed by anything here, and megabytes each.
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
    "MOTO_DISABLE_GLOBAL_CORS": "true",
}
"""Read by moto when it is imported."""

_ACCOUNT_HEADER = "HTTP_X_MOTO_ACCOUNT_ID"

Start = Callable[[str, list[tuple[str, str]], tuple[type[BaseException], BaseException, TracebackType] | None], Callable[[bytes], object]]


class Moto:
    """moto's WSGI application and its backends."""

    def __init__(self) -> None:
        os.environ.update(ENVIRONMENT)
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
        from moto.s3.models import FakeBucket

        FakeBucket.get_permission = _bucket_permission  # type: ignore[method-assign, assignment]
        self.lock = threading.RLock()
        self._application = DomainDispatcherApplication(create_backend_app)

    def call(self, account: str, environ: dict[str, Any], request: Request, authorization: str) -> Answer:
        """The call made in `account`. moto finds service and region in `authorization`, also where the signature was in the URL."""
        inner = {name: value for name, value in environ.items() if name != _ACCOUNT_HEADER}
        inner |= {
            "wsgi.input": io.BytesIO(request.body),
            "CONTENT_LENGTH": str(len(request.body)),
            "HTTP_AUTHORIZATION": authorization,
            _ACCOUNT_HEADER: account,
        }
        inner.pop("HTTP_TRANSFER_ENCODING", None)
        inner.pop("wsgi.input_terminated", None)
        answered: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], _: object = None) -> Callable[[bytes], object]:
            answered.append((status, headers))
            return lambda _: None

        with self.lock:
            chunks: Iterable[bytes] = self._application(inner, start)
            try:
                body = b"".join(chunks)
            finally:
                close = getattr(chunks, "close", None)
                if close:
                    close()
        status, headers = answered[-1]
        return Answer(int(status.split()[0]), body, headers)

    def subnet(self, account: str, region: str, subnet: str) -> Any:
        """moto's subnet: `.cidr_block`, `.availability_zone`, `.vpc_id`. Raises Refused when there is none of that name."""
        from moto.ec2.models import ec2_backends

        with self.lock:
            for subnets in ec2_backends[account][region].subnets.values():
                if subnet in subnets:
                    return subnets[subnet]
        raise Refused("InvalidParameterException", f"The subnet ID '{subnet}' does not exist")

    def create_security_group(self, account: str, region: str, vpc: str, name: str, description: str, tags: dict[str, str]) -> str:
        """Afterwards the group exists. Its id."""
        from moto.ec2.models import ec2_backends

        with self.lock:
            return str(ec2_backends[account][region].create_security_group(name, description, vpc_id=vpc, tags=tags).id)

    def delete_security_group(self, account: str, region: str, group: str) -> None:
        """Afterwards the group is gone, unless something uses it (which keeps it, as in AWS)."""
        from moto.core.exceptions import ServiceException
        from moto.ec2.models import ec2_backends

        with self.lock:
            try:
                ec2_backends[account][region].delete_security_group(group_id=group)
            except ServiceException:
                return


def _bucket_permission(bucket: Any, action: str, resource: str) -> Any:
    """What the bucket's policy says of the action; in place of moto's, which denies whatever a statement with conditions is about.

    No statement with conditions applies: a call here counts as one over TLS, and of other conditions nothing is known.
    """
    from moto.iam.access_control import IAMPolicy, PermissionResult

    if bucket.policy is None:
        return PermissionResult.NEUTRAL
    document = json.loads(bucket.policy)
    stated = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
    unconditional = [statement for statement in stated if not statement.get("Condition")]
    return IAMPolicy(json.dumps({**document, "Statement": unconditional})).is_action_permitted(action, resource)
