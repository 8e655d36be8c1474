"""What holds for every environment: valid ones load and come back as they were, and nothing but InvalidArchitecture is ever raised.

500 examples of each; `pytest --hypothesis-profile nightly` takes 10,000.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelway.architecture import Environment, Fault, InvalidArchitecture, load
from modelway.architecture.caching import Cache
from modelway.architecture.resolving import merge

VALID = Path(__file__).resolve().parent / "valid"
CONTRACT = "contracts/credit-risk.yaml"
EXAMPLES = max(500, settings().max_examples)

names = st.from_regex(r"[a-z]([-a-z0-9]{0,10}[a-z0-9])?", fullmatch=True)
digests = st.sampled_from("0123456789abcdef").map(lambda digit: f"sha256:{digit * 64}")
durations = st.builds("{}{}".format, st.integers(1, 59), st.sampled_from(["s", "m", "h"]))
# What an m7i.large has room for.
memory = st.one_of(st.integers(1, 7800).map("{}Mi".format), st.integers(1, 7).map("{}Gi".format))
cpu = st.one_of(st.sampled_from(["1", "0.5", "1.25"]), st.integers(100, 1900).map("{}m".format))
percents = st.integers(1, 99).map("{}%".format)
lines = st.text(st.characters(exclude_categories=["C", "Z", "M"]), min_size=1, max_size=20).map(lambda text: f"about {text}")
owners = st.sampled_from(["ml-platform@example.com", "Risk team", "oncology:ml"])
tags = st.dictionaries(names.map("tag-{}".format), st.sampled_from(["a", "b:c", "x y", ""]), max_size=3)


def fields(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=optional)


pools = st.tuples(st.integers(0, 3), st.integers(1, 5)).flatmap(
    lambda bounds: fields(
        {"instance_types": st.just(["m7i.large"]), "min": st.just(bounds[0]), "max": st.just(bounds[0] + bounds[1])},
        {"labels": st.just({"example.com/purpose": "batch"})},
    )
)
first_pool = fields({"instance_types": st.just(["m7i.large"]), "min": st.integers(1, 3), "max": st.integers(3, 6)}, {})
eks = fields(
    {
        "kind": st.just("eks"),
        "gateway": st.just({"kind": "managed", "class": "envoy"}),
        "version": st.sampled_from(["1.34", "1.35"]),
        "node_pools": st.tuples(first_pool, st.dictionaries(names.map("p-{}".format), pools, max_size=2)).map(
            lambda both: {"general": both[0], **both[1]}
        ),
        "access": st.just({"deployer": {"principal": "arn:aws:iam::222222222222:role/deployer", "policy": "cluster-admin"}}),
    },
    {"endpoint": st.just({"kind": "private"})},
)
networks = fields(
    {"kind": st.just("vpc"), "cidr": st.integers(0, 99).map("10.{}.0.0/16".format), "zones": st.integers(2, 3)},
    {"nat": st.sampled_from(["one", "per_zone"]), "flow_logs": st.just({"retention_days": 30})},
)


@st.composite
def models(draw: st.DrawFn, name: str) -> dict[str, Any]:
    versions = draw(st.lists(st.from_regex(r"20(25|26)\.[1-9]\.[0-9]", fullmatch=True), min_size=1, max_size=3, unique=True))
    live, *others = versions
    traffic: dict[str, Any] = {"live": live}
    if others and draw(st.booleans()):
        traffic["canary"] = {"version": others[0], "percent": draw(st.integers(1, 99))}
    if others and draw(st.booleans()):
        traffic["shadow"] = {"version": others[-1], "percent": draw(st.integers(1, 100))}
    least = draw(st.integers(1, 5))
    endpoint = {
        "resources": {"cpu": draw(cpu), "memory": draw(memory)},
        "scaling": {"min": least, "max": least + draw(st.integers(0, 5)), "target": {"cpu": draw(percents)}},
        "traffic": traffic,
        "slo": {"latency_p99": "200ms", "availability": draw(st.sampled_from(["99%", "99.9%"])), "error_rate": "1%"},
    }
    model: dict[str, Any] = {
        "model": name,
        "team": draw(names.map("team-{}".format)),
        "owner": draw(owners),
        "risk_tier": draw(st.sampled_from(["low", "medium"])),
        "versions": {
            version: {"image": f"{name}@{draw(digests)}", "weights": f"{name}/{version}/model@{draw(digests)}", "contract": CONTRACT}
            for version in versions
        },
    }
    if draw(st.booleans()):
        model["description"] = draw(lines)
    if draw(st.booleans()):
        model["endpoint"] = endpoint
    return model


@st.composite
def environments(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """An environment's own data, and the data of its models."""
    own = draw(
        fields(
            {
                "environment": st.just("dev"),
                "tier": st.sampled_from(["development", "staging"]),
                "aws": st.just({"account": "222222222222", "region": "eu-west-1"}),
                "owner": owners,
                "network": networks,
                "clusters": eks.map(lambda cluster: {"main": cluster}),
            },
            {
                "tags": tags,
                "cost_owner": owners,
                "budget": st.integers(1, 9999).map("{} USD".format),
                "layout": st.sampled_from(["single", "split", "split_by_team"]),
                "monitoring": fields({}, {"scrape_interval": st.just("30s")}),
            },
        )
    )
    called = draw(st.lists(names.map("m-{}".format), max_size=3, unique=True))
    return own, {name: draw(models(name)) for name in called}


