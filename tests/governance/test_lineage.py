"""From data to endpoints, and back: what answered when, what it was made from, who used some data."""

from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelway.architecture import Environment
from modelway.governance.ledger import Entry, begun
from modelway.governance.lineage import Lineage, UnknownData, asking, graph_of, lineage, matching, uses
from modelway.governance.lineage.naming import names
from modelway.governance.record import Found, Record, Share, statement
from modelway.governance.record_parts import Data, Training
from modelway.governance.releases import Release, all_of
from tests.support import told_models
from tests.support.made_ledgers import PROJECT, made_keys
from tests.support.made_records import A, B, C, made_model, made_record, made_share
from tests.support.told_models import LIVE, MODEL, OLD, TRIED

LOANS = Data("loans-2024", "training", "d4" * 32, "s3://acme-data/loans.parquet", 10, "CC-BY-4.0")
ANOTHER = Data("loans-2023", "training", "d3" * 32, None, None, None)


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return told_models.made(tmp_path_factory.mktemp("described"))


def trained(version: str, weights: str = B, *data: Data, percent: int = 100, **other: object) -> Share:
    """A version that is live as it is described, and says what it was trained with."""
    training = Training(f"mlflow:{weights[:32]}", "1f" * 20, list(data)) if data else None
    found = Found(f"sha256:{A}", weights, percent, 0)
    made = made_share(version, percent, weights=f"credit-risk/{version}/model.ubj@sha256:{weights}", found=found)
    return msgspec.structs.replace(made, training=training, **other)


def released(*records: Record) -> list[Release]:
    entry = Entry.__new__(Entry)
    object.__setattr__(entry, "hash", C)
    return [Release(number, entry, record) for number, record in enumerate(records, 1)]


def at(day: int, *shares: Share, stack: str = "prod-models", **other: object) -> Record:
    models = [made_model(*shares)] if shares else []
    return made_record(stack, f"2026-03-{day:02}T09:00:00.000000Z", models=models, **other)


def told(found: Lineage) -> list[tuple[str | None, str | None, tuple[int, ...], list[tuple[str, int]]]]:
    return [(span.since, span.until, span.releases, [(one.version, one.percent) for one in span.answering]) for span in found.spans]


def moment(day: int) -> str:
    return f"2026-03-{day:02}T09:00:00.000000Z"


def test_files_say_what_answers_and_from_what(described: Environment) -> None:
    found = lineage([(described, {told_models.CONTRACT: C})], [])
    (span,) = found.spans
    assert (span.endpoint, span.described, span.now) == (f"dev/{MODEL}", True, True)
    assert [(one.version, one.says) for one in span.answering] == [(LIVE, "90%"), (TRIED, "10%")]
    assert span.versions[LIVE].contract == f"{told_models.CONTRACT}@sha256:{C}"
    assert [version.name for version in found.waiting] == [OLD]
    (unknown,) = found.unknown
    assert unknown == f"{MODEL} {OLD}, which nobody asks: its file does not say with which data it was made"


def test_the_graph_leads_from_data_to_endpoints(described: Environment) -> None:
    graph = graph_of(lineage([(described, {})], []))
    endpoint = f"endpoint:dev/{MODEL}"
    kinds = {node.kind for node in graph.upstream([endpoint]).nodes}
    assert kinds == {"data", "training", "weights", "image", "contract", "baseline", "description", "endpoint"}
    weights = f"weights:sha256:{'1' * 64}"
    assert (weights, f"description:dev/{MODEL}", f"{LIVE} 90%") in {(edge.tail, edge.head, edge.says) for edge in graph.edges}
    # Forth and back are the same edges.
    down = graph.downstream([f"data:loans-2024@sha256:{'d4' * 32}"])
    assert endpoint in {node.id for node in down.nodes}
    assert "image" not in {node.kind for node in down.nodes}
    # What nobody asks ends at its weights.
    assert graph.downstream([f"weights:sha256:{'3' * 64}"]).edges == ()


def test_a_span_lasts_as_long_as_nothing_of_the_model_changes() -> None:
    first, second = trained("1", A, LOANS), trained("2", B, LOANS)
    some = released(
        at(1, first), at(2, first), at(3, trained("1", A, LOANS, percent=90), trained("2", B, LOANS, percent=10)), at(5, second)
    )
    assert told(lineage([], some)) == [
        (moment(5), None, (4,), [("2", 100)]),
        (moment(3), moment(5), (3,), [("1", 90), ("2", 10)]),
        (moment(1), moment(3), (1, 2), [("1", 100)]),
    ]
    # In whatever order they are read.
    assert lineage([], some[::-1]) == lineage([], some)


def test_a_release_without_the_model_ends_it_and_one_of_another_stack_does_not() -> None:
    share = trained("1", A, LOANS)
    others = at(2, share, stack="prod-models-other")
    elsewhere = msgspec.structs.replace(others, models=[made_model(share, name="ranking")])
    assert told(lineage([], released(at(1, share), elsewhere)).of("credit-risk")) == [(moment(1), None, (1,), [("1", 100)])]
    assert told(lineage([], released(at(1, share), at(2)))) == [(moment(1), moment(2), (1,), [("1", 100)])]


def test_a_model_that_moves_to_another_stack_goes_on() -> None:
    share = trained("1", A, LOANS)
    some = released(at(1, share, stack="prod"), at(2, share, stack="prod-models"), at(3, stack="prod"))
    assert told(lineage([], some)) == [(moment(1), None, (1, 2), [("1", 100)])]


