"""On which lines the rows of a TOML file stand, which tomllib does not tell of a file that it can read."""

import re
from itertools import pairwise

_ROW = re.compile(r"\s*\[\[\s*risk\s*\]\]")


class Lines:
    """Lines of a file with `rows` rows, from 1; 0 where it cannot be told, as of rows that are written in another way than [[risk]]."""

    def __init__(self, text: str, rows: int) -> None:
        self._lines = text.splitlines()
        heads = [number for number, line in enumerate(self._lines) if _ROW.match(line)]
        ends = [*heads, len(self._lines)]
        self._rows = list(pairwise(ends)) if len(heads) == rows else []

    def of_row(self, number: int, field: str) -> int:
        """Where a field of a row begins; of a field that is not there, and of one that cannot be told, where the row does."""
        if not self._rows:
            return 0
        start, end = self._rows[number]
        return self._only(field, start + 1, end) or start + 1

    def of_member(self, name: str) -> int:
        """Where something begins that is in no row: a table, or a field before the rows."""
        first = next((number for number, line in enumerate(self._lines) if _ROW.match(line)), len(self._lines))
        tables = [number + 1 for number, line in enumerate(self._lines) if re.match(rf"\s*\[+\s*{re.escape(name)}\s*[\].]", line)]
        return self._only(name, 0, first) or (tables[0] if tables else 0)

    def _only(self, name: str, start: int, end: int) -> int:
        # Text of several lines may hold what looks like a field; then none of them is named.
        named = [at for at in range(start, end) if re.match(rf"\s*[\"']?{re.escape(name)}[\"']?\s*[=.]", self._lines[at])]
        return named[0] + 1 if len(named) == 1 else 0
