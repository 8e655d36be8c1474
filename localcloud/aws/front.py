"""`python -m localcloud.aws.front`: the one address of emulated AWS.

Every call has to be signed with a key that was issued here. The signature's scope names service, region and key; the key names the account.
`eks` goes to MiniStack with clusters of our own laid over it, everything else to moto. Answers on 127.0.0.1 only.
"""

import argparse
import hmac
import re
import sys
import threading
import time
import traceback
from collections.abc import Iterable
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from localcloud import LocalCloudError
from localcloud.aws import autoscaling, ecr, failures, rds, s3, sagemaker, sigv4, ssm, tokens
from localcloud.aws.eks.access import who
from localcloud.aws.eks.service import Eks
from localcloud.aws.identities import Identities
from localcloud.aws.messages import Answer, Refused, Request
from localcloud.aws.ministack import MiniStack
from localcloud.aws.moto_host import Moto, Start
from localcloud.control import ControlClient
from localcloud.home import Home

INTERNAL = "/_modelway/"
REVIEW = f"{INTERNAL}token-review/"
HOST = "127.0.0.1"

NOT_HERE = {
    "GetSessionToken": "assume a role instead",
    "GetFederationToken": "assume a role instead",
    "AssumeRoleWithWebIdentity": "nobody here can check the token",
    "AssumeRoleWithSAML": "nobody here can check the assertion",
}
"""Actions of STS for which moto gives credentials to everybody, or credentials that mean nothing."""

_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")


class Front:
    """A WSGI application; see the module."""

    def __init__(self, folder: Path, port: int, ministack: MiniStack, control: ControlClient, home: Home) -> None:
        self._control = control
        self._ministack = ministack
        self._secret = control.token
        self._hosts = frozenset((f"{HOST}:{port}", f"localhost:{port}"))
        self._endpoint = f"http://{HOST}:{port}"
        self._moto = Moto()
        self._identities = Identities(self._moto)
        self._layers = ecr.Layers(folder / "layers")
        s3.install()
        ecr.install(self._layers, self._endpoint, time.time)
        autoscaling.install()
        rds.install()
        sagemaker.install()
        ssm.install()
        cleared: Future[None] = Future()
        self._eks = Eks(control, home, ministack, self._moto, self._identities, self._webhook, cleared)
        threading.Thread(target=self._clear, args=(cleared,), name="clear", daemon=True).start()

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        request = _request(environ)
        answer = self._answer(environ, request)
        headers = list(answer.headers)
        if not any(name.lower() == "content-length" for name, _ in headers):
            headers.append(("Content-Length", str(len(answer.body))))
        start(f"{answer.status} -", headers, None)
        return [answer.body]

    def _answer(self, environ: dict[str, Any], request: Request) -> Answer:
        service = None
        try:
            if request.path.startswith(INTERNAL):
                return self._internal(request)
            signature = sigv4.read(request)
            service = signature.service
            now = datetime.now(UTC)
            caller = self._identities.of(signature, now)
            sigv4.verify(request, signature, caller.secret, now)
            if service == "eks":
                return self._eks.answer(caller, signature.region, request)
            if service == "sts":
                form = request.form()
                if way_out := NOT_HERE.get(form.get("Action", "")):
                    raise Refused("AccessDenied", f"{form['Action']} is not part of the local cloud: {way_out}.", 403)
                if form.get("Action") == "AssumeRole":
                    self._identities.check_assume(caller, form.get("RoleArn", ""))
            if service == "sagemaker":
                sagemaker.refuse_invocation(request.path, caller.account, signature.region)
            scope = f"{signature.access_key}/{signature.date}/{signature.region}/{service}/aws4_request"
            authorization = (
                f"{sigv4.ALGORITHM} Credential={scope}, SignedHeaders={';'.join(signature.signed_headers)}, Signature={signature.value}"
            )
            answer = self._moto.call(caller.account, environ, request, authorization)
            if service == "s3" and answer.status == 403:
                _explain(request, answer)
            return answer
        except Refused as refused:
            return failures.answer(refused, request, service)
        except Exception as fault:
            traceback.print_exc()
            return failures.answer(
                Refused("InternalFailure", f"the local cloud's AWS failed: {str(fault)[:300]}; see its log.", 500), request, service
            )

    def _internal(self, request: Request) -> Answer:
        if request.path.startswith(REVIEW):
            return self._review(request)
        if request.path.startswith(ecr.PATH):
            return self._layers.download(request, time.time())
        match request.path.removeprefix(INTERNAL):
            case "health":
                return Answer.of({"status": "ready"})
            case "credentials":
                return self._credentials(request)
        return Answer.of({"error": "there is nothing of that name"}, 404)

    def _credentials(self, request: Request) -> Answer:
        if not _same(request.headers.get("authorization", ""), f"Bearer {self._secret}"):
            return Answer.of({"error": "the local cloud's own token is needed"}, 401)
        region = request.parameter("region") or ""
        if not _REGION.fullmatch(region):
            return Answer.of({"error": f"region {region!r} is none"}, 400)
        try:
            return Answer.of(self._identities.deployer(request.parameter("account") or "", region, datetime.now(UTC)).variables())
        except ValueError as fault:
            return Answer.of({"error": str(fault)}, 400)

    def _webhook(self, cluster: str) -> str:
        # The API server has no credentials of AWS: who knows the path is one of ours.
        return f"{self._endpoint}{REVIEW}{cluster}/{self._path_secret(cluster)}"

    def _path_secret(self, cluster: str) -> str:
        return hmac.digest(self._secret.encode(), f"token review {cluster}".encode(), "sha256").hex()

    def _review(self, request: Request) -> Answer:
        """TokenReview: who a bearer token belongs to."""
        name, _, secret = request.path.removeprefix(REVIEW).partition("/")
        if request.method != "POST" or not _same(secret, self._path_secret(name)):
            return Answer.of({"error": "not for you"}, 403)
        status: dict[str, Any] = {"authenticated": False}
        try:
            token = str((request.json().get("spec") or {}).get("token") or "")
            status = {"authenticated": True, "user": self._user(name, token)}
        except Refused as refused:
            status["error"] = refused.message
        return Answer.of({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": status})

    def _user(self, name: str, token: str) -> dict[str, Any]:
        cluster = self._eks.clusters.by_id(name)
        if cluster is None:
            raise Refused("Unauthorized", "there is no such cluster", 401)
        identity = tokens.verify(token, cluster.name, self._hosts, self._identities, datetime.now(UTC))
        access = self._eks.access
        entry = access.entry(cluster, identity.principal)
        if entry is None:
            raise Refused("Unauthorized", f"{identity.principal} has no access entry in cluster {cluster.name}", 401)
        return who(identity, entry, access.policies(cluster, identity.principal))

    def _clear(self, cleared: Future[None]) -> None:
        """What an earlier front left behind has no account any more: moto's memory went with it."""
        try:
            self._ministack.reset()
            for cluster in self._control.clusters():
                if re.match(r"\d{12}-", cluster):
                    self._control.delete_cluster(cluster)
        except (Refused, LocalCloudError) as fault:
            sys.stderr.write(f"clearing: {fault}\n")
        finally:
            cleared.set_result(None)


def _explain(request: Request, answer: Answer) -> None:
    """Raises Refused with S3's words where moto has others or none: for what a bucket's policy denies, for names that are taken."""
    if request.method == "PUT" and not request.query and "/" not in request.path.strip("/"):
        raise Refused(
            "BucketAlreadyExists",
            "The requested bucket name is not available. The bucket namespace is shared by all users of the system. "
            "Please select a different name and try again.",
            409,
        )
    if not answer.body and request.method != "HEAD":
        raise Refused("AccessDenied", "Access Denied", 403)


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), wanted.encode())


