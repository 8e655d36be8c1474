"""Makes the document: what answers at an endpoint, what each of it needs, and the same bytes for the same description."""

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.dependency import Dependency
from cyclonedx.model.lifecycle import LifecyclePhase, PredefinedLifecycle
from cyclonedx.model.tool import ToolRepository
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat

from modelway.architecture import Environment, Model, Version
from modelway.architecture.platform_rules import bucket_name
from modelway.architecture.runtime import SageMakerRuntime
from modelway.errors import ModelwayError
from modelway.governance.bill_of_materials.model_card import model_card
from modelway.governance.bill_of_materials.parts import Parts, contact, licences, properties, reference
from modelway.governance.bill_of_materials.schema import VERSION
from modelway.governance.measured import Reached
from modelway.governance.record import canonical
from modelway.redaction import masked

_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://modelway.dev/bill-of-materials/v1")


class NoEndpoint(ModelwayError):
    """Nothing answers, so there is nothing to list."""


@dataclass(frozen=True)
class Beside:
    """What an environment's files do not say themselves."""

    modelway: str
    """Version of the program that writes the document."""
    contracts: Mapping[str, str]
    """SHA-256 in hex of each contract's file, by path."""
    time: datetime | None = None
    """What the document says when it was made, such as when the release went live; it says no time without it."""
    release: str | None = None
    """Number and hash of the release whose digests these are; None where nobody looked, or they are others."""
    reached: Mapping[str, Sequence[Reached]] = field(default_factory=dict)
    """What versions reached on the data that their drift is measured from, by version."""


def bill(environment: Environment, name: str, beside: Beside) -> dict[str, object]:
    """The document about the endpoint of a model. Raises NoEndpoint."""
    model = environment.models[name]
    if model.serving is None or model.traffic is None:
        raise NoEndpoint(f"{name} has no endpoint in {environment.environment} that answers, so there is nothing to list.")
    parts = Parts(bucket_name(environment))
    roles = dict(_roles(model))
    endpoint = f"endpoint:{environment.environment}/{name}"
    needed = [_version(parts, model, version, role, environment, beside) for version, role in roles.items()]
    parts.needs(endpoint, needed)
    document = _document(parts, _endpoint(model, environment, endpoint), environment, beside)
    serial = uuid.uuid5(_SPACE, canonical(document).decode())
    return {"serialNumber": f"urn:uuid:{serial}", **document}


def written(document: Mapping[str, object]) -> bytes:
    """The document as JSON, the same bytes for the same content."""
    first = ("$schema", "bomFormat", "specVersion", "serialNumber", "version", "metadata")
    ordered = {name: document[name] for name in (*first, *sorted(set(document) - set(first))) if name in document}
    return (json.dumps(ordered, indent=2, ensure_ascii=False) + "\n").encode()


def file_name(model: str) -> str:
    """As tools know documents of CycloneDX."""
    return f"{model}.cdx.json"


def _roles(model: Model) -> Iterator[tuple[str, str]]:
    """Versions that get requests, copies of them, or all of them once somebody stops the model; and which of that."""
    assert model.traffic is not None
    traffic = model.traffic
    said: dict[str, list[str]] = {}
    for version, percent in traffic.shares.items():
        said.setdefault(version, []).append(f"{percent}% of requests")
    for version, percent in traffic.copied.items():
        said.setdefault(version, []).append(f"copies of {percent}% of requests")
    for share in traffic.split:
        if share.header is not None:
            said.setdefault(share.version, []).append(f"requests with {share.header.name}: {share.header.value}")
    oversight = model.governance.human_oversight if model.governance is not None else None
    if oversight is not None and oversight.fallback is not None:
        said.setdefault(oversight.fallback, []).append("all requests once the model is stopped")
    yield from ((version, " and ".join(some)) for version, some in sorted(said.items()))


def _endpoint(model: Model, environment: Environment, known: str) -> Component:
    assert model.serving is not None
    said = model.governance
    runtime = model.serving.runtime
    also = {
        "environment": environment.environment,
        "tier": environment.tier,
        "region": environment.aws.region,
        "system": (said.system if said is not None else None) or model.model,
        "team": model.team,
        "risk_tier": model.risk_tier,
        "runtime": runtime.kind,
        "instance_type": runtime.instance_type if isinstance(runtime, SageMakerRuntime) else None,
        "cluster": model.cluster,
        "incident_contact": said.incident_contact if said is not None else None,
    }
    roles = said.roles.model_dump(mode="json", exclude_none=True) if said is not None and said.roles is not None else {}
    linked = {"documentation": said.runbook, "model-card": said.model_card} if said is not None else {}
    return Component(
        type=ComponentType.APPLICATION,
        name=model.model,
        group=model.team,
        bom_ref=known,
        description=masked(model.description) if model.description else None,
        authors=[contact(model.owner)],
        external_references=[reference(kind, address) for kind, address in linked.items() if address],
        properties=[
            *properties(also),
            *properties({f"role.{role}": str(person) for role, person in roles.items()}),
            *(one for law in (said.legal_basis if said is not None else ()) for one in properties({"legal_basis": law})),
        ],
    )


