"""IAM policy documents, read: JSON text or structure, one value or a list, become the same statements.

Source: docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, NamedTuple

from modelway.rules.values import Secret, Unknown

Kind = Literal["identity", "trust", "resource", "key"]
"""identity: what its holder may do. trust: who may take a role on. resource: who may do what to one thing. key: the same of a KMS key,
whose resource `*` is that key alone."""

Effect = Literal["Allow", "Deny"]

_VERSION = "2012-10-17"
_ELEMENTS = {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
_PRINCIPALS = {"AWS", "Service", "Federated", "CanonicalUser"}
_OPERATORS = {
    name.lower()
    for name in (
        *("StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike"),
        *("NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan"),
        *("NumericGreaterThanEquals", "DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan"),
        *("DateGreaterThanEquals", "Bool", "BinaryEquals", "IpAddress", "NotIpAddress", "ArnEquals", "ArnLike", "ArnNotEquals"),
        *("ArnNotLike", "Null"),
    )
}


class Item(NamedTuple):
    """One value of an element, and where it stands."""

    path: str
    value: str
    known: bool = True
    secret: bool = False

    @property
    def shown(self) -> str:
        return "[secret]" if self.secret else self.value


@dataclass(frozen=True)
class Principal:
    """Somebody a statement is about."""

    kind: str
    """AWS, Service, Federated or CanonicalUser."""
    item: Item


@dataclass(frozen=True)
class Condition:
    """One comparison: true when the value of the request is one of `values`."""

    operator: str
    """Lower case, without set operator and without `IfExists`."""
    key: str
    """Lower case."""
    values: tuple[Item, ...]
    if_exists: bool
    """Whether it is true of a request without the key."""
    set_operator: str
    """forallvalues, which is true of a request without the key too; foranyvalue; or empty."""


@dataclass(frozen=True)
class Statement:
    """A statement. An element that is not there is None, and not the same as one that is empty."""

    path: str
    effect: Effect
    actions: tuple[Item, ...] | None
    not_actions: tuple[Item, ...] | None
    resources: tuple[Item, ...] | None
    not_resources: tuple[Item, ...] | None
    principals: tuple[Principal, ...] | None
    not_principals: tuple[Principal, ...] | None
    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class Document:
    """What of a document could be read. One with faults was not read whole."""

    statements: tuple[Statement, ...] = ()
    unknown: tuple[str, ...] = ()
    """Paths of what is not known at all: the document, or whole statements."""
    faults: tuple[str, ...] = ()


@dataclass
class _Reader:
    kind: Kind
    faults: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    hidden: bool = False

    def document(self, given: object) -> Document:
        content = self._open("the document", given)
        if content is None and (self.unknown or self.faults):
            return Document(unknown=tuple(self.unknown), faults=tuple(self.faults))
        statements: list[Statement] = []
        if not isinstance(content, Mapping):
            self.faults.append(f"the document is {_named(content)}, and has to be an object")
            content = {}
        elif extra := sorted(str(name) for name in content.keys() - {"Version", "Id", "Statement"}):
            self.faults.append(f"the document has {', '.join(extra)}, which no policy has")
        # Without it, or with an older one, variables such as ${aws:username} are plain text.
        if content and content.get("Version") != _VERSION and not isinstance(content.get("Version"), Unknown):
            self.faults.append(f"Version is {content.get('Version')!r}, and has to be {_VERSION!r}")
        listed = content.get("Statement")
        several = isinstance(listed, list | tuple)
        for number, one in enumerate(listed if isinstance(listed, list | tuple) else [listed]):
            path = f"Statement[{number}]" if several else "Statement"
            if isinstance(one, Unknown):
                self.unknown.append(path)
            elif not isinstance(one, Mapping):
                self.faults.append(f"{path} is {_named(one)}, and has to be an object")
            elif (read := self._statement(path, one)) is not None:
                statements.append(read)
        if several and not listed:
            self.faults.append("Statement is empty: a policy that says nothing")
        self._repeated(content)
        if self.hidden and self.faults:
            # What is wrong with it would tell what is in it.
            self.faults = ["the document is secret, and not one that AWS takes"]
        return Document(tuple(statements), tuple(self.unknown), tuple(self.faults))

    def _open(self, path: str, given: object) -> object:
        if isinstance(given, Secret):
            self.hidden = True
            given = given.value
        if isinstance(given, Unknown):
            self.unknown.append(path)
            return None
        if not isinstance(given, str):
            if given is None:
                self.faults.append(f"{path} is missing")
            return self._opened(given)
        try:
            return json.loads(given, object_pairs_hook=self._once)
        except ValueError:
            self.faults.append(f"{path} is no JSON")
            return None

    def _opened(self, value: object) -> object:
        """The same without marks of secrets: where a part is secret, all of it is shown as if it were."""
        if isinstance(value, Secret):
            self.hidden = True
            return self._opened(value.value)
        if isinstance(value, Mapping):
            return {key: self._opened(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._opened(item) for item in value]
        return value

    def _once(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        """An object whose keys are there once: of two, JSON readers take the last, and people see the first."""
        found = dict(pairs)
        if len(found) < len(pairs):
            counted = Counter(key for key, _ in pairs)
            self.faults += [f"{key} is there twice in one object" for key in sorted(counted) if counted[key] > 1]
        return found

    def _repeated(self, content: Mapping[object, object]) -> None:
        listed = content.get("Statement")
        sids = [str(one["Sid"]) for one in listed if isinstance(one, Mapping) and "Sid" in one] if isinstance(listed, list | tuple) else []
        self.faults += [f"Sid {sid} names two statements" for sid in sorted({sid for sid in sids if sids.count(sid) > 1})]

    def _statement(self, path: str, given: Mapping[object, object]) -> Statement | None:
        before = len(self.faults)
        if extra := sorted(str(name) for name in given.keys() - _ELEMENTS):
            self.faults.append(f"{path} has {', '.join(extra)}, which no statement has")
        for one, other in (("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal")):
            if one in given and other in given:
                self.faults.append(f"{path} has both {one} and {other}")
        effect = given.get("Effect")
        if isinstance(effect, Unknown):
            self.unknown.append(f"{path}.Effect")
            return None
        if effect not in ("Allow", "Deny"):
            self.faults.append(f"{path}.Effect is {effect!r}, and has to be 'Allow' or 'Deny'")
        self._complete(path, given)
        read = {
            name: self._items(f"{path}.{name}", given[name]) for name in _ELEMENTS & given.keys() if name.endswith(("Action", "Resource"))
        }
        who = {name: tuple(self._who(f"{path}.{name}", given[name])) for name in ("Principal", "NotPrincipal") if name in given}
        conditions = tuple(self._conditions(f"{path}.Condition", given["Condition"])) if "Condition" in given else ()
        if len(self.faults) > before:
            return None
        return Statement(
            path=path,
            effect="Allow" if effect == "Allow" else "Deny",
            actions=read.get("Action"),
            not_actions=read.get("NotAction"),
            resources=read.get("Resource"),
            not_resources=read.get("NotResource"),
            principals=who.get("Principal"),
            not_principals=who.get("NotPrincipal"),
            conditions=conditions,
        )

    def _complete(self, path: str, given: Mapping[object, object]) -> None:
        if not given.keys() & {"Action", "NotAction"}:
            self.faults.append(f"{path} has no Action")
        somebody = bool(given.keys() & {"Principal", "NotPrincipal"})
        if somebody == (self.kind == "identity"):
            said = "has a Principal, which a policy of somebody has not" if somebody else "has no Principal"
            self.faults.append(f"{path} {said}")
        if self.kind in ("identity", "key") and not given.keys() & {"Resource", "NotResource"}:
            self.faults.append(f"{path} has no Resource")

    def _items(self, path: str, given: object) -> tuple[Item, ...]:
        several = isinstance(given, list | tuple)
        values: Sequence[object] = given if isinstance(given, list | tuple) else [given]
        if several and not values:
            self.faults.append(f"{path} is empty")
        found = []
        for number, value in enumerate(values):
            here = f"{path}[{number}]" if several else path
            if isinstance(value, Unknown):
                found.append(Item(here, "", known=False, secret=self.hidden))
            elif isinstance(value, bool | int | float):
                found.append(Item(here, json.dumps(value), secret=self.hidden))
            elif isinstance(value, str):
                found.append(Item(here, value, secret=self.hidden))
            else:
                self.faults.append(f"{here} is {_named(value)}, and has to be text")
        return tuple(found)

    def _who(self, path: str, given: object) -> Iterator[Principal]:
        if given == "*" or isinstance(given, Unknown):
            # Anybody, signed in or not. With a kind before it, `*` means the same.
            yield from (Principal("AWS", item) for item in self._items(path, given))
        elif isinstance(given, Mapping) and given:
            for kind, values in given.items():
                if kind not in _PRINCIPALS:
                    self.faults.append(f"{path}.{kind} is no kind of principal: {', '.join(sorted(_PRINCIPALS))} are")
                else:
                    yield from (Principal(str(kind), item) for item in self._items(f"{path}.{kind}", values))
        else:
            self.faults.append(f"{path} is {_named(given)}, and has to be '*' or principals by kind")

    def _conditions(self, path: str, given: object) -> Iterator[Condition]:
        if isinstance(given, Unknown):
            yield Condition("", "", (Item(path, "", known=False),), False, "")
            return
        if not isinstance(given, Mapping):
            self.faults.append(f"{path} is {_named(given)}, and has to be an object")
            return
        for operator, keys in given.items():
            set_operator, colon, name = str(operator).lower().rpartition(":")
            plain = name.removesuffix("ifexists")
            if plain not in _OPERATORS or (colon and set_operator not in ("forallvalues", "foranyvalue")):
                self.faults.append(f"{path}.{operator} is no operator of conditions")
            elif not isinstance(keys, Mapping):
                self.faults.append(f"{path}.{operator} is {_named(keys)}, and has to be an object")
            else:
                for key, values in keys.items():
                    items = self._items(f"{path}.{operator}.{key}", values)
                    yield Condition(plain, str(key).lower(), items, plain != name, set_operator)


def read(document: object, kind: Kind) -> Document:
    """The document, given as JSON text or as structure, with Unknown and Secret where the engine has them. Raises nothing."""
    return _read_text(document, kind) if isinstance(document, str) else _read(document, kind)


def _read(document: object, kind: Kind) -> Document:
    try:
        return _Reader(kind).document(document)
    except RecursionError:
        return Document(faults=("the document is nested too deeply",))


# Several rules read the same document one after the other, before and after.
_read_text = lru_cache(maxsize=64)(_read)


def _named(value: object) -> str:
    match value:
        case None:
            return "missing"
        case Unknown():
            return "not known yet"
        case list() | tuple():
            return "a list"
        case Mapping():
            return "empty" if not value else "an object"
        case str():
            return "text"
    return repr(value)
