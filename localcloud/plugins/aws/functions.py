"""Answers data sources from their rows."""

from __future__ import annotations

import jmespath

from localcloud.plugins.aws import sdk
from localcloud.plugins.aws.checking import used
from localcloud.plugins.aws.interpreting import Interpreter
from localcloud.plugins.aws.shapes import from_answer
from localcloud.plugins.aws.table import Function, Object, Source


def served(function: Function) -> frozenset[str]:
    """The arguments that the row does something with."""
    return frozenset({*function.uses, "id", *(name for call in function.calls.values() for name in used(call.parameters))})


def ask(interpreter: Interpreter, function: Function, inputs: Object) -> Object:
    """The results of a data source."""
    scope = interpreter.scope(None, inputs)
    scope.live = {"inputs": inputs, "account": scope.account, "region": scope.region, "partition": scope.partition}
    for name, call in function.calls.items():
        scope.live[name] = interpreter.ask(call, call.service or function.service, scope, {})
    results: Object = {}
    for name, each in sdk.function(function.token).outputs.items():
        how = function.results.get(name)
        found = inputs.get(name)
        if how is not None:
            found = how.make(scope) if isinstance(how, Source) else jmespath.search(how, scope.live)
        value = from_answer(found, each.type, {})
        if value is not None:
            results[name] = value
    return results
