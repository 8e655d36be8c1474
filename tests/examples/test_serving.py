"""The serving program, run from its unpacked image: it answers as the models do, keeps to the protocol, and refuses what is hostile."""

import hashlib
import json
import re
import runpy
import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML

from tests.examples.conftest import Refuse, Start
from tests.examples.program import ROOT, Program

MODEL, VERSION = "co2-forecast", "2026.11.0"


def variables(built: Path, model: str = MODEL, version: str = VERSION) -> dict[str, str]:
    file = built / model / version / "model.json"
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return {"MODEL_NAME": model, "MODEL_VERSION": version, "MODEL_URI": str(file), "MODEL_SHA256": digest}


@pytest.fixture
def forecast(serve: Start, built: Path) -> Program:
    return serve(variables(built))


def tensor(name: str, datatype: str, data: list[Any]) -> dict[str, object]:
    return {"name": name, "datatype": datatype, "shape": [len(data)], "data": data}


def request(**changes: list[Any]) -> dict[str, Any]:
    columns: dict[str, list[Any]] = {"month": [1], "lag_1": [355.2], "lag_2": [354.1], "lag_3": [353.9], **changes}
    return {"inputs": [tensor(name, "INT64" if name == "month" else "FP64", data) for name, data in columns.items()]}


def examples(model: str) -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "examples" / model / "train.py"))


@pytest.mark.parametrize("version", ["2026.10.0", "2026.11.0"])
def test_screening_answers_as_scikit_learn_does(version: str, serve: Start, built: Path) -> None:
    train = examples("tumor-screening")
    data = train["read"]()
    rows = data.features[data.held_out]
    scaler, classifier = train["fit"](data, version)
    expected = classifier.predict_proba(scaler.transform(rows))[:, 1]
    inputs = [tensor(name, "FP64", rows[:, index].tolist()) for index, name in enumerate(data.columns)]
    status, answer = serve(variables(built, "tumor-screening", version)).infer("tumor-screening", {"id": "x", "inputs": inputs})
    assert (status, answer["id"], answer["model_name"], answer["model_version"]) == (200, "x", "tumor-screening", version)
    (output,) = answer["outputs"]
    assert (output["name"], output["datatype"], output["shape"]) == ("malignant_probability", "FP64", [len(rows)])
    # Parameters have six digits, and a sum of thirty terms up to a few dozen passes through a slope of at most a quarter.
    assert np.abs(np.array(output["data"]) - expected).max() < 1e-4


def test_forecast_answers_as_statsmodels_does(forecast: Program) -> None:
    train = examples(MODEL)
    data = train["read"]()
    rows = list(train["examples"](data, data.split, len(data.ppm)))
    # statsmodels' own one-step forecasts over the held-out years, with the parameters of the training years.
    whole = train["fit"](data).append(np.array(data.ppm[data.split :]))
    expected = whole.predict(start=data.split, end=len(data.ppm) - 1, dynamic=False)
    columns = {"month": [month for month, _, _ in rows]} | {f"lag_{lag}": [lags[lag - 1] for _, lags, _ in rows] for lag in (1, 2, 3)}
    status, answer = forecast.infer(MODEL, request(**columns))
    assert status == 200
    assert np.abs(np.array(answer["outputs"][0]["data"]) - expected).max() < 2e-3


def test_protocol(forecast: Program) -> None:
    assert forecast.call("/v2") == (200, {"name": "modelway-example", "version": "1", "extensions": []})
    assert forecast.call("/v2/health/live") == (200, {"live": True})
    assert forecast.call("/v2/health/ready") == (200, {"ready": True})
    for path in (f"/v2/models/{MODEL}", f"/v2/models/{MODEL}/versions/{VERSION}"):
        status, metadata = forecast.call(path)
        assert (status, metadata["name"], metadata["versions"]) == (200, MODEL, [VERSION])
        assert metadata["inputs"] == [
            {"name": name, "datatype": "INT64" if name == "month" else "FP64", "shape": [-1]}
            for name in ("month", "lag_1", "lag_2", "lag_3")
        ]
        assert metadata["outputs"] == [{"name": "co2_ppm", "datatype": "FP64", "shape": [-1]}]
        assert forecast.call(f"{path}/ready") == (200, {"name": MODEL, "ready": True})
        assert forecast.call(f"{path}/infer", json.dumps(request()).encode())[0] == 200
    assert forecast.infer(MODEL, request() | {"outputs": [{"name": "co2_ppm"}]})[0] == 200


