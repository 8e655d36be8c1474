"""Every row, held against the service models of botocore and the types of the installed SDK."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import botocore.session
import jmespath
import pytest

from localcloud.plugins.aws import checking, coverage, recorded, rows, sdk, shapes
from localcloud.plugins.aws.sdk import Type
from localcloud.plugins.aws.table import Action, Call, Function, Row, Scope, Source

ROWS = list(rows.resources().values())
FUNCTIONS = list(rows.functions().values())


@cache
def model(service: str) -> Any:
    return botocore.session.Session().get_service_model(service)


def calls(row: Row) -> Iterator[Call]:
    """All requests of a row."""
    steps = [each for step in row.steps for each in (step.set, step.unset)]
    tagging = [row.tagging.add, row.tagging.remove] if row.tagging else []
    for each in [row.create, row.read.call, *row.read.more.values(), *row.delete, *steps, *tagging]:
        if isinstance(each, Call):
            yield each


def problems(expressions: Any, shape: Any, kinds: dict[str, Type], row: Row | Function, path: str) -> Iterator[str]:
    """What in the parameters of a call the service model does not know."""
    for name, expression in expressions.items():
        if name not in shape.members:
            yield f"{path}.{name} is not a parameter"
            continue
        member = shape.members[name]
        if isinstance(expression, dict):
            inner = member.member if member.type_name == "list" else member
            yield from problems(expression, inner, kinds, row, f"{path}.{name}")
        elif isinstance(expression, str):
            if expression not in kinds:
                yield f"{path}.{name}: {expression} is not an input"
            else:
                renames = row.renames if isinstance(row, Row) else {}
                yield from misfits(kinds[expression], member, renames, expression, row)


def misfits(kind: Type, shape: Any, renames: Any, path: str, row: Any) -> Iterator[str]:
    """What of a property's type has no place in the shape it is sent as."""
    if isinstance(row, Row) and path in row.refused:
        return
    if kind.kind == "list" and kind.element:
        yield from misfits(kind.element, shape.member if shape.type_name == "list" else shape, renames, path, row)
    elif kind.kind == "object":
        inner = shape.member if shape.type_name == "list" else shape
        for name, each in kind.properties().items():
            member = shapes.matching(name, inner.members, renames)
            if member is None and f"{path}.{name}" not in row.refused:
                yield f"{path}.{name} has no member in {inner.name}"
            elif member is not None:
                yield from misfits(each.type, inner.members[member], renames, f"{path}.{name}", row)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.type)
def test_calls_are_those_of_the_service(row: Row) -> None:
    kinds = {name: each.type for name, each in sdk.resource(row.type).inputs.items()}
    found = []
    for call in calls(row):
        service = call.service or row.service
        if service == recorded.SERVICE:
            continue
        assert call.operation in model(service).operation_names, call.operation
        shape = model(service).operation_model(call.operation).input_shape
        found += problems(call.parameters, shape, kinds, row, call.operation)
        required = set(shape.required_members) if shape else set()
        found += [f"{call.operation} needs {name}" for name in required - set(call.parameters)]
    assert not found


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.type)
def test_actions_name_what_they_ask(row: Row) -> None:
    actions = [each for each in [row.create, *row.delete, *(step.set for step in row.steps)] if isinstance(each, Action)]
    for action in actions:
        for name in action.operations:
            service, _, operation = name.partition(":")
            assert operation in model(service).operation_names, name


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.type)
def test_names_are_those_of_the_sdk(row: Row) -> None:
    schema = sdk.resource(row.type)

    def known(path: str, properties: Any) -> bool:
        name, _, rest = path.partition(".")
        if name not in properties:
            return False
        kind = properties[name].type
        while kind.kind == "list" and kind.element:
            kind = kind.element
        return not rest or known(rest, kind.properties())

    naming = {row.naming.property, row.naming.prefix_property} - {""} if row.naming else set()
    named = {
        *row.replace_on,
        *row.defaults,
        *row.computed,
        *row.sets,
        *row.documents,
        *row.kept,
        *row.explicit_empty,
        *row.same,
        *row.refused,
    }
    wrong = [
        path
        for path in {*named, *naming, *row.import_skips, *checking.served(row)} - {""}
        if path != "region" and not known(path, schema.inputs)
    ]
    assert not wrong
    assert not [name for name in row.outputs if name not in schema.outputs]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.type)
