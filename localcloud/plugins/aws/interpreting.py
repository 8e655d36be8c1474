"""Carries out rows of the table: asks AWS, waits, and makes outputs of what AWS then says about the resource."""

from __future__ import annotations

import re
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import jmespath

from localcloud.plugins.aws import comparing, recorded, sdk
from localcloud.plugins.aws.session import ApiError, Session
from localcloud.plugins.aws.shapes import NoMember, from_answer, matching, parameters, tag_map
from localcloud.plugins.aws.table import Action, Call, Object, Row, Scope, Source, Step
from localcloud.plugins.operations import ProviderError, Teller

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0  # seconds between two looks at something that is under way


_REGIONAL = re.compile(r"(.+)@([a-z]{2,3}(?:-[a-z]+)+-[0-9])")


class Unfinished(Exception):
    """The resource exists, but not as it should; `outputs` are what is there."""

    def __init__(self, identifier: str, outputs: Object, reason: str) -> None:
        super().__init__(reason)
        self.identifier = identifier
        self.outputs = outputs


@dataclass
class Interpreter:
    """Of one provider configuration."""

    session: Session
    default_tags: Mapping[str, str]
    store: recorded.Store
    cancelled: threading.Event = field(default_factory=threading.Event)

    def scope(self, row: Row | None, inputs: Object, identifier: str = "", region: str = "") -> Scope:
        """What a row's expressions see; without a row, what a data source's do."""
        region = str(inputs.get("region") or region or self.session.settings.region)

        def call(service: str, operation: str, parameters: Object) -> Object:
            if service == recorded.SERVICE:
                return self.store.call(self.session.account, region, row.type if row else "", operation, parameters)
            return self.session.call(service, operation, parameters, region)

        filled = comparing.with_defaults(row, inputs) if row else inputs
        tags = {**self.default_tags, **(inputs.get("tags") or {})} if row and row.tagging else {}
        partition = "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"
        scope = Scope(filled, "", self.session.account, region, partition, tags, call)
        return _identified(row, scope, identifier) if row else scope

    # What is there.

    def look(self, row: Row, scope: Scope) -> Object | None:
        """The live object, kept in the scope too; None when it is gone."""
        try:
            answer = self._run(row, row.read.call, scope)
        except ApiError as error:
            if error.not_found:
                return None
            raise
        found = _search(_with_id(row.read.at, scope), answer)
        if not found:
            return None
        scope.live = dict(found) if isinstance(found, dict) else {"value": found}
        for name, call in row.read.more.items():
            scope.live[name] = self._run(row, call, scope)
        return None if row.read.gone and _search(row.read.gone, scope.live) else scope.live

    def outputs(self, row: Row, scope: Scope, inputs: Object) -> Object:
        """The properties of the live object in the scope; only what AWS cannot say is taken from the inputs."""
        result: Object = {}
        for name, each in sdk.resource(row.type).outputs.items():
            if name in ("tags", "tagsAll"):
                continue
            if name in row.kept:
                value = inputs.get(name, row.defaults.get(name))
            elif name == "region":
                value = scope.region
            else:
                value = from_answer(self._found(row, name, scope), each.type, row.renames)
                value = _with_kept(row, name, value, inputs.get(name))
            if name in row.documents and name in inputs and comparing.equal(row, name, inputs[name], value):
                value = inputs[name]
            if value is not None:
                result[name] = value
        if row.tagging:
            tags = {key: text for key, text in tag_map(_search(row.tagging.read, scope.live)).items() if not key.startswith("aws:")}
            given = inputs.get("tags") or {}
            result["tagsAll"] = tags
            result["tags"] = {key: text for key, text in tags.items() if key in given or self.default_tags.get(key) != text}
        return result

    def _found(self, row: Row, name: str, scope: Scope) -> Any:
        how = row.outputs.get(name)
        if isinstance(how, Source):
            return how.make(scope)
        if how is not None:
            return _search(_with_id(how, scope), scope.live)
        member = matching(name, scope.live, {})
        return None if member is None else scope.live[member]

    def read(self, row: Row, identifier: str, inputs: Object, region: str) -> tuple[str, Object, Object] | None:
        """Id, outputs and refreshed inputs; None when it is gone. Without inputs it is an import, and `ID@REGION` may say where."""
        if not inputs and (elsewhere := _REGIONAL.fullmatch(identifier)):
            identifier, region = elsewhere.groups()
        scope = self.scope(row, inputs, identifier, region)
        if self.look(row, scope) is None:
            return None
        if not inputs and row.imported_id:
            _identified(row, scope, str(_search(row.imported_id, scope.live)))
        outputs = self.outputs(row, scope, inputs)
        if not inputs:
            return scope.id, outputs, comparing.imported(row, outputs)
        return scope.id, outputs, comparing.refreshed(row, inputs, outputs, self.default_tags)

    # Changes.

    def create(self, row: Row, inputs: Object, timeout: float | None, tell: Teller) -> tuple[str, Object]:
        scope = self.scope(row, inputs)
        if row.naming and not scope.inputs.get(row.naming.property):
            prefix = inputs.get(row.naming.prefix_property) or ""
            scope.inputs[row.naming.property] = f"{prefix}{time.strftime('%Y%m%d%H%M%S')}{uuid.uuid4().hex[:12]}"
        if row.refuse_existing:
            _identified(row, scope, str(_search(_with_id(row.id, scope), {"answer": {}, "inputs": scope.inputs}) or ""))
            if self._is_there(row, scope):
                raise ProviderError(f"{scope.id} exists already; import it, or choose another name")
        answer = self._run(row, row.create, scope)
        _refuse(row, answer)
        _identified(row, scope, str(_search(_with_id(row.id, scope), {"answer": answer, "inputs": scope.inputs})))
        try:
            self._wait(row, scope, timeout, tell)
            steps = [step for step in row.steps if step.on_create and (not step.properties or _given(step, inputs))]
            for step in steps:
                self._run(row, step.set, scope)
            if row.tagging and not row.tagging.on_create and scope.tags:
                self._run(row, row.tagging.add, scope)
            if any(step.properties for step in steps):
                self._wait(row, scope, timeout, tell)
            if self.look(row, scope) is None:
                raise ProviderError("was created, but is not there")
        except (ApiError, ProviderError, NoMember) as error:
            raise Unfinished(scope.id, self._left(row, scope, inputs), str(error)) from None
        return scope.id, self.outputs(row, scope, inputs)

    def _is_there(self, row: Row, scope: Scope) -> bool:
        try:
            return self.look(row, scope) is not None
        except ApiError:
            return False  # it may be somebody else's: the creating call says that better

    def update(
        self, row: Row, identifier: str, old: Object, old_outputs: Object, inputs: Object, timeout: float | None, tell: Teller
    ) -> Object:
        """Compares with what is there now, not with the state: so what an earlier run left undone is done."""
        scope = self.scope(row, inputs, identifier, str(old_outputs.get("region") or ""))
        if self.look(row, scope) is None:
            raise ProviderError(f"{identifier} no longer exists; `pulumi refresh` brings the state up to date")
        live = self.outputs(row, scope, old)
        now = comparing.completed(comparing.refreshed(row, old, live, self.default_tags), live, inputs)
        names = comparing.changed(row, now, inputs)
        try:
            for step in row.steps:
                if not any(name in names for name in step.properties):
                    continue
                wanted = any(scope.inputs.get(name) for name in step.properties)
                self._run(row, step.set if wanted or step.unset is None else step.unset, scope)
                self._wait(row, scope, timeout, tell)
            self._tag(row, scope, live.get("tagsAll") or {})
            self._wait(row, scope, timeout, tell)
            if self.look(row, scope) is None:
                raise ProviderError(f"{identifier} went away during the update")
        except (ApiError, ProviderError, NoMember) as error:
            raise Unfinished(identifier, self._left(row, scope, inputs), str(error)) from None
        return self.outputs(row, scope, inputs)

    def _tag(self, row: Row, scope: Scope, live: Mapping[str, str]) -> None:
        if row.tagging is None or scope.tags == live:
            return
        scope.removed_tags = sorted(key for key in live if key not in scope.tags)
        if scope.removed_tags:
            self._run(row, row.tagging.remove, scope)
        if scope.tags:
            self._run(row, row.tagging.add, scope)

    def delete(self, row: Row, identifier: str, inputs: Object, outputs: Object, timeout: float | None, tell: Teller) -> None:
        if row.keep_if and inputs.get(row.keep_if):
            return
        scope = self.scope(row, inputs, identifier, str(outputs.get("region") or ""))
        if self.look(row, scope) is None:
            return
        missing: ApiError | None = None
        for each in row.delete:
            try:
                _refuse(row, self._run(row, each, scope))
                missing = None
            except ApiError as error:
                if not error.not_found:
                    raise
                missing = error
        if missing and self.look(row, scope) is not None:
            raise missing  # it was something else that does not exist
        if row.wait_gone:
            self._poll(lambda: self.look(row, scope) is None, timeout or row.gone_timeout, lambda: self._gone_problem(row, scope), tell)

    def _gone_problem(self, row: Row, scope: Scope) -> str:
        return f"still {_search(row.until.status, scope.live)}" if row.until else "still there"

    def _left(self, row: Row, scope: Scope, inputs: Object) -> Object:
        """What can be said about something half made."""
        try:
            return self.outputs(row, scope, inputs) if self.look(row, scope) is not None else dict(inputs)
        except (ApiError, ProviderError):
            return dict(inputs)

    def _wait(self, row: Row, scope: Scope, timeout: float | None, tell: Teller) -> None:
        until = row.until
        if until is None:
            return

        def ready() -> bool:
            if self.look(row, scope) is None:
                raise ProviderError("went away while it was waited for")
            status = str(_search(until.status, scope.live))
            if status in until.failed:
                reason = _search(until.reason, scope.live) if until.reason else ""
                raise ProviderError(f"ended in status {status}{f': {reason}' if reason else ''}")
            return status in until.ready

        problem = lambda: f"still {_search(until.status, scope.live)}, not {' or '.join(until.ready)}"  # noqa: E731 - said in two places
        self._poll(ready, timeout or until.timeout, problem, tell)

    def _poll(self, done: Callable[[], bool], timeout: float, problem: Callable[[], str], tell: Teller) -> None:
        end, pause = time.monotonic() + timeout, _FIRST_PAUSE
        while not done():
            if time.monotonic() > end:
                raise ProviderError(f"{problem()} after {timeout:g} s")
            tell(problem())
            if self.cancelled.wait(pause):
                raise ProviderError(f"cancelled, {problem()}")
            pause = min(pause * 1.5, _LONGEST_PAUSE)

    def _run(self, row: Row, what: Call | Action, scope: Scope) -> Object:
        if isinstance(what, Action):
            what.run(scope)
            return {}
        return self.ask(what, what.service or row.service, scope, row.renames)

    def ask(self, call: Call, service: str, scope: Scope, renames: Mapping[str, str]) -> Object:
        """One request, its parameters made from the scope."""
        if service == recorded.SERVICE:
            arguments: Object = {"id": scope.id, "properties": scope.inputs, "tags": scope.tags}
        else:
            arguments = parameters(call.parameters, scope, self.session.shape(service, call.operation), renames)
        try:
            answer = scope.call(service, call.operation, arguments)
        except ApiError as error:
            if error.code in call.tolerate:
                return {}
            raise
        answer.pop("ResponseMetadata", None)
        return answer


