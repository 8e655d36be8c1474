"""What is live is read from a state, and held against what is described."""

import json
from pathlib import Path

import pytest

from modelway.governance.live import Held, differences, found, read_back, unknown
from tests.support.made_records import made_model, made_share

CASES = sorted((Path(__file__).parent / "cases" / "live").glob("*.json"))


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_case(file: Path) -> None:
    case = json.loads(file.read_text("utf-8"))
    live = read_back([Held(**one) for one in case["state"]])
    model = made_model(
        *(
            made_share(
                **{
                    **one,
                    "image": f"risk@sha256:{one['image']}",
                    "weights": f"risk/model.ubj@sha256:{one['weights']}",
                    "found": found(live, "risk", one["version"]),
                }
            )
            for one in case["versions"]
        ),
        name="risk",
    )
    assert differences([model], live) == case["differences"]
    always = [line for line in unknown([model], live) if not line.startswith(("whether ", "fingerprints "))]
    assert always == case["unknown"]


def test_what_is_left_in_a_cluster_says_nothing_of_sagemaker() -> None:
    case = json.loads((Path(__file__).parent / "cases" / "live" / "as-described.json").read_text("utf-8"))
    cluster = [Held(**one) for one in case["state"]]
    assert found(read_back(cluster), "risk", "1") is not None
    assert found(read_back([*cluster, Held("aws:sagemaker/endpoint:Endpoint", "risk", {})]), "risk", "1") is None


def test_there_are_cases() -> None:
    assert len(CASES) > 10
