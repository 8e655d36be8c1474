"""Approvals out of the reviews of a pull request: whose count, of which commit, and who that is.

A forge knows accounts, not people. Which account is whose stands in a file of the repository that is reviewed like any other, and not in
what the forge tells: an address on a profile is hidden, or is what its owner has typed in; one in a commit is what anybody has typed in.
"""

import base64
import os
import re
import subprocess
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from modelway.errors import ModelwayError, WrongUsage
from modelway.operations import authorship
from modelway.operations.forges import Kind, Place, Review, Reviewed, opened

LIMIT = 120
"""Most seconds that fetching one commit may take."""
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_ADDRESS = re.compile(r"[^\s@<>,]+@[^\s@<>,]+")


class NotReviewed(ModelwayError):
    """Reviews that nothing can be said by."""

    exit_code = 4


class _People(msgspec.Struct, forbid_unknown_fields=True):
    github: dict[str, str] = {}
    gitlab: dict[str, str] = {}


@dataclass(frozen=True)
class Vote:
    """The last word of one account."""

    login: str
    who: str
    """By address; empty where nobody says whose account it is."""
    when: str
    url: str
    refused: str | None
    """Why it does not count; None where it does."""


def people_in(file: Path, forge: Kind) -> Mapping[str, str]:
    """Addresses by login in small letters, out of {"github": {LOGIN: ADDRESS}, "gitlab": {…}}. Raises WrongUsage."""
    way_out = f'It has to be {{"{forge}": {{"LOGIN": "ADDRESS"}}}}, in a reviewed file.'
    try:
        read = msgspec.json.decode(file.read_bytes(), type=_People)
    except OSError as fault:
        raise WrongUsage(f"{file}, which says whose account is whose: {fault.strerror or fault}. {way_out}") from None
    except msgspec.DecodeError as fault:
        raise WrongUsage(f"{file} does not say whose account is whose: {fault}. {way_out}") from None
    listed = read.github if forge == "github" else read.gitlab
    if wrong := next((address for address in listed.values() if not _ADDRESS.fullmatch(address)), None):
        raise WrongUsage(f"{file}: {wrong!r} is no address. {way_out}")
    found = {login.casefold(): address for login, address in listed.items()}
    if len(found) != len(listed):
        raise WrongUsage(f"{file} has an account twice; capital letters make no other account. {way_out}")
    return found


def pull_requests(place: Place, commit: str) -> list[Reviewed]:
    """The pull request that was told; where none was, those that brought a commit. Raises ModelwayError; NotReviewed for one that is closed
    and was not merged."""
    numbers = (place.number,) if place.number else opened(place).numbers(commit)
    found = [opened(replace(place, number=number)).reviewed() for number in numbers]
    for one in found:
        if not one.open and not one.merged:
            raise NotReviewed(f"{one.name} is closed and was never merged: its reviews approve nothing.")
        if not all(_COMMIT.fullmatch(commit) for commit in (one.head, one.base, one.merged or one.head)):
            raise NotReviewed(f"{one.name}: the forge does not say which commits it is of; is it the forge's API that was asked?")
    return found


def brought(root: Path, place: Place, reviewed: Reviewed) -> str:
    """The head is in the repository, fetched where it was not; returns the commit that it changes. Raises NotReviewed, NotInGit."""
    if not authorship.there(root, reviewed.head):
        _fetch(root, place, reviewed)
    if reviewed.merged and reviewed.merged != reviewed.head and authorship.there(root, f"{reviewed.merged}^1"):
        return authorship.merge_base(root, f"{reviewed.merged}^1", reviewed.head)
    return authorship.merge_base(root, reviewed.base, reviewed.head)


def votes(reviewed: Reviewed, people: Mapping[str, str], wrote: Collection[str]) -> list[Vote]:
    """The last word of each account that said one, by login. `wrote` are addresses of those who wrote what is approved."""
    authors = {one.casefold() for one in (reviewed.author, *reviewed.logins) if one}
    addresses = {one.casefold() for one in (*wrote, *reviewed.addresses)} | {
        people[login].casefold() for login in authors if login in people
    }
    last = {one.login.casefold(): one for one in reviewed.reviews if one.opinion != "none"}
    return [_vote(last[login], reviewed, people.get(login, ""), authors, addresses) for login in sorted(last)]


def _vote(review: Review, reviewed: Reviewed, who: str, authors: Collection[str], addresses: Collection[str]) -> Vote:
    refused = None
    if not review.login:
        refused = "the account is gone"
    elif review.opinion == "against":
        refused = "asks for changes"
    elif review.opinion == "dismissed":
        refused = "was dismissed"
    elif review.login.casefold() in authors or who.casefold() in addresses:
        refused = "wrote what is reviewed"
    elif not review.commit:
        refused = "was given before the last push, or the forge does not say when (GitLab says approved_at since 18.5)"
    elif review.commit != reviewed.head:
        refused = f"is of commit {review.commit[:12]}, and {reviewed.name} is at {reviewed.head[:12]}"
    elif not who:
        refused = "nobody says whose account that is"
    return Vote(review.login, who, review.when, review.url, refused)


def _fetch(root: Path, place: Place, reviewed: Reviewed) -> None:
    # In the environment, so that no list of processes has the token; for the forge's own address alone.
    user = "x-access-token" if place.forge == "github" else "oauth2"
    host = urlsplit(reviewed.url)
    header = base64.b64encode(f"{user}:{place.token}".encode()).decode()
    variables = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"http.{host.scheme}://{host.netloc}/.extraheader",
        "GIT_CONFIG_VALUE_0": f"Authorization: Basic {header}",
        "GIT_TERMINAL_PROMPT": "0",
    }
    command = ["git", "-C", str(root), "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "origin", reviewed.ref]
    try:
        ran = subprocess.run(command, capture_output=True, timeout=LIMIT, check=False, env={**os.environ, **variables})
    except subprocess.TimeoutExpired:
        ran = None
    if ran is None or ran.returncode or not authorship.there(root, reviewed.head):
        raise NotReviewed(
            f"commit {reviewed.head[:12]} of {reviewed.name}, which was reviewed, is not in {root}, and cannot be fetched: run"
            f" `git fetch origin {reviewed.ref}` and this again."
        )