def _version(parts: Parts, model: Model, name: str, role: str, environment: Environment, beside: Beside) -> str:
    """The reference of the version; what it needs is among the parts."""
    version, said = model.versions[name], model.governance
    contract = environment.contracts.get(version.contract)
    datasets = list(_datasets(parts, model, version))
    needs = [
        parts.image(version.image),
        parts.weights(version.weights, version.written_as),
        parts.file("contract", version.contract, version.contract, beside.contracts.get(version.contract), {}),
        *([parts.baseline(version.baseline)] if version.baseline is not None else []),
        *([parts.framework(version.framework)] if version.framework is not None else []),
        *datasets,
        *(parts.third_party(other) for other in (said.third_party if said is not None else ())),
    ]
    training, evaluation = version.training, version.evaluation
    linked = []
    if training is not None and training.run is not None:
        linked.append(reference("build-meta", training.run))
    if evaluation is not None and evaluation.report is not None:
        key, _, digest = evaluation.report.rpartition("@sha256:")
        linked.append(reference("quality-metrics", key if key.startswith("s3://") else f"s3://{parts.bucket}/{key}", digest))
    if said is not None and said.model_card is not None:
        linked.append(reference("model-card", said.model_card))
    known = f"model:{environment.environment}/{model.model}@{name}"
    parts.add(
        Component(
            type=ComponentType.MACHINE_LEARNING_MODEL,
            name=model.model,
            version=name,
            group=model.team,
            bom_ref=known,
            description=masked(model.description) if model.description else None,
            authors=[contact(model.owner)],
            external_references=linked,
            properties=properties(
                {
                    "answers": role,
                    "format": version.written_as,
                    "training.commit": training.commit if training is not None else None,
                    "evaluation.by": evaluation.by if evaluation is not None else None,
                    "evaluation.day": str(evaluation.day) if evaluation is not None and evaluation.day is not None else None,
                    "evaluation.tool": evaluation.tool if evaluation is not None else None,
                }
            ),
        )
    )
    parts.beside[known] = {"modelCard": model_card(model, version, contract, datasets, beside.reached.get(name, ()))}
    parts.needs(known, needs)
    return known


def _datasets(parts: Parts, model: Model, version: Version) -> Iterator[str]:
    told = {one.name: one for one in (model.governance.data_provenance if model.governance is not None else ())}
    known = version.training.data if version.training is not None else ()
    for data in known:
        until = told[data.name].until if data.name in told else None
        yield parts.training_data(data, str(until) if until is not None else None)
    for name, dataset in told.items():
        if all(data.name != name for data in known):
            yield parts.told_data(dataset)


def _document(parts: Parts, endpoint: Component, environment: Environment, beside: Beside) -> dict[str, object]:
    tool = Component(
        type=ComponentType.APPLICATION, name="modelway", version=beside.modelway, bom_ref="tool:modelway", licenses=licences("Apache-2.0")
    )
    told = {"environment": environment.environment, "release": beside.release}
    metadata = BomMetaData(
        tools=ToolRepository(components=[tool]),
        authors=[contact(environment.owner)],
        component=endpoint,
        properties=properties(told),
        timestamp=beside.time or datetime.fromtimestamp(0, UTC),
        lifecycles=[PredefinedLifecycle(phase=LifecyclePhase.OPERATIONS)] if beside.release is not None else [],
    )
    bom = Bom(components=parts.components.values(), services=parts.services.values(), metadata=metadata, serial_number=uuid.UUID(int=0))
    references = {one.bom_ref.value: one.bom_ref for one in (endpoint, *parts.components.values(), *parts.services.values())}
    for known, found in references.items():
        needs = [Dependency(references[one]) for one in sorted(parts.depends.get(str(known), ()))]
        bom.dependencies.add(Dependency(found, needs))
    document: dict[str, object] = json.loads(make_outputter(bom, OutputFormat.JSON, VERSION).output_as_string())
    # The document says its own number once it is known, and no time that nobody gave.
    del document["serialNumber"]
    if beside.time is None:
        del document["metadata"]["timestamp"]  # type: ignore[attr-defined]
    for component in document.get("components", ()):  # type: ignore[attr-defined]
        component |= parts.beside.get(component["bom-ref"], {})
    return document
