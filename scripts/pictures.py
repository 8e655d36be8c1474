"""Makes the pictures of docs/preview.md anew, out of a committed ChangeSet. Needs a Chromium on the path (or CHROME)."""

import sys
import tempfile
from pathlib import Path
from typing import Literal

import msgspec

from modelway.preview.changeset import ChangeSet
from modelway.preview.render import html
from scripts.browser import browser, found

ROOT = Path(__file__).resolve().parents[1]
CASE = ROOT / "tests" / "preview" / "cases" / "pages" / "canary.json"
FOLDER = ROOT / "docs" / "pictures"
LOOKS: dict[str, tuple[Literal["light", "dark"], int, int]] = {
    "preview-light": ("light", 1000, 1420),
    "preview-dark": ("dark", 1000, 1420),
    "preview-narrow": ("light", 375, 1360),
}
"""Name of the file: colours, width and height in pixels."""


def main() -> int:
    program = found()
    if program is None:
        print("not run: there is no Chromium. Install one (apt-get install chromium), or name it in CHROME.", file=sys.stderr)
        return 1
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, browser(program) as page:
        file = Path(folder) / "preview.html"
        file.write_text(html.render(msgspec.json.decode(CASE.read_bytes(), type=ChangeSet)), "utf-8")
        for name, (scheme, width, height) in LOOKS.items():
            page.looks(scheme, width, height)
            page.open(file.as_uri())
            (FOLDER / f"{name}.png").write_bytes(page.picture())
            print(FOLDER / f"{name}.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
