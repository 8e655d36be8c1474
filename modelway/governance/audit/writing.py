"""Writes a bundle: whole, or not at all."""

import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from modelway.errors import ModelwayError, WrongUsage

_TIME = (1980, 1, 1, 0, 0, 0)
"""Of every file in a .zip: the earliest that it can say, so that the same files are the same bytes."""


def into_folder(files: Mapping[str, bytes], folder: Path) -> None:
    """The folder, which is not there or empty, holds the files. Raises WrongUsage, ModelwayError."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise WrongUsage(f"{folder} is there, and holds something: name a folder that is not there yet.")
    try:
        beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.absolute().parent))
        try:
            for name, content in files.items():
                file = beside / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
            beside.chmod(0o755)
            beside.replace(folder)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    except OSError as fault:
        raise _unwritten(folder, fault) from None


def into_zip(files: Mapping[str, bytes], file: Path) -> None:
    """The .zip, which is not there, holds the files; the same files are the same bytes. Raises WrongUsage, ModelwayError."""
    if file.exists():
        raise WrongUsage(f"{file} is there: name a file that is not there yet.")
    try:
        beside = Path(tempfile.mkdtemp(prefix=f".{file.name}.", dir=file.absolute().parent))
        try:
            made = beside / "bundle.zip"
            with zipfile.ZipFile(made, "w") as archive:
                for name in sorted(files):
                    told = zipfile.ZipInfo(name, _TIME)
                    told.compress_type, told.external_attr, told.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
                    archive.writestr(told, files[name], compresslevel=6)
            made.replace(file)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    except OSError as fault:
        raise _unwritten(file, fault) from None


def _unwritten(place: Path, fault: OSError) -> ModelwayError:
    return ModelwayError(f"{place} cannot be written: {fault.strerror or fault}. Name another with --out.")
