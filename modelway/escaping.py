"""Texts of others made inert, for every place where reports, cards and records put them.

Names and messages come from whoever opened the pull request. In a comment they must not mention people, link, hide, or end what they
stand in; in a page they must not become elements.
"""

import re
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Printable for Python, but nobody sees them."""

# What GitHub and GitLab make something of also where Markdown does not: mentions, issues, commits, epics, labels, milestones, addresses,
# short names of pictures, formulas. They leave code alone, so such a word becomes code.
_LIVE = re.compile(
    r"""[@$<>\\*_\[\]{}~^|`]|\#\w|&[\#\w]|!\d|%\w|:\w+:|::|://|www\.|GH-\d|GL-\d|(?<![0-9a-zA-Z])(?=[a-f]*[0-9])[0-9a-f]{7,64}(?![0-9a-zA-Z])""",
    re.IGNORECASE,
)
_CODE = re.compile(r"`([^`]+)`")
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;", "|": "&#124;"}
_LETTER = re.compile(r"[(\"'“]*(?!\d+[.)](?:\s|$))[\w`]")


def plain(text: str, most: int = 0) -> str:
    """In one line, at most `most` characters; what nobody sees or what turns the direction of writing is shown as its code point."""
    if most and len(text) > 4 * most:
        text = text[: 4 * most]
    text = " ".join(_visible(text).split())
    return f"{text[: most - 1]}…" if most and len(text) > most else text


def line(text: str) -> str:
    """One line of what a program said: as `plain`, with its spaces as they are."""
    return _visible(text.replace("\t", "    ").replace("\n", " ")).rstrip()


def _visible(text: str) -> str:
    if text.isprintable() and _BLANK.isdisjoint(text):
        return text
    return "".join(_seen(character) for character in text)


def _seen(character: str) -> str:
    if character.isspace():
        return " "
    if character.isprintable() and character not in _BLANK:
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"


def pieces(text: str) -> Iterator[tuple[bool, str]]:
    """A sentence of ours, cut where back-ticks set off code; whether it is code, and the text without the back-ticks."""
    end = 0
    for found in _CODE.finditer(text):
        if found.start() > end:
            yield False, text[end : found.start()]
        yield True, found[1]
        end = found.end()
    if end < len(text):
        yield False, text[end:]


def code(text: str, most: int = 160) -> str:
    """A name or a value in Markdown: a span of code, set off by more back-ticks than are in it; nothing for nothing."""
    return _span(plain(text, most))


def _span(text: str) -> str:
    if not text:
        return ""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def entities(text: str, most: int = 160) -> str:
    """A name inside an element of HTML that stands in Markdown: all but letters and digits as numbers, so neither reads it."""
    return "".join(character if character.isalnum() or character == " " else f"&#{ord(character)};" for character in plain(text, most))


def prose(text: str, most: int = 600) -> str:
    """A sentence in Markdown: code where it has back-ticks, and every word that would do something is code too."""
    written = ""
    for is_code, piece in pieces(plain(text, most)):
        part = _span(piece.strip()) if is_code else re.sub(r"\S+", lambda word: _word(word[0]), piece)
        # Two spans that touch would be read as one, with another end.
        written += f" {part}" if written.endswith("`") and part.startswith("`") else part
    # A line may begin with it: no list, rule, heading or command (GitLab runs `/merge` at the beginning of a line).
    if written and not written.startswith(("`", "&")) and not _LETTER.match(written):
        first, _, rest = written.partition(" ")
        return f"{_span(first)} {rest}" if rest else _span(first)
    return written


def _word(word: str) -> str:
    if not _LIVE.search(word):
        return word
    if len(word) == 1:
        return _ENTITIES.get(word, _span(word))
    body = word.rstrip(".,;:!?")
    end = word[len(body) :]
    if body.startswith("(") and body.endswith(")"):
        return f"({_word(body[1:-1])}){end}" if len(body) > 2 else word
    return f"{_span(body)}{end}" if body else _span(word)


def row(*cells: str) -> str:
    """A row of a table. In a table a bar ends a cell even inside code, unless there is a backslash before it."""
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def fenced(lines: list[str], language: str = "", most: int = 300) -> str:
    """Lines as a block of code, each at most `most` characters, set off by a longer fence than any in it."""
    clean = [_visible(line)[:most].rstrip() for line in lines]
    longest = max((len(run) for line in clean for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    # GitLab looks for commands at the beginning of lines.
    return "\n".join([f"{fence}{language}", *(f" {line}" if line.startswith("/") else line for line in clean), fence])


def link(text: str, address: str) -> str:
    """A link in Markdown to an address of ours; an address that is not one of the web is shown instead."""
    try:
        known = urlsplit(address).scheme in ("http", "https")
    except ValueError:
        known = False
    if not known:
        return code(address)
    return f"[{prose(text)}](<{quote(address, safe=chr(37) + ':/?#[]@!$&()*+,;=~-._')}>)"


def marker(text: str) -> str:
    """A comment in HTML that nobody sees: by it a comment of ours is known again. No text ends it."""
    return f"<!-- {quote(text, safe=' :/=,._')} -->".replace("--", "%2D%2D").replace("<!%2D%2D", "<!--").replace("%2D%2D>", "-->")


def mermaid(text: str, most: int = 60) -> str:
    """A label in a Mermaid diagram, to stand between double quotes: all but letters, digits and a few marks as numbers."""
    return "".join(character if character.isalnum() or character in " -_./+," else f"#{ord(character)};" for character in plain(text, most))


def json_in_page(data: bytes) -> str:
    """JSON to stand in a script element: nothing in it ends that, or begins a comment."""
    text = data.decode().replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
