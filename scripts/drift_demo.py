"""A model that meets the summer: late flights out of New York, learned from January to May 2013 and asked in the summer.

Everything is real but the endpoint: every flight, in its order of time, is answered by the trained model and logged as the serving program
logs it. Then the commands that a user has make the baseline and look week by week, on folders instead of buckets. Repeating it works.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import time
import webbrowser
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.console import Console

from examples.serving.linear import infer, parse_model
from modelway.architecture import load
from modelway.errors import ModelwayError
from modelway.monitoring.drift.watched import written
from modelway.monitoring.watching import watched

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples" / "flight-delay"
SCRATCH = ROOT / ".modelway" / "drift-demo"
MODELWAY = str(Path(sys.prefix) / "bin" / "modelway")
MODEL, VERSION = "flight-delay", "2013.6.0"
STRETCHES = {"storms": ("2013-06-03", "2013-07-15"), "calm": ("2013-07-29", "2013-09-02")}
"""What is looked at, from the first day until before the second: six weeks with the thunderstorms of that summer, and five after them."""

console = Console(stderr=True, highlight=False)
STARTED = time.monotonic()


class Failed(Exception):
    """The demo did not show what it is there to show; it has said why."""


def step(text: str) -> None:
    console.print(f"\n[bold][{time.monotonic() - STARTED:5.1f} s] {text}[/bold]", soft_wrap=True)


def talk(text: str) -> None:
    console.print(f"  {text}", markup=False, soft_wrap=True)


def run(*command: str) -> str:
    """A command as its user would run it; what it wrote to stdout. Raises CalledProcessError."""
    talk(f"$ {' '.join(word.replace(f'{ROOT}/', '') for word in ('modelway', *command[1:]))}")
    return subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True).stdout


def train() -> Path:
    step("a model learns from the flights of January to May")
    subprocess.run([sys.executable, EXAMPLE / "train.py", "--out", SCRATCH / "trained"], check=True, stdout=subprocess.DEVNULL)
    return SCRATCH / "trained" / VERSION


def describe(trained: Path) -> Path:
    """The baseline, and a copy of the environment whose model file names it; returns the environments' folder."""
    step("its baseline: what it learned from, as counts and hashes")
    data, environments = trained / "reference.parquet", SCRATCH / "environments"
    shutil.rmtree(environments, ignore_errors=True)
    shutil.copytree(EXAMPLE / "environments", environments)
    out = SCRATCH / "baseline.json"
    asked = ["--environments", str(environments), "--environment", "demo", "--labels", "late"]
    run(MODELWAY, "drift", "baseline", MODEL, "--data", str(data), "--out", str(out), *asked)
    digest = hashlib.sha256(out.read_bytes()).hexdigest()
    file = environments / "demo" / "models" / f"{MODEL}.yaml"
    contract = "    contract: examples/flight-delay/contract.yaml\n"
    line = f"    baseline: {MODEL}/{VERSION}/baseline.json@sha256:{digest}\n"
    file.write_text(file.read_text("utf-8").replace(contract, contract + line), "utf-8")
    talk(line.strip())
    return environments


def serve(trained: Path) -> None:
    """Every flight of both stretches has its answer; payloads and labels lie in folders, as they would in buckets."""
    step("it is asked about every flight that leaves")
    for name in ("payloads", "labels"):
        shutil.rmtree(SCRATCH / name, ignore_errors=True)
        (SCRATCH / name).mkdir(parents=True)
    model, answered = parse_model((trained / "model.json").read_bytes()), 0
    for stretch in STRETCHES.values():
        for day, asked in groupby(_flights(stretch), lambda flight: flight["left_at"].date()):
            known = list(asked)
            answered += len(known)
            requests = [(flight, _request(flight)) for flight in known]
            records = [_record(flight, request, infer(model, request)) for flight, request in requests]
            # As the serving program calls its objects, but that it writes one every 30 s.
            _write(SCRATCH / "payloads" / VERSION / f"{day:%Y/%m/%d}" / "235959-000000000000.jsonl", records)
            labels = [{"id": record["id"], "late": flight["late"]} for record, flight in zip(records, known, strict=True)]
            _write(SCRATCH / "labels" / f"{day}.jsonl", labels)
    talk(f"{answered:,} flights answered and logged, and whether they were late")


