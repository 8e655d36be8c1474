"""How a run of GitHub takes on a role: the step that workflows and the composite action have for it, run in a shell."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qsl

import pytest
from ruamel.yaml import YAML

from modelway.operations.bootstrap_documents import AUDIENCE, Ground

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "templates" / "github"
ACTION = FOLDER / "action" / "action.yml"
OWN = "any-program.yml"
"""The one for repositories that are no clone of Modelway."""
PLACE = Ground("dev", "222222222222", "eu-west-1", "acme/models")

SESSION = {"AccessKeyId": "made-up-id", "SecretAccessKey": "made/up+key==", "SessionToken": "made/up+session=="}
GIVEN = "".join(f"<{name}>{value}</{name}>" for name, value in SESSION.items())
SPACE = 'xmlns="https://sts.amazonaws.com/doc/2011-06-15/"'
YES = f"<AssumeRoleWithWebIdentityResponse {SPACE}><R><Credentials>{GIVEN}</Credentials></R></AssumeRoleWithWebIdentityResponse>"
NO = f"<ErrorResponse {SPACE}><Error><Code>AccessDenied</Code><Message>Not authorized</Message></Error></ErrorResponse>"


@contextmanager
def sts(answer: str) -> Iterator[tuple[list[dict[str, str]], str]]:
    """What AWS is asked, and where; it answers in the form of docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity."""
    asked: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode())))
            self.send_response(200 if answer == YES else 403)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer.encode())

        def log_message(self, *said: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield asked, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def taken(file: Path, tmp_path: Path, api: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The step that takes on the role; its shell is run, with GitHub's answer made up, AWS on loopback, and curl and modelway real."""
    described = YAML(typ="safe").load(file.read_text("utf-8"))
    inside = described["runs"]["steps"] if "runs" in described else [one for job in described["jobs"].values() for one in job["steps"]]
    (one,) = [one for one in inside if one.get("name") == "Take on the role"]
    made_up = """modelway() { "$PYTHON" -m modelway "$@"; }
    curl() {
      if [[ "$*" = *audience=* ]]; then echo "$*" >&2; echo '{"value": "token"}'; return; fi
      command curl "${@/#https:\\/\\/sts.eu-west-1.amazonaws.com/$STS}"
    }"""
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", "\n".join((made_up, one["run"]))],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={
            "STS": api,
            "PYTHON": sys.executable,
            "PYTHONPATH": str(ROOT),
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "GITHUB_ENV": str(tmp_path / "env"),
            "GITHUB_RUN_ID": "5",
            "RUNNER_TEMP": str(tmp_path),
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t",
            "ACTIONS_ID_TOKEN_REQUEST_URL": "https://example.com?a=1",
            **variables,
        },
    )


WAYS = [
    (ACTION, {"ENVIRONMENT": "dev", "ROLE": role, "PLATFORM": "modelway"}, PLACE.role(role), f"s3://{PLACE.bucket}?region=eu-west-1")
    for role in ("preview", "drift", "deploy")
] + [(FOLDER / OWN, {"AWS_REGION": "eu-west-1", "AWS_ROLE_ARN": "arn:x", "BACKEND": "s3://acme"}, "arn:x", "s3://acme")]


@pytest.mark.parametrize(("file", "variables", "role", "backend"), WAYS)
def test_it_takes_on_a_role_for_an_hour_and_opens_its_state(
    file: Path, variables: dict[str, str], role: str, backend: str, tmp_path: Path
) -> None:
    with sts(YES) as (asked, api):
        done = taken(file, tmp_path, api, **variables)
    assert done.returncode == 0, done.stderr
    assert f"audience={AUDIENCE}" in done.stderr
    assert asked == [
        {
            "Action": "AssumeRoleWithWebIdentity",
            "Version": "2011-06-15",
            "DurationSeconds": "3600",
            "RoleArn": role,
            "RoleSessionName": "github-5",
            "WebIdentityToken": "token",
        }
    ]
    later = dict(line.split("=", 1) for line in (tmp_path / "env").read_text("utf-8").splitlines())
    keys = [later.pop(name) for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")]
    assert keys == list(SESSION.values())
    # Masked before anything could print them, and printed by nothing else.
    assert done.stdout.splitlines()[-3:] == [f"::add-mask::{value}" for value in keys]
    assert later.pop("PULUMI_BACKEND_URL") == backend
    looks = variables.get("ROLE") in ("preview", "drift")
    assert (later.pop("PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER", None) == "true") is looks
    # No token that ends after five minutes is what later steps ask with.
    assert later == ({"AWS_REGION": "eu-west-1"} if file == ACTION else {})
    assert [one.name for one in tmp_path.iterdir()] == ["env"]


def test_a_role_that_is_refused_is_named_with_what_aws_says(tmp_path: Path) -> None:
    file, variables, role, _ = WAYS[0]
    with sts(NO) as (_, api):
        done = taken(file, tmp_path, api, **variables)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"AWS gives no session of {role}: AccessDenied: Not authorized"
    assert not (tmp_path / "env").exists()