def test_what_was_found_counts_more_than_what_was_described() -> None:
    share = msgspec.structs.replace(trained("1", A, LOANS), found=Found(f"sha256:{B}", C, 40, 0))
    (span,) = lineage([], released(at(1, share))).spans
    assert [(one.version, one.percent) for one in span.answering] == [("1", 40)]
    version = span.versions["1"]
    assert (version.weights_sha256, version.image.rpartition("@")[2]) == (C, f"sha256:{B}")
    # Of those weights nobody says how they were made.
    assert (version.said, version.data) == (False, ())
    seen = msgspec.structs.replace(share, seen=Found(f"sha256:{A}", A, 100, 0))
    (span,) = lineage([], released(at(1, seen))).spans
    assert span.versions["1"].data[0].name == "loans-2024"
    assert span.answering[0].percent == 100


def test_an_old_record_learns_from_whoever_knows_the_same_weights() -> None:
    old, new = trained("1", A), trained("1", A, LOANS)
    found = lineage([], released(at(1, old), at(2, trained("2", B)), at(3, new)))
    first = found.spans[-1].versions["1"]
    assert (first.data[0].name, first.told_by) == ("loans-2024", "release 3, of the same weights")
    assert found.unknown == ("prod/credit-risk 2: release 2 does not say with which data it was made",)


def test_two_that_say_it_differently_are_told() -> None:
    found = lineage([], released(at(1, trained("1", A, LOANS)), at(2, trained("1", A, ANOTHER))))
    assert found.differences == (f"weights sha256:{A}: release 2 and release 1 do not say the same of how they were made",)
    assert lineage([], released(at(1, trained("1", A, LOANS)), at(2, trained("2", A, LOANS)))).differences == ()


def test_versions_of_one_name_are_told_apart() -> None:
    found = lineage([], released(at(1, trained("1", A, LOANS)), at(2, trained("1", B, ANOTHER))))
    assert [name for name, _ in names(found).listed] == ["1 of release 2", "1 of release 1"]


@pytest.mark.parametrize("wanted", ["loans-2024", "d4" * 32, f"sha256:{'d4' * 32}", "D4" * 6, "s3://acme-data/loans.parquet"])
def test_data_are_known_by_name_fingerprint_and_source(wanted: str) -> None:
    found = lineage([], released(at(1, trained("1", A, LOANS)), at(4, trained("2", B, ANOTHER))))
    (use,) = uses(found, wanted)
    assert (use.span.endpoint, use.version.name, use.parts, use.span.until) == ("prod/credit-risk", "1", ("training",), moment(4))
    kept = asking.using(found, wanted)
    assert ([span.releases for span in kept.spans], {version.name for version in kept.versions}) == ([(1,)], {"1"})


@pytest.mark.parametrize("wanted", ["loans", "d4" * 5, "", "e5" * 32])
def test_data_that_nobody_names_are_refused_with_those_that_are(wanted: str) -> None:
    found = lineage([], released(at(1, trained("1", A, LOANS)), at(2, trained("2", B))))
    with pytest.raises(UnknownData, match=r"Known are loans-2024\. Of 1 it is not known"):
        matching(found, wanted)


def test_what_a_model_says_of_all_its_versions_is_of_those_that_say_nothing_themselves(described: Environment) -> None:
    found = lineage([(described, {})], [])
    assert uses(found, "Bureau scores") == ()
    assert [data.part for data in matching(found, "Bureau scores")] == [""]


def test_a_ledger_tells_it_again(tmp_path: Path) -> None:
    keys = made_keys(tmp_path)
    ledger = begun(str(tmp_path / "ledger"), PROJECT, keys.trusted, keys.edwards)
    for record in (at(1, trained("1", A, LOANS)), at(2, trained("2", B, LOANS))):
        ledger.append(statement(record), keys.edwards)
    found = lineage([], all_of(ledger))
    assert [(use.version.name, use.span.releases) for use in uses(found, "loans-2024")] == [("2", (2,)), ("1", (1,))]


SHARES = st.lists(
    st.builds(
        lambda name, weights, data, percent: trained(name, weights, *data, percent=percent),
        st.sampled_from(["1", "2", "3"]),
        st.sampled_from([A, B, C]),
        st.lists(st.sampled_from([LOANS, ANOTHER]), unique_by=lambda one: one.name, max_size=2),
        st.integers(0, 100),
    ),
    max_size=3,
    unique_by=lambda share: share.version,
)
RECORDS = st.lists(
    st.builds(lambda day, shares, stack: at(day, *shares, stack=stack), st.integers(1, 28), SHARES, st.sampled_from(["a", "b"])), max_size=6
)


@given(RECORDS)
def test_both_directions_say_the_same(records: list[Record]) -> None:
    found = lineage([], released(*records))
    graph = graph_of(found)
    for data in {data for version in found.versions for data in version.data}:
        node = f"data:{data.name}@sha256:{data.sha256}"
        forth = {one.id for one in graph.downstream([node]).nodes if one.kind == "endpoint"}
        back = {one.id for one in graph.nodes if one.kind == "endpoint" and node in {node_.id for node_ in graph.upstream([one.id]).nodes}}
        asked = {f"endpoint:{use.span.endpoint}" for use in uses(found, str(data.sha256))}
        assert forth == back
        # Where two say of the same weights that they were made otherwise, the graph has both ways.
        assert asked <= forth
        assert found.differences or asked == forth


@given(RECORDS)
def test_at_each_time_one_span_of_an_endpoint_is_live(records: list[Record]) -> None:
    spans = lineage([], released(*records)).spans
    times = sorted((str(span.since), span.until or "9") for span in spans)
    assert all(end <= begin for (_, end), (begin, _) in pairwise(times))
    assert sum(span.now for span in spans) <= 1
