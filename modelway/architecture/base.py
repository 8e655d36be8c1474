"""What all sections share: how strict they are, how their own rules are told, and the shapes of names."""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NoReturn, Protocol

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo, model_validator
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

FieldPath = tuple[str | int, ...]
"""Keys and list positions from the top of a file, or from the section a rule belongs to."""


@dataclass(frozen=True)
class Breach:
    """One rule that values of the right type break together."""

    path: FieldPath
    """The field that is at fault, from the section that has the rule."""
    rule: str
    way_out: str
    together_with: tuple[FieldPath, ...] = ()
    """Other fields the rule is about; when a later file sets one of these, the fault is shown there."""
    judged_by: tuple[FieldPath, ...] = ()
    """Fields that were looked at and are not at fault; when one of these has a fault of its own, nothing is known."""


class NotKnown(Exception):
    """A rule asked for a field that has a fault of its own."""


class Section(BaseModel):
    """A part of an environment's description: frozen, no field but the ones it declares, no conversion of types.

    The docstring below a field is its description, in the JSON Schema and in faults.
    """

    # Not use_attribute_docstrings: it parses every class at import, a quarter of the time that `modelway validate` may take.
    # defer_build: a validator is made when it is first asked, of the whole and not of each class that is a part of it.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, serialize_by_alias=True, defer_build=True)

    OF_OTHER_FILES: ClassVar[Mapping[str, str]] = {}
    """Fields that are filled from files of their own, with the files they come from; nobody writes them here."""

    EXAMPLES: ClassVar[Mapping[str, object]] = MappingProxyType({})
    """A value of each field whose shape, choices and rule do not show one already; editors and the reference show it."""

    PEERS: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """What others call the same, by field, where they have it; the reference shows it."""

    @classmethod
    def descriptions(cls) -> dict[str, str]:
        """What the docstrings say of the fields, by name. Reads the source."""
        return _descriptions(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        made = handler.resolve_ref_schema(handler(schema))
        for name, text in cls.descriptions().items():
            made["properties"][cls.__pydantic_fields__[name].alias or name]["description"] = text
        for name, value in cls.EXAMPLES.items():
            made["properties"][name]["examples"] = [value]
        return made

    def breaches(self) -> Iterator[Breach]:
        """The rules between this section's fields that do not hold; a section that has such rules overrides this.

        Every rule stands in `each` and reads fields when it is asked, not before: one field at fault hides no rule that does not read it.
        """
        yield from ()

    def all_breaches(self, path: FieldPath = ()) -> Iterator[tuple[FieldPath, Breach]]:
        """The rules that do not hold here and in the sections inside, each with the path of its section."""
        for breach in each([self.breaches()]):
            yield path, breach
        for name, field in type(self).__pydantic_fields__.items():
            if name in self.__dict__:
                yield from _inside(getattr(self, name), (*path, field.alias or name))

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            """Python asks this for what is not there: a field at fault, in a section that was made without it."""
            if name in type(self).__pydantic_fields__:
                raise NotKnown(name)
            return super().__getattr__(name)

    @model_validator(mode="after")
    def _keeps_its_rules(self, info: ValidationInfo) -> "Section":
        context = info.context
        if type(self).breaches is Section.breaches or context is RULES_LATER or (context and id(self) in context):
            return self
        if found := next(self.breaches(), None):
            raise PydanticCustomError("breach", "{rule}", {"rule": found.rule})
        return self


def each(rules: Iterable[Iterator[Breach]]) -> Iterator[Breach]:
    """What every one of the rules has to say; one that asks for a field at fault says no more."""
    for rule in rules:
        # Not contextlib.suppress: this runs for every section that is read.
        try:  # noqa: SIM105
            yield from rule
        except NotKnown:
            pass


def of_each(section: object, field: str, rule: Callable[..., Iterator[Breach]]) -> Iterator[Breach]:
    """What a rule has to say of each item of a list or mapping, given its position or name, and the item.

    Like every rule it asks for the field only when it is asked itself: a fault in the field must not keep other rules from being asked.
    """
    items = getattr(section, field)
    yield from each(rule(key, item) for key, item in (items.items() if isinstance(items, dict) else enumerate(items)))


def repeated(section: object, field: str) -> Iterator[Breach]:
    """The items of a list that stand in it before; nothing where there is no list."""
    items: Sequence[object] = getattr(section, field) or ()
    for number, item in enumerate(items):
        if item in items[:number]:
            yield Breach((field, number), "each only once", "Remove one of the two.")


class Bounded(Protocol):
    """A section with a least and a most."""

    @property
    def min(self) -> int: ...
    @property
    def max(self) -> int: ...


def min_above_max(section: Bounded) -> Iterator[Breach]:
    """The rule that the least is at most the most. Asks for both only when it is asked itself: either may have a fault of its own."""
    if section.min > section.max:
        yield Breach(
            ("min",),
            f"min is at most max; they are {section.min} and {section.max}",
            f"Lower min to {section.max}, or raise max to {section.min}.",
            (("max",),),
        )


RULES_LATER: Mapping[int, object] = MappingProxyType({})
"""Context of a validation that looks at fields alone; `all_breaches` then tells of all rules at once.

Any other context holds, by their `id`, sections inside that were asked for their rules before.
"""


def _inside(value: object, path: FieldPath) -> Iterator[tuple[FieldPath, Breach]]:
    if isinstance(value, Section):
        yield from value.all_breaches(path)
    elif isinstance(value, dict | tuple):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _inside(item, (*path, key))


@cache
def _descriptions(section: type[Section]) -> dict[str, str]:
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(section))).body
    body = node.body if isinstance(node, ast.ClassDef) else []
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


