"""`modelway show ENV`: an environment as its files say it together, base and overrides in one."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from modelway.cli import _environments

if TYPE_CHECKING:
    from modelway.architecture import Environment
    from modelway.architecture.base import FieldPath
    from modelway.architecture.origins import Origin, Origins, Setting

COLUMN = 64
"""Where origins begin, unless a line is longer."""


def command(
    name: Annotated[str, typer.Argument(metavar="ENV", help="Name of the environment.", show_default=False)],
    origin: Annotated[bool, typer.Option("--origin", help="Say which file and line set each value, and what it overrode.")] = False,
    defaults: Annotated[bool, typer.Option("--defaults", help="With --origin: also what no file sets.")] = False,
    what_is_stored: Annotated[bool, typer.Option("--stored", help="Print only what it stores, and what becomes of it.")] = False,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print JSON, with contracts; with --origin a list of values, with --stored one of what is stored."),
    ] = False,
    environments: _environments.Folder = None,
) -> None:
    """Print an environment, base and overrides merged, as YAML. Exit code 1 when it is not valid.

    Contracts, files of their own, are left out, and so is what nobody set and has no default. With --origin it is what files set.
    """
    if defaults and not origin:
        raise typer.BadParameter("it says what --origin shows too: add --origin", param_hint="--defaults")
    from modelway.architecture.loading import trace

    if what_is_stored and origin:
        raise typer.BadParameter("there is nothing of it in files; leave one of the two out.", param_hint="--stored, --origin")
    root = _environments.project(needed=environments is None)
    folder = _environments.folder_of(name, environments, root)
    with _environments.faults_from_here():
        environment, origins = trace(folder, name, root)
    data = environment.model_dump(mode="json")
    if what_is_stored and as_json:
        typer.echo(json.dumps({"tier": environment.tier, "stored": _stored_as_data(environment)}, indent=2, ensure_ascii=False))
    elif what_is_stored:
        typer.echo("\n".join(_stored(environment)))
    elif as_json and not origin:
        typer.echo(json.dumps(data, indent=2, ensure_ascii=False))
    elif as_json:
        told = [(path, value, origins.of(path)) for path, value in _leaves(data)]
        values = [_as_data(path, value, origin) for path, value, origin in told if defaults or _is_said(origin)]
        typer.echo(json.dumps({"values": values}, indent=2, ensure_ascii=False))
    else:
        # Or the pages of a contract would stand between what an environment decides.
        del data["contracts"]
        typer.echo(_page(data if defaults or not origin else _set(data, (), origins), origins if origin else None, folder))
        typer.echo("\n".join(f"# {line}" for line in _stored(environment)))


def _page(data: dict[str, Any], origins: "Origins | None", folder: Path) -> str:
    from modelway.architecture.writing import lines

    if origins is None:
        return "\n".join(line.text for line in lines(_said(data, (), None)))
    page = [f"# Files are named from {os.path.relpath(folder)}."]
    for line in lines(_said(data, (), origins)):
        value = _value(data, line.path)
        told = "" if isinstance(value, dict) and value else _told(value, origins.of(line.path), folder)
        page.append(f"{line.text:<{COLUMN - 2}}  # {told}" if told else line.text)
    return "\n".join(page)


def _is_said(origin: "Origin") -> bool:
    """Whether a file has something to say of a value: it sets it, or removes what another set."""
    return origin.setting is not None or bool(origin.overrode)


def _set(data: dict[str, Any], path: "FieldPath", origins: "Origins") -> dict[str, Any]:
    """What files say, without what is as it is by default."""
    found: dict[str, Any] = {}
    inside: Any
    for key, value in data.items():
        here = (*path, key)
        inside = _set(value, here, origins) if isinstance(value, dict) else value
        if isinstance(value, list):
            inside = [_set(item, (*here, at), origins) if isinstance(item, dict) else item for at, item in enumerate(value)]
        if inside if isinstance(value, dict) and value else _is_said(origins.of(here)):
            found[key] = inside
    return found


def _stored(environment: "Environment") -> Iterator[str]:
    """What follows from the tier and is no field that somebody could write, a line each."""
    from modelway.architecture.protection import protection
    from modelway.architecture.storing import stored

    guarded, held = protection(environment.tier), stored(environment)
    yield f"What it stores, and what becomes of it when it is given up, by its tier, {environment.tier}:"
    yield from (f"- {one.told(guarded)}" for one in held)
    if any(one.protected for one in held):
        yield "Protected: `pulumi` and `modelway destroy` refuse to delete it (docs/protection.md)."
    if any(one.given_up == "stays" for one in held):
        yield "What stays in AWS keeps its safeguards: policy, encryption, versions, public access block."


def _stored_as_data(environment: "Environment") -> list[dict[str, object]]:
    from modelway.architecture.protection import protection
    from modelway.architecture.storing import stored

    days = protection(environment.tier).deletion_window_days
    return [{**asdict(one), **({"days": days} if one.given_up == "can_be_called_back" else {})} for one in stored(environment)]


def _said(data: dict[str, Any], path: "FieldPath", origins: "Origins | None") -> dict[str, Any]:
    """Without what nobody set and has no default; with origins, what a file removed stays."""
    return {
        key: _said(value, (*path, key), origins) if isinstance(value, dict) else value
        for key, value in data.items()
        if value is not None or (origins and origins.of((*path, key)).overrode)
    }


def _value(data: Any, path: "FieldPath") -> Any:
    for part in path:
        data = data[part]
    return data


def _told(value: object, origin: "Origin", folder: Path) -> str:
    setting, overrode = origin.setting, origin.overrode
    if setting is None and value is None:
        # What removes it decides.
        setting, overrode = overrode[0], overrode[1:]
    if setting is not None:
        return ", was ".join([_place(setting, folder), *(_before(before, folder) for before in overrode)])
    if not overrode:
        return "default"
    remover, *others = overrode
    return ", was ".join([f"default; removed in {_place(remover, folder)}", *(_before(before, folder) for before in others)])


def _before(setting: "Setting", folder: Path) -> str:
    from modelway.architecture.faults import shortened
    from modelway.architecture.writing import inline

    return f"{shortened(inline(setting.value), 60)} in {_place(setting, folder)}"


def _place(setting: "Setting", folder: Path) -> str:
    return f"{setting.file.relative_to(folder)}:{setting.line}"


def _leaves(data: object, path: "FieldPath" = ()) -> Iterator[tuple["FieldPath", object]]:
    if isinstance(data, dict) and data:
        for key, item in data.items():
            yield from _leaves(item, (*path, key))
    else:
        yield path, data


def _as_data(path: "FieldPath", value: object, origin: "Origin") -> dict[str, object]:
    from modelway.architecture.faults import field_text

    return {
        "field": field_text(path),
        "value": value,
        "default": origin.setting is None,
        "origin": _setting_as_data(origin.setting) if origin.setting else None,
        "overrode": [_setting_as_data(setting) for setting in origin.overrode],
    }


def _setting_as_data(setting: "Setting") -> dict[str, object]:
    return {"file": os.path.relpath(setting.file), "line": setting.line, "column": setting.column, "value": setting.value}
