"""Shares of requests, whatever the weights are and in whatever order they stand."""

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelway.preview.changeset import Endpoint, Route
from modelway.preview.resources import UNKNOWN
from modelway.preview.traffic import Traffic
from modelway.preview.traffic.sides import shares
from tests.support import changes

WEIGHTS = st.lists(st.integers(0, 1_000_000), min_size=1, max_size=16)
ROUTE = "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute"
CONFIGURATION = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
LISTENER = "aws:lb/listener:Listener"


def described(type_: str, name: str, inputs: dict[str, Any]) -> changes.Described:
    return {"urn": f"urn:pulumi:dev::ml::{type_}::{name}", "type": type_, "inputs": inputs}


def route(weights: list[object]) -> list[changes.Described]:
    backends = [{"name": f"s{index}", "weight": weight} for index, weight in enumerate(weights)]
    return [described(ROUTE, "it", {"metadata": {"name": "it"}, "spec": {"rules": [{"backendRefs": backends}]}})]


def variants(weights: list[object]) -> list[changes.Described]:
    made = [{"variantName": f"s{index}", "initialVariantWeight": weight} for index, weight in enumerate(weights)]
    return [
        described(CONFIGURATION, "config", {"name": "config", "productionVariants": made}),
        described("aws:sagemaker/endpoint:Endpoint", "it", {"name": "it", "endpointConfigName": "config"}),
    ]


def listener(weights: list[object]) -> list[changes.Described]:
    groups = [{"arn": f"arn:aws:elasticloadbalancing:r:1:targetgroup/s{i}/0", "weight": weight} for i, weight in enumerate(weights)]
    return [described(LISTENER, "it", {"defaultActions": [{"type": "forward", "forward": {"targetGroups": groups}}]})]


def endpoint(resources: list[changes.Described]) -> Endpoint:
    traffic = Traffic("dev")
    for one in resources:
        traffic.know(changes.resource(one))
    (found,) = traffic.endpoints(None, None)
    return found


DIALECTS = pytest.mark.parametrize("dialect", [route, variants, listener])


@given(WEIGHTS)
def test_shares_are_100_together_or_nothing(weights: list[int]) -> None:
    found = shares([float(weight) for weight in weights])
    total = sum(share for share in found if share is not None)
    # Each is rounded to a hundredth.
    assert total == pytest.approx(100, abs=0.005 * len(weights) + 1e-9) if sum(weights) else total == 0
    assert all(share is not None and 0 <= share <= 100 for share in found)


@given(WEIGHTS, st.integers(1, 1000))
def test_only_proportions_count(weights: list[int], factor: int) -> None:
    assert shares([float(weight) for weight in weights]) == pytest.approx(shares([float(weight * factor) for weight in weights]), abs=0.011)


@DIALECTS
@given(weights=WEIGHTS, seed=st.integers(0, 2**16))
def test_the_order_does_not_count(dialect: Any, weights: list[int], seed: int) -> None:
    resources = dialect(weights)
    text = json.dumps(resources)
    shuffled = json.loads(text)

    def shuffle(value: Any) -> None:
        if isinstance(value, dict):
            for item in value.values():
                shuffle(item)
        elif isinstance(value, list):
            random.Random(seed).shuffle(value)
            for item in value:
                shuffle(item)

    shuffle(shuffled)
    assert endpoint(resources).after == endpoint(shuffled).after


@DIALECTS
@given(weights=WEIGHTS)
def test_every_dialect_means_the_same(dialect: Any, weights: list[int]) -> None:
    found: tuple[Route, ...] = endpoint(dialect(weights)).after
    by_version = {one.version: one.percent for one in found}
    assert by_version == {f"s{index}": share for index, share in enumerate(shares([float(weight) for weight in weights]))}


@DIALECTS
@given(weights=WEIGHTS, data=st.data())
def test_with_one_weight_unknown_no_share_is_known(dialect: Any, weights: list[int], data: st.DataObject) -> None:
    one: list[object] = [*weights]
    one[data.draw(st.integers(0, len(weights) - 1))] = data.draw(st.sampled_from([UNKNOWN, "[secret]", None, "7", True, [1]]))
    assert {found.percent for found in endpoint(dialect(one)).after} == {None}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.just(UNKNOWN) | st.text("ab.:/@", max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "type", "spec", "kind", "weight"]), inner, max_size=3)
    ),
    max_leaves=8,
)
SHAPES = st.sampled_from(
    [
        "rules", "backendRefs", "filters", "matches", "metadata", "predictor", "canary", "productionVariants", "endpointConfigName",
        "primaryContainer", "defaultActions", "actions", "conditions", "template", "selector", "scaleTargetRef", "router", "values",
    ]
)  # fmt: skip
KINDS = [
    ROUTE, CONFIGURATION, LISTENER, "aws:lb/listenerRule:ListenerRule", "aws:sagemaker/endpoint:Endpoint", "aws:sagemaker/model:Model",
    "aws:appautoscaling/target:Target", "aws:lb/targetGroup:TargetGroup", "kubernetes:core/v1:Service", "kubernetes:apps/v1:Deployment",
    "kubernetes:autoscaling/v2:HorizontalPodAutoscaler", "kubernetes:keda.sh/v1alpha1:ScaledObject", "kubernetes:helm.sh/v3:Release",
    "kubernetes:serving.kserve.io/v1beta1:InferenceService", "kubernetes:serving.kserve.io/v1alpha2:LLMInferenceService",
    "kubernetes:argoproj.io/v1alpha1:Rollout", "kubernetes:flagger.app/v1beta1:Canary",
]  # fmt: skip


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.dictionaries(SHAPES, inner | st.lists(inner, max_size=2), max_size=4)


INPUTS = nested(JSON | nested(JSON | nested(JSON))).map(lambda found: found | {"spec": dict(found)})


@settings(max_examples=50)
@given(st.lists(st.tuples(st.sampled_from(KINDS), INPUTS, INPUTS, st.sampled_from(["create", "update", "delete", "same"])), max_size=5))
def test_no_shape_of_inputs_is_too_odd(things: list[tuple[str, dict[str, Any], dict[str, Any], str]]) -> None:
    traffic = Traffic("dev")
    for index, (type_, before, after, op) in enumerate(things):
        base = {"it": described(type_, f"it-{index}", before)}
        traffic.see(changes.step(base, {"op": op, "of": "it", "set": {"^inputs": after}}))
    traffic.complete()
    traffic.endpoints(None, None)
    traffic.findings()
    traffic.gaps()
