"""A stand-in for the official AWS provider (pulumi-resource-aws): the same tokens, inputs, outputs, names and replacements, on emulators of
this machine and on nothing else.

table          the words of the table          rows/        the table itself, by service
interpreting   carries rows out                comparing    what an update would change
checking       inputs against the SDK; names   shapes       between properties and the shapes of AWS
session        requests, endpoints, errors     sdk          what the installed SDK says
functions      data sources                    recorded     what no emulator serves
provider       the operations of the engine
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Coverage:
    """One line of the table in the documentation. `served`: "moto", "MiniStack" or "recorded"."""

    type: str
    served: str
    kept: tuple[str, ...]
    """Inputs that are stored as given, because nothing can be read back."""
    note: str


def coverage() -> list[Coverage]:
    """What the stand-in serves, resources first, by name."""
    from localcloud.plugins.aws import rows

    resources = sorted(rows.resources().values(), key=lambda row: row.type)
    functions = sorted(rows.functions().values(), key=lambda row: row.token)
    return [
        *(Coverage(row.type, row.served, tuple(sorted(row.kept)), row.note) for row in resources),
        *(Coverage(row.token, row.served, (), "") for row in functions),
    ]