@pytest.mark.parametrize("model", ["co2-forecast", "tumor-screening"])
def test_sagemaker_gets_the_same_answer_to_the_same_sample(model: str, serve: Start, built: Path) -> None:
    contract = YAML(typ="safe").load((ROOT / "examples" / model / "contract.yaml").read_text("utf-8"))
    sample = json.dumps({"inputs": contract["sample"]["inputs"]}).encode()
    # As SageMaker starts it: `docker run IMAGE serve`.
    program = serve(variables(built, model), "serve")
    assert program.call("/ping") == (200, {"ready": True})
    answer = program.call("/invocations", sample)
    assert answer == program.call(f"/v2/models/{model}/infer", sample)
    assert answer[0] == 200
    assert (answer[1]["model_name"], answer[1]["model_version"]) == (model, VERSION)
    assert f'inference_requests_total{{model="{model}",version="{VERSION}",code="200"}} 2' in program.call("/metrics")[1]
    assert program.call("/invocations", b"[]")[0] == 400


def test_sagemaker_gets_nothing_where_it_has_nothing_to_ask(forecast: Program) -> None:
    assert forecast.call("/invocations")[0] == 404
    assert forecast.call("/invocations/more", b"{}")[0] == 404
    assert forecast.call("/ping", b"{}")[0] == 404


@pytest.mark.parametrize(
    ("path", "post"),
    [
        ("/", False),
        ("/v2/models", False),
        ("/v2/models/other", False),
        ("/v2/models/other/ready", False),
        ("/v2/models/other/infer", True),
        (f"/v2/models/{MODEL}/versions/1/infer", True),
        (f"/v2/models/{MODEL}/versions/1/ready", False),
        (f"/v2/models/{MODEL}/infer", False),
        (f"/v2/models/{MODEL}/infer/more", True),
        ("/v2/health/ready", True),
        ("/../../etc/passwd", False),
    ],
)
def test_what_does_not_exist_is_not_found(path: str, post: bool, forecast: Program) -> None:
    status, answer = forecast.call(path, b"{}" if post else None)
    assert (status, list(answer)) == (404, ["error"])


WRONG = {
    "no object": b"[]",
    "nothing": b"",
    "no JSON": b"{inputs",
    "no UTF-8": b'{"inputs": "\xff"}',
    "deep": b"[" * 200_000,
    "long number": b'{"inputs": ' + b"9" * 10_000 + b"}",
    "not a number": json.dumps(request(lag_1=[float("nan")])).encode(),
    "not a number where nobody looks": json.dumps(request() | {"parameters": {"x": float("nan")}}).encode(),
    "infinite": json.dumps(request(lag_1=[float("inf")])).encode(),
    "too large for a double": json.dumps(request()).replace("355.2", "1e999").encode(),
    "too large for an integer": json.dumps(request()).replace("355.2", "1" + "0" * 400).encode(),
    "too large for INT64": json.dumps(request(month=[2**63])).encode(),
    "no inputs": b"{}",
    "inputs no list": b'{"inputs": {"month": 1}}',
    "an input no object": b'{"inputs": [1]}',
    "a name no text": b'{"inputs": [{"name": ["month"]}]}',
    "inputs empty": b'{"inputs": []}',
    "an input twice": json.dumps({"inputs": request()["inputs"] + request()["inputs"][:1]}).encode(),
    "an input missing": json.dumps({"inputs": request()["inputs"][1:]}).encode(),
    "an input unknown": json.dumps({"inputs": [*request()["inputs"], tensor("x" * 5000, "FP64", [1])]}).encode(),
    "datatype": json.dumps(request()).replace("INT64", "FP64").encode(),
    "no datatype": json.dumps(request()).replace("datatype", "type").encode(),
    "shape": json.dumps(request()).replace('"shape": [1]', '"shape": [2]', 1).encode(),
    "shape negative": json.dumps(request()).replace('"shape": [1]', '"shape": [-1]', 1).encode(),
    "shape of bools": json.dumps(request()).replace('"shape": [1]', '"shape": [true]', 1).encode(),
    "no shape": json.dumps(request()).replace("shape", "form").encode(),
    "two dimensions": json.dumps(request()).replace('"shape": [1]', '"shape": [1, 1]', 1).encode(),
    "rows differ": json.dumps(request(month=[1, 2])).encode(),
    "no rows": json.dumps(request(month=[], lag_1=[], lag_2=[], lag_3=[])).encode(),
    "too many rows": json.dumps(request(**{name: [1] * 10_001 for name in ("month", "lag_1", "lag_2", "lag_3")})).encode(),
    "a bool": json.dumps(request(month=[True])).encode(),
    "a fraction": json.dumps(request(month=[1.5])).encode(),
    "text": json.dumps(request(lag_1=["355"])).encode(),
    "null": json.dumps(request(lag_1=[None])).encode(),
    "nested": json.dumps(request(lag_1=[[355.0]])).encode(),
    "an object": json.dumps(request(lag_1=[{}])).encode(),
    "no such month": json.dumps(request(month=[13])).encode(),
    "output unknown": json.dumps(request() | {"outputs": [{"name": "y"}]}).encode(),
    "outputs no list": json.dumps(request() | {"outputs": "co2_ppm"}).encode(),
}


