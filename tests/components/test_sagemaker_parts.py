"""Names, steps and times of SageMaker endpoints: what the service takes, for whatever an environment says."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.endpoint import _variants as variants
from components.endpoint._execution import repository_arn
from components.endpoint._schedules import aws_cron
from components.endpoint._variants import Rollout, beginning, deployment, model_name, own_disks, step_size

DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]


@given(st.from_regex(r"[a-z][a-z0-9-]{0,38}[a-z0-9]", fullmatch=True), st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,38}", fullmatch=True))
def test_a_models_name_is_one_that_sagemaker_takes(endpoint: str, version: str) -> None:
    name = model_name(endpoint, version)
    assert len(name) + variants.GENERATED <= variants.NAME_LIMIT
    assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*", f"{name}-0a1b2c3")


def test_names_of_different_versions_differ_where_they_are_shortened() -> None:
    long = "a-model-with-a-name-of-forty-characters-"[:39] + "x"
    assert len({model_name(long, f"2026.11.1-candidate-number-{number}") for number in range(50)}) == 50


@given(st.sampled_from(["canary", "linear"]), st.integers(1, 50), st.integers(2, 200))
def test_a_step_is_a_part_that_sagemaker_takes(kind: str, percent: int, instances: int) -> None:
    step = step_size(Rollout(kind, percent, 300, 300), instances)
    assert step >= 1
    assert 2 * step <= instances
    if kind == "linear":
        assert 10 * step >= instances


@given(
    st.sampled_from(["canary", "linear", "all_at_once"]), st.integers(10, 50), st.integers(1, 60), st.integers(0, 300), st.integers(60, 900)
)
def test_an_update_of_a_fleet_that_grew_has_steps_that_sagemaker_takes(kind: str, percent: int, least: int, grown: int, wait: int) -> None:
    rollout = Rollout(kind, percent, wait, 300)
    count = beginning(rollout, least, least + grown)
    assert least <= count <= least + grown
    if kind != "linear" or least == 1:
        assert count == least + grown
        return
    step = step_size(rollout, least)
    assert 10 * step >= count
    if count > least:
        assert (-(-count // step) - 1) * wait + 300 <= variants.LONGEST_WAITS


@given(st.sampled_from(["canary", "linear", "all_at_once"]), st.integers(10, 50), st.integers(1, 100))
def test_an_update_ends_in_time(kind: str, percent: int, instances: int) -> None:
    policy = deployment(Rollout(kind, percent, 600, 300), instances, [])["blue_green_update_policy"]
    assert isinstance(policy, dict)
    assert 600 <= policy["maximum_execution_timeout_in_seconds"] <= 14400
    routing = policy["traffic_routing_configuration"]
    assert (routing["type"] == "ALL_AT_ONCE") == (kind == "all_at_once" or instances == 1)


@pytest.mark.parametrize(
    ("cron", "aws"),
    [
        ("0 8 * * 1-5", ["cron(0 8 ? * MON,TUE,WED,THU,FRI *)"]),
        ("*/20 6-8 * * *", ["cron(0,20,40 6,7,8 * * ? *)"]),
        ("0 0 1 1,7 *", ["cron(0 0 1 1,7 ? *)"]),
        ("0 0 * * 7", ["cron(0 0 ? * SUN *)"]),
        ("0 0 13 * 5", ["cron(0 0 13 * ? *)", "cron(0 0 ? * FRI *)"]),
        ("5/30 0 * * 0-6/2", ["cron(5,35 0 ? * SUN,TUE,THU,SAT *)"]),
    ],
)
def test_times_are_the_same_in_the_words_of_aws(cron: str, aws: list[str]) -> None:
    assert list(aws_cron(cron)) == aws


@pytest.mark.parametrize("cron", ["0 8 * *", "61 8 * * *", "0 24 * * *", "0 0 0 * *", "0 0 5-3 * *"])
def test_what_is_no_time_is_refused(cron: str) -> None:
    with pytest.raises(ValueError, match=r"five fields|within"):
        aws_cron(cron)


@given(st.sets(st.integers(0, 59), min_size=1), st.sets(st.integers(0, 23), min_size=1), st.sets(st.integers(0, 6), min_size=1))
def test_every_time_is_kept(minutes: set[int], hours: set[int], days: set[int]) -> None:
    listed = [",".join(map(str, sorted(numbers))) for numbers in (minutes, hours, days)]
    (found,) = aws_cron(f"{listed[0]} {listed[1]} * * {listed[2]}")
    minute, hour, day, month, weekday, year = found.removeprefix("cron(").removesuffix(")").split()
    assert ({int(number) for number in minute.split(",")}, {int(number) for number in hour.split(",")}) == (minutes, hours)
    assert {DAYS.index(name) for name in weekday.split(",")} == days
    assert (day, month, year) == ("?", "*", "*")


@pytest.mark.parametrize(
    ("kind", "own"),
    [
        ("ml.m7i.large", False),
        ("ml.c6g.xlarge", False),
        ("ml.inf2.xlarge", False),
        ("ml.m5d.xlarge", True),
        ("ml.m6id.xlarge", True),
        ("ml.g4dn.xlarge", True),
        ("ml.g5.12xlarge", True),
        ("ml.g6e.2xlarge", True),
        ("ml.p4d.24xlarge", True),
        ("ml.p5.48xlarge", True),
    ],
)
def test_disks_of_an_instance_are_known(kind: str, own: bool) -> None:
    assert own_disks(kind) is own


def test_images_outside_of_ecr_are_refused() -> None:
    digest = f"sha256:{'a' * 64}"
    assert repository_arn(f"222222222222.dkr.ecr.eu-west-1.amazonaws.com/dev/churn@{digest}").endswith(":repository/dev/churn")
    with pytest.raises(ValueError, match="elsewhere"):
        repository_arn(f"docker.io/churn@{digest}")
