"""Makes the pictures of docs/preview.md anew, out of a committed ChangeSet, and those of docs/drift.md, out of what `make drift-demo` left.

Needs a Chromium on the path (or CHROME).
"""

import sys
import tempfile
from pathlib import Path
from typing import Literal

import msgspec

from modelway.preview.changeset import ChangeSet
from modelway.preview.render import html
from scripts.browser import Page, browser, found

ROOT = Path(__file__).resolve().parents[1]
CASE = ROOT / "tests" / "preview" / "cases" / "pages" / "canary.json"
FOLDER = ROOT / "docs" / "pictures"
LOOKS: dict[str, tuple[Literal["light", "dark"], int, int]] = {
    "preview-light": ("light", 1000, 1420),
    "preview-dark": ("dark", 1000, 1420),
    "preview-narrow": ("light", 375, 1360),
}
"""Name of the file: colours, width and height in pixels."""
DRIFT = ROOT / ".modelway" / "drift-demo" / "results" / "2013.6.0" / "2013-07-08T000000Z.html"
"""The week of the demo in which its alarm begins."""
DRIFT_LOOKS: dict[str, tuple[Literal["light", "dark"], int, int]] = {"drift-light": ("light", 1000, 1400)}


def taken(page: Page, file: Path, looks: dict[str, tuple[Literal["light", "dark"], int, int]]) -> None:
    for name, (scheme, width, height) in looks.items():
        page.looks(scheme, width, height)
        page.open(file.as_uri())
        (FOLDER / f"{name}.png").write_bytes(page.picture())
        print(FOLDER / f"{name}.png")


def main() -> int:
    program = found()
    if program is None:
        print("not run: there is no Chromium. Install one (apt-get install chromium), or name it in CHROME.", file=sys.stderr)
        return 1
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, browser(program) as page:
        file = Path(folder) / "preview.html"
        file.write_text(html.render(msgspec.json.decode(CASE.read_bytes(), type=ChangeSet)), "utf-8")
        taken(page, file, LOOKS)
        if DRIFT.exists():
            taken(page, DRIFT, DRIFT_LOOKS)
        else:
            print(f"not made: {', '.join(DRIFT_LOOKS)}. Run `make drift-demo` first.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
