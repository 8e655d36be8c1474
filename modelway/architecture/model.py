"""A model: whose it is, its versions, and how it is served."""

import re
from collections.abc import Iterator
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from modelway.architecture.base import Breach, FieldPath, Line, Name, Owner, Section, Shaped, VersionName, each, of_each, repeated
from modelway.architecture.drift import Drift
from modelway.architecture.endpoint import Endpoint
from modelway.architecture.governance import Governance
from modelway.architecture.monitoring import RiskTier
from modelway.architecture.references import BaselineFile, Image, Weights
from modelway.architecture.sagemaker import OR_KUBERNETES
from modelway.architecture.traffic import Canary, Shadow, Share, Traffic
from modelway.architecture.training import Evaluation, Training

CONTRACT_PATH = re.compile(r"(?!.*//)(?!(?:.*/)?\.\.?/)[A-Za-z0-9_.-][A-Za-z0-9_./ -]{0,240}\.yaml", re.ASCII)

ContractPath = Annotated[
    str,
    Shaped(
        CONTRACT_PATH.pattern,
        "the path of a YAML file, from the root of the repository that holds the environments, without leaving it",
        "Write it like contracts/credit-risk.yaml.",
        250,
    ),
]

Format = Literal["json", "ubj", "onnx", "safetensors", "gguf", "torch", "pickle", "joblib", "archive"]
"""How weights are written; an archive holds several files."""

ENDINGS = {
    ".json": "json",
    ".ubj": "ubj",
    ".onnx": "onnx",
    ".safetensors": "safetensors",
    ".gguf": "gguf",
    ".pt": "torch",
    ".pth": "torch",
    ".pkl": "pickle",
    ".pickle": "pickle",
    ".joblib": "joblib",
    ".tar.gz": "archive",
    ".zip": "archive",
}
"""Formats by the end of a file's name."""

RUNS_CODE = ("torch", "pickle", "joblib")
"""Formats that may hold a program, which runs as they are loaded (docs.python.org/3/library/pickle.html)."""

Framework = Annotated[
    str,
    Shaped(
        r"[a-z][a-z0-9-]*( [0-9][A-Za-z0-9.+-]*)?",
        "what it was trained with: a name, and a version behind a space",
        "Write it like xgboost 3.1.1.",
        80,
    ),
]


class Version(Section):
    """One version: what serves it, what it learned, what it promises."""

    EXAMPLES = MappingProxyType(
        {
            "image": f"credit-risk@sha256:{'a1' * 32}",
            "weights": f"credit-risk/2026.11.1/model.ubj@sha256:{'b2' * 32}",
            "format": "safetensors",
            "baseline": f"credit-risk/2026.11.1/baseline.json@sha256:{'c3' * 32}",
            "protocols": ["open_inference", "sagemaker"],
        }
    )
    PEERS = MappingProxyType(
        {
            "image": "KServe `image`, SageMaker `Image`, Azure ML `environment.image`",
            "weights": "KServe `storageUri`, SageMaker `ModelDataUrl`, Azure ML `model`",
            "format": "KServe `modelFormat`",
            "protocols": "KServe `protocolVersion`",
        }
    )

    image: Image
    """Image of the serving program: NAME@sha256:… in the environment's own registry, or HOST/NAME@sha256:…"""
    weights: Weights
    """Weights: KEY@sha256:… in the environment's own model store, s3://BUCKET/KEY@sha256:…, or oci://HOST/NAME@sha256:…"""
    contract: ContractPath
    """File of its contract, from the root of the repository that holds the environments: the nearest folder at or above them that has
    .git or Pulumi.yaml; where there is none, the project that runs."""
    format: Format | None = None
    """How the weights are written; by the end of the file's name when absent."""
    framework: Framework | None = None
    """What it was trained with, such as xgboost 3.1.1."""
    baseline: BaselineFile | None = None
    """What its drift is measured from, as `modelway drift baseline` makes it: KEY@sha256:… in the environment's own model store, or
    s3://BUCKET/KEY@sha256:…"""
    training: Training | None = None
    """How it was made: its run, and the fingerprints of its data."""
    evaluation: Evaluation | None = None
    """What it reached on data that it did not learn from."""
    protocols: tuple[Literal["open_inference", "sagemaker"], ...] = Field(default=("open_inference",), min_length=1)
    """What the image speaks: version 2 of the Open Inference Protocol, or /ping and /invocations on port 8080 as SageMaker asks."""

    @property
    def written_as(self) -> str | None:
        """How the weights are written, as far as that is known."""
        return self.format or _format_of(self.weights)

    def breaches(self) -> Iterator[Breach]:
        yield from each([self._format_breaches(), repeated(self, "protocols")])

    def _format_breaches(self) -> Iterator[Breach]:
        named = _format_of(self.weights)
        if self.format is not None and named is not None and named != self.format:
            yield Breach(
                ("format",),
                f"as the file is called: {self.weights.key.rpartition('/')[2]} ends as {named} does",
                f"Write {named}, or name the file otherwise.",
                (("weights",),),
            )


