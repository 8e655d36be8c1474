"""When two sets of inputs mean the same, and what differs where they do not."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from localcloud.plugins.aws import sdk
from localcloud.plugins.aws.table import Object, Row
from localcloud.plugins.serving import Difference
from localcloud.plugins.values import UNKNOWN, Path, Unknown, Value, differences, has_unknown

INTERNAL = "__defaults"  # as the official provider marks the names that it filled in


def with_defaults(row: Row, inputs: Object) -> Object:
    """The inputs with what upstream takes for those not given."""
    result = {name: value for name, value in inputs.items() if name != INTERNAL and value is not None}
    for name, value in row.defaults.items():
        parent, _, leaf = name.rpartition(".")
        if not parent:
            result.setdefault(leaf, value)
        elif isinstance(result.get(parent), dict):
            result[parent] = {leaf: value, **result[parent]}
    return result


def normal(row: Row, inputs: Object) -> Object:
    """The inputs in one form for all ways to write them."""
    result = {}
    for name, value in with_defaults(row, inputs).items():
        value = _normal(row, value, name)
        if value not in ([], {}) or name in row.explicit_empty:
            result[name] = value
    return result


def _normal(row: Row, value: Any, path: str) -> Any:
    if path in row.documents and isinstance(value, str):
        return document(value)
    if isinstance(value, dict):
        items = {key: _normal(row, item, f"{path}.{key}") for key, item in value.items() if item is not None}
        return {key: item for key, item in items.items() if item not in ([], {}) and not _says_nothing(row, item, f"{path}.{key}")}
    if isinstance(value, list):
        listed = [_normal(row, item, path) for item in value]
        return sorted(listed, key=_order) if path in row.sets else listed
    return value


def _says_nothing(row: Row, value: Any, path: str) -> bool:
    """Inside of objects upstream cannot tell false from what is not given, unless AWS fills it in."""
    return value is False and not _matches(tuple(path.split(".")), row.computed)


def _order(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=repr)


def document(text: str) -> str:
    """A JSON document in one form: policies with the same meaning give the same text. What is no JSON stays as it is."""
    try:
        return _order(_document(json.loads(text)))
    except json.JSONDecodeError:
        return text


_ACCOUNT = re.compile(r"\d{12}")


def _document(value: Any, key: str = "") -> Any:
    """In policies a list of one is its element, order says nothing, true is "true", and an account is its root user."""
    if isinstance(value, dict):
        return {name: _document(item, name) for name, item in value.items()}
    if isinstance(value, list):
        items = sorted({_order(item): item for item in (_document(each, key) for each in value)}.items())
        return items[0][1] if len(items) == 1 else [item for _, item in items]
    if isinstance(value, bool | int):
        return str(value).lower()
    if key == "AWS" and isinstance(value, str) and _ACCOUNT.fullmatch(value):
        return f"arn:aws:iam::{value}:root"
    return value


def equal(row: Row, name: str, old: Any, new: Any) -> bool:
    """Whether two values of an input mean the same."""
    if has_unknown(new):
        return False
    if name in row.same and old is not None and new is not None and row.same[name](old, new):
        return True
    return normal(row, {name: old}).get(name) == normal(row, {name: new}).get(name)


def changed(row: Row, old: Object, new: Object) -> list[str]:
    """The inputs that mean something else. Leaving out what AWS fills in changes nothing."""
    before, after = normal(row, old), normal(row, new)
    names = [name for name in dict.fromkeys((*before, *after)) if not equal(row, name, old.get(name), new.get(name))]
    return [name for name in names if name in after or name not in row.computed]


def difference(row: Row, old: Object, new: Object, region: tuple[str, str]) -> Difference:
    """What an update would do. `region`: where it is and where it should be."""
    before, after = normal(row, old), normal(row, new)
    changes: dict[Path, str] = {}
    for name in changed(row, old, new):
        for path, kind in differences(_shown(before.get(name)), _shown(after.get(name)), (name,)):
            if kind == "delete" and isinstance(path[-1], str) and _matches(path, row.computed):
                continue  # left out is not taken away; an element of a list is
            whole = _whole_set(row, path)
            both = _at(with_defaults(row, old), path) is not None and _at(with_defaults(row, new), path) is not None
            changes[whole] = "update" if both or whole != path else kind
    replacing = {*row.replace_on, *(row.replace_if(before, after) if row.replace_if else ())}
    replaces = {path for path in changes if _matches(path, replacing)}
    if region[0] and region[0] != region[1]:
        changes[("region",)] = "update"
        replaces.add(("region",))
    before_replace = row.delete_before_replace or _keeps_name(row, old, new)
    return Difference(changes, frozenset(replaces), bool(replaces) and before_replace)


def _at(value: Any, path: Path) -> Any:
    for step in path:
        known = (
            value.get(step)
            if isinstance(value, dict)
            else value[step]
            if isinstance(value, list) and isinstance(step, int) and step < len(value)
            else None
        )
        if known is None:
            return None
        value = known
    return value


def _shown(value: Value) -> Value:
    return UNKNOWN if isinstance(value, Unknown) else value


def _matches(path: Path, names: set[str] | frozenset[str]) -> bool:
    """Whether the path is one of the (dotted) names, or inside one."""
    keys = [str(step) for step in path if not isinstance(step, int)]
    return any(".".join(keys[:count]) in names for count in range(1, len(keys) + 1))


def _whole_set(row: Row, path: Path) -> Path:
    """The path up to the first set: positions in a set mean nothing to the reader."""
    for index, step in enumerate(path):
        if isinstance(step, int) and ".".join(str(key) for key in path[:index] if not isinstance(key, int)) in row.sets:
            return path[:index]
    return path


def _keeps_name(row: Row, old: Object, new: Object) -> bool:
    """A fixed name is taken while the old resource is there."""
    if row.naming is None:
        return False
    name = row.naming.property
    return name not in (new.get(INTERNAL) or []) and new.get(name) is not None and new.get(name) == old.get(name)


def overlaid(row: Row, given: Any, live: Any, path: str) -> Any:
    """A known input with what is live in its place: as it was written where that means the same, without what was never given."""
    if path in row.kept:
        return given
    if live is None:
        return None
    if isinstance(given, Mapping) and isinstance(live, Mapping):
        if _is_open(row, path):
            return dict(live)
        result = {key: overlaid(row, item, live.get(key), f"{path}.{key}") for key, item in given.items()}
        return {key: item for key, item in result.items() if item is not None or given[key] is None}
    if isinstance(given, list) and isinstance(live, list):
        return given if _same_list(row, given, live, path) else live
    return given if _one(row, given, path) == _one(row, live, path) else live


def _is_open(row: Row, path: str) -> bool:
    """A map with free keys: what somebody added to it is a change."""
    known = sdk.resource(row.type).inputs.get(path)
    return known is not None and known.type.kind == "map"


def completed(old: Object, outputs: Object, new: Object) -> Object:
    """The old inputs and, where the new ones say more, what was there without being asked for: saying so is no change."""
    result = dict(old)
    for name, value in new.items():
        if name not in old:
            if outputs.get(name) is not None:
                result[name] = outputs[name]
        elif isinstance(value, dict) and isinstance(old[name], dict) and isinstance(outputs.get(name), dict):
            result[name] = completed(old[name], outputs[name], value)
    return result


def refreshed(row: Row, inputs: Object, outputs: Object, default_tags: Mapping[str, str]) -> Object:
    """The inputs with what changed behind our back, so that the next preview shows it."""
    result = {}
    for name, given in inputs.items():
        live = outputs.get(name)
        if name == INTERNAL or name in row.kept or given is None:
            result[name] = given
        elif name == "tags":
            tags = outputs.get("tagsAll") or {}
            result[name] = {key: text for key, text in tags.items() if key in given or default_tags.get(key) != text}
        elif (name in row.same and live is not None and row.same[name](given, live)) or equal(row, name, given, live):
            result[name] = given
        else:
            value = overlaid(row, given, live, name)
            if value is not None:
                result[name] = value
    for name, default in row.defaults.items():
        live = outputs.get(name)
        if name not in inputs and live is not None and name not in row.kept and not equal(row, name, default, live):
            result[name] = live
    if row.tagging and "tags" not in inputs:
        own = {key: text for key, text in (outputs.get("tagsAll") or {}).items() if default_tags.get(key) != text}
        if own:
            result["tags"] = own
    return result


def imported(row: Row, outputs: Object) -> Object:
    """Inputs that would have made what is there."""
    result = {}
    for name in sdk.resource(row.type).inputs:
        value = outputs.get(name)
        if isinstance(value, dict):
            value = {key: item for key, item in value.items() if f"{name}.{key}" not in row.kept}
        if value is None or value in ([], {}, "") or name in row.kept or name in row.import_skips or name == "region":
            continue
        if name in row.defaults and equal(row, name, row.defaults[name], value):
            continue
        result[name] = value
    return result


def _same_list(row: Row, given: list[Any], live: list[Any], path: str) -> bool:
    if len(given) != len(live):
        return False
    if path not in row.sets:
        return all(_covers(row, mine, theirs, path) for mine, theirs in zip(given, live, strict=True))
    left = list(live)
    for mine in given:
        found = next((index for index, theirs in enumerate(left) if _covers(row, mine, theirs, path)), None)
        if found is None:
            return False
        left.pop(found)
    return True


def _covers(row: Row, given: Any, live: Any, path: str) -> bool:
    return bool(_one(row, overlaid(row, given, live, path), path) == _one(row, given, path))


def _one(row: Row, value: Any, path: str) -> Any:
    return _normal(row, value, path)