def test_wrong_requests_are_refused_and_counted(forecast: Program) -> None:
    for case, body in WRONG.items():
        status, answer = forecast.call(f"/v2/models/{MODEL}/infer", body)
        assert (status, list(answer)) == (400, ["error"]), case
        assert 0 < len(answer["error"]) < 400, case
    assert series(forecast)['inference_requests_total{code="400"}'] == len(WRONG)
    assert forecast.infer(MODEL, request())[0] == 200


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577", 413),
        ("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999999", 400),
        ("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: -1", 400),
        ("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: ²", 400),
        ("POST {path} HTTP/1.1\r\nHost: x", 411),
        ("POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked", 411),
        ("GET /v2 HTTP/1.1\r\nHost: x\r\nContent-Length: 5", 400),
        ("DELETE {path} HTTP/1.1\r\nHost: x", 501),
        ("nonsense", 400),
        ("GET /" + "a" * 70_000 + " HTTP/1.1", 414),
        ("GET / HTTP/1.1\r\n" + "\r\n".join(f"X-{number}: y" for number in range(200)), 431),
    ],
)
def test_hostile_heads_are_refused_and_the_connection_is_closed(head: str, status: int, forecast: Program) -> None:
    answer = raw(forecast, head.format(path=f"/v2/models/{MODEL}/infer").encode() + b"\r\n\r\n")
    assert re.match(rb"HTTP/1.1 (\d+)", answer)[1] == str(status).encode()  # type: ignore[index]
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]
    assert forecast.call("/v2/health/live")[0] == 200


def test_a_caller_who_hangs_up_harms_nobody(forecast: Program) -> None:
    with socket.create_connection(address(forecast)) as connection:
        connection.sendall(f"POST /v2/models/{MODEL}/infer HTTP/1.1\r\nContent-Length: 100\r\n\r\n{{".encode())
    assert forecast.infer(MODEL, request())[0] == 200


def test_a_connection_serves_several_requests(forecast: Program) -> None:
    body = json.dumps(request()).encode()
    one = f"POST /v2/models/{MODEL}/infer HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    wrong = one.replace(b"INT64", b"INT32")
    answer = raw(forecast, one + wrong + one.replace(b"Host: x", b"Connection: close"), end=False)
    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"200", b"400", b"200"]


def test_metrics_move(forecast: Program) -> None:
    assert series(forecast)["inference_request_duration_seconds_count{}"] == 0
    for _ in range(3):
        forecast.infer(MODEL, request())
    forecast.infer(MODEL, {})
    forecast.infer("other", request())
    found = series(forecast)
    assert found['inference_requests_total{code="200"}'] == 3
    assert found['inference_requests_total{code="400"}'] == 1
    assert found["inference_request_duration_seconds_count{}"] == 4
    buckets = [count for name, count in found.items() if name.startswith("inference_request_duration_seconds_bucket")]
    assert buckets == sorted(buckets)
    assert found['inference_request_duration_seconds_bucket{le="+Inf"}'] == 4
    assert 0 < found["inference_request_duration_seconds_sum{}"] < 4