@st.composite
def divided(draw: st.DrawFn, data: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A base and an override that together are the data; the override may repeat, and replace what the base says otherwise."""
    base: dict[str, Any] = {}
    override: dict[str, Any] = {}
    for key, value in data.items():
        where = draw(st.sampled_from(["base", "override", "both"]))
        if isinstance(value, dict) and value and where == "both":
            base[key], override[key] = draw(divided(value))
        elif where == "base":
            base[key] = value
        else:
            override[key] = value
            if where == "both":
                base[key] = value if isinstance(value, dict) else "something else"
    return base, override


def write(folder: Path, place: str, own: dict[str, Any], models: dict[str, dict[str, Any]]) -> None:
    (folder / "environments" / place / "models").mkdir(parents=True)
    for file, data in (("environment", own), *((f"models/{name}", model) for name, model in models.items())):
        (folder / "environments" / place / f"{file}.yaml").write_text(json.dumps(data, ensure_ascii=False), "utf-8")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("properties")
    shutil.copytree(VALID / "contracts", folder / "contracts")
    (folder / "Pulumi.yaml").touch()
    return folder


def cleared(folder: Path) -> None:
    shutil.rmtree(folder / "environments", ignore_errors=True)


@settings(max_examples=EXAMPLES)
@given(described=environments(), draws=st.data())
def test_a_valid_environment_loads_and_dumps_and_loads_to_itself(
    described: tuple[dict[str, Any], dict[str, dict[str, Any]]], draws: st.DataObject, repository: Path
) -> None:
    own, models = described
    cleared(repository)
    parts = {name: draws.draw(divided(model)) for name, model in models.items()}
    base, override = draws.draw(divided(own))
    write(repository, "base", base, {name: part[0] for name, part in parts.items()})
    write(repository, "dev", override, {name: part[1] for name, part in parts.items()})
    cache = Cache(repository / "cache")
    first = load(repository / "environments", "dev", cache=cache)
    assert load(repository / "environments", "dev", cache=cache) == first
    dumped = first.model_dump(mode="json")
    assert Environment.model_validate_json(json.dumps(dumped), strict=True) == first
    again = {name: dumped["models"][name] for name in models}
    cleared(repository)
    write(repository, "dev", {key: value for key, value in dumped.items() if key not in ("models", "contracts")}, again)
    assert load(repository / "environments", "dev") == first


@settings(max_examples=EXAMPLES)
@given(described=environments(), draws=st.data())
def test_layers_of_one_environment_may_be_merged_in_any_order(
    described: tuple[dict[str, Any], dict[str, dict[str, Any]]], draws: st.DataObject
) -> None:
    base, rest = draws.draw(divided(described[0]))
    middle, last = draws.draw(divided(rest))
    assert merge(merge(base, middle), last) == merge(base, merge(middle, last)) == merge(base, rest)


FILES = sorted(str(file.relative_to(VALID)) for file in VALID.rglob("*.yaml"))
SIGNS = ["\t", "\n", "- ", ": ", "{", "}", "[", "]", "&a ", "*a", "!!x ", "---\n", "null", "\ufeff", "\0", '"', "#", "\u200b"]
PIECES = st.one_of(st.binary(max_size=6), st.sampled_from(SIGNS).map(str.encode), st.just(b"\xff"))


@settings(max_examples=EXAMPLES)
@given(file=st.sampled_from(FILES), changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 8), PIECES), min_size=1, max_size=4))
def test_whatever_is_done_to_the_bytes_of_a_file_only_invalid_architecture_is_raised(
    file: str, changes: list[tuple[float, int, bytes]], repository: Path
) -> None:
    folder = repository / "bytes"
    shutil.copytree(VALID, folder, dirs_exist_ok=True)
    content = (VALID / file).read_bytes()
    for where, removed, added in changes:
        at = int(where * len(content))
        content = content[:at] + added + content[at + removed :]
    (folder / file).write_bytes(content)
    faults: tuple[Fault, ...] = ()
    try:
        load(folder / "environments", "dev")
    except InvalidArchitecture as invalid:
        faults = invalid.faults
    assert all(fault.rule and fault.way_out for fault in faults)
