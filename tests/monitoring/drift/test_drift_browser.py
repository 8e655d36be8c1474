"""The page of a drift job in a real browser: what it asks for, that it fits a telephone, and that hostile names do nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from modelway.monitoring.drift.page import page as made
from scripts.browser import Page, browser, found
from tests.support.drift_telling import VERSION, baseline, history, result, watched

pytestmark = pytest.mark.browser
HOSTILE = '"><img src=x onerror=alert(1)><script>alert(1)</script>'


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    program = found()
    if program is None:
        pytest.skip("not run: there is no Chromium on the path and none in CHROME")
    with browser(program) as opened:
        yield opened


def show(page: Page, folder: Path, feature: str = "income", width: int = 1100) -> Path:
    features = (feature, "age", "a_column_whose_name_is_longer_than_any_line_of_a_telephone_could_ever_be", "region")
    file = folder / "drift.html"
    results = [*history(24), result(24, shift=0.2, missing=70, features=features)]
    file.write_text(made(watched(), results, {VERSION: baseline(features)}), "utf-8")
    page.looks(width=width)
    page.open(file.as_uri())
    return file


def test_it_asks_for_nothing_but_itself_and_nothing_is_refused(page: Page, tmp_path: Path) -> None:
    file = show(page, tmp_path)
    page.value("new Promise(done => setTimeout(done, 200))")
    assert [told["request"]["url"] for method, told in page.told if method == "Network.requestWillBeSent"] == [file.as_uri()]
    assert [told for method, told in page.told if method in ("Log.entryAdded", "Runtime.exceptionThrown")] == []


@pytest.mark.parametrize("width", [380, 768, 1100])
def test_nothing_is_wider_than_the_screen(page: Page, width: int, tmp_path: Path) -> None:
    show(page, tmp_path, width=width)
    assert page.value("document.documentElement.scrollWidth") <= width
    pictures = page.value("[...document.querySelectorAll('svg.bars, svg.scores')].map(one => one.getBoundingClientRect().width)")
    assert pictures
    assert all(200 < picture <= width for picture in pictures)


def test_hostile_names_do_nothing(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, feature=HOSTILE)
    assert page.value("document.querySelectorAll('script, img, iframe').length") == 0
    assert not any(method == "Page.javascriptDialogOpening" for method, _ in page.told)
    assert HOSTILE in page.value("document.querySelector('h4').textContent")


def test_bars_are_seen_in_both_schemes(page: Page, tmp_path: Path) -> None:
    for scheme in ("light", "dark"):
        show(page, tmp_path)
        page.looks(scheme)  # type: ignore[arg-type]
        fills = "[...document.querySelectorAll('.bars rect.before, .bars rect.after')].map(one => getComputedStyle(one).fill)"
        card = page.value("getComputedStyle(document.querySelector('.card')).backgroundColor")
        told = set(page.value(fills))
        assert len(told) >= 3
        assert card not in told