def _identified(row: Row, scope: Scope, identifier: str) -> Scope:
    scope.id = identifier
    scope.parts = identifier.split(row.separator, row.parts - 1) if row.separator else [identifier]
    return scope


def _refuse(row: Row, answer: Object) -> None:
    refusal = _search(row.refusal, answer) if row.refusal else None
    if refusal:
        raise ProviderError(f"{row.service} refused: {refusal}")


def _given(step: Step, inputs: Object) -> bool:
    values = [inputs.get(name) for name in step.properties]
    return any(values) if step.unset else any(value is not None for value in values)


def _with_kept(row: Row, name: str, value: Any, given: Any) -> Any:
    """Members of an object that cannot be read back, as they were given."""
    for path in row.kept:
        parent, _, leaf = path.rpartition(".")
        if parent == name and isinstance(given, dict) and leaf in given and isinstance(value, dict):
            value = {**value, leaf: given[leaf]}
    return value


def _with_id(expression: str, scope: Scope) -> str:
    """A JMESPath expression with the id (`$id`) and its parts (`$0`, `$1`, …) filled in."""
    for index, each in enumerate(scope.parts):
        expression = expression.replace(f"${index}", each)
    return expression.replace("$id", scope.id).replace("$account", scope.account).replace("$region", scope.region)


def _search(expression: str, document: Any) -> Any:
    return jmespath.search(expression, document)
