"""`modelway diff ENV_A ENV_B` and `modelway diff ENV --base REF`: what differs, as a reviewer reads it."""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelway.cli import _environments
from modelway.errors import ModelwayError

if TYPE_CHECKING:
    from modelway.architecture import Environment
    from modelway.architecture.base import FieldPath
    from modelway.architecture.comparing import Change, Group, Value

WIDTH = 120
"""Most characters of a line; what is longer takes several."""
NAMES = 40
"""Most characters that names of fields are aligned for."""
LISTED = 12
"""Most names of models in one title."""
SIGNS = {"added": "+", "removed": "-", "changed": "~"}
COLOURS = {"added": typer.colors.GREEN, "removed": typer.colors.RED, "changed": typer.colors.YELLOW}


def command(
    name: Annotated[str, typer.Argument(metavar="ENV", help="Name of the environment.", show_default=False)],
    other: Annotated[
        str | None, typer.Argument(metavar="OTHER", help="The environment that it is compared with.", show_default=False)
    ] = None,
    base: Annotated[
        str | None,
        typer.Option("--base", metavar="REF", help="Compare the files with what they were at a git revision.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, digests in full.")] = False,
    detailed: Annotated[bool, typer.Option("--detailed-exitcode", help="End with 5 when something differs.")] = False,
    environments: _environments.Folder = None,
) -> None:
    """Print what differs between two environments, or in one since a git revision: by section and model.

    Exit code 1 when one of them is not valid. For a pull request: --base "$(git merge-base origin/main HEAD)".
    """
    from modelway.architecture.comparing import compare

    if (other is None) == (base is None):
        raise typer.BadParameter("name two environments, or one and a revision with --base", param_hint="OTHER or --base")
    if other is not None:
        groups, labels = compare(_loaded(name, environments), _loaded(other, environments)), (name, other)
    else:
        groups, labels = compare(*_since(name, str(base), environments)), (str(base), "now")
    if as_json:
        typer.echo(json.dumps(_as_data(labels, groups), indent=2, ensure_ascii=False))
    else:
        title = " → ".join(labels) if other else f"{name}, {' → '.join(labels)}"
        remarks = {"added": f"only in {other}", "removed": f"only in {name}"} if other else {"added": "new", "removed": "gone"}
        for line in _page(title, remarks, groups):
            typer.echo(line)
    if detailed and groups:
        raise typer.Exit(5)


def _loaded(name: str, environments: Path | None) -> "Environment":
    from modelway.architecture import load

    root = _environments.project(needed=environments is None)
    with _environments.faults_from_here():
        return load(_environments.folder_of(name, environments, root), name, root)


def _since(name: str, revision: str, environments: Path | None) -> "tuple[Environment | None, Environment | None]":
    """The environment at the revision and as its files are; None where it is not there. Raises ModelwayError when it is at neither."""
    from modelway.architecture import load, names
    from modelway.architecture.faults import InvalidArchitecture, report
    from modelway.operations.revisions import at_revision

    root = _environments.project(needed=environments is None)
    folder = _environments.folder_of(name, environments, root)
    with at_revision(folder, revision) as then:
        was_there = then.environments.is_dir() and name in names(then.environments)
        try:
            before = load(then.environments, name, then.root) if was_there else None
        except InvalidArchitecture as invalid:
            faults = [
                replace(fault, file=Path(os.path.relpath(fault.file, then.root)), rule=fault.rule.replace(str(then.root), str(then.now)))
                for fault in invalid.faults
            ]
            raise ModelwayError(f"{name} is not valid at {revision}, so there is nothing to compare with:\n{report(faults)}") from None
    return before, _loaded(name, environments) if not was_there or name in names(folder) else None


def _page(title: str, remarks: dict[str, str], groups: "tuple[Group, ...]") -> Iterator[str]:
    """`remarks` say of what was added or removed as a whole where it is."""
    count = sum(len(group.changes) for group in groups)
    if not count:
        yield f"{title}: no difference"
        return
    yield f"{title}: {count} difference{'s' if count != 1 else ''} in {_counted(groups)}"
    alike: dict[tuple[str, ...], list[Group]] = {}
    for group in groups:
        # What is the same in many models is read once.
        alike.setdefault((group.kind, group.title.split(" ")[0], *_body(group)), []).append(group)
    for (kind, *_), same in alike.items():
        yield ""
        title = _styled(_title(same), bold=True)
        yield title if kind == "changed" else f"{_sign(same[0].changes[0])} {title}, {remarks[kind]}"
        yield from _body(same[0])


def _title(groups: "list[Group]") -> str:
    if len(groups) == 1:
        return groups[0].title
    names = [str(group.path[-1]) for group in groups]
    more = len(names) - LISTED
    listed = ", ".join(names) if more <= 1 else f"{', '.join(names[:LISTED])} and {more} more, which --json names"
    return f"{len(names)} {groups[0].path[0]}: {listed}"


def _body(group: "Group") -> Iterator[str]:
    if group.kind == "changed":
        width = min(NAMES, max(len(_field(change.path)) for change in group.changes))
        for change in group.changes:
            yield from _change(change, width)
    elif value := group.changes[0].after or group.changes[0].before:
        yield from _listed(value)


def _counted(groups: "tuple[Group, ...]") -> str:
    models = sum(group.path[:1] == ("models",) for group in groups)
    sections = len(groups) - models
    counted = [f"{count} {noun}{'s' if count != 1 else ''}" for count, noun in ((sections, "section"), (models, "model")) if count]
    return " and ".join(counted)


def _change(change: "Change", width: int) -> Iterator[str]:
    from modelway.architecture.comparing import told

    start = f"  {_sign(change)} {_field(change.path):<{width}}"
    before, after = (side.text if side else "" for side in (change.before, change.after))
    line = told(change)
    if change.kind == "changed":
        if len(line) + width <= WIDTH:
            yield f"{start}  {line}"
            return
        note = f"  ({change.note})" if change.note else ""
        yield f"{start}{note}".rstrip()
        yield f"      {before}"
        yield f"    → {after}"
    elif len(before or after) + width <= WIDTH:
        yield f"{start}  {line}"
    else:
        yield start.rstrip()
        value = change.before or change.after
        yield from _listed(value) if value else ()


def _listed(value: "Value") -> Iterator[str]:
    """A value by its parts, a line each."""
    parts = [(_field(path), text) for path, text in value.parts] or [("", value.text)]
    width = min(NAMES, max(len(name) for name, _ in parts))
    for name, text in parts:
        yield f"      {name:<{width}}  {text}" if name else f"      {text}"


def _field(path: "FieldPath") -> str:
    from modelway.architecture.faults import field_text

    return field_text(path)


def _sign(change: "Change") -> str:
    return _styled(SIGNS[change.kind], fg=COLOURS[change.kind])


def _styled(text: str, *, fg: str | None = None, bold: bool = False) -> str:
    plain = bool(os.environ.get("NO_COLOR")) or not sys.stdout.isatty()
    return text if plain else typer.style(text, fg=fg, bold=bold or None)


def _as_data(labels: tuple[str, str], groups: "tuple[Group, ...]") -> dict[str, object]:
    return {
        "before": labels[0],
        "after": labels[1],
        "different": bool(groups),
        "groups": [
            {
                "title": group.title,
                "field": _field(group.path),
                "kind": group.kind,
                "changes": [
                    {
                        "field": _field(change.path),
                        "kind": change.kind,
                        "before": change.before.data if change.before else None,
                        "after": change.after.data if change.after else None,
                        "note": change.note or None,
                    }
                    for change in group.changes
                ],
            }
            for group in groups
        ],
    }
