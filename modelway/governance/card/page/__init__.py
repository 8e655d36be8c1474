"""A card as one HTML file that needs nothing else: no request, no script, inert whatever texts are in it."""

import base64
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import jinja2
from markupsafe import Markup

from modelway.governance.card.content import NOT_SAID, Card, Fact
from modelway.governance.card.markdown import content_digest

_FOLDER = Path(__file__).parent
_TONES = {"approved": "good", "pending": "open", "draft": "plain", "not asked": "plain", "not known": "open"}
_OF_CELLS = {"kept": "good", "missed": "bad", "drifted": "bad", "steady": "good", "unknown": "open", "not known": "open"}
"""Words that cells of a table have, by how good they are."""
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


class _Template(NamedTuple):
    template: jinja2.Template
    style: Markup
    rules: str
    """The Content-Security-Policy: this very style, and nothing from anywhere."""


def page(card: Card) -> str:
    """A document in UTF-8; the same bytes for the same card."""
    made = _template()
    return (
        made.template.render(
            rules=made.rules,
            style=made.style,
            card=card,
            tone=_TONES[card.approval.state],
            cells=_OF_CELLS,
            digest=content_digest(card),
            not_said=NOT_SAID,
        )
        + "\n"
    )


@cache
def _template() -> _Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.tests |= {"fact": lambda part: isinstance(part, Fact), "digest": lambda cell: _DIGEST.fullmatch(cell) is not None}
    environment.filters |= {"anchor": lambda title: title.lower().replace(" ", "-")}
    style = (_FOLDER / "page.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    rules = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return _Template(environment.get_template("page.html.jinja"), Markup(style), rules)
