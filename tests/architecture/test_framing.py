"""A fault in its surroundings."""

from collections.abc import Callable
from pathlib import Path

import pytest

from modelway.architecture.faults import Fault
from modelway.architecture.framing import WIDTH, Frames, frame


def framed(text: str, line: int, column: int, value: str = "") -> str:
    made = frame(text.split("\n"), line, column, value)
    return "\n".join(part for part in (made.before, made.line, made.mark) if part)


@pytest.mark.parametrize(
    ("text", "line", "column", "expected"),
    [
        ("model: x\nteam: y", 2, 7, "1 | model: x\n2 | team: y\n  |       ^"),
        ("model: x", 1, 8, "1 | model: x\n  |        ^"),
        ("a: 1\n" * 9 + "tgas: {}", 10, 1, " 9 | a: 1\n10 | tgas: {}\n   | ^^^^"),
        ('{image: "a b", c: d}', 1, 9, '1 | {image: "a b", c: d}\n  |         ^^^^^'),
        ("{min: two}", 1, 7, "1 | {min: two}\n  |       ^^^"),
        # A tab reaches up to the next fourth cell.
        ("\n\tmin: 2", 2, 2, "1 |\n2 |     min: 2\n  |     ^^^"),
        ("a\tb: 2", 1, 3, "1 | a   b: 2\n  |     ^"),
        # Wide characters take two cells, combining ones none.
        ("日本: 東京", 1, 5, "1 | 日本: 東京\n  |       ^^^^"),
        ("e\u0301: x", 1, 5, "1 | e\u0301: x\n  |    ^"),
        # What turns text around, or is none, is shown as what it is.
        ("a: \u202ex\x1b[1m", 1, 4, "1 | a: \ufffdx\ufffd[1m\n  |    ^^^"),
        # Nothing stands where something is missing.
        ("model: [\n", 2, 1, "1 | model: [\n2 |\n  | ^"),
    ],
)
def test_a_frame(text: str, line: int, column: int, expected: str) -> None:
    assert framed(text, line, column) == expected


def test_a_value_of_several_words_is_marked_as_a_whole() -> None:
    assert framed("owner: Risk Team, London", 1, 8, "Risk Team, London").endswith("|        ^^^^^^^^^^^^^^^^^")


@pytest.mark.parametrize("column", [1, 50, 101, 2500, 4996, 5000])
@pytest.mark.parametrize("character", ["x", "東"])
def test_of_a_very_long_line_the_part_around_the_fault_is_shown(column: int, character: str) -> None:
    line = character * (column - 1) + "!" + character * (5000 - column)
    made = frame([line, line], 2, column, "!")
    assert made.mark.count("^") == 1
    cells = "".join(character * (2 if character == "東" else 1) for character in made.line)
    assert len(cells) <= WIDTH + len("2 | …")
    assert cells[made.mark.index("^")] == "!"
    assert made.before.removeprefix("1") == made.line.removeprefix("2")


def test_a_long_value_is_marked_as_far_as_it_is_shown() -> None:
    made = frame([f"a: {'x' * 300}"], 1, 4)
    assert made.line == f"1 | a: {'x' * 97}…"
    assert made.mark == f"  |    {'^' * 97}"


def test_lines_are_those_of_the_parser(tmp_path: Path) -> None:
    file = tmp_path / "odd.yaml"
    file.write_bytes("a: 1\r\nb: 2\rc: 3\u2028d: 4\n".encode())
    frames = Frames()
    found = [frames.of(Fault(file, line, 4, "", None, "", "")) for line in (1, 2, 3, 4, 9)]
    assert [made and made.line for made in found] == ["1 | a: 1", "2 | b: 2", "3 | c: 3", "4 | d: 4", None]


@pytest.mark.parametrize("make", [lambda file: None, lambda file: file.mkdir(), lambda file: file.symlink_to(file)])
def test_what_cannot_be_read_has_no_frame(make: Callable[[Path], None], tmp_path: Path) -> None:
    file = tmp_path / "file.yaml"
    make(file)
    assert Frames().of(Fault(file, 1, 1, "", None, "", "")) is None
    assert Frames().of(Fault(file, None, None, "", None, "", "")) is None


def test_bytes_that_are_no_text_are_shown_as_such(tmp_path: Path) -> None:
    file = tmp_path / "bytes.yaml"
    file.write_bytes(b"a: \xff\n")
    made = Frames().of(Fault(file, 1, 4, "", None, "", ""))
    assert made
    assert made.line == "1 | a: \N{REPLACEMENT CHARACTER}"


def test_a_secret_is_not_in_the_frame(tmp_path: Path) -> None:
    file = tmp_path / "environment.yaml"
    file.write_text("tags: {note: AKIAIOSFODNN7EXAMPLE, x: y}\npage: {key: 0123456789abcdef0123456789abcdef}\nowner: 1\n", "utf-8")
    frames = Frames()
    shape = frames.of(Fault(file, 1, 14, "tags.note", "[hidden: an AWS access key]", "", "", hidden=True))
    key = frames.of(Fault(file, 2, 13, "page.key", "[hidden]", "", "", hidden=True))
    assert shape is not None
    assert key is not None
    assert shape.line == f"1 | tags: {{note: {'•' * 20}, x: y}}"
    assert key.before == shape.line
    assert key.line == f"2 | page: {{key: {'•' * 32}}}"
    after = frames.of(Fault(file, 3, 1, "owner", "1", "", ""))
    assert after is not None
