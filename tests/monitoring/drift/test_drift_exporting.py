"""Metrics of a drift job: which there are, how many at most, and that they arrive."""

import math
import os
import re
import struct
from pathlib import Path

import cramjam
import msgspec
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from modelway.errors import ModelwayError
from modelway.monitoring.drift import exporting, posting, remote_write
from modelway.monitoring.drift.ranking import worst
from modelway.monitoring.drift.result import Accounting, Finding
from modelway.monitoring.drift.watched import Exported
from tests.support.drift_telling import START, VERSION, result, watched
from tests.support.receiving import receiver

NOW = START + 2 * 3600.5
BASE = {"environment": "prod", "endpoint": "credit-risk"}


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked again is asked again at once."""
    monkeypatch.setattr(posting, "LONGEST_PAUSE", 0.01)


def told(metrics: list[Metric]) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {(sample.name, frozenset(sample.labels.items())): sample.value for metric in metrics for sample in metric.samples}


def value(metrics: list[Metric], name: str, **labels: str) -> float:
    return told(metrics)[name, frozenset({**BASE, **labels}.items())]


def test_every_family_of_the_agreement_is_there() -> None:
    found = list(exporting.families(watched(), {VERSION: result(1, shift=0.2)}, NOW, exporting.Health()).collect())
    version = {"model_version": VERSION}
    assert value(found, "ml_drift_score", **version, feature="income", method="psi") == pytest.approx(1.22, abs=0.01)
    assert value(found, "ml_drift_threshold", **version, feature="income", method="psi") == 0.09
    assert value(found, "ml_drift_alarm", **version, watch="data") == 1
    assert value(found, "ml_drift_alarm", **version, watch="quality") == 0
    states = {state: value(found, "ml_drift_state", **version, watch="data", state=state) for state in ("steady", "drifted", "unknown")}
    assert states == {"steady": 0, "drifted": 1, "unknown": 0}
    assert value(found, "ml_drift_rows", **version) == 800
    assert value(found, "ml_drift_window_end_timestamp_seconds", **version) == START + 7200
    assert value(found, "ml_drift_labels_share", **version) == 0.25
    assert value(found, "ml_drift_last_run_timestamp_seconds") == NOW
    assert value(found, "ml_drift_window_seconds") == 3600


def test_how_the_run_went_is_told_of_every_version_that_is_watched() -> None:
    given_ = watched()
    given_ = msgspec.structs.replace(given_, versions=(*given_.versions, msgspec.structs.replace(given_.versions[0], version="2026.12.0")))
    for faults, looked_at in ((2, {VERSION}), (0, {VERSION, "2026.12.0"})):
        health = exporting.Health(faults, frozenset(looked_at))
        found = list(exporting.families(given_, {VERSION: result(1)}, NOW, health).collect())
        assert value(found, "ml_drift_faults") == faults
        said = {name: value(found, "ml_drift_version_looked_at", model_version=name) for name in (VERSION, "2026.12.0")}
        assert said == {VERSION: 1, "2026.12.0": "2026.12.0" in looked_at}


def test_labels_that_could_not_be_had_are_a_share_of_0() -> None:
    for accounting in (result(1).accounting, Accounting(rows=800)):
        given_ = msgspec.structs.replace(result(1), accounting=accounting)
        found = list(exporting.families(watched(), {VERSION: given_}, NOW, exporting.Health(1, without_labels=True)).collect())
        assert value(found, "ml_drift_labels_share", model_version=VERSION) == 0


def test_comparisons_of_which_nothing_is_known_are_counted() -> None:
    lacks = tuple(Finding("data", name, "psi", "unknown", 0, "the baseline does not have this column") for name in ("debts", "rent"))
    given_ = msgspec.structs.replace(result(1), findings=(*result(1).findings, *lacks))
    found = list(exporting.families(watched(), {VERSION: given_}, NOW, exporting.Health()).collect())
    counted = {watch: value(found, "ml_drift_unknown", model_version=VERSION, watch=watch) for watch in ("data", "quality", "concept")}
    assert counted == {"data": 2, "quality": 0, "concept": 1}


def test_how_far_groups_are_apart_is_told_and_not_who_is_in_them() -> None:
    gap = Finding("parity", "branch", "selection_rate", "drifted", 800, "why", 0.3, 0.1, segment="ab" * 16)
    given_ = msgspec.structs.replace(result(1), findings=(*result(1).findings, gap))
    found = list(exporting.families(watched(), {VERSION: given_}, NOW, exporting.Health()).collect())
    labels = {"model_version": VERSION, "feature": "branch", "method": "selection_rate"}
    assert (value(found, "ml_drift_score", **labels), value(found, "ml_drift_threshold", **labels)) == (0.3, 0.1)
    assert "abab" not in str(found)


def test_before_the_first_window_it_is_told_that_the_job_looked() -> None:
    found = told(list(exporting.families(watched(), {}, NOW, exporting.Health()).collect()))
    of_the_run = ("last_run_timestamp_seconds", "window_seconds", "faults", "version_looked_at")
    assert {name for name, _ in found} == {f"ml_drift_{name}" for name in of_the_run}


def test_labels_that_nobody_waits_for_have_no_share() -> None:
    without = msgspec.structs.replace(result(1), accounting=Accounting(rows=800))
    found = told(list(exporting.families(watched(), {VERSION: without}, NOW, exporting.Health()).collect()))
    assert "ml_drift_labels_share" not in {name for name, _ in found}


def findings(watches: list[str], subjects: list[str], methods: list[str]) -> st.SearchStrategy[Finding]:
    return st.builds(
        Finding,
        watch=st.sampled_from(watches),
        subject=st.sampled_from(subjects),
        method=st.sampled_from(methods),
        state=st.sampled_from(["steady", "drifted", "unknown"]),
        rows=st.just(100),
        why=st.just("why"),
        score=st.none() | st.floats(0, 10) | st.just(math.nan),
        threshold=st.none() | st.floats(0, 1),
        segment=st.none() | st.just("group"),
    )


# As the job finds them: a column and its methods, or a metric by its own name.
FINDINGS = findings(["data", "quality", "prediction"], [f"c{number}" for number in range(12)], ["psi", "missing"]) | findings(
    ["concept"], ["roc_auc"], ["roc_auc", "adwin"]
)


@settings(max_examples=60, deadline=None)
@given(found=st.lists(FINDINGS, max_size=40), most=st.integers(1, 6))
def test_columns_with_series_are_the_worst_and_no_more_than_allowed(found: list[Finding], most: int) -> None:
    some = msgspec.structs.replace(result(1), findings=tuple(found))
    exported = exporting.exported_findings(some, most)
    columns = {one.subject for one in exported if one.watch != "concept"}
    assert len(columns) <= most
    assert len({(one.subject, one.method) for one in exported}) == len(exported)
    assert not [one for one in exported if one.score is None or math.isnan(one.score)]
    usable = [one for one in worst(found) if one.score is not None and math.isfinite(one.score)]
    assert columns == set(list(dict.fromkeys(one.subject for one in usable if one.watch != "concept"))[:most])
    worst_of: dict[tuple[str, str], Finding] = {}
    for one in usable:
        if one.watch == "concept" or one.subject in columns:
            worst_of.setdefault((one.subject, one.method), one)
    assert exported == list(worst_of.values())
    # What is exported twice would be refused by every receiver.
    metrics = list(exporting.families(watched(exported=Exported(most_features=most)), {VERSION: some}, NOW, exporting.Health()).collect())
    assert len(told(metrics)) == sum(len(metric.samples) for metric in metrics)


def test_what_is_far_over_its_threshold_comes_first() -> None:
    def one(name: str, score: float, threshold: float, state: str = "drifted") -> Finding:
        return Finding("data", name, "psi", state, 100, "why", score, threshold)  # type: ignore[arg-type]

    given_ = [one("a", 0.2, 0.1), one("b", 0.9, 0.8), one("c", 0.3, 0.0), one("d", 5.0, 0.1, "steady"), one("e", 0.2, 0.1, "unknown")]
    assert [found.subject for found in worst(given_)] == ["c", "a", "b", "d", "e"]
    # Of how right it is more is better: it is no more than others over a threshold.
    metric = Finding("concept", "roc_auc", "roc_auc", "steady", 100, "why", 0.9, 0.1)
    assert [found.subject for found in worst([metric, one("f", 0.2, 0.1, "steady")])] == ["f", "roc_auc"]
    of_group = Finding("concept", "branch", "roc_auc_by_group", "steady", 100, "why", 0.9, 0.1, segment="north")
    assert [found.subject for found in worst([of_group, one("f", 0.2, 0.1, "steady")])] == ["f", "branch"]


def test_a_textfile_is_written_whole_and_read_by_prometheus(tmp_path: Path) -> None:
    file = tmp_path / "metrics" / "drift.prom"
    given_ = watched(exported=Exported(textfile=str(file)))
    for _ in range(2):
        exporting.export(given_, {VERSION: result(1, shift=0.2)}, NOW, exporting.Health())
    assert [found.name for found in file.parent.iterdir()] == ["drift.prom"]
    read = list(text_string_to_metric_families(file.read_text("utf-8")))
    assert told(read) == told(list(exporting.families(given_, {VERSION: result(1, shift=0.2)}, NOW, exporting.Health()).collect()))
    assert {metric.type for metric in read} == {"gauge"}


def test_a_pushgateway_gets_a_group_for_each_endpoint_which_replaces_the_last() -> None:
    with receiver() as gateway:
        exporting.export(watched(exported=Exported(pushgateway=gateway.address)), {VERSION: result(1)}, NOW, exporting.Health())
    (pushed,) = gateway.received
    assert (pushed.method, pushed.path) == ("PUT", "/metrics/job/modelway-drift/endpoint/credit-risk/environment/prod")
    families = {metric.name for metric in text_string_to_metric_families(pushed.body.decode())}
    assert {"ml_drift_alarm", "ml_drift_last_run_timestamp_seconds"} <= families


def _write_request() -> type:
    """The messages of remote write as its specification has them (prometheus.io/docs/specs/prw/remote_write_spec)."""
    file = descriptor_pb2.FileDescriptorProto(name="prw.proto", package="prw", syntax="proto3")
    kinds = descriptor_pb2.FieldDescriptorProto
    for name, fields in {
        "Label": [("name", 1, kinds.TYPE_STRING, False, ""), ("value", 2, kinds.TYPE_STRING, False, "")],
        "Sample": [("value", 1, kinds.TYPE_DOUBLE, False, ""), ("timestamp", 2, kinds.TYPE_INT64, False, "")],
        "TimeSeries": [("labels", 1, kinds.TYPE_MESSAGE, True, ".prw.Label"), ("samples", 2, kinds.TYPE_MESSAGE, True, ".prw.Sample")],
        "WriteRequest": [("timeseries", 1, kinds.TYPE_MESSAGE, True, ".prw.TimeSeries")],
    }.items():
        message = file.message_type.add(name=name)
        for field, number, kind, many, of in fields:
            label = kinds.LABEL_REPEATED if many else kinds.LABEL_OPTIONAL
            message.field.add(name=field, number=number, type=kind, label=label, type_name=of or None)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("prw.WriteRequest"))


REQUEST = _write_request()


def decoded(body: bytes) -> list[tuple[dict[str, str], list[tuple[float, int]]]]:
    request = REQUEST.FromString(body)  # type: ignore[attr-defined]
    found = []
    for series in request.timeseries:
        names = [label.name for label in series.labels]
        assert names == sorted(names)
        assert all(label.value for label in series.labels)
        found.append(({label.name: label.value for label in series.labels}, [(one.value, one.timestamp) for one in series.samples]))
    return found


def test_a_receiver_of_remote_write_reads_what_was_found() -> None:
    given_, results = watched(), {VERSION: result(1, shift=0.2)}
    with receiver() as far:
        exporting.export(
            msgspec.structs.replace(given_, exported=Exported(remote_write=f"{far.address}/api/v1/write")), results, NOW, exporting.Health()
        )
    (request,) = far.received
    assert request.path == "/api/v1/write"
    sent = {key: request.headers[key] for key in ("content-encoding", "content-type", "x-prometheus-remote-write-version")}
    assert sent == {
        "content-encoding": "snappy",
        "content-type": "application/x-protobuf",
        "x-prometheus-remote-write-version": "0.1.0",
    }
    assert "authorization" not in request.headers
    found = {
        (labels.pop("__name__"), frozenset(labels.items())): samples
        for labels, samples in decoded(bytes(cramjam.snappy.decompress_raw(request.body)))
    }
    expected = told(list(exporting.families(given_, results, NOW, exporting.Health()).collect()))
    assert found == {key: [(value, round(NOW * 1000))] for key, value in expected.items()}


def test_every_copy_of_a_prometheus_gets_the_same_and_one_that_is_away_keeps_nothing_from_others() -> None:
    with receiver() as away:
        pass
    with receiver() as one, receiver() as other:
        exported = Exported(remote_write=f"{one.address}/write", remote_write_copies=(f"{away.address}/write", f"{other.address}/write"))
        with pytest.raises(posting.NotTold) as fault:
            exporting.export(
                msgspec.structs.replace(watched(), exported=exported), {VERSION: result(1, shift=0.2)}, NOW, exporting.Health()
            )
    assert str(fault.value).count("The receiver of remote write") == 1
    assert [request.body for request in one.received] == [request.body for request in other.received] != []


@settings(max_examples=40, deadline=None)
@given(
    values=st.lists(st.floats(allow_nan=False), min_size=1, max_size=5),
    name=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300),
    moment=st.integers(0, 2**53),
)
def test_every_text_and_number_is_read_as_it_was_written(values: list[float], name: str, moment: int) -> None:
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily("m", "help", labels=["feature", "number", "empty"])
    for number, one in enumerate(values):
        family.add_metric([name, str(number), ""], one)
    (message,) = remote_write.messages([family], moment)
    assert decoded(message) == [
        ({"__name__": "m", "feature": name, "number": str(number)}, [(struct.unpack("<d", struct.pack("<d", one))[0], moment)])
        for number, one in enumerate(values)
    ]


def test_many_series_go_in_several_requests() -> None:
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily("m", "help", labels=["number"])
    for number in range(2 * remote_write.SERIES + 1):
        family.add_metric([str(number)], number)
    found = [decoded(message) for message in remote_write.messages([family], 1)]
    assert [len(some) for some in found] == [remote_write.SERIES, remote_write.SERIES, 1]


def test_a_receiver_that_is_busy_is_asked_again_and_one_that_refuses_is_not() -> None:
    busy = [(503, {}, b""), (429, {"Retry-After": "7"}, b"")]
    with receiver(busy) as far:
        remote_write.write(far.address, exporting.families(watched(), {}, NOW, exporting.Health()).collect(), NOW, None, pause=0)
    assert len(far.received) == 3
    assert len({one.body for one in far.received}) == 1
    with receiver([(400, {}, b"out of order sample\n")]) as far, pytest.raises(ModelwayError) as fault:
        remote_write.write(far.address, exporting.families(watched(), {}, NOW, exporting.Health()).collect(), NOW, None, pause=0)
    assert str(fault.value) == f"The receiver of remote write at {far.address} answered with 400: out of order sample."
    assert len(far.received) == 1


def test_every_place_is_tried_and_every_fault_told_without_passwords(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    exported = Exported(
        textfile=str(tmp_path / "file" / "drift.prom"),
        pushgateway="http://me:secret@127.0.0.1:1",
        remote_write="http://me:secret@127.0.0.1:1/write?token=secret",
    )
    with pytest.raises(posting.NotTold) as fault:
        exporting.export(watched(exported=exported), {VERSION: result(1)}, NOW, exporting.Health())
    lines = str(fault.value).splitlines()
    assert [line.split(" ")[0:2] for line in lines] == [
        [str(tmp_path / "file" / "drift.prom"), "could"],
        ["The", "Pushgateway"],
        ["The", "receiver"],
    ]
    assert "secret" not in str(fault.value)
    with receiver() as far, pytest.raises(posting.NotTold):
        exporting.export(
            watched(exported=msgspec.structs.replace(exported, remote_write=far.address)), {VERSION: result(1)}, NOW, exporting.Health()
        )
    assert len(far.received) == 1


def test_requests_to_amazon_are_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The signature is made again from what arrived, by the algorithm's own description
    (docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html)."""
    import hashlib
    import hmac

    key_id, secret = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    for name, one in {"AWS_ACCESS_KEY_ID": key_id, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": "token"}.items():
        monkeypatch.setenv(name, one)
    with receiver() as far:
        exported = Exported(remote_write=f"{far.address}/workspaces/ws-1/api/v1/remote_write", region="eu-west-1")
        exporting.export(watched(exported=exported), {VERSION: result(1)}, NOW, exporting.Health())
    (request,) = far.received
    said = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/(\d{8})/eu-west-1/aps/aws4_request, "
        r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})",
        request.headers["authorization"],
    )
    assert said is not None
    day, names, signature = said.groups()
    assert {"host", "x-amz-date", "x-amz-security-token"} <= set(names.split(";"))
    headers = "".join(f"{name}:{request.headers[name].strip()}\n" for name in names.split(";"))
    canonical = f"POST\n{request.path}\n\n{headers}\n{names}\n{hashlib.sha256(request.body).hexdigest()}"
    scope = f"{day}/eu-west-1/aps/aws4_request"
    to_sign = f"AWS4-HMAC-SHA256\n{request.headers['x-amz-date']}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    assert hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest() == signature


def test_without_credentials_nothing_is_sent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with receiver() as far, pytest.raises(posting.NotTold, match=r"no credentials of AWS here, and aps in eu-west-1 asks"):
        exporting.export(
            watched(exported=Exported(remote_write=far.address, region="eu-west-1")), {VERSION: result(1)}, NOW, exporting.Health()
        )
    assert not far.received
