"""What each renderer makes of the committed cases, and what holds for all of them."""

from collections.abc import Callable

import msgspec
import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from modelway.preview.changeset import Change, ChangeSet, Gap, StackChanges, Verdict
from modelway.preview.render import html, line, markdown, terminal
from tests.support.changesets import CASES, case, many

NAMES = sorted(path.stem for path in CASES.glob("*.json"))
LINK = "https://ci.example.com/runs/7/preview.html"
RENDERERS: dict[str, Callable[[ChangeSet], str]] = {
    "markdown": lambda changeset: markdown.render(changeset, link=LINK),
    "gitlab": lambda changeset: markdown.render(changeset, link=LINK, flavour="gitlab"),
    "html": html.render,
    "terminal": lambda changeset: terminal.render(changeset, width=100),
    "line": line.render,
}


def file_of(ending: str) -> type[SingleFileSnapshotExtension]:
    return type("Golden", (SingleFileSnapshotExtension,), {"_write_mode": WriteMode.TEXT, "file_extension": ending})


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("renderer", RENDERERS)
def test_a_case_is_rendered_as_before(renderer: str, name: str, snapshot: SnapshotAssertion) -> None:
    ending = {"html": "html", "markdown": "md", "gitlab": "md"}.get(renderer, "txt")
    assert RENDERERS[renderer](case(name)) == snapshot(name=f"{name}-{renderer}", extension_class=file_of(ending))


@pytest.mark.parametrize("name", NAMES)
def test_a_case_is_read_back_as_it_was_written(name: str) -> None:
    assert msgspec.json.decode(msgspec.json.encode(case(name)), type=ChangeSet) == case(name)


ORDER = ["Stacks", "Read these", "Models", "Cost", "Policies", "Data and model checks", "Blast radius", "Configuration", "All changes"]


def test_markdown_has_the_sections_in_their_order() -> None:
    page = markdown.render(case("canary"))
    places = [page.index(f"### {heading}\n") for heading in [*ORDER, "What could not be analysed"]]
    assert places == sorted(places)
    assert page.index("> [!WARNING]") < places[0]


def test_html_has_the_sections_in_their_order() -> None:
    page = html.render(case("canary"))
    places = [page.index(f">{heading}</h2>") for heading in [*ORDER, "What could not be analysed"]]
    assert places == sorted(places)
    assert page.index("<h1>Needs approval</h1>") < places[0]


@pytest.mark.parametrize("renderer", ["markdown", "html", "terminal"])
def test_what_is_empty_is_not_shown(renderer: str) -> None:
    page = RENDERERS[renderer](case("empty"))
    assert "No changes" in page
    for heading in [*ORDER[1:], "What could not be analysed"]:
        assert not any(title in page for title in (f"### {heading}\n", f">{heading}</h2>", f"\n{heading}\n"))


@pytest.mark.parametrize("renderer", ["markdown", "html", "terminal"])
def test_a_preview_that_failed_says_first_that_it_is_not_all(renderer: str) -> None:
    page = RENDERERS[renderer](case("failed"))
    assert page.index("is not complete") < page.index("Before it can be merged" if renderer != "terminal" else "A preview of prod-models")
    assert page.index("is not complete") < page.index("is unreachable") < page.index("Read these")


def test_of_a_preview_that_failed_no_traffic_is_said_to_stay() -> None:
    page = markdown.render(ChangeSet(Verdict("unknown"), (StackChanges("prod", result="failed"),)))
    assert "| `prod` | none (**preview failed**) | safe | not known | not known |" in page


def test_one_line_fits_into_a_status_on_a_commit() -> None:
    for name in NAMES:
        text = line.render(case(name))
        assert len(text) <= 140
        assert "\n" not in text
    assert line.render(case("canary")) == (
        "Needs approval · 1 traffic · 1 review · 2 safe · credit-risk: 2026.11.1 90% → 50%, "
        "2026.12.0 10% → 50%, 2026.12.0 copies… · +174 USD a month"
    )


@pytest.mark.parametrize("width", [40, 60, 100, 160])
def test_a_terminal_is_kept_within_its_width(width: int) -> None:
    for name in NAMES:
        for written in terminal.render(case(name), width=width).splitlines():
            assert len(written) <= width


def test_a_terminal_has_the_same_words_with_colours() -> None:
    import re

    coloured = terminal.render(case("blocked"), colour=True)
    assert "\x1b[" in coloured
    plain = "\n".join(line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", coloured).splitlines())
    assert plain.strip() == terminal.render(case("blocked")).strip()
    assert "\x1b" not in terminal.render(case("blocked"))


def test_markdown_of_500_changes_leaves_out_the_safe_ones_first_and_says_so() -> None:
    page = markdown.render(many(5_000), limit=20_000, link=LINK)
    assert len(page) <= 20_000
    assert page.startswith("## Needs approval\n\n> [!WARNING]\n> **IRREVERSIBLE** ×715 · **SAFE** ×4,285\n")
    assert "bucket captures-0**" in page
    assert "### All changes" not in page
    assert f"all changes (5,000). Everything is in [the full report](<{LINK}>)." in page


def test_markdown_leaves_whole_sections_out() -> None:
    whole = markdown.render(many(500), limit=1_000_000)
    short = markdown.render(many(500), limit=30_000)
    pieces = set(whole.split("\n\n"))
    extra = [piece for piece in short.split("\n\n") if piece not in pieces]
    assert len(extra) == 1
    assert extra[0].startswith("**Left out to keep this short:** all changes (")
    assert "Left out" not in whole


def test_the_head_stays_however_small_the_room_and_long_the_texts() -> None:
    long = ChangeSet(
        Verdict("blocked", tuple(f"{index} " + "`|@" * 2_000 for index in range(100)), (("irreversible", 3),)),
        tuple(StackChanges("x" * 3_000, result="failed") for _ in range(300)),
        gaps=(Gap("prod", "y" * 100_000),) * 100,
        changes=(Change("s", "u", "t", "n" * 100_000, "delete", "irreversible", "c" * 100_000),) * 100,
    )
    for limit in (markdown.LEAST, 5_000, 60_000):
        page = markdown.render(long, limit=limit, link="https://ci.example.com/" + "z" * 3_000)
        assert len(page) <= limit
        assert page.startswith("## Blocked\n")
        assert "**IRREVERSIBLE** ×3" in page
    with pytest.raises(ValueError, match="needs 2000"):
        markdown.render(long, limit=100)


def test_gitlab_gets_no_alert_of_github() -> None:
    assert "[!" in markdown.render(case("blocked"))
    page = markdown.render(case("blocked"), flavour="gitlab")
    assert "[!" not in page
    assert "> **IRREVERSIBLE** ×1" in page