def _request(environ: dict[str, Any]) -> Request:
    raw = str(environ.get("REQUEST_URI") or environ.get("PATH_INFO") or "/")
    path, _, query = raw.partition("?")
    headers = {name[5:].replace("_", "-").lower(): str(value) for name, value in environ.items() if name.startswith("HTTP_")}
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            headers[name.replace("_", "-").lower()] = str(environ[name])
    stream = environ["wsgi.input"]
    if environ.get("wsgi.input_terminated"):
        body = stream.read()
    else:
        length = str(environ.get("CONTENT_LENGTH") or "0")
        body = stream.read(int(length)) if length.isdigit() else b""
    return Request(str(environ["REQUEST_METHOD"]), path, query, headers, body)


def main(arguments: list[str] | None = None) -> int:
    """Serves until it is killed."""
    parser = argparse.ArgumentParser(prog="python -m localcloud.aws.front")
    parser.add_argument("--folder", type=Path, required=True, help="where layers are kept")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--control", type=Path, required=True, help="folder of the local cloud")
    parser.add_argument("--ministack", required=True, help="its URL")
    given = parser.parse_args(arguments)
    from moto.moto_server.werkzeug_app import MotoRequestHandler
    from werkzeug.serving import make_server

    class Handler(MotoRequestHandler):
        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:  # noqa: ARG002
            # What is left out is a credential: the queries of presigned URLs, the paths of token reviews.
            path = INTERNAL if self.path.startswith(INTERNAL) else self.path.partition("?")[0]
            sys.stderr.write(f"{self.command} {path} {code}\n")

    front = Front(given.folder, given.port, MiniStack(given.ministack), ControlClient(given.control), Home(given.control))
    server = make_server(HOST, given.port, front, threaded=True, request_handler=Handler)
    server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
