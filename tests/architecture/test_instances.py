"""Types of instances, held against what AWS tells of each of them."""

import gzip
import json
from pathlib import Path

import moto
import pytest
from pydantic import TypeAdapter, ValidationError

from modelway.architecture.accelerated import ACCELERATED, MOST_GPUS
from modelway.architecture.eks import has_nvidia_gpus
from modelway.architecture.instances import MOST_CPU, MOST_MEMORY, SIZES, InstanceType, room, whole

KNOWN = json.loads(gzip.decompress((Path(moto.__file__).parent / "ec2" / "resources" / "instance_types.json.gz").read_bytes()))
"""What DescribeInstanceTypes answered, by type."""
adapter = TypeAdapter(InstanceType)


def test_every_type_is_taken() -> None:
    assert [name for name in KNOWN if adapter.validate_python(name) != name] == []
    assert {name.rpartition(".")[2] for name in KNOWN} <= set(SIZES)


def test_what_a_name_says_is_what_there_is() -> None:
    told = {name: found for name in KNOWN if (found := whole(name))}
    assert len(told) > 800
    for name, found in told.items():
        has = KNOWN[name]
        assert (found.millicores, found.bytes) == (has["VCpuInfo"]["DefaultVCpus"] * 1000, has["MemoryInfo"]["SizeInMiB"] << 20), name


@pytest.mark.parametrize("name", ACCELERATED)
def test_gpus_are_those_that_there_are(name: str) -> None:
    found = whole(name)
    assert found is not None
    assert found.gpus == sum(kind["Count"] for kind in KNOWN[name].get("GpuInfo", {}).get("Gpus", ()))


def test_no_type_has_more_gpus_than_the_most() -> None:
    gpus = {name: has["GpuInfo"]["Gpus"] for name, has in KNOWN.items() if "GpuInfo" in has and has_nvidia_gpus(name)}
    assert len(gpus) > 40
    assert max(sum(kind["Count"] for kind in kinds) for kinds in gpus.values()) == MOST_GPUS


def test_no_type_has_more_than_the_most() -> None:
    assert max(has["VCpuInfo"]["DefaultVCpus"] for has in KNOWN.values()) <= MOST_CPU
    assert max(has["MemoryInfo"]["SizeInMiB"] for has in KNOWN.values()) << 20 <= MOST_MEMORY


@pytest.mark.parametrize(("name", "millicores"), [("m7i.large", 1930), ("m7i.xlarge", 3920), ("m7i.2xlarge", 7910), ("c7a.medium", 940)])
def test_what_a_node_keeps(name: str, millicores: int) -> None:
    found = room(name)
    assert found is not None
    assert found.millicores == millicores


@pytest.mark.parametrize("name", ["m7i.xlage", "m7i.5xlarge", "m7i", "m7i.", ".large", "large", "m7i.large.large", "M7i.large", "m.large"])
def test_what_is_no_type(name: str) -> None:
    with pytest.raises(ValidationError):
        adapter.validate_python(name)
