"""What an InferenceService of KServe is made of."""

from collections.abc import Iterator, Mapping

from modelway.rules.expecting import items
from modelway.rules.properties import Found, Missing, one
from modelway.rules.subjects import wrong
from modelway.rules.values import Unknown
from modelway.rules.verdicts import Undecided, Unreadable

PARTS = ("predictor", "transformer", "explainer")
_MODELS = (
    "model",
    "huggingface",
    "lightgbm",
    "onnx",
    "paddle",
    "pmml",
    "pytorch",
    "sklearn",
    "tensorflow",
    "triton",
    "xgboost",
    "alibi",
    "art",
)
"""Where a part names a model: `model`, and the older spelling by format (kserve/kserve, pkg/apis/serving/v1beta1/predictor.go and
explainer.go)."""


def is_service(type_: str) -> bool:
    """Whether a type is an InferenceService, of any version."""
    return type_.startswith("kubernetes:serving.kserve.io/") and type_.endswith(":InferenceService")


def programs(properties: Mapping[str, object]) -> Iterator[Found | Undecided | Unreadable]:
    """Each model and container that runs, or why it is not known which do; the first is of the predictor."""
    for part in PARTS:
        found = one(properties, f"spec.{part}")
        match found.value:
            case Missing():
                if part == "predictor":
                    yield wrong(found, "an object")
            case Unknown():
                yield Undecided((found.path,))
            case Mapping():
                yield from (_object(one(properties, f"spec.{part}.{name}")) for name in _MODELS if name in found.value)
                yield from (_object(item) if isinstance(item, Found) else item for item in items(properties, f"spec.{part}.containers"))
            case _:
                yield wrong(found, "an object")


def _object(found: Found) -> Found | Undecided | Unreadable:
    if isinstance(found.value, Unknown):
        return Undecided((found.path,))
    return found if isinstance(found.value, Mapping) else wrong(found, "an object")


def address(properties: Mapping[str, object], program: Found) -> Found:
    """Where the weights of a model or container come from, Missing where they come with its image."""
    named = one(properties, f"{program.path}.storageUri")
    return named if not isinstance(named.value, Missing) else variable(properties, program, "STORAGE_URI")


def variable(properties: Mapping[str, object], program: Found, name: str) -> Found:
    """The value of an environment variable of a model or container; Unknown where it may be one that is not known yet."""
    path = f"{program.path}.env"
    rest: Missing | Unknown = Missing()
    for item in items(properties, path):
        called = one(properties, f"{item.path}.name").value if isinstance(item, Found) else Unknown()
        if isinstance(item, Found) and called == name:
            return one(properties, f"{item.path}.value")
        if isinstance(called, Unknown):
            rest = called
    return Found(path, rest)
