"""Physical names within the limits of the systems that hold them."""

import hashlib
import re

LABEL_LIMIT = 63
"""Characters of a DNS label: names of Services and label values (kubernetes.io/docs/concepts/overview/working-with-objects/names)."""

_PLAIN_VERSION = re.compile(r"[0-9]+(\.[0-9]+)*")
_LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")


def label(*parts: str) -> str:
    """`parts` joined by dashes as a DNS label (RFC 1035: letter first, at most 63 characters).

    A name that had to be shortened or changed ends in a hash of what it was made from, so different parts never give the same name.
    """
    wanted = "-".join(parts)
    if _LABEL.fullmatch(wanted) and len(wanted) <= LABEL_LIMIT and not _hashed(wanted):
        return wanted
    return _with_hash(wanted, "\0".join(parts))


def versioned(model: str, version: str) -> str:
    """The name of what belongs to one version of a model: `credit-risk` and `2026.11.1` give `credit-risk-v2026-11-1`.

    The `v` keeps version 2.1 of `credit` apart from version 1 of `credit-2`.
    """
    wanted = f"{model}-v{version.replace('.', '-')}"
    plain = _PLAIN_VERSION.fullmatch(version) and _LABEL.fullmatch(wanted) and len(wanted) <= LABEL_LIMIT and not _hashed(wanted)
    return wanted if plain else _with_hash(wanted, f"{model}\0{version}")


BUCKET_LIMIT = 63
"""Characters of a bucket's name (docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html)."""


def bucket_beside(bucket: str, purpose: str) -> str:
    """The name of a bucket that belongs to another: `acme-models` and `logs` give `acme-models-logs`; shortened ones end in a hash."""
    wanted = f"{bucket}-{purpose}"
    if len(wanted) <= BUCKET_LIMIT:
        return wanted
    ending = f"-{purpose}-h{hashlib.sha256(bucket.encode()).hexdigest()[:7]}"
    return bucket[: BUCKET_LIMIT - len(ending)].rstrip("-") + ending


def _hashed(name: str) -> bool:
    return re.search(r"-h[0-9a-f]{7}$", name) is not None


def _with_hash(wanted: str, source: str) -> str:
    # Never all digits, so that a hash is not taken for the last number of a version.
    suffix = "h" + hashlib.sha256(source.encode()).hexdigest()[:7]
    readable = re.sub(r"[^a-z0-9]+", "-", wanted.lower()).strip("-")
    if not readable[:1].isalpha():
        readable = f"x-{readable}".rstrip("-")
    return f"{readable[: LABEL_LIMIT - len(suffix) - 1].rstrip('-')}-{suffix}"
