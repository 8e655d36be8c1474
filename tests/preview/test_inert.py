"""Whatever the texts of a ChangeSet are, the page is the same page: nothing in them becomes a part of it."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import cycle

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from modelway import escaping
from modelway.preview.changeset import ChangeSet
from modelway.preview.render import drawing, html, line, markdown, terminal
from tests.support.changesets import everything

NASTY = (
    *(
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "</details>",
        "</summary>",
        "<!--",
        "-->",
        "]]>",
        "</script>",
        "&lt;b&gt;",
    ),
    *("@octocat", "#123", "GH-1", "!4", "~bug", "%2", "$x$", "$`y`$", "&7", "deadbeef1234", "org/repo#1", "me@example.com", ":tada:"),
    *("https://evil.example", "www.evil.example", "[x](y)", "![x](y)", "[x]: y", "<https://z>", "**b**", "__b__", "~~s~~", "*", "_"),
    *(
        "`",
        "``",
        "```",
        "~~~",
        "|",
        "\\",
        "\\|",
        "\\`",
        "\n",
        "\r\n",
        "\n\n# h\n",
        "\n- l\n",
        "\n> q\n",
        "\n/merge\n",
        "\n---\n",
        "| - |",
        "/close",
    ),
    *("\u202e", "\u2066", "\u200b", "\u00ad", "\ufeff", "\x00", "\x1b[31m", "\x07", "\x85", "\u2028", "\U000e0041", "\u3164"),
    *(
        "%%{init: {}}%%",
        '"]',
        "end",
        "style x fill:#f00",
        "click a b",
        "{{ x }}",
        "{% x %}",
        "- ",
        "+ ",
        "1. ",
        "1) ",
        "=",
        "---",
        "> ",
        "# ",
    ),
)
TEXTS = st.lists(st.sampled_from(NASTY) | st.text(max_size=8), min_size=1, max_size=6).map("".join).filter(lambda text: text.strip() != "")
SAID = st.lists(TEXTS, min_size=1, max_size=12).filter(
    lambda said: not any(one != other and one in other for one in said for other in said)
)
"""None is a part of another: what a finding says does not stand below its subject where it names it, and names do not name each other."""
FEW = settings(max_examples=max(1, settings().max_examples // 4))
"""Whole pages are made and read again: slower than most."""
PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])

LIVE = re.compile(r"@|\$|#\w|://|www\.|GH-\d|!\d|~\w|%\w|(?<![0-9a-zA-Z])(?=[a-f]*\d)[0-9a-f]{7,40}(?![0-9a-zA-Z])", re.IGNORECASE)
UNSEEN = re.compile(
    r"[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)


def hostile(said: list[str]) -> ChangeSet:
    return everything(cycle(said).__next__)


def harmless(said: list[str]) -> ChangeSet:
    """The same with names; what is the same in one is in the other, for a page says less of what stays."""
    return everything(cycle([f"name{said.index(text)}" for text in said]).__next__)


def tokens(page: str) -> list[Token]:
    return PARSER.parse(page)


def skeleton(page: list[Token]) -> list[tuple[str, str]]:
    """The blocks of a page. Of inline parts only which are there that are not text or code."""
    found = []
    for token in page:
        found.append((token.type, token.tag))
        for child in token.children or ():
            if child.type not in ("text", "code_inline", "text_special", "softbreak", "html_inline"):
                found.append((child.type, child.tag))
    return found


def texts(page: list[Token]) -> Iterator[str]:
    for token in page:
        pending = ""
        for child in token.children or ():
            if child.type in ("text", "text_special"):
                pending += child.content
            else:
                yield pending
                pending = ""
        yield pending


@FEW
@given(SAID, st.sampled_from(["github", "gitlab"]))
def test_markdown_keeps_its_structure_and_does_nothing(said: list[str], flavour: markdown.Flavour) -> None:
    page = markdown.render(hostile(said), limit=10_000_000, flavour=flavour)
    found = tokens(page)
    assert skeleton(found) == skeleton(tokens(markdown.render(harmless(said), limit=10_000_000, flavour=flavour)))
    for text in texts(found):
        assert not LIVE.search(text), text
    assert not UNSEEN.search(page)
    assert not any(line.startswith("/") for line in page.split("\n"))
    for token in found:
        for one in (token, *(token.children or ())):
            if one.type in ("html_block", "html_inline"):
                rest = re.sub(r"<code>(?:[^<>&`@#$]|&#\d+;)*</code>", "", one.content)
                rest = re.sub(r"</?(?:details|summary|sub)>|<br>", "", rest)
                assert not re.search(r"[<>@$]", rest), one.content


@FEW
@given(SAID, st.integers(markdown.LEAST, markdown.LIMIT), st.sampled_from(["", "https://ci.example.com/a b)>\n<x"]))
def test_markdown_never_exceeds_its_budget(said: list[str], limit: int, link: str) -> None:
    page = markdown.render(hostile(said), limit=limit, link=link)
    assert len(page) <= limit
    assert page.startswith("## Needs approval\n")
    page.encode()


@FEW
@given(st.lists(st.sampled_from(NASTY) | st.text(max_size=40), min_size=1, max_size=400).map("".join), st.integers(markdown.LEAST, 9_000))
def test_markdown_of_long_texts_never_exceeds_its_budget(text: str, limit: int) -> None:
    assert len(markdown.render(everything(lambda: text * 20), limit=limit)) <= limit


class Elements(HTMLParser):
    """Every element with its attributes, and those of their values that do something."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, ...]] = []
        self.payload: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag != "code":  # what a sentence sets off with back-ticks
            doing = (
                f"{name}={values.get(name)}" for name in ("href", "class", "id", "type", "http-equiv", "style", "src") if name in values
            )
            self.found.append((tag, *sorted(values), *doing))
        if values.get("id") == "changeset":
            self.payload = ""

    def handle_data(self, data: str) -> None:
        if self.payload == "":
            self.payload = data

    def handle_comment(self, data: str) -> None:
        self.found.append(("comment",))

    def unknown_decl(self, data: str) -> None:
        self.found.append(("declaration",))


