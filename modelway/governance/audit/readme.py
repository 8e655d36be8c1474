"""The first page of a bundle, in plain words."""

from collections import Counter
from collections.abc import Mapping, Sequence

from modelway.governance.audit import bundle as bundles
from modelway.governance.verifier import Entry

_WHAT = {
    "README.md": "this page",
    "MANIFEST.json": "every file with its SHA-256",
    "MANIFEST.dsse": "a signature on MANIFEST.json, where somebody signed it",
    "index.json": "which entries of the ledger concern the model",
    "exceptions.json": "what was let through rules and requirements, with reason, who allowed it and until when",
    "keys.json": "the public keys that the ledger was read with; hold them against your own",
    "verifier.py": "checks all this with Python alone",
    "statements/": "those entries in readable form: releases with verdicts and approvals, approvals, stops, decisions",
    "ledger/": "the whole ledger, byte for byte, and the descriptions that releases were made from",
    "documents/": "model cards, bills of materials, lineage and evidence, as the files say now",
    "drift/": "results of drift, as they were given",
}


def readme(
    question: "bundles.Question", index: Sequence[Mapping[str, object]], names: Sequence[str], missing: Mapping[str, str], last: Entry
) -> str:
    """The page, as Markdown."""
    where = f" in {', '.join(sorted(question.environments))}" if question.environments else ""
    first, final = (f"{one:%Y-%m-%d %H:%M:%S}" for one in (question.since, question.until))
    kinds = Counter(str(one["kind"]) for one in index if one["when"] == "within")
    live = [f"entry {one['entry']} ({one['stack']})" for one in index if one["live"]]
    lines = [
        f"# {question.model}{where}, {first} to {final} UTC",
        "",
        f"Entries in that time: {', '.join(f'{count} {kind}' for kind, count in sorted(kinds.items())) or 'none'}.",
        f"Live when it began: {', '.join(live) or 'nothing that was recorded'}.",
        "",
        "## What is here",
        "",
        *(f"- `{name}`: {said}" for name, said in _WHAT.items() if name == "MANIFEST.dsse" or any(one.startswith(name) for one in names)),
        "",
        "## Check it",
        "",
        "With Python 3.11 or later and the public keys that you have from the project, not from here:",
        "",
        "    python -I verifier.py . --keys KEYS.json",
        "",
        f"The ledger went up to entry {last.sequence}, with SHA-256 `{last.hash}`. Ask the project what it noted of that place elsewhere;",
        f"`--anchor {last.sequence}:HASH` holds the ledger against it.",
        "",
        "## How strong it is",
        "",
        "- Entries are signed and chained: none was changed, moved or taken out before the last one without being found.",
        "- `index.json` and `statements/` are worked out from entries; the verifier does that again.",
        "- `documents/` and `drift/` are no part of the ledger. They hold as far as the list of files does: `MANIFEST.dsse` signs it, and",
        "  where it is not there, its SHA-256 has to come from whom you trust.",
        "- A signature says who wrote something, not that it is true.",
        "- Take the verifier from the project's repository rather than from here.",
        "",
    ]
    if missing:
        lines += ["## Not here", "", *(f"- `{_plain(what)}`: {_plain(why)}" for what, why in sorted(missing.items())), ""]
    return "\n".join(lines)


def _plain(text: str) -> str:
    """Text that Markdown and HTML take for text."""
    return " ".join(text.split()).replace("`", "'").replace("<", "‹").replace(">", "›")[:500]
