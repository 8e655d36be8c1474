"""What `modelway audit` collects besides the ledger: documents that other verbs write, and results of drift."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from modelway.architecture import Environment, Model
    from modelway.governance.audit import Question

SECONDS = 120
"""Most that one document may take."""
LARGEST = 16 << 20
"""Bytes of one document or result."""


@dataclass(frozen=True)
class Wanted:
    """One document: its name in the bundle, and the verb that writes it."""

    name: str
    words: tuple[str, ...]
    to_file: bool
    """Whether the verb takes --out; else it prints."""


def wanted(environment: "Environment", model: "Model", day: date) -> list[Wanted]:
    """Card of each version that gets requests, bill of materials, lineage, and the environment's evidence as of a day."""
    name, folder = environment.environment, f"documents/{environment.environment}"
    versions = model.traffic.versions if model.traffic is not None else ()
    cards = [
        Wanted(f"{folder}/card-{version}.{ending}", ("card", model.model, version, "--env", name, "--format", ending), True)
        for version in versions
        for ending in ("md", "html")
    ]
    bills = [Wanted(f"{folder}/bill-of-materials.cdx.json", ("bom", name, model.model), True)] if versions else []
    asked = ("governance", "evidence", name, "--day", day.isoformat(), "--format")
    evidence = [Wanted(f"{folder}/evidence.{ending}", (*asked, ending), True) for ending in ("json", "html")]
    return [*cards, *bills, Wanted(f"{folder}/lineage.json", ("lineage", model.model, "--env", name, "--json"), False), *evidence]


def made(documents: Sequence[Wanted], everywhere: Sequence[str]) -> Iterator[tuple[Wanted, bytes | None, str]]:
    """Each document, or why there is none. A verb runs as a process of its own, so that one that fails takes nothing with it."""
    from modelway.redaction import kind_inside, masked

    with tempfile.TemporaryDirectory(prefix="modelway-") as folder:
        out = Path(folder) / "document"
        for one in documents:
            typer.echo(f"makes {one.name}", err=True)
            out.unlink(missing_ok=True)
            command = [sys.executable, "-m", "modelway", *one.words, *everywhere, *(("--out", str(out)) if one.to_file else ())]
            try:
                ran = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
            except subprocess.TimeoutExpired:
                yield one, None, f"it took longer than {SECONDS} seconds"
                continue
            content = (out.read_bytes() if out.is_file() else b"") if one.to_file else ran.stdout
            if ran.returncode or not content:
                said = ran.stderr.decode("utf-8", "replace").strip().splitlines()
                told = masked(said[-1] if said else f"`modelway {one.words[0]}` wrote nothing")
                yield one, None, told.replace(str(Path.cwd()), ".")[:400]
            elif len(content) > LARGEST:
                yield one, None, f"it has {len(content):,} bytes, and at most {LARGEST:,} are kept"
            elif kind_inside(content.decode("utf-8", "replace")) is not None:
                yield one, None, "it holds what looks like a credential"
            else:
                yield one, content, ""


def results_at(place: str, asked: "Question") -> dict[str, bytes]:
    """Results of the model's windows that overlap the time that is asked about, byte for byte, by their names at the place. Raises
    BadParameter for a place that is none, and NoResult."""
    from modelway.monitoring.drift.result import read
    from modelway.monitoring.drift.store import is_result, lacking, opened

    if (lacks := lacking(place)) is not None:
        raise typer.BadParameter(f"{place}: {lacks}", param_hint="--drift")
    store, found = opened(place), {}
    for entry in store.list():
        held = store.read(entry.key) if is_result(entry.key) and entry.size <= LARGEST else None
        if held is None:
            continue
        result = read(held.content, f"{place}/{entry.key}")
        within = result.start <= asked.until.timestamp() and result.end > asked.since.timestamp()
        if result.endpoint == asked.model and within and (not asked.environments or result.environment in asked.environments):
            found[entry.key] = held.content
    return found