def elements(page: str) -> Elements:
    found = Elements()
    found.feed(page)
    found.close()
    return found


@FEW
@given(SAID)
def test_html_has_no_other_elements_and_asks_for_nothing(said: list[str]) -> None:
    changeset = hostile(said)
    page = html.render(changeset)
    found = elements(page)
    assert found.found == elements(html.render(harmless(said))).found
    assert not UNSEEN.search(page[: page.index('<script type="application/json"')])
    assert found.payload is not None
    assert json.loads(found.payload) == json.loads(msgspec.json.encode(changeset))
    for name, *rest in found.found:
        assert name not in ("link", "iframe", "img", "object", "embed", "base", "form", "audio", "video", "source", "use", "image")
        assert all(value.startswith("href=#") for value in rest if value.startswith("href="))
        assert not any(value.startswith(("src=", "style=", "on")) for value in rest)


@FEW
@given(SAID)
def test_a_terminal_and_a_line_get_no_control_characters(said: list[str]) -> None:
    changeset = hostile(said)
    assert not UNSEEN.search(terminal.render(changeset, width=80))
    assert not UNSEEN.search(line.render(changeset))
    assert "\n" not in line.render(changeset)


@given(SAID)
def test_a_diagram_has_only_lines_of_ours(said: list[str]) -> None:
    node = r'  n\d+(\[|\(\[)"[^"<>`{}%;:]*(#\d+;[^"<>`{}%;:]*)*<br/>[a-z, ]+"(\]|\]\)):::[a-z]+'
    for written in drawing.mermaid(hostile(said).blast_radius).split("\n")[1:]:
        assert re.fullmatch(rf"{node}|  n\d+ --> n\d+|  classDef [a-z]+ fill:#\w+,stroke:#\w+,color:#\w+", written), written


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Version `2026.12.0` gets 50% of the requests.", "Version `2026.12.0` gets 50% of the requests."),
        ("ask @team about #12, or me@example.com.", "ask `@team` about `#12`, or `me@example.com`."),
        ("/merge now", "`/merge` now"),
        ("1. first", "`1.` first"),
        ("--- x", "`---` x"),
        ("a < b & c | d", "a &lt; b &amp; c &#124; d".replace("&amp;", "&")),
        ("one`two", "``one`two``"),
        ("see https://example.com/a?b=c.", "see `https://example.com/a?b=c`."),
        ("commit deadbeef1 is 12 old", "commit `deadbeef1` is 12 old"),
        ("`a`x`@team", "`a` ``x`@team``"),
        ("snake_case and **bold**", "`snake_case` and `**bold**`"),
        ("two\nlines\u202e", "two lines\\u202e".replace("lines\\u202e", "`lines\\u202e`")),
    ],
)
def test_a_sentence_in_markdown(text: str, expected: str) -> None:
    assert escaping.prose(text) == expected


def test_a_bar_does_not_end_a_cell() -> None:
    table = f"{escaping.row('a', 'b')}\n{escaping.row('---', '---')}\n{escaping.row(escaping.code('x|y'), escaping.code(chr(92) + '|z'))}"
    cells = [token.content for token in tokens(table) if token.type == "inline"]
    assert cells == ["a", "b", "`x|y`", "`\\|z`"]


def test_data_in_a_page_ends_no_element() -> None:
    written = escaping.json_in_page(b'{"a": "</script><!--&\xe2\x80\xa8"}')
    assert not set("<>&\u2028") & set(written)
    assert json.loads(written) == {"a": "</script><!--&\u2028"}


def test_half_a_character_is_shown_as_its_code() -> None:
    assert escaping.plain("a\ud800b") == "a\\ud800b"


@given(TEXTS)
def test_no_text_ends_the_hidden_marker(text: str) -> None:
    marker = escaping.marker(text)
    assert re.fullmatch(r"<!-- [^<>]* -->", marker)
    assert "--" not in marker[4:-3]


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "http://[::1", "//evil", ""])
def test_only_addresses_of_the_web_become_links(address: str) -> None:
    assert "](" not in escaping.link("report", address)
