"""Writes the generated parts of the docs. `--check` writes nothing and exits 1 when one is stale; a test runs it."""

import sys
from pathlib import Path

from localcloud.plugins.aws import coverage

ROOT = Path(__file__).resolve().parents[1]
BEGIN, END = "<!-- generated: {name} -->", "<!-- end of generated: {name} -->"
STANDS_BEHIND = {"recorded": "*recorded, not emulated*"}


def aws_types() -> str:
    """The AWS types of the local cloud: what stands behind each, and what of it cannot be read back."""
    head = "| type | stands behind it | kept as given | note |\n|---|---|---|---|"
    rows = (
        f"| `{line.type}` | {STANDS_BEHIND.get(line.served, line.served)} | {', '.join(f'`{name}`' for name in line.kept)} | {line.note} |"
        for line in coverage()
    )
    return "\n".join([head, *rows])


PARTS = {"aws types": (ROOT / "docs" / "local-cloud.md", aws_types)}


def rendered(name: str) -> str:
    """The file of part `name` with that part as it should be."""
    file, make = PARTS[name]
    text = file.read_text("utf-8")
    begin, end = BEGIN.format(name=name), END.format(name=name)
    head, _, rest = text.partition(begin)
    _, _, tail = rest.partition(end)
    return f"{head}{begin}\n{make()}\n{end}{tail}"


def main(arguments: list[str]) -> int:
    stale = [name for name, (file, _) in PARTS.items() if rendered(name) != file.read_text("utf-8")]
    if arguments == ["--check"]:
        for name in stale:
            print(f"{PARTS[name][0].relative_to(ROOT)}: {name} is stale; run `make generate`.", file=sys.stderr)
        return 1 if stale else 0
    for name in stale:
        PARTS[name][0].write_text(rendered(name), "utf-8")
        print(f"wrote {name} into {PARTS[name][0].relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
