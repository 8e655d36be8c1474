"""The whole report as one HTML file that needs nothing else: no request, no script to be read, inert whatever is in it."""

import base64
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import jinja2
import msgspec
from markupsafe import Markup, escape

from modelway import escaping
from modelway.preview.changeset import RISKS, ChangeSet, Risk
from modelway.preview.failures import failures
from modelway.preview.render import drawing, money, outcomes, shares, words

_FOLDER = Path(__file__).parent / "page"


class _Page(NamedTuple):
    """What does not depend on the ChangeSet."""

    template: jinja2.Template
    style: Markup
    script: Markup
    rules: str
    """The Content-Security-Policy: only this very style and script, and nothing from anywhere."""


def render(changeset: ChangeSet) -> str:
    """A document in UTF-8. Everything that Markdown leaves out for its length is in it."""
    page = _page()
    return page.template.render(
        rules=page.rules,
        style=page.style,
        script=page.script,
        changeset=changeset,
        payload=Markup(escaping.json_in_page(msgspec.json.encode(changeset))),
        failures=failures,
        risks=_present(changeset),
        groups=words.groups(changeset.changes),
        picture=drawing.drawing(changeset.blast_radius) if words.reaches(changeset) else None,
        box=(drawing.WIDTH, drawing.HEIGHT),
    )


def _present(changeset: ChangeSet) -> tuple[tuple[Risk, int], ...]:
    """The classes of all changes, from the worst, with how many are in each."""
    counts = dict.fromkeys(RISKS, 0)
    for change in changeset.changes:
        counts[change.risk] += 1
    return tuple((risk, number) for risk, number in counts.items() if number)


@cache
def _page() -> _Page:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"prose": _prose, "plain": escaping.plain, "lines": _lines, "unquoted": _unquoted}
    # Macros are to see them too.
    environment.globals |= {"words": words, "shares": shares, "money": money, "outcomes": outcomes}
    style, script = ((_FOLDER / name).read_text("utf-8") for name in ("page.css", "page.js"))
    rules = f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'; form-action 'none'"
    return _Page(environment.get_template("page.html.jinja"), Markup(style), Markup(script), rules)


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _prose(text: str) -> Markup:
    """A sentence of ours; what stands between back-ticks is code."""
    # What is short is not broken over two lines.
    code = Markup('<code class="{}">{}</code>')
    return Markup("").join(
        code.format("short" if len(piece) < 30 else "long", piece) if is_code else escape(piece)
        for is_code, piece in escaping.pieces(escaping.plain(text))
    )


def _unquoted(text: str) -> str:
    """A sentence of ours as a heading, where code is not set off."""
    return "".join(piece for _, piece in escaping.pieces(escaping.plain(text)))


def _lines(lines: Iterable[str]) -> Markup:
    """What a program said, line by line."""
    return escape("\n".join(escaping.line(line) for line in lines))
