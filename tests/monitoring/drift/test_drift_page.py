"""The page of a drift job: what stands in it, what it may do, and what names of others can do to it."""

import base64
import hashlib
import itertools
import re
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelway.monitoring.drift import wording
from modelway.monitoring.drift.baseline import Column
from modelway.monitoring.drift.counts import ColumnCounts
from modelway.monitoring.drift.page import PICTURES, drawing, page
from modelway.monitoring.drift.result import Accounting, Alarm, Finding, Result
from modelway.monitoring.drift.standing import standing
from tests.support.drift_telling import START, VERSION, baseline, history, result, watched

VOID = {"meta", "br"}


class Read(HTMLParser):
    """A page as a browser would build it: elements, their attributes, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def shown(*results: Result) -> Read:
    read = Read(page(watched(), list(results), {VERSION: baseline()}))
    assert not read.open
    return read


def test_it_says_in_words_what_the_newest_window_means() -> None:
    read = shown(*history(16), result(16, shift=0.2, missing=70))
    assert "Alarm: requests drifted" in read.text
    assert "2026-11-27 19:00 to 20:00 UTC, 800 rows." in read.text
    assert "no alarm: 1 of the last 3 windows drifted, 2 needed" in read.text
    assert "rows without a value 8.8" not in read.text.split("Worst features first")[0]
    assert "requests whose label is due and not there 36" in read.text


def test_worst_features_come_first_and_have_two_pictures_each() -> None:
    read = Read(page(watched(), [*history(16), result(16, shift=0.2, missing=70)], {VERSION: baseline()}))
    headings = [attributes for tag, attributes in read.elements if tag == "h4"]
    order = re.findall(r"income|age|default_probability|region", read.text.split("Worst features first")[1])
    assert list(dict.fromkeys(order))[:2] == ["income", "age"]
    classes = [attributes.get("class", "") for tag, attributes in read.elements if tag == "svg"]
    assert classes.count("bars") == classes.count("scores") == len(headings)
    assert classes.count("strip") == 4


def test_it_asks_for_nothing_and_its_rules_allow_nothing_but_its_style() -> None:
    text = page(watched(), history(16), {VERSION: baseline()})
    read = Read(text)
    (rules,) = [found["content"] for tag, found in read.elements if found.get("http-equiv") == "Content-Security-Policy"]
    style = re.search(r"<style>(.*?)</style>", text, re.S)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert rules == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert not {tag for tag, _ in read.elements} & {"script", "img", "link", "iframe", "object", "form", "base", "image", "use"}
    named = {name for _, attributes in read.elements for name in attributes}
    assert not {name for name in named if name.startswith("on") or name in ("style", "src", "xlink:href")}
    assert all(attributes.get("href", "#").startswith("#") for _, attributes in read.elements)
    assert not re.findall(r"https?:|url\(|@import", text)


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title></style></svg><iframe src='https://example.com'>",
    "{{ 7 * 7 }}{% raw %}",
    "a\u202eb\u0000c\n\nd",
    "javascript:alert(1)",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_do_nothing(name: str) -> None:
    plain = shown(*history(8))
    given_ = msgspec.structs.replace(
        result(8, shift=0.2, features=(name, "age", "dependants", "region"), name=name), environment=name, version=name
    )
    findings = tuple(msgspec.structs.replace(one, why=name, segment=name if one.watch == "concept" else None) for one in given_.findings)
    some = msgspec.structs.replace(given_, findings=findings, baseline=name, inputs=name)
    told = msgspec.structs.replace(watched(name=name), environment=name, owner=name, team=name, tier=name, live=name)
    made = msgspec.structs.replace(baseline((name, "age", "region")), version=name)
    text = page(told, [msgspec.structs.replace(some, start=some.start - 3600, end=some.end - 3600), some], {name: made})
    read = Read(text)
    assert not read.open
    assert {tag for tag, _ in read.elements} <= {tag for tag, _ in plain.elements} | {"br"}
    assert {key for _, found in read.elements for key in found} <= {key for _, found in plain.elements for key in found}
    assert not set(text) & {"\u202e", "\u0000"}
    assert wording.visible(name, 80)[:20] in " ".join(read.words)


def test_thousands_of_columns_make_no_page_that_nobody_can_open() -> None:
    features = tuple(f"column_{number}" for number in range(2000))
    text = page(watched(), [result(number, features=features) for number in range(3)], {VERSION: baseline(features)})
    read = Read(text)
    assert sum(tag == "h4" for tag, _ in read.elements) == PICTURES
    assert f"The {PICTURES} worst of 2,001 columns" in read.text
    assert len(text) < 1_500_000


def test_two_versions_stand_side_by_side_and_the_worse_one_gives_the_heading() -> None:
    calm = [result(number, version="2026.12.0") for number in range(3)]
    read = Read(page(watched(), [*calm, result(0, shift=0.2), result(1, shift=0.2)], {VERSION: baseline()}))
    assert "Version 2026.12.0 Steady; nothing can be said of how right the answers are." in read.text
    assert read.text.split("To the report")[1].startswith(" Modelway drift of credit-risk in prod Alarm: requests drifted")


def test_a_metric_comes_before_what_watches_its_errors() -> None:
    def one(method: str, score: float, state: str = "steady") -> Finding:
        return Finding("concept", "roc_auc", method, state, 900, f"as {method} has it", score, 0.5)  # type: ignore[arg-type]

    found = (one("ddm", 0.9), one("roc_auc", 0.8), one("adwin", 0.9, "drifted"))
    read = shown(msgspec.structs.replace(result(1), findings=found))
    assert re.findall(r"as (\w+) has it", read.text) == ["adwin", "roc_auc", "ddm"]


def test_before_the_first_window_it_says_so() -> None:
    assert "No window was looked at yet" in Read(page(watched(), [], {})).text


def test_without_a_baseline_there_are_no_distributions_and_the_rest_is_there() -> None:
    read = Read(page(watched(), history(8), {}))
    classes = [attributes.get("class") for tag, attributes in read.elements if tag == "svg"]
    assert "bars" not in classes
    assert "scores" in classes


def test_the_last_look_at_a_window_counts() -> None:
    first, second = result(1, shift=0.2), msgspec.structs.replace(result(1), revision=2)
    assert wording.history([second, first]) == [second]


def test_what_needs_labels_stands_until_newer_labels_come() -> None:
    older = msgspec.structs.replace(
        result(1),
        alarms=(*result(1).alarms[:3], Alarm("concept", "drifted", True, True, 2, 2, 3)),
        findings=(
            Finding("concept", "roc_auc", "roc_auc", "drifted", 900, "labels say so", 0.7, 0.75),
            Finding("concept", "roc_auc", "roc_auc", "drifted", 900, "as estimated", 0.7, 0.75, estimated=True),
        ),
    )
    newer = msgspec.structs.replace(result(2), alarms=result(2).alarms[:3], findings=result(2).findings[:2])
    found = standing([older, newer])
    assert [alarm.watch for alarm in found.alarms] == ["data", "prediction", "quality", "concept"]
    assert [(one.watch, one.estimated) for one in found.findings if one.watch == "concept"] == [("concept", False)]
    assert "Alarm: how right the answers are drifted" in shown(older, newer).text
    assert standing([older, result(2)]) == result(2)


def test_every_count_of_what_was_read_has_words() -> None:
    assert list(wording.ACCOUNTS) == sorted(wording.ACCOUNTS, key=list(wording.ACCOUNTS).index)
    assert set(wording.ACCOUNTS) == set(Accounting.__struct_fields__)
    every = Accounting(**{name: number + 1 for number, name in enumerate(Accounting.__struct_fields__)})
    assert [value for _, value, _ in wording.accounts(every)] == [getattr(every, name) for name in wording.ACCOUNTS]
    assert wording.zeros(every) == ""


@settings(max_examples=100)
@given(st.data())
def test_bars_hold_every_row_and_stay_in_their_box(data: st.DataObject) -> None:
    bins = data.draw(st.integers(1, 70))
    counts = st.lists(st.integers(0, 1000), min_size=bins, max_size=bins)
    reference, window = data.draw(counts), data.draw(counts)
    missing = data.draw(st.tuples(st.integers(0, 50), st.integers(0, 50)))
    cuts = tuple(float(at) for at in range(1, bins))
    ends = sorted(data.draw(st.lists(st.sampled_from(cuts), min_size=2, max_size=2))) if cuts else [None, None]
    column = Column(
        "c", "input", "number", sum(reference) + missing[0], missing[0], counts=tuple(reference), cuts=cuts, low=ends[0], high=ends[1]
    )
    drawn = drawing.distribution(column, ColumnCounts(sum(window) + missing[1], missing[1], 0, 0, tuple(window)), baseline(), START)
    if not column.rows or not sum(window) + missing[1]:
        assert drawn is None
        return
    assert drawn is not None
    inside = [bar for bar in drawn.bars if not bar.apart]
    assert sum(bar.reference for bar in inside) == pytest.approx(1 if sum(reference) else 0)
    assert sum(bar.window for bar in inside) == pytest.approx(1 if sum(window) else 0)
    assert all(0 <= high <= drawing.HEIGHT for bar in drawn.bars for high in bar.heights)
    assert all(high > 0 for bar in drawn.bars for high, share in zip(bar.heights, (bar.reference, bar.window), strict=True) if share)
    edges = [(bar.x, bar.x + bar.width) for bar in drawn.bars]
    assert all(0 <= left < right <= drawing.WIDTH for left, right in edges)
    assert all(one[1] <= two[0] for one, two in itertools.pairwise(edges))


def test_what_left_the_range_has_a_bar_of_its_own() -> None:
    column = Column("c", "input", "number", 1000, 0, counts=(0, 500, 500, 0, 0), cuts=(1.0, 2.0, 3.0, 50.0), low=1.5, high=3.0)
    drawn = drawing.distribution(column, ColumnCounts(100, 0, 0, 0, (0, 40, 40, 5, 15)), baseline(), START)
    assert drawn is not None
    assert [(bar.label, round(bar.window, 2)) for bar in drawn.bars] == [("1 to 2", 0.4), ("2 to 3", 0.4), ("over 3", 0.2)]


def test_a_window_is_drawn_beside_the_reference_of_its_own_hour() -> None:
    column = Column("c", "input", "number", 300, 0, counts=(200, 100), cuts=(1.0,), seasons={"03": (1, 99), "04": (199, 1)})
    counts = ColumnCounts(100, 0, 0, 0, (1, 99))
    daily = msgspec.structs.replace(baseline(), seasonality="hour")
    drawn = drawing.distribution(column, counts, daily, START)
    assert drawn is not None
    assert [bar.reference for bar in drawn.bars] == [0.01, 0.99]


def test_categories_are_drawn_by_their_hashes() -> None:
    column = Column("c", "input", "category", 100, 0, counts=(60, 30, 10), categories=("aabbccddeeff0011", "ffee"))
    drawn = drawing.distribution(column, ColumnCounts(10, 0, 0, 0, (0, 9, 1)), baseline(), START)
    assert drawn is not None
    assert [bar.label for bar in drawn.bars] == ["value #aabbcc", "value #ffee", "all other values"]


def test_bins_of_another_baseline_are_not_drawn() -> None:
    column = Column("c", "input", "number", 300, 0, counts=(200, 100), cuts=(1.0,))
    assert drawing.distribution(column, ColumnCounts(3, 0, 0, 0, (1, 1, 1)), baseline(), START) is None


def test_a_window_without_a_score_is_a_gap_and_alarms_are_shaded() -> None:
    some = [result(number, shift=0.2 if number > 4 else 0.0) for number in range(8)]
    some[2] = msgspec.structs.replace(some[2], findings=())
    drawn = drawing.curve(some, "data", "income", "psi")
    assert drawn is not None
    assert len(drawn.paths) == 2
    assert [point.drifted for point in drawn.points] == [False] * 4 + [True] * 3
    assert [x for x, _ in drawn.alarms] == [round(drawing.WIDTH * number / 8, 2) for number in (5, 6, 7)]
    assert all(0 <= point.y <= drawing.HEIGHT for point in drawn.points)
    assert drawing.curve(some[:1], "data", "income", "psi") is None
    # Nobody looked at the windows in between.
    drawn = drawing.curve([*some[3:5], result(30), result(31)], "data", "income", "psi")
    assert drawn is not None
    assert len(drawn.paths) == 2


def test_numbers_can_be_read() -> None:
    said = {0.0: "0", 0.0912: "0.0912", 1234.5: "1,234", 12.0: "12", 0.5: "0.5", 1e9: "1.00e+09", 1e-7: "1.00e-07", -3.25: "-3.25"}
    assert {value: wording.number(value) for value in said} == said
    assert [wording.percent(share) for share in (0, 0.0001, 0.0123, 1)] == ["0%", "< 0.1%", "1.2%", "100%"]
    assert wording.number(float("inf")) == "endless"


def test_its_files_are_installed_with_it() -> None:
    import tomllib

    data = tomllib.loads((Path(__file__).resolve().parents[3] / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["package-data"]
    folder = Path(drawing.__file__).parent
    kept = {path for pattern in data["modelway.monitoring.drift.page"] for path in folder.glob(pattern)}
    assert {path.name for path in kept} == {path.name for path in folder.iterdir() if path.suffix not in (".py", "") and path.is_file()}
