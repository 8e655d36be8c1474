"""Results of `modelway check … --json`, to be part of a report."""

from pathlib import Path

import msgspec

from modelway.preview.changeset import DataCheck
from modelway.preview.files import UnusableFile, contents, said


def read_checks(file: Path) -> tuple[DataCheck, ...]:
    """What stands in a file: a list of results, or one. Raises UnusableFile."""
    try:
        found = msgspec.json.decode(contents(file), type=tuple[DataCheck, ...] | DataCheck)
    except msgspec.DecodeError as fault:
        raise UnusableFile(f"{file} is not what `modelway check … --json` writes: {said(fault)}.") from None
    return found if isinstance(found, tuple) else (found,)
