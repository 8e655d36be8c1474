"""Evidence in its formats: the same bytes each time, inert whatever people wrote, and no claim that nothing proves."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from modelway.architecture import Environment
from modelway.governance.evidence import html, markdown
from modelway.governance.evidence.checks import Check
from modelway.governance.evidence.document import Document, as_data, document
from modelway.governance.evidence.facts import Facts, Found, Proof
from modelway.governance.evidence.judging import judged
from modelway.governance.evidence.row import Row
from tests.governance.test_evidence import DAY, facts, ledgered
from tests.preview.test_inert import NASTY
from tests.support.environments import FOLDERS, environment
from tests.support.gated import MODEL, NOW, Desk, desk, production

FORMATS: dict[str, Callable[[Document], str]] = {
    "md": markdown.render,
    "html": html.render,
    "json": lambda made: json.dumps(as_data(made), ensure_ascii=False),
}


def made(environment: Environment, told: Desk | None = None) -> Document:
    found = facts(environment, told)
    return document(found, judged(found), {"dev": "ab" * 32})


def with_text(text: str) -> Document:
    """A document in which every text that others may have written is this one, behind a word: none is empty."""
    text = f"x {text}"
    found = Found("met", text, "field", (Proof("field", text), Proof("resource", text)), text, "")
    missed = Found("not met", text, None, (Proof("rule", text),), "", text)
    row = Row(
        "MAP 1.1", "Gist.", "control", "enforced", (Check("field x", lambda _: iter((found, missed))), Check("y", lambda _: iter((found,))))
    )
    known = Facts(production(), DAY, unread=(text,), files={text: "ab" * 32})
    return document(known, judged(known, [row]), {text: "ab" * 32})


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(f"{tag} {' '.join(name for name, _ in attrs)}")

    def handle_endtag(self, tag: str) -> None:
        self.tags.append(f"/{tag}")

    def handle_comment(self, data: str) -> None:
        self.tags.append("comment")


def tags(page: str) -> list[str]:
    parser = Tags()
    parser.feed(page)
    parser.close()
    return parser.tags


def blocks(text: str) -> Iterator[str]:
    for token in MarkdownIt("commonmark", {"html": True}).enable("table").parse(text):
        yield token.type
        for child in token.children or ():
            assert child.type in ("text", "code_inline", "strong_open", "strong_close", "softbreak"), (child.type, child.content)


nasty = st.lists(st.sampled_from(NASTY) | st.text(max_size=8), min_size=1, max_size=4).map("".join)


@given(nasty)
def test_what_people_wrote_is_no_part_of_the_page(text: str) -> None:
    assert tags(html.render(with_text(text))) == tags(html.render(with_text("y")))
    assert list(blocks(markdown.render(with_text(text)))) == list(blocks(markdown.render(with_text("y"))))


def test_a_page_needs_nothing_else() -> None:
    page = html.render(made(production()))
    assert "default-src &#39;none&#39;" in page
    assert not {tag.split()[0] for tag in tags(page)} & {"script", "img", "link", "iframe", "object", "form", "base"}
    assert set(re.findall(r'(?:href|src)="(.)', page)) == {"#"}
    for attribute in ("onclick", "onload", "src", "style"):
        assert not any(attribute in tag.split()[1:] for tag in tags(page))


@pytest.mark.parametrize("name", sorted(FOLDERS))
@pytest.mark.parametrize("format_", sorted(FORMATS))
def test_nothing_is_claimed(name: str, format_: str) -> None:
    text = FORMATS[format_](made(environment(name)))
    assert "compliant" not in text.lower()
    assert "compliance" not in text.lower()
    assert text == FORMATS[format_](made(environment(name)))


@pytest.mark.parametrize("format_", sorted(FORMATS))
def test_a_claim_that_somebody_wrote_is_left_out(format_: str) -> None:
    said = {
        f"models__{MODEL}__governance": {
            "approvers": ["a@example.com", "b@example.com"],
            "limits": ["Fully COMPLIANT, non-compliant: never."],
        }
    }
    text = FORMATS[format_](made(production(**said, governance__tiers={})))
    assert "compliant" not in text.lower()
    assert "a claim left out" in text


@pytest.mark.parametrize("format_", sorted(FORMATS))
def test_no_credential_is_shown(format_: str) -> None:
    planted = "ghp_" + "a1B2" * 9
    said = {f"models__{MODEL}__governance": {"approvers": ["a@example.com", "b@example.com"], "feedback": f"call with {planted} please"}}
    text = FORMATS[format_](made(production(**said, governance__tiers={})))
    assert planted not in text
    assert planted[:20] not in text


def test_what_came_later_changes_nothing_of_an_earlier_day(tmp_path: Path) -> None:
    told = desk(tmp_path)
    told.at(NOW)
    environment = ledgered()
    told.approve(environment)
    told.stop(drill=True)
    before = {name: render(made(environment, told)) for name, render in FORMATS.items()}
    told.at(NOW + timedelta(days=1))
    for _ in range(20):
        told.stop(drill=True)
        told.approve(environment)
        told.break_glass()
    assert {name: render(made(environment, told)) for name, render in FORMATS.items()} == before


def test_the_data_say_what_the_pages_say() -> None:
    data = as_data(made(production()))
    rows = data["subcategories"]
    assert isinstance(rows, list)
    assert len(rows) == 72
    page = markdown.render(made(production()))
    for row in rows:
        assert f"## {row['id']}\n" in page
        assert (row["result"] is None) == ("reason" in row)
    assert data["not_looked_at"] == []
    assert json.loads(json.dumps(data)) == data