def _flights(stretch: tuple[str, str]) -> Iterator[dict[str, Any]]:
    sys.path.insert(0, str(EXAMPLE))
    from flights import flights  # type: ignore[import-not-found]

    found = flights(*stretch)
    for row in found.fetchall():
        yield dict(zip(found.columns, row, strict=True))


def _request(flight: dict[str, Any]) -> dict[str, Any]:
    names = [name for name in flight if name not in ("id", "left_at", "late")]
    return {"inputs": [{"name": name, "datatype": "FP64", "shape": [1], "data": [flight[name]]} for name in names]}


def _record(flight: dict[str, Any], request: dict[str, Any], outputs: object) -> dict[str, Any]:
    """What examples/serving/payloads.py keeps."""
    moment: datetime = flight["left_at"]
    identity = hashlib.sha256(flight["id"].encode()).hexdigest()
    return {"id": identity, "time": f"{moment.isoformat()}Z", "model": MODEL, "version": VERSION, **request, "outputs": outputs}


def _write(file: Path, records: list[dict[str, Any]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{json.dumps(record)}\n" for record in records), "utf-8")


def look(environments: Path) -> dict[str, Any]:
    """What `modelway drift run` has to say, by stretch."""
    results, file = SCRATCH / "results", SCRATCH / "watched.json"
    shutil.rmtree(results, ignore_errors=True)
    asked = watched(
        load(environments, "demo", ROOT),
        MODEL,
        payloads=f"{SCRATCH}/payloads/",
        results=f"{results}/",
        baselines={VERSION: f"{SCRATCH}/baseline.json"},
        # The model's file names a bucket that labels come to; here they are in a folder.
        labels=f"{SCRATCH}/labels/",
    )
    file.write_bytes(written(asked))
    found = {}
    for name, (begin, end) in STRETCHES.items():
        step(f"the {name}: every week from {begin} until before {end} is looked at")
        found[name] = json.loads(run(MODELWAY, "drift", "run", MODEL, "--watched", str(file), "--window", f"{begin}/{end}", "--json"))
    return found


def judge(found: dict[str, Any]) -> None:
    """Raises Failed unless the drift was found, and nothing where there was none."""
    step("what was found")
    alarms = {name: {week["start"][:10]: week["alarms"] for week in ran["written"] if week["alarms"]} for name, ran in found.items()}
    for name, weeks in alarms.items():
        looked = len(found[name]["written"])
        talk(
            f"{name}: {len(weeks)} of {looked} weeks under an alarm"
            + (f", the first {min(weeks)}: {', '.join(weeks[min(weeks)])}" if weeks else "")
        )
    if not alarms["storms"]:
        raise Failed("the thunderstorms were not found.")
    if alarms["calm"]:
        raise Failed("there was an alarm in the calm stretch.")


def main() -> int:
    SCRATCH.mkdir(parents=True, exist_ok=True)
    try:
        trained = train()
        environments = describe(trained)
        serve(trained)
        judge(look(environments))
    except Failed as fault:
        console.print(f"\nthe demo stopped: {fault}", markup=False)
        return 1
    except subprocess.CalledProcessError as fault:
        console.print(f"\nthe demo stopped: `{' '.join(map(str, fault.cmd))}` ended with exit code {fault.returncode}.", markup=False)
        return 1
    except ModelwayError as fault:
        console.print(f"\nthe demo stopped: {fault}", markup=False)
        return 1
    except KeyboardInterrupt:
        console.print("\ninterrupted. `make drift-demo` begins anew.")
        return 130
    print(run(MODELWAY, "drift", "show", MODEL, "--results", f"{SCRATCH}/results/"))
    page = SCRATCH / "results" / "latest.html"
    talk(f"the page of the last week: {page.relative_to(ROOT)}")
    if sys.stdout.isatty():
        webbrowser.open(page.as_uri())
    return 0


if __name__ == "__main__":
    sys.exit(main())
