"""The parts of a bill of materials as components of CycloneDX: each once, known by a reference that is made of what it is."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.contact import OrganizationalContact
from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
from cyclonedx.model.service import Service
from packageurl import PackageURL

from modelway.architecture.accountability import ThirdParty
from modelway.architecture.governance import Dataset
from modelway.architecture.references import BaselineFile, Image, Weights
from modelway.architecture.training import TrainingData
from modelway.governance.record import hashed
from modelway.redaction import masked

Json = dict[str, object]

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]{1,20}://[A-Za-z0-9._~-]+(:[0-9]{1,5})?(/.*)?", re.ASCII)
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})", re.ASCII)
_SAFE = "%/:?@!$&'()*+,;=~-._"
_PERSON = re.compile(r"[^\s@]+@[^\s@]+", re.ASCII)


@dataclass
class Parts:
    """What was put together so far."""

    bucket: str
    """Of the environment's own model store."""
    components: dict[str, Component] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    depends: dict[str, set[str]] = field(default_factory=dict)
    """What each part needs, by reference."""
    beside: dict[str, Json] = field(default_factory=dict)
    """What the library cannot express of a component, by its reference: model cards, contents of data."""

    def add(self, component: Component) -> str:
        """Its reference; what is there already stays as it is."""
        reference = str(component.bom_ref.value)
        self.components.setdefault(reference, component)
        return reference

    def image(self, image: Image) -> str:
        digest = image.digest.removeprefix("sha256:")
        where = {"repository_url": f"{image.registry}/{image.name}"} if image.registry else {}
        # An OCI package is named after the last part of its repository (github.com/package-url/purl-spec, types/oci).
        purl = PackageURL("oci", None, image.name.rpartition("/")[2], image.digest, where)
        return self.add(
            Component(
                type=ComponentType.CONTAINER,
                name=f"{image.registry}/{image.name}" if image.registry else image.name,
                version=image.digest,
                bom_ref=f"image:{f'{image.registry}/' if image.registry else ''}{image.name}@{digest}",
                hashes=sha256(digest),
                purl=purl,
            )
        )

    def weights(self, weights: Weights, written_as: str | None) -> str:
        address = f"oci://{weights.key}" if weights.kind == "oci" else f"s3://{weights.bucket or self.bucket}/{weights.key}"
        return self.file("weights", weights.key, address, weights.sha256, {"format": written_as})

    def baseline(self, baseline: BaselineFile) -> str:
        address = f"s3://{baseline.bucket or self.bucket}/{baseline.key}"
        return self.file("baseline", baseline.key, address, baseline.sha256, {})

    def file(self, role: str, key: str, address: str, digest: str | None, also: Mapping[str, str | None]) -> str:
        """A file that is known by its digest; by its place alone where nobody could look at it."""
        return self.add(
            Component(
                type=ComponentType.FILE,
                name=key.rpartition("/")[2],
                bom_ref=f"{role}:{address}@{digest or 'unknown'}",
                hashes=sha256(digest),
                external_references=[reference("distribution", address)],
                properties=properties({"role": role, "path": key, **also}),
            )
        )

    def training_data(self, data: TrainingData, until: str | None) -> str:
        component = Component(
            type=ComponentType.DATA,
            name=masked(data.name),
            version=f"sha256:{data.sha256}",
            bom_ref=f"data:{hashed([data.model_dump(mode='json'), until])}",
            hashes=sha256(data.sha256),
            licenses=licences(data.license),
            properties=properties({"part": data.part, "rows": str(data.rows) if data.rows else None, "until": until}),
        )
        return self._data(component, data.source, f"{data.part} data{f', {data.rows:,} rows' if data.rows else ''}")

    def told_data(self, data: Dataset) -> str:
        """Data that a model's file tells of, and whose fingerprint nobody wrote down."""
        until = str(data.until) if data.until is not None else None
        component = Component(
            type=ComponentType.DATA,
            name=masked(data.name),
            bom_ref=f"data:{hashed(data.model_dump(mode='json'))}",
            licenses=licences(data.license),
            properties=properties({"fingerprint": "not said", "until": until}),
        )
        return self._data(component, data.source, "data that the model learned from")

    def _data(self, component: Component, source: str | None, description: str) -> str:
        told = masked(source) if source else None
        contents: Json = {}
        if told and (address := iri(told)) is not None:
            contents = {"url": address}
        elif told:
            contents = {"properties": [{"name": "modelway:source", "value": told}]}
        found = self.add(component)
        self.beside[found] = {
            "data": [
                {"type": "dataset", "name": component.name, "description": description, **({"contents": contents} if contents else {})}
            ]
        }
        return found

    def framework(self, text: str) -> str:
        name, _, version = text.partition(" ")
        return self.add(Component(type=ComponentType.FRAMEWORK, name=name, version=version or None, bom_ref=f"framework:{text}"))

    def third_party(self, other: ThirdParty) -> str:
        known = f"third-party:{hashed(other.model_dump(mode='json'))}"
        also = properties({"alternative": other.alternative, "third_party": other.kind})
        if other.kind == "service":
            # A service has no place for a digest.
            also += properties({"sha256": other.sha256})
            service = Service(
                name=masked(other.name), version=_text(other.version), bom_ref=known, licenses=licences(other.license), properties=also
            )
            self.services.setdefault(known, service)
            return known
        types = {
            "base_model": ComponentType.MACHINE_LEARNING_MODEL,
            "dataset": ComponentType.DATA,
            "library": ComponentType.LIBRARY,
        }
        return self.add(
            Component(
                type=types[other.kind],
                name=masked(other.name),
                version=_text(other.version),
                bom_ref=known,
                hashes=sha256(other.sha256),
                licenses=licences(other.license),
                properties=also,
            )
        )

    def needs(self, one: str, others: Iterable[str]) -> None:
        self.depends.setdefault(one, set()).update(others)


def sha256(digest: str | None) -> list[HashType]:
    return [HashType(alg=HashAlgorithm.SHA_256, content=digest)] if digest else []


def licences(text: str | None) -> list[DisjunctiveLicense | LicenseExpression]:
    """An identifier or an expression of SPDX where it is one; a name otherwise."""
    told = masked(text).strip() if text else ""
    return [LicenseFactory().make_from_string(told)] if told else []


def properties(said: Mapping[str, str | None]) -> list[Property]:
    """Those that say something, in our name space."""
    return [Property(name=f"modelway:{name}", value=masked(value)) for name, value in said.items() if value]


def reference(kind: str, address: str, digest: str | None = None) -> ExternalReference:
    return ExternalReference(type=ExternalReferenceType(kind), url=XsUri(quoted(address)), hashes=sha256(digest))


def contact(person: str) -> OrganizationalContact:
    """Somebody by address, or by name where it is none."""
    told = masked(person)
    return OrganizationalContact(name=told, email=told if _PERSON.fullmatch(told) else None)


def iri(text: str) -> str | None:
    """The address that a text is, written as an address has to be; None where it is none."""
    return quoted(text) if _ADDRESS.fullmatch(text) else None


def quoted(address: str) -> str:
    """An address or a path with what may not stand in one as percent and hex digits (rfc-editor.org/rfc/rfc3986#section-2)."""
    path, mark, rest = _LONE_PERCENT.sub("%25", masked(address)).partition("#")
    return quote(path, safe=_SAFE) + mark + quote(rest, safe=_SAFE)


def _text(value: str | None) -> str | None:
    return masked(value) if value else None
