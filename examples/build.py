"""Trains every version of both example models and puts their serving program into an image.

Afterwards OUT/<model>/<version>/ holds model.json (weights), training.json (where they come from) and image/ (an OCI image layout):
what `modelway publish ENV --all OUT` takes.
"""

import argparse
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

# A script finds only its own folder; the library lies one level up.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from modelway.operations import images

HERE = Path(__file__).resolve().parent
MODELS = ("co2-forecast", "tumor-screening")
PROGRAM = {f"app/{file.name}": file for file in (HERE / "serving").glob("*.py")}
ENTRYPOINT = ("python3", "-B", "/app/serve.py")
FETCHER = {f"app/{file.name}": file for file in (*(HERE / "fetcher").glob("*.py"), HERE / "serving" / "weights.py")}
FETCHER_ENTRYPOINT = ("python3", "-B", "/app/fetch.py")


def main() -> int:
    """Writes everything, says what with its digests on stdout, and returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, metavar="OUT", help="folder of what is trained")
    parser.add_argument(
        "--base", type=Path, metavar="LAYOUT", help="OCI layout of an image with Python 3.11 or later, for clusters that start it"
    )
    parser.add_argument(
        "--fetcher", type=Path, metavar="LAYOUT", help="write the image of the program that fetches weights here, and no other"
    )
    options = parser.parse_args()
    if options.fetcher:
        image = images.build(FETCHER, options.fetcher, entrypoint=FETCHER_ENTRYPOINT, base=options.base)
        print(f"fetcher image {image.digest}")
        return 0
    if not options.out:
        parser.error("either --out or --fetcher is needed")
    for model in MODELS:
        # Versions of an earlier build that are trained no more would be published.
        shutil.rmtree(options.out / model, ignore_errors=True)
        print(f"training {model}", file=sys.stderr, flush=True)
    trainings = [subprocess.Popen([sys.executable, HERE / model / "train.py", "--out", options.out / model]) for model in MODELS]
    codes = [training.wait() for training in trainings]
    if any(codes):
        return 1
    for model, version, folder in built(options.out):
        image = images.build(PROGRAM, folder / "image", entrypoint=ENTRYPOINT, base=options.base)
        print(f"{model} {version} image {image.digest}")
    return 0


def built(out: Path) -> Iterator[tuple[str, str, Path]]:
    """Model, version and folder of everything trained into `out`."""
    for file in sorted(out.glob("*/*/model.json")):
        yield file.parts[-3], file.parts[-2], file.parent


if __name__ == "__main__":
    sys.exit(main())
