"""Which pull request CI runs for, and with which token: what the variables of GitHub Actions and GitLab CI say.

docs.github.com/en/actions/reference/workflows-and-actions/variables, docs.gitlab.com/ci/variables/predefined_variables.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from modelway.errors import ModelwayError, WrongUsage
from modelway.operations.forges import Kind, Place, text

TOKENS: dict[Kind, tuple[str, ...]] = {"github": ("GITHUB_TOKEN", "GH_TOKEN"), "gitlab": ("GITLAB_TOKEN",)}
GITHUB, GITLAB = "https://api.github.com", "https://gitlab.com/api/v4"
_WAYS: dict[Kind, str] = {
    "github": "in a workflow, give the step `env: {GITHUB_TOKEN: ${{ github.token }}}` and the job"
    " `permissions: {pull-requests: write, issues: write, statuses: write}`; elsewhere, set it to a token that may write to pull requests",
    "gitlab": "make a project access token with scope `api` and role Developer, and keep it as the masked CI/CD variable GITLAB_TOKEN;"
    " CI_JOB_TOKEN may not write notes",
}

_READING: dict[Kind, str] = {
    "github": "in a workflow, give the step `env: {GITHUB_TOKEN: ${{ github.token }}}` and the job `permissions: {contents: read,"
    " pull-requests: read}`; elsewhere, set it to a token that may read pull requests",
    "gitlab": "make a project access token with scope `read_api` and role Reporter, and keep it as the masked CI/CD variable"
    " GITLAB_TOKEN of the job's environment",
}
"""The same where nothing is written."""

_ASKED = {
    "forge": "which forge the pull request is on, by --forge github or --forge gitlab",
    "repository": "which repository it is in, by --repository",
    "number": "which one it is, by --pull-request",
}


class NotTold(WrongUsage):
    """Something that neither an option nor CI says."""


def place(
    variables: Mapping[str, str],
    forge: Kind | None = None,
    repository: str = "",
    number: int = 0,
    *,
    dry: bool = False,
    reading: bool = False,
) -> Place:
    """The pull request; what is given counts more than what CI says. With `reading` nothing is to be written, and it need not be said which
    pull request it is.

    Raises NotTold with all that nobody says, and ModelwayError where there is no token; with `dry`, where nobody is asked, nothing has to
    be said, and the forge is GitHub unless it is.
    """
    kind = forge or _forge(variables)
    if kind is None and not dry:
        asked = [_ASKED["forge"], *([] if repository else [_ASKED["repository"]]), *([] if number else [_ASKED["number"]])]
        raise NotTold(f"It has to be said {', '.join(asked)}; or run it in the CI of the pull request, which says it.")
    kind = kind or "github"
    event = _event(variables) if kind == "github" else {}
    if kind == "github":
        found = Place(
            kind,
            repository or variables.get("GITHUB_REPOSITORY", ""),
            number or _number(event, variables.get("GITHUB_REF", "")),
            variables.get("GITHUB_API_URL", "") or GITHUB,
            "",
            commit=text(event, "pull_request", "head", "sha"),
            merged=variables.get("GITHUB_SHA", ""),
        )
        said_by = {"repository": "GITHUB_REPOSITORY", "number": "a run for a pull request"}
    else:
        given = variables.get("CI_MERGE_REQUEST_IID", "")
        found = Place(
            kind,
            # Of a fork's pipeline, CI_PROJECT_ID is the fork.
            repository or variables.get("CI_MERGE_REQUEST_PROJECT_ID", "") or variables.get("CI_PROJECT_ID", ""),
            number or (int(given) if given.isdigit() else 0),
            variables.get("CI_API_V4_URL", "") or GITLAB,
            "",
            # Only pipelines of merged results have the first: there CI_COMMIT_SHA is the merge.
            commit=variables.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "") or variables.get("CI_COMMIT_SHA", ""),
            merged=variables.get("CI_COMMIT_SHA", ""),
            pipeline=variables.get("CI_PIPELINE_ID", ""),
        )
        said_by = {"repository": "CI_PROJECT_ID", "number": "CI_MERGE_REQUEST_IID, which pipelines for merge requests have"}
    missing = [name for name, there in (("repository", found.repository), ("number", found.number or reading)) if not there]
    if missing and not dry:
        raise NotTold(f"It has to be said {', '.join(f'{_ASKED[name]} or by {said_by[name]}' for name in missing)}.")
    if kind == "github" and found.repository and not re.fullmatch(r"[\w.-]+/[\w.-]+", found.repository, re.ASCII):
        raise NotTold(
            f"{found.repository!r} cannot be a repository of GitHub. Write it as OWNER/NAME, in --repository or GITHUB_REPOSITORY."
        )
    if dry:
        return found
    token = next((variables[name] for name in TOKENS[kind] if variables.get(name)), "")
    if not token:
        purpose, way = ("read reviews", _READING[kind]) if reading else ("comment", _WAYS[kind])
        raise ModelwayError(f"There is no token to {purpose} with: {TOKENS[kind][0]} is not set. To have one, {way}.")
    if not token.isascii() or any(character.isspace() for character in token):
        raise ModelwayError(f"What is in {TOKENS[kind][0]} is no token: there are spaces, ends of lines or other letters in it.")
    return replace(found, token=token)


def run(variables: Mapping[str, str]) -> str:
    """The address of the run, empty outside of CI."""
    if variables.get("CI_JOB_URL"):
        return variables["CI_JOB_URL"]
    parts = [variables.get(name, "") for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")]
    return f"{parts[0]}/{parts[1]}/actions/runs/{parts[2]}" if all(parts) else ""


def _forge(variables: Mapping[str, str]) -> Kind | None:
    if variables.get("GITLAB_CI"):
        return "gitlab"
    if variables.get("GITHUB_ACTIONS") or variables.get("GITHUB_REPOSITORY"):
        return "github"
    return None


def _event(variables: Mapping[str, str]) -> dict[str, object]:
    """What started the workflow; empty where there is no such file."""
    file = variables.get("GITHUB_EVENT_PATH", "")
    try:
        data = json.loads(Path(file).read_bytes()) if file else {}
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def _number(event: Mapping[str, object], ref: str) -> int:
    for keys in (("pull_request", "number"), ("issue", "number"), ("number",)):
        if (found := text(event, *keys)).isdigit():
            return int(found)
    found_in = re.fullmatch(r"refs/pull/(\d+)/(?:merge|head)", ref)
    return int(found_in[1]) if found_in else 0
