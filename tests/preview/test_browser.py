"""The HTML report in a real browser: what it asks for, what works without scripts, by keyboard and on paper, and what hostile texts do."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modelway.preview.changeset import ChangeSet
from modelway.preview.render import html
from scripts.browser import Page, browser, found
from tests.support.changesets import CASES, case, many

pytestmark = pytest.mark.browser
NAMES = sorted(path.stem for path in CASES.glob("*.json"))


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    program = found()
    if program is None:
        pytest.skip("not run: there is no Chromium on the path and none in CHROME")
    with browser(program) as opened:
        yield opened


def show(page: Page, changeset: ChangeSet, folder: Path, scripts: bool = True) -> None:
    file = folder / "preview.html"
    file.write_text(html.render(changeset), "utf-8")
    page.looks()
    page.open(file.as_uri(), scripts)


def asked(page: Page) -> list[str]:
    return [told["request"]["url"] for method, told in page.told if method == "Network.requestWillBeSent"]


def complaints(page: Page) -> list[Any]:
    """What the browser says of scripts that failed and of what the page's own rules forbade."""
    return [told for method, told in page.told if method in ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled")]


@pytest.mark.parametrize("name", NAMES)
def test_the_page_asks_for_nothing_but_itself(page: Page, name: str, tmp_path: Path) -> None:
    show(page, case(name), tmp_path)
    page.value("new Promise(done => setTimeout(done, 200))")
    assert asked(page) == [(tmp_path / "preview.html").as_uri()]
    assert complaints(page) == []


def test_hostile_texts_do_nothing(page: Page, tmp_path: Path) -> None:
    show(page, case("hostile"), tmp_path)
    assert page.value("document.scripts.length") == 2
    assert page.value("document.querySelectorAll('img, iframe, a[href]:not([href^=\"#\"])').length") == 0
    assert not any(method == "Page.javascriptDialogOpening" for method, _ in page.told)
    assert "<script>alert(1)</script>" in page.value("document.querySelector('h3').textContent")


def test_the_rules_of_the_page_hold_against_what_would_get_through(page: Page, tmp_path: Path) -> None:
    """As if the escaping were broken: scripts, styles, pictures and forms that come into the page do nothing."""
    added = (
        "<script>document.title = 'run'</script><img src='http://127.0.0.1:9/x' onerror=\"document.title = 'run'\">"
        "<p id='styled' style='color: rgb(1, 2, 3)'>x</p><style>h1 { color: rgb(1, 2, 3) }</style>"
        "<link rel='stylesheet' href='http://127.0.0.1:9/y'><iframe src='http://127.0.0.1:9/z'></iframe>"
    )
    file = tmp_path / "preview.html"
    file.write_text(html.render(case("canary")).replace("</main>", f"{added}</main>"), "utf-8")
    page.open(file.as_uri())
    page.value("new Promise(done => setTimeout(done, 200))")
    assert page.value("document.title") == "Needs approval · Modelway preview"
    assert page.value("getComputedStyle(document.getElementById('styled')).color") != "rgb(1, 2, 3)"
    assert page.value("getComputedStyle(document.querySelector('h1')).color") != "rgb(1, 2, 3)"
    refused = [one["entry"]["text"] for one in complaints(page) if "entry" in one]
    assert len([text for text in refused if "Content Security Policy" in text]) >= 5


def test_it_is_whole_without_scripts(page: Page, tmp_path: Path) -> None:
    show(page, case("canary"), tmp_path, scripts=False)
    text = page.value("document.body.innerText")
    for part in ("Needs approval", "Read these", "Models", "Blast radius", "All changes", "What could not be analysed"):
        assert part in text
    # What cannot work is not there, and what is folded opens by itself.
    assert page.value("document.getElementById('tools').checkVisibility()") is False
    assert page.value("document.getElementById('save').checkVisibility()") is False
    summary = "document.querySelector('#changes details:not([open]) summary')"
    page.value(f"{summary}.focus()")
    closed = page.value("document.querySelectorAll('#changes details:not([open])').length")
    page.press("Enter", 13)
    assert page.value("document.querySelectorAll('#changes details:not([open])').length") == closed - 1


def test_search_and_filter_find_changes(page: Page, tmp_path: Path) -> None:
    show(page, many(500), tmp_path)
    assert page.value("document.getElementById('found').textContent") == "500 changes"
    page.value("document.getElementById('search').focus()")
    page.ask("Input.insertText", text="captures-49 delete")
    # captures-49 and 490 to 499 of which every seventh is deleted: 49, 490, 497.
    assert page.value("document.getElementById('found').textContent") == "3 of 500 changes"
    rows = "Array.from(document.querySelectorAll('#changes tbody tr')).filter(row => row.checkVisibility({contentVisibilityAuto: true}))"
    assert page.value(f"{rows}.length") == 3
    page.value("document.querySelector('#tools input[value=irreversible]').click()")
    assert page.value("document.getElementById('found').textContent") == "0 of 500 changes"


def test_everything_is_reached_by_keyboard_and_seen_when_it_is(page: Page, tmp_path: Path) -> None:
    show(page, case("canary"), tmp_path)
    seen: list[str] = []
    for _ in range(60):
        page.press("Tab", 9)
        here = page.value(
            "(e => e === document.body ? '' : e.id || e.getAttribute('href') || e.className || e.tagName)(document.activeElement)"
        )
        if not here or (seen and here == seen[0]):
            break
        assert page.value("getComputedStyle(document.activeElement).outlineStyle") != "none", here
        seen.append(here)
    assert seen[0] == "#main"
    for wanted in ("#stacks", "#gaps", "drawing", "SUMMARY", "search", "save"):
        assert wanted in seen, wanted
    assert sum(1 for one in seen if one == "INPUT") == page.value("document.querySelectorAll('#tools input[type=checkbox]').length")


@pytest.mark.parametrize("width", [320, 375, 768, 1100])
def test_it_is_never_wider_than_the_screen(page: Page, width: int, tmp_path: Path) -> None:
    for name in NAMES:
        show(page, case(name), tmp_path)
        page.looks(width=width, height=900)
        assert page.value("document.documentElement.scrollWidth") <= width, name


def test_on_paper_everything_is_open_and_nothing_is_a_control(page: Page, tmp_path: Path) -> None:
    show(page, case("canary"), tmp_path, scripts=False)
    page.looks(scheme="dark", media="print")
    assert page.value("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.value("document.querySelector('nav').checkVisibility()") is False
    hidden = "Array.from(document.querySelectorAll('#changes tbody tr')).filter(row => !row.checkVisibility())"
    assert page.value(f"{hidden}.length") == 0
    assert page.printed().startswith(b"%PDF-")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(page: Page, scheme: Any, tmp_path: Path) -> None:
    """At least 4.5 : 1 (https://www.w3.org/TR/WCAG22/#contrast-minimum) for each risk and for what is said softly."""
    show(page, case("blocked"), tmp_path)
    page.looks(scheme)
    ratios = page.value("""(() => {
      const parts = text => text.match(/[\\d.]+/g).map(Number);
      const light = ([r, g, b]) => [r, g, b].map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
      const behind = e => { for (; e; e = e.parentElement) { const c = parts(getComputedStyle(e).backgroundColor);
        if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
      return Array.from(document.querySelectorAll('.tag, .soft, .was, dt, h1, a, code, .over')).map(e => {
        const [a, b] = [light(parts(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
        return [e.className + ' ' + e.tagName, (a + .05) / (b + .05)]; });
    })()""")
    assert len(ratios) > 30
    assert [one for one in ratios if one[1] < 4.5] == []
