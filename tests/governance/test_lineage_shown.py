"""Lineage as people and programs get it: a tree, JSON, a chart of Mermaid, a page. Whatever names are in it, they stay names."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelway.governance.lineage import Data, Lineage, Version, data, graph_of, html, lineage, telling
from modelway.governance.lineage.drawing import MOST, drawing
from modelway.governance.lineage.graph import Edge, Graph, Node
from modelway.governance.lineage.mermaid import CHARACTERS, TooLarge, mermaid
from modelway.governance.lineage.spans import Span
from modelway.governance.lineage.versions import Answering
from tests.governance.test_lineage import ANOTHER, LOANS, at, released, trained
from tests.support import told_models
from tests.support.made_records import A, B

FOUND = lineage([], released(at(1, trained("1", A, LOANS)), at(4, trained("2", B, ANOTHER))))
TEXTS = st.one_of(st.sampled_from(told_models.HOSTILE), st.text(min_size=1, max_size=40))
NODE = r'  n\d+(\[\("[^"]*"\)\]|\{\{"[^"]*"\}\}|\["[^"]*"\]|\(\["[^"]*"\]\)|\[\["[^"]*"\]\])'
EDGE = r'  n\d+ -->(\|"[^"]*"\|)? n\d+'
LABEL = re.compile(r"([\w \-./+,]|#\d+;|<br/>)*")


def made(text: str) -> Lineage:
    """Lineage in which everything that somebody may write is that text."""
    version = Version(
        model="credit-risk",
        name="1",
        image=f"{text}@sha256:{A}",
        weights=f"{text}@sha256:{B}",
        contract=text,
        baseline=f"{text}@sha256:{A}",
        said=True,
        run=text,
        commit="1f" * 20,
        data=(Data(text, "training", "d4" * 32, text, 3, text), Data(text, "", None, text)),
        metrics=((text, 0.5),),
        evaluated=text,
        day=None,
        told_by="files of prod",
    )
    answering = (Answering("1", 100, 0, f"x-beta: {text}"),)
    return Lineage((Span("prod", "credit-risk", text, "high", answering, {"1": version}),), unread=(f"releases of prod: {text}",))


class Page(HTMLParser):
    """The elements of a page and its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[tuple[str, str]] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {(tag, name) for name, _ in attrs}


def test_the_tree_says_versions_then_endpoints() -> None:
    lines = list(telling.of_model(FOUND, "credit-risk"))
    assert lines[0] == "credit-risk"
    assert "    release 1, from 2026-03-01 09:00Z until 2026-03-04 09:00Z: 1 100%" in lines
    assert "    release 2, since 2026-03-04 09:00Z: 2 100%" in lines
    assert any("training data loans-2024: sha256:d4d4d4d4d4d4, 10 rows, s3://acme-data/loans.parquet, CC-BY-4.0" in line for line in lines)


def test_who_used_data_is_told_with_when() -> None:
    lines = list(telling.of_data(FOUND, "loans-2024"))
    assert lines[1:] == [
        "used, as was released",
        "  prod/credit-risk  1  100%  training  release 1, from 2026-03-01 09:00Z until 2026-03-04 09:00Z",
    ]


def test_data_of_versions_that_nobody_asks_were_used_by_no_endpoint(tmp_path: Path) -> None:
    waiting = lineage([(told_models.made(tmp_path, presence="disabled"), {})], [])
    assert waiting.spans == ()
    assert list(telling.of_data(waiting, "loans-2024"))[2].startswith("no endpoint used it")


def test_json_has_all_of_it() -> None:
    told = json.loads(json.dumps(data.of_model(FOUND, "credit-risk")))
    (endpoint,) = told["endpoints"]
    assert [span["releases"] for span in endpoint["spans"]] == [[2], [1]]
    assert endpoint["spans"][1]["answering"][0]["data"][0]["sha256"] == "d4" * 32
    ids = {node["id"] for node in told["graph"]["nodes"]}
    assert all({edge["from"], edge["to"]} <= ids for edge in told["graph"]["edges"])
    (use,) = json.loads(json.dumps(data.of_data(FOUND, "loans-2024")))["uses"]
    assert (use["environment"], use["version"], use["until"]) == ("prod", "1", "2026-03-04T09:00:00.000000Z")