def test_requests_under_way_are_finished_before_the_end(serve: Start, built: Path) -> None:
    program = serve(variables(built) | {"DRAIN_SECONDS": "1"})
    body = json.dumps(request()).encode()
    with socket.create_connection(address(program), timeout=10) as connection:
        connection.sendall(f"POST /v2/models/{MODEL}/infer HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body[:-1])
        until(lambda: "inference" in program.call("/metrics")[1])
        program.process.send_signal(signal.SIGTERM)
        until(lambda: program.call("/v2/health/ready")[0] == 503)
        assert program.call("/ping")[0] == 503
        # Addresses leave a cluster's routes later than the signal comes: new requests are still answered.
        assert program.infer(MODEL, request())[0] == 200
        assert program.call("/v2/health/live")[0] == 200
        until(lambda: refuses(program))
        assert program.process.poll() is None
        connection.sendall(body[-1:])
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"Connection: close" in answer
    assert program.process.wait(10) == 0


def test_weights_that_are_not_the_ones_asked_for_are_refused(refused: Refuse, built: Path, tmp_path: Path) -> None:
    asked = variables(built)
    altered = tmp_path / "model.json"
    altered.write_bytes(Path(asked["MODEL_URI"]).read_bytes().replace(b"0.300313", b"0.300314"))
    found = hashlib.sha256(altered.read_bytes()).hexdigest()
    said = refused(asked | {"MODEL_URI": altered.as_uri()})
    assert said == f"error: {altered.as_uri()} has SHA-256 {found}, but MODEL_SHA256 is {asked['MODEL_SHA256']}; nothing of it was used\n"


@pytest.mark.parametrize(
    ("content", "text"),
    [(b"{}", "KeyError"), (b"\x00", "not a linear model"), (b'{"terms": [{"input": 1}]}', "KeyError"), (b"[]", "TypeError")],
)
def test_weights_that_are_no_model_are_refused(content: bytes, text: str, refused: Refuse, built: Path, tmp_path: Path) -> None:
    file = tmp_path / "model.json"
    file.write_bytes(content)
    assert text in refused(variables(built) | {"MODEL_URI": str(file), "MODEL_SHA256": hashlib.sha256(content).hexdigest()})


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"MODEL_NAME": None}, "MODEL_NAME is not set"),
        ({"MODEL_URI": "/nowhere"}, "cannot read /nowhere"),
        ({"MODEL_URI": "ftp://x/y"}, "neither a file nor s3://"),
        ({"MODEL_URI": "s3://b/k"}, "AWS_REGION is not set"),
        ({"MODEL_URI": "s3://b/k", "AWS_REGION": "eu-west-1"}, "no AWS credentials"),
        ({"PORT": "http"}, "invalid literal"),
    ],
)
def test_what_is_not_configured_is_named(changes: Mapping[str, str | None], text: str, refused: Refuse, built: Path) -> None:
    merged: dict[str, str | None] = {**variables(built), **changes}
    assert text in refused({key: value for key, value in merged.items() if value is not None})


def test_requests_at_the_same_time_are_all_answered(forecast: Program) -> None:
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(forecast.infer(MODEL, request())[0])) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 16
    assert series(forecast)["inference_request_duration_seconds_count{}"] == 16


def series(program: Program) -> dict[str, float]:
    """The metrics by name and labels, without the labels that every series of the program has."""
    status, text = program.call("/metrics")
    assert status == 200
    own = f'model="{MODEL}",version="{VERSION}"'
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(own in line for line in lines)
    return {name.replace(f"{own},", "").replace(own, ""): float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def address(program: Program) -> tuple[str, int]:
    host, _, port = program.url.removeprefix("http://").partition(":")
    return host, int(port)


def raw(program: Program, content: bytes, *, end: bool = True) -> bytes:
    """What the program answers until it closes the connection."""
    with socket.create_connection(address(program), timeout=10) as connection:
        connection.sendall(content)
        if end:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        while part := connection.recv(65536):
            answer += part
        return answer


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def refuses(program: Program) -> bool:
    try:
        socket.create_connection(address(program), timeout=10).close()
    except (ConnectionRefusedError, ConnectionResetError):  # reset: it came in the moment in which the door closed
        return True
    return False
