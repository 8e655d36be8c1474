"""Values with a unit or a digest, and what sections say of themselves."""

import copy
import pickle
import re
from datetime import date
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

import modelway.architecture as architecture
from modelway.architecture import Cidr, Cpu, Duration, Environment, Image, Memory, Percent, Weights, load, names
from modelway.architecture.base import Section
from modelway.architecture.governance import Date
from modelway.architecture.scaling import Cron

ROOT = Path(__file__).resolve().parents[2]
DIGEST = "sha256:" + "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("value", "found", "wanted"),
    [
        (Duration("200ms"), Duration("200ms").seconds, 0.2),
        (Duration("1h"), Duration("1h").seconds, 3600),
        (Memory("2Gi"), Memory("2Gi").bytes, 2 * 1024**3),
        (Memory("128Mi"), Memory("128Mi").bytes, 128 * 1024**2),
        (Percent("99.9%"), Percent("99.9%").fraction, 0.999),
        (Percent("70%"), Percent("70%").fraction, 0.7),
        (Percent("100%"), Percent("100%").fraction, 1),
        (Cpu("250m"), Cpu("250m").millicores, 250),
        (Cpu("0.5"), Cpu("0.5").millicores, 500),
        (Cpu("2"), Cpu("2").millicores, 2000),
        (Cidr("10.20.0.0/16"), Cidr("10.20.0.0/16").network.num_addresses, 65536),
    ],
)
def test_values_have_their_unit(value: object, found: float, wanted: float) -> None:
    assert found == wanted
    adapter = TypeAdapter(type(value))
    assert adapter.dump_python(value, mode="json") == str(value)
    assert adapter.validate_python(str(value)) == value
    assert re.search(adapter.json_schema()["pattern"], str(value))
    with pytest.raises(AttributeError, match="frozen"):
        value.text = "other"  # type: ignore[attr-defined]
    for copied in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert copied == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Duration, "0s"), (Duration, "1.5s"), (Duration, "5"), (Duration, "5 s"), (Duration, "५s"), 
        (Memory, "2GB"), (Memory, "2G"), (Memory, "0Mi"),
        (Percent, "101%"), (Percent, "100.1%"), (Percent, "-1%"), (Percent, "5"),
        (Percent, "nan%"), (Cpu, "0"), (Cpu, "0m"), (Cpu, "1k"), (Cpu, ""),
        (Cidr, "10.0.0.0/8"), (Cidr, "10.20.0.0/24"), (Cidr, "10.20.1.0/16"), (Cidr, "300.0.0.0/16"), (Cidr, "8.8.0.0/16"),
        (Weights, f"/a/b@{DIGEST}"), (Weights, f"a//b@{DIGEST}"), (Weights, f"a/../b@{DIGEST}"), (Weights, "a/b"),
        (Weights, f"a/b@{DIGEST}0"),
        (Image, f"A@{DIGEST}"), (Image, f"a@{DIGEST[:-1]}"), (Image, f"a b@{DIGEST}"), (Image, f"@{DIGEST}"),
        (Image, "x" * 700 + f"@{DIGEST}"),
    ],
)  # fmt: skip
def test_other_texts_are_refused(kind: type, text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(text)


@pytest.mark.parametrize("text", ["0 8 * * 1-5", "*/15 * * * *", "0,30 22-23 1,15 */3 0", "59 23 31 12 7"])
def test_times_are_written_as_cron_has_them(text: str) -> None:
    assert TypeAdapter(Cron).validate_python(text) == text


@pytest.mark.parametrize("text", ["60 8 * * *", "0 24 * * *", "0 0 0 * *", "0 0 * 13 *", "0 0 * * 8", "0 8 * *", "@daily", "0 8 * * MON"])
def test_other_times_are_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Cron).validate_python(text)


def test_a_day_is_one_of_the_calendar() -> None:
    assert TypeAdapter(Date).validate_python("2028-02-29").day == date(2028, 2, 29)
    for text in ("2027-02-29", "2027-13-01", "27-01-01", "2027-1-1"):
        with pytest.raises(ValidationError):
            TypeAdapter(Date).validate_python(text)


@pytest.mark.parametrize(
    ("text", "registry", "name"),
    [
        ("credit-risk", None, "credit-risk"),
        ("registry.example.com/risk/credit", "registry.example.com", "risk/credit"),
        ("localhost:5000/credit", "localhost:5000", "credit"),
        ("222222222222.dkr.ecr.eu-west-1.amazonaws.com/dev/credit", "222222222222.dkr.ecr.eu-west-1.amazonaws.com", "dev/credit"),
    ],
)
def test_an_image_knows_its_parts(text: str, registry: str | None, name: str) -> None:
    image = Image(f"{text}@{DIGEST}")
    assert (image.registry, image.name, image.digest) == (registry, name, DIGEST)


def test_weights_know_their_parts() -> None:
    weights = Weights(f"credit-risk/2026.11.1/model.ubj@{DIGEST}")
    assert (weights.key, weights.sha256) == ("credit-risk/2026.11.1/model.ubj", DIGEST.removeprefix("sha256:"))


def sections() -> list[type[Section]]:
    found = [Section]
    for section in found:
        found += section.__subclasses__()
    return found[1:]


@pytest.mark.parametrize("section", sections(), ids=lambda section: section.__name__)
def test_every_section_is_strict_and_described(section: type[Section]) -> None:
    assert section.__doc__
    config = section.model_config
    assert (config["frozen"], config["extra"], config["strict"]) == (True, "forbid", True)
    clear = {"kind", "name", "version", "datatype", "region", "inputs", "outputs"}
    assert set(section.model_fields) - set(section.descriptions()) <= clear


def test_the_schema_has_the_descriptions() -> None:
    schema = Environment.model_json_schema()
    slo = schema["$defs"]["Slo"]["properties"]
    assert (
        slo["latency_p99"]["description"]
        == "What 99 of 100 requests are faster than, such as 200ms; up to 1h. Above 60s only with a timeout, and not on SageMaker."
    )
    assert schema["$defs"]["ManagedGateway"]["properties"]["class"]["description"].startswith("Class of the Gateway")


def test_what_is_exported_is_there() -> None:
    assert all(hasattr(architecture, name) for name in architecture.__all__)


def test_the_committed_environments_are_valid() -> None:
    environments = ROOT / "stacks" / "environments"
    assert names(environments) == ["dev", "local", "prod", "staging"]
    for name in names(environments):
        environment = load(environments, name)
        assert {"co2-forecast", "tumor-screening"} <= set(environment.models)
        for model in environment.models.values():
            for version in model.versions.values():
                assert environment.contracts[version.contract].sample.inputs
