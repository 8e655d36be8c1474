"""The evidence as one HTML file that needs nothing else: no request, no script, inert whatever is in it, fit to be printed."""

import base64
import hashlib
from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup

from modelway.escaping import plain
from modelway.governance.evidence.document import FRAMEWORK, MEANS, NOT_PROVEN, NOTHING, RESULTS, STRONG, Document

_FOLDER = Path(__file__).parent / "page"


def render(made: Document) -> str:
    """A document in UTF-8; the same evidence gives the same text."""
    template, style, rules = _page()
    return template.render(
        made=made,
        style=style,
        rules=rules,
        framework=FRAMEWORK,
        not_proven=NOT_PROVEN,
        nothing=NOTHING,
        legend=(("Results", RESULTS), ("Strength", STRONG), ("Link", MEANS)),
    )


@cache
def _page() -> tuple[jinja2.Template, Markup, str]:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["plain"] = plain
    style = (_FOLDER / "page.css").read_text("utf-8")
    hashed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    rules = f"default-src 'none'; style-src 'sha256-{hashed}'; base-uri 'none'; form-action 'none'"
    return environment.get_template("page.html.jinja"), Markup(style), rules