@dataclass(frozen=True)
class Shaped:
    """Annotation of a text that has to have a certain shape; `rule` and `way_out` say in words what `pattern` says in signs."""

    pattern: str
    rule: str
    way_out: str
    limit: int
    """Most characters."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._checked, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        # What editors show where the pattern does not match.
        told = {"patternErrorMessage": f"{self.rule}. {self.way_out}"}
        return {**handler(schema), "pattern": f"^(?:{self.pattern})$", "maxLength": self.limit, **told}

    def _checked(self, text: str) -> str:
        if len(text) > self.limit:
            raise misshapen(f"at most {self.limit} characters, and these are {len(text)}", "Shorten it.")
        if not compiled(self.pattern).fullmatch(text):
            raise misshapen(self.rule, self.way_out)
        return text


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern ready for use, with digits and letters that are ASCII; quicker to find again than by `re`."""
    return re.compile(pattern, re.ASCII)


def misshapen(rule: str, way_out: str, *, hidden: bool = False) -> PydanticCustomError:
    """The error of a text that is not written as its field wants it; with `hidden`, one that is not to be shown."""
    return PydanticCustomError("misshapen", "{rule}", {"rule": rule, "way_out": way_out, "hidden": hidden})


Name = Annotated[
    str,
    Shaped(
        r"[a-z]([-a-z0-9]*[a-z0-9])?",
        "lower-case letters, digits and dashes; a letter first, no dash at the end",
        "Write it like credit-risk.",
        # A version and a hash follow it in Kubernetes names of 63 characters; ECR and S3 take more.
        40,
    ),
]

EnvironmentName = Annotated[
    str,
    Shaped(
        r"(?!base$)(?!.*-models(-|$))[a-z]([-a-z0-9]*[a-z0-9])?",
        "lower-case letters, digits and dashes; a letter first; not `base`, and no `-models` in it, as the stacks of models have",
        "Rename the folder, say to dev.",
        # modelway-<environment>-models-<account> is the name of a bucket: at most 63 characters
        # (docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html).
        34,
    ),
]

VersionName = Annotated[
    str,
    Shaped(
        r"[A-Za-z0-9]([-A-Za-z0-9._]*[A-Za-z0-9])?",
        "letters, digits, dots, dashes and underscores; a letter or digit first and last",
        'Write it like "2026.11.1".',
        # It is the value of a Kubernetes label (kubernetes.io/docs/concepts/overview/working-with-objects/labels), which may have 63.
        40,
    ),
]

Owner = Annotated[
    str,
    Shaped(
        r"[A-Za-z0-9][A-Za-z0-9 +\-=._:/@]*",
        "letters, digits, spaces and + - = . _ : / @",
        "Write an address that is read, like ml-platform@example.com.",
        # It is the value of an AWS tag (docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html).
        256,
    ),
]

Line = Annotated[
    str,
    Shaped(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]*", "one line of text, without control characters", "Write it on one line.", 500),
]