def chart(text: str) -> None:
    first, *lines = text.splitlines()
    assert first == "flowchart LR"
    for line in lines:
        assert re.fullmatch(f"{NODE}|{EDGE}", line), line
        assert all(LABEL.fullmatch(label) for label in re.findall(r'"([^"]*)"', line)), line
    named = set(re.findall(r"^  (n\d+)[\[{(]", text, re.MULTILINE))
    assert {name for line in lines if "-->" in line for name in re.findall(r"\bn\d+\b", re.sub(r'"[^"]*"', "", line))} <= named


def test_a_chart_is_one_that_mermaid_draws() -> None:
    chart(mermaid(graph_of(FOUND)))


@given(TEXTS)
def test_a_chart_with_hostile_names_is_the_same_chart(text: str) -> None:
    drawn = mermaid(graph_of(made(text)))
    chart(drawn)
    assert len(drawn.splitlines()) == len(mermaid(graph_of(made("plain"))).splitlines()) or text.strip() == ""


def many(number: int) -> Graph:
    nodes = tuple(Node(f"data:{one}", "data", f"data {one}") for one in range(number))
    return Graph((*nodes, Node("training:x", "training", "x")), tuple(Edge(node.id, "training:x") for node in nodes))


def test_what_mermaid_would_not_draw_is_refused() -> None:
    with pytest.raises(TooLarge, match=f"501 edges.*Mermaid draws 500 and {CHARACTERS:,}"):
        mermaid(many(501))
    chart(mermaid(many(500)))


def test_a_picture_has_every_box_at_a_place_of_its_own() -> None:
    picture = drawing(graph_of(FOUND))
    assert picture is not None
    places = [(box.x, box.y) for box in picture.boxes]
    assert len(set(places)) == len(places) == len(graph_of(FOUND).nodes)
    assert drawing(many(MOST)) is not None
    assert drawing(many(MOST + 1)) is None


def pages(found: Lineage, wanted: str) -> list[str]:
    return [html.of_model(found, "credit-risk"), html.of_data(found, wanted)]


PLAIN = [Page(page) for page in pages(made("plain"), "plain")]


@given(TEXTS.filter(lambda text: text.strip() != ""))
@settings(max_examples=40)
def test_a_page_with_hostile_names_is_the_same_page(text: str) -> None:
    for page, plain in zip(pages(made(text), text), PLAIN, strict=True):
        read = Page(page)
        assert read.tags == plain.tags
        assert read.attributes == plain.attributes
        assert page.isprintable() or all(one.isprintable() or one == "\n" for one in page)


def test_a_page_asks_nobody_for_anything() -> None:
    for page in pages(FOUND, "loans-2024"):
        read = Page(page)
        assert not {"script", "link", "img", "iframe", "a", "form", "object", "base"} & set(read.tags)
        assert not {name for _, name in read.attributes if name in ("src", "href", "action") or name.startswith("on")}
        assert "default-src &#39;none&#39;" in page
        assert page == pages(FOUND, "loans-2024")[0 if "Where its versions" in page else 1]


def test_what_is_not_known_stands_on_the_page() -> None:
    found = lineage([], released(at(1, trained("1", A)), at(2, trained("2", B, LOANS))), ["releases of dev: nobody answers"])
    for told in (html.of_model(found, "credit-risk"), "\n".join(telling.of_model(found, "credit-risk")), str(data.of_model(found, "x"))):
        assert "releases of dev: nobody answers" in told
        assert "release 1 does not say with which data it was made" in told


def test_no_text_claims_what_nobody_can() -> None:
    texts: list[Any] = [*pages(FOUND, "loans-2024"), *telling.of_model(FOUND, "credit-risk")]
    assert not [text for text in texts if "compliant" in text.lower()]
