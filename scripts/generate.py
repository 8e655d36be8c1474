"""Writes the generated parts of the docs, and the schemas of the files. `--check` writes nothing and exits 1 when one is stale, as a
test does."""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from localcloud.plugins.aws import coverage
from modelway.architecture.schema import KINDS, file_of, generated
from modelway.governance.evidence.judging import TABLE
from modelway.preview import schema as changeset
from modelway.preview.risks.table import as_markdown, covered, table
from modelway.rules import catalogue
from modelway.rules.judging import AnyRule
from modelway.rules.pack import RULES
from modelway.rules.stack import StackRule
from scripts import lock
from scripts.describe import configuration

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


def risks() -> str:
    """The rows of the risk table."""
    return as_markdown(table().rows)


def risk_types() -> str:
    """The types that the risk table names."""
    return covered(table().rows)


def rules() -> str:
    """The rules of the policy pack."""
    head = "| rule | severity | what is allowed | why | the same elsewhere |\n|---|---|---|---|---|"
    rows = (f"| `{rule.id}` | {rule.severity} | {rule.says} | {rule.why} | {', '.join(rule.sources)} |" for rule in RULES)
    return "\n".join([head, *rows])


def all_rules() -> str:
    """The rules of the catalogue about resources and stacks."""
    return _catalogue(catalogue.RULES)


def declared_rules() -> str:
    """The rules of the catalogue about descriptions."""
    return _catalogue(catalogue.DECLARED)


def _catalogue(listed: Sequence[AnyRule]) -> str:
    head = "| code | rule | severity | what is allowed | why | the same elsewhere |\n|---|---|---|---|---|---|"
    return "\n".join([head, *(_row(rule) for rule in sorted(listed, key=lambda rule: catalogue.code_of(rule) or "ZZ"))])


def _row(rule: AnyRule) -> str:
    code = catalogue.code_of(rule)
    elsewhere = ", ".join(source for source in rule.sources if source != code)
    of_stacks = " (whole stack)" if isinstance(rule, StackRule) else ""
    return f"| {code} | `{rule.id}`{of_stacks} | {rule.severity} | {rule.says} | {rule.why} | {elsewhere} |"


def evidence() -> str:
    """The subcategories of the NIST AI RMF, and what is looked at for each."""
    head = "| subcategory | in our words | link at most | what is looked at | checks | neighbours |\n|---|---|---|---|---|---|"
    lines = []
    for one in TABLE:
        checks = ", ".join(f"`{check.name}`" for check in one.checks)
        lines.append(f"| {one.id} | {one.gist} | {one.link or 'nothing to say'} | {one.control} | {checks} | {'; '.join(one.neighbours)} |")
    return "\n".join([head, *lines])


PARTS = {
    "aws types": (ROOT / "docs" / "local-cloud.md", aws_types),
    "catalogue": (ROOT / "docs" / "rules.md", all_rules),
    "declared": (ROOT / "docs" / "rules.md", declared_rules),
    "configuration": (ROOT / "docs" / "configuration.md", configuration),
    "evidence": (ROOT / "docs" / "evidence.md", evidence),
    "risk types": (ROOT / "docs" / "preview.md", risk_types),
    "risks": (ROOT / "docs" / "preview.md", risks),
    "rules": (ROOT / "docs" / "preview.md", rules),
}


def rendered(file: Path) -> str:
    """The file with all its generated parts as they should be."""
    text = file.read_text("utf-8")
    for name, (where, make) in PARTS.items():
        if where == file:
            begin, end = BEGIN.format(name=name), END.format(name=name)
            head, _, rest = text.partition(begin)
            _, _, tail = rest.partition(end)
            text = f"{head}{begin}\n{make()}\n{end}{tail}"
    return text


def wanted() -> Iterator[tuple[Path, str]]:
    """Every file that is generated, or has a part that is, with the text it should have."""
    for file in dict.fromkeys(file for file, _ in PARTS.values()):
        yield file, rendered(file)
    for kind in KINDS:
        yield file_of(kind), json.dumps(generated(kind), indent=2, ensure_ascii=False) + "\n"
    yield changeset.FILE, json.dumps(changeset.generated(), indent=2, ensure_ascii=False) + "\n"
    yield lock.FILE, lock.of_reports()
    yield lock.DRIFT_FILE, lock.of_drift()


def main(arguments: list[str]) -> int:
    stale = [(file, text) for file, text in wanted() if not file.exists() or file.read_text("utf-8") != text]
    if arguments == ["--check"]:
        for file, _ in stale:
            print(f"{file.relative_to(ROOT)}: stale; run `make generate`.", file=sys.stderr)
        return 1 if stale else 0
    for file, text in stale:
        file.write_text(text, "utf-8")
        print(f"wrote {file.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