class Model(Section):
    """A model. Registered as soon as it is described: it has a repository and a place in the store. Served when it has an endpoint."""

    EXAMPLES = MappingProxyType(
        {"team": "risk", "description": "Says how likely a loan is not paid back.", "cluster": "main", "pin": "2026.10.0"}
    )
    PEERS = MappingProxyType(
        {
            "team": "Kubernetes `namespace`",
            "versions": "Azure ML deployments, SageMaker variants",
            "endpoint": "Azure ML online endpoint, KServe `InferenceService`, SageMaker endpoint",
        }
    )

    model: Name
    """Name; equals the name of the file."""
    team: Name
    """Team that it belongs to; the name of its namespace."""
    owner: Owner
    """Who answers for it."""
    description: Line | None = None
    """What it is for, in a line."""
    risk_tier: RiskTier
    """How much harm it can do."""
    presence: Literal["served", "disabled", "retired", "absent"] = "served"
    """Whether it is here: served, if it has an endpoint; disabled, which is registered and described, and answers nobody; retired, which
    is disabled, and its images are no longer protected; or absent, as if the environment had no such file."""
    cluster: Name | None = None
    """Cluster that it serves in; needed only where there are several."""
    versions: dict[VersionName, Version] = Field(default_factory=dict)
    """Versions that may serve, by name."""
    pin: VersionName | None = None
    """Version that answers all requests, whatever traffic says: live, canary, shadow and split wait until it is removed."""
    endpoint: Endpoint | None = None
    """How it is served; without it, it is registered only."""
    drift: Drift | None = None
    """What is watched of it while it serves."""
    governance: Governance | None = None
    """What it says of itself to those who have to answer for it."""

    @property
    def serving(self) -> Endpoint | None:
        """How it is served here; None when it is not."""
        return self.endpoint if self.presence == "served" else None

    @property
    def traffic(self) -> Traffic | None:
        """Which version answers here: as described, or the pinned one alone; None when it is not served."""
        if self.serving is None:
            return None
        return self.serving.traffic if self.pin is None else Traffic(live=self.pin, sticky=self.serving.traffic.sticky)

    def breaches(self) -> Iterator[Breach]:
        served = (self._presence_breaches, self._pin_breaches, self._live_breaches, self._split_breaches)
        rules = (*served, self._approver_breaches, self._fallback_breaches)
        tried = [self._tried_breaches(role) for role in ("canary", "shadow")]
        versions = (self._image_breaches, self._protocol_breaches, self._weights_breaches)
        yield from each([*(rule() for rule in rules), *tried, *(of_each(self, "versions", rule) for rule in versions)])

    def _image_breaches(self, name: str, version: Version) -> Iterator[Breach]:
        if version.image.registry is None and version.image.name != self.model:
            yield Breach(
                ("versions", name, "image"),
                f"each model has a repository of its own, and this one's is called {self.model}",
                f"Write {self.model}@{version.image.digest}, or HOST/{version.image.name}@sha256:… if it is in another registry.",
                judged_by=(("model",),),
            )

    def _presence_breaches(self) -> Iterator[Breach]:
        if self.presence == "disabled" and self.endpoint is None:
            yield Breach(
                ("presence",), "only a model with an endpoint is disabled, and there is none", "Remove it.", judged_by=(("endpoint",),)
            )

    def _pin_breaches(self) -> Iterator[Breach]:
        if self.pin is not None and self.endpoint is None:
            yield Breach(("pin",), "only a model with an endpoint is pinned, and there is none", "Remove it.", judged_by=(("endpoint",),))
        elif self.pin is not None and self.pin not in self.versions:
            yield Breach(
                ("pin",),
                f"one of the model's versions: {', '.join(self.versions) or 'none'}",
                "Add it under `versions`, or name one that is there.",
                judged_by=(("versions", self.pin),),
            )

    def _approver_breaches(self) -> Iterator[Breach]:
        for number, approver in enumerate(self.governance.approvers if self.governance else ()):
            if approver == self.owner:
                yield Breach(
                    ("governance", "approvers", number),
                    "another than the model's owner, whose change it may be",
                    "Name somebody else.",
                    judged_by=(("owner",),),
                )

    def _fallback_breaches(self) -> Iterator[Breach]:
        oversight = self.governance.human_oversight if self.governance is not None else None
        if oversight is not None and oversight.fallback is not None and oversight.fallback not in self.versions:
            yield Breach(
                ("governance", "human_oversight", "fallback"),
                f"one of the model's versions: {', '.join(self.versions) or 'none'}",
                "Add it under `versions`, name one that is there, or remove it: then nobody answers.",
                judged_by=(("versions", oversight.fallback),),
            )

    def _live_breaches(self) -> Iterator[Breach]:
        if self.endpoint is not None:
            yield from self._version_breaches(("live",), self.endpoint.traffic.live)

    def _tried_breaches(self, role: str) -> Iterator[Breach]:
        tried: Canary | Shadow | None = getattr(self.endpoint.traffic, role) if self.endpoint is not None else None
        if tried is not None:
            yield from self._version_breaches((role, "version"), tried.version)

    def _split_breaches(self) -> Iterator[Breach]:
        if self.endpoint is not None:
            yield from of_each(self.endpoint.traffic, "split", self._compared_breaches)

    def _version_breaches(self, path: FieldPath, name: str) -> Iterator[Breach]:
        if name not in self.versions:
            yield Breach(
                ("endpoint", "traffic", *path),
                f"one of the model's versions: {', '.join(self.versions) or 'none'}",
                "Add it under `versions`, or name one that is there.",
                judged_by=(("versions", name),),
            )

    def _compared_breaches(self, number: int, share: Share) -> Iterator[Breach]:
        yield from self._version_breaches(("split", number, "version"), share.version)

    def _gets_requests(self, name: str) -> bool:
        return self.endpoint is not None and name in (*self.endpoint.traffic.versions, self.pin)

    def _protocol_breaches(self, name: str, version: Version) -> Iterator[Breach]:
        if self.endpoint is None:
            return
        runtime = self.endpoint.runtime.kind
        protocol: Literal["open_inference", "sagemaker"] = "sagemaker" if runtime == "sagemaker" else "open_inference"
        if protocol not in version.protocols and self._gets_requests(name):
            needs = "/ping and /invocations on port 8080" if runtime == "sagemaker" else "version 2 of the Open Inference Protocol"
            yield Breach(
                ("versions", name, "protocols"),
                f"runtime {runtime} asks for {needs}; version {name} speaks {', '.join(version.protocols)}",
                f"Add {protocol} to its protocols if the image speaks it, or choose another runtime.",
                (("endpoint", "runtime", "kind"),),
            )

    def _weights_breaches(self, name: str, version: Version) -> Iterator[Breach]:
        on_sagemaker = self.endpoint is not None and self.endpoint.runtime.kind == "sagemaker"
        if on_sagemaker and version.weights.kind == "oci" and self._gets_requests(name):
            yield Breach(
                ("versions", name, "weights"),
                f"runtime sagemaker takes weights from S3; those of version {name} are in a registry",
                f"Publish them to the environment's own store{OR_KUBERNETES}.",
                (("endpoint", "runtime", "kind"),),
            )


def _format_of(weights: Weights) -> str | None:
    """The format that the end of the file's name tells; None when it tells none."""
    if weights.kind == "oci":
        return None
    return next((kind for ending, kind in ENDINGS.items() if weights.key.endswith(ending)), None)
