"""Why a preview failed: the cause first, each text once."""

from functools import cache

import pytest

from modelway.preview.assembling import assemble
from modelway.preview.changeset import ChangeSet, Diagnostic, PolicyResult, StackChanges
from modelway.preview.failures import Failure, failures, forbidden
from modelway.preview.render import html, line, markdown, terminal
from scripts.recorded import cases
from tests.support.changesets import case as page

RAISED = """error: Program failed with an unhandled exception:
Traceback (most recent call last):
  File "__main__.py", line 3, in <module>
    main()
RuntimeError: no such region"""


def failed(*messages: str) -> StackChanges:
    return StackChanges("prod", result="failed", diagnostics=tuple(Diagnostic("error", one) for one in messages))


@cache
def recorded(name: str) -> ChangeSet:
    return assemble([cases([name])[0].sources()])


@pytest.mark.parametrize(
    ("message", "cause", "rest"),
    [
        ("error: boom", "boom", ()),
        ("error: boom\n  at x.ts:3\n", "boom", ("  at x.ts:3",)),
        (RAISED, "RuntimeError: no such region", tuple(RAISED.splitlines()[1:-1])),
        (f"{RAISED}\nask for another one", "RuntimeError: no such region", ("ask for another one", *RAISED.splitlines()[1:-1])),
        ("error: Program failed with an unhandled exception:", "Program failed with an unhandled exception:", ()),
        ("Traceback (most recent call last):", "Traceback (most recent call last):", ()),
    ],
)
def test_the_cause_comes_first_and_nothing_is_lost(message: str, cause: str, rest: tuple[str, ...]) -> None:
    assert failures(failed(message)) == (Failure(cause, rest),)


def test_that_it_failed_is_no_cause_and_a_cause_is_told_once() -> None:
    assert failures(failed("error: boom", "error: preview failed", "boom")) == (Failure("boom"),)
    assert failures(failed("error: preview failed")) == ()
    assert failures(StackChanges("prod", diagnostics=(Diagnostic("error", "boom"),))) == ()


def test_what_a_policy_forbids_is_the_cause_where_nothing_else_was_said() -> None:
    rules = [PolicyResult("prod", "ours", "owner", "failed", level) for level in ("mandatory", "advisory")]
    stack = failed("error: preview failed")
    assert failures(stack, rules) == (Failure("Policy owner of ours forbids it."),)
    assert forbidden(stack, rules)
    assert not forbidden(stack, rules[1:])
    assert not forbidden(failed("error: boom"), rules)
    assert not forbidden(StackChanges("dev", result="failed"), rules)


@pytest.mark.parametrize("render", [markdown.render, html.render, terminal.render])
@pytest.mark.parametrize("name", ["program-raises", "object-refused", "provider-refuses"])
def test_a_page_tells_the_cause_once(render: object, name: str) -> None:
    report = recorded(name)
    assert callable(render)
    text = " ".join(str(render(report)).partition('<script type="application/json"')[0].split())
    told = {
        "program-raises": "RuntimeError: no such region",
        "object-refused": "is invalid: [metadata.name",
        "provider-refuses": "has a problem",
    }
    assert text.count(told[name]) == 1
    assert "Program failed" not in text
    assert "error: " not in text
    assert "Make the preview of stack recorded succeed." in text


@pytest.mark.parametrize("render", [markdown.render, html.render, terminal.render])
def test_a_traceback_keeps_its_indentation(render: object) -> None:
    assert callable(render)
    lines = [written.rstrip() for written in str(render(recorded("program-raises"))).splitlines()]
    where = next(number for number, written in enumerate(lines) if "Traceback (most recent call last):" in written)
    base = len(lines[where]) - len(lines[where].lstrip())
    indents = [len(written) - len(written.lstrip()) for written in lines[where + 1 : where + 3]]
    assert indents == [base + 2, base + 4] or "<pre>" in lines[where]
    assert indents[1] - indents[0] == 2


def test_back_quotes_of_what_was_said_stay() -> None:
    for text in (
        terminal.render(recorded("object-refused")),
        markdown.render(recorded("object-refused")),
        html.render(recorded("object-refused")),
    ):
        assert "`selector` does not match template `labels`" in " ".join(text.split())


def test_a_line_names_the_cause() -> None:
    assert line.render(recorded("program-raises")).startswith("Cannot be decided · 1 preview failed: RuntimeError: no such region · ")
    assert "Policy bucket-named of recorded forbids it." in line.render(recorded("policy-forbids"))


def test_what_only_policies_stop_is_not_asked_to_succeed_too() -> None:
    needed = recorded("policy-forbids").verdict.needed
    assert needed == ("Change what policy bucket-named of recorded forbids: 1 resource.",)
    assert page("failed").verdict.needed