def test_every_input_can_be_changed_or_replaces(row: Row) -> None:
    stepped = {name for step in row.steps for name in step.properties} | {"tags", "region"}
    lost = [
        name
        for name in checking.served(row)
        if name and name not in stepped and name not in row.kept and name not in {path.split(".")[0] for path in row.replace_on}
    ]
    assert not lost, "a change of these would be neither made nor refused"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.type)
def test_nothing_is_echoed(row: Row) -> None:
    """Every input is read back from what AWS answers, or stands in `kept` with the reason."""
    schema = sdk.resource(row.type)
    if row.service == recorded.SERVICE:
        return
    for name in checking.served(row) - {"tags", "region", ""}:
        if name in row.kept:
            assert row.kept[name], name
        elif name not in row.outputs:
            shape = _shape(row)
            assert shape is None or shapes.matching(name, shape, {}), f"{name} of {row.type} is nowhere in the answer"
        assert name in schema.outputs or name in row.kept


def _shape(row: Row) -> list[str] | None:
    """The members of what the row reads, as far as the expression is a plain path."""
    shape = model(row.service).operation_model(row.read.call.operation).output_shape
    for step in row.read.at.replace("[]", "[0]").split("|")[0].strip().split("."):
        name = step.split("[")[0].strip()
        if name == "@":
            return list(shape.members)
        if not name.isalpha() or name not in shape.members:
            return None
        shape = shape.members[name]
        if "[" in step:
            shape = shape.member
    return [*shape.members, *row.read.more]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.type)
def test_expressions_are_jmespath_and_sources_are_cited(row: Row) -> None:
    expressions = [
        row.id,
        row.read.at,
        row.read.gone,
        row.refusal,
        row.imported_id,
        *(how for how in row.outputs.values() if isinstance(how, str)),
    ]
    if row.until:
        expressions += [row.until.status, row.until.reason]
    for expression in expressions:
        if expression:
            jmespath.compile(expression.replace("$id", "x").replace("$account", "x"))
    assert row.source.startswith("internal/service/"), "where upstream says what replaces"


@pytest.mark.parametrize("row", FUNCTIONS, ids=lambda row: row.token)
def test_functions_are_those_of_the_service_and_the_sdk(row: Function) -> None:
    schema = sdk.function(row.token)
    kinds = {name: each.type for name, each in schema.inputs.items()}
    for call in row.calls.values():
        shape = model(row.service).operation_model(call.operation).input_shape
        assert not list(problems(call.parameters, shape, kinds, row, call.operation))
    assert set(row.results) <= set(schema.outputs)
    assert set(row.uses) <= set(schema.inputs)
    assert all(isinstance(how, Source) or jmespath.compile(how) for how in row.results.values())


def test_coverage_lists_every_row_once() -> None:
    lines = coverage()
    assert [line.type for line in lines] == [*sorted(row.type for row in ROWS), *sorted(row.token for row in FUNCTIONS)]
    assert {line.served for line in lines} == {"moto", "MiniStack", "recorded"}
    assert {line.served for line in lines if ":eks/" in line.type.replace("aws:eks", ":eks")} == {"MiniStack"}


def test_a_scope_makes_arns() -> None:
    scope = Scope({}, "x", "123456789012", "eu-west-1", "aws", {}, lambda *_: {})
    assert scope.arn("ec2", "vpc/x") == "arn:aws:ec2:eu-west-1:123456789012:vpc/x"
