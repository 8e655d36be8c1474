"""Lineage as one HTML file that needs nothing else: no request, no script, inert whatever names are in it."""

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import NamedTuple

import jinja2
from markupsafe import Markup

from modelway.escaping import plain
from modelway.governance.lineage.asking import matching, reached, uses
from modelway.governance.lineage.drawing import HEIGHT, WIDTH, drawing
from modelway.governance.lineage.making import graph_of, title_of, when
from modelway.governance.lineage.naming import names
from modelway.governance.lineage.spans import Lineage

_FOLDER = Path(__file__).parent / "page"
LISTED = 400
"""Most spans and uses that are listed; `--json` has all of them."""


class _Page(NamedTuple):
    """What does not depend on the lineage."""

    template: jinja2.Template
    style: Markup
    rules: str
    """The Content-Security-Policy: only this very style, and nothing from anywhere."""


def of_model(found: Lineage, model: str) -> str:
    """A document in UTF-8: a picture, each version back to its data, each endpoint with what answered there."""
    called = names(found)
    endpoints: dict[str, list[int]] = {}
    for number, span in enumerate(found.spans[:LISTED]):
        endpoints.setdefault(span.endpoint, []).append(number)
    page = _page()
    return page.template.render(
        rules=page.rules,
        style=page.style,
        title=model,
        picture=drawing(graph_of(found)),
        box=(WIDTH, HEIGHT),
        found=found,
        names=called,
        versions=called.listed[:LISTED],
        waiting={version.content for version in found.waiting},
        endpoints={name: [found.spans[number] for number in numbers] for name, numbers in endpoints.items()},
        more=max(0, len(found.spans) - LISTED) + max(0, len(called.listed) - LISTED),
        data=None,
        title_of=title_of,
        when=when,
    )


def of_data(found: Lineage, wanted: str) -> str:
    """The same of who used some data. Raises UnknownData."""
    listed = uses(found, wanted)
    page = _page()
    return page.template.render(
        rules=page.rules,
        style=page.style,
        title=wanted,
        picture=drawing(reached(found, wanted)),
        box=(WIDTH, HEIGHT),
        found=found,
        data=matching(found, wanted),
        uses=listed[:LISTED],
        more=max(0, len(listed) - LISTED),
        title_of=title_of,
        when=when,
    )


@cache
def _page() -> _Page:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["plain"] = plain
    style = (_FOLDER / "page.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    rules = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return _Page(environment.get_template("page.html.jinja"), Markup(style), rules)
