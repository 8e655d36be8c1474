"""The operations of the engine on AWS resources."""

from __future__ import annotations

import importlib.metadata
import json
import os
from collections.abc import Callable
from typing import Any, TypeVar

from localcloud.plugins.aws import checking, comparing, functions, recorded, rows, sdk
from localcloud.plugins.aws.interpreting import Interpreter, Unfinished
from localcloud.plugins.aws.sdk import UnknownToken
from localcloud.plugins.aws.session import ApiError, Session, Settings
from localcloud.plugins.aws.shapes import NoMember
from localcloud.plugins.aws.table import Object, Row
from localcloud.plugins.serving import (
    Check,
    Checked,
    Create,
    Created,
    Delete,
    Diff,
    Difference,
    Failure,
    Found,
    Partial,
    Provider,
    ProviderError,
    Read,
    Resource,
    Teller,
    Update,
)
from localcloud.plugins.values import UNKNOWN, Properties, Unknown, Value, has_unknown, plain, plain_properties, secret_like

_Answer = TypeVar("_Answer")

# Options that would lead away from the emulators, or to credentials of real accounts.
_REFUSED_OPTIONS = ("profile", "assumeRoles", "assumeRoleWithWebIdentity", "sharedConfigFiles", "sharedCredentialsFiles")


class AwsProvider(Provider):
    name = "aws"
    version = importlib.metadata.version("pulumi-aws")
    description = "Stand-in for the official AWS provider, part of the local cloud of Modelway; it talks to emulators on this machine only."

    def __init__(self) -> None:
        super().__init__()
        self._interpreter: Interpreter | None = None

    # The provider itself.

    def check_config(self, request: Check) -> Checked:
        config = _config(request.inputs)
        known = sdk.provider()
        failures = [
            Failure(name, "is not an option of the AWS provider")
            for name in config
            if name not in known and name not in ("version", "pluginDownloadURL")
        ]
        failures += [
            Failure(name, "is not emulated by the local stand-in of the AWS provider") for name in _REFUSED_OPTIONS if config.get(name)
        ]
        return Checked(request.inputs, failures)

    def diff_config(self, request: Diff) -> Difference:
        # A region or account change shows at the resources: region is one of their properties.
        return Difference.of(plain_properties(request.old_inputs), plain_properties(request.inputs))

    def configure(self, config: Properties) -> None:
        options = _config(config)
        if has_unknown(options):
            known = {name: value for name, value in options.items() if not has_unknown(value)}
            if any(isinstance(options.get(name), Unknown) for name in ("region", "accessKey", "secretKey", "token", "endpoints")):
                return  # Previews of a provider that is made from outputs of resources: nothing can be asked yet.
            options = known
        session = Session(Settings.of(options, os.environ))
        allowed, forbidden = options.get("allowedAccountIds") or [], options.get("forbiddenAccountIds") or []
        if allowed or forbidden:
            account = _explained(lambda: session.account)
            if (allowed and account not in allowed) or account in forbidden:
                wish = f"allowed are {', '.join(allowed)}" if allowed and account not in allowed else "it is forbidden"
                raise ProviderError(f"AWS account ID not allowed: {account} is the account of the credentials, {wish}")
        default_tags = (options.get("defaultTags") or {}).get("tags") or {}
        self._interpreter = Interpreter(session, default_tags, recorded.Store.of(os.environ), self.cancelled)

    @property
    def interpreter(self) -> Interpreter:
        if self._interpreter is None:
            raise ProviderError("the AWS provider's configuration is not known yet")
        return self._interpreter

    # Resources.

    def check(self, request: Check) -> Checked:
        row = self._row(request.resource)
        schema = sdk.resource(row.type)
        inputs: dict[str, Any] = {
            name: checking.coerced(value, schema.inputs[name].type) if name in schema.inputs else value
            for name, value in request.inputs.items()
            if value is not None and name not in (comparing.INTERNAL, "tagsAll")
        }
        naming = row.naming
        failures = checking.failures(row.type, schema.inputs, inputs, naming.property if naming else "")
        refused = {failure.property for failure in failures}
        failures += [each for each in checking.not_served(checking.served(row), row.refused, inputs) if each.property not in refused]
        if naming:
            old = plain_properties(request.old_inputs)
            failure = checking.named(naming, request.resource.name, old, inputs, request.seed, request.autonaming)
            failures += [failure] if failure else []
        if row.tagging:
            inputs["tagsAll"] = self._all_tags(inputs.get("tags"))
        return Checked(inputs, failures)

    def _all_tags(self, tags: Value) -> Value:
        if self._interpreter is None or isinstance(plain(tags), Unknown):
            return UNKNOWN
        own = plain(tags) or {}
        assert isinstance(own, dict)
        return secret_like({**self._interpreter.default_tags, **own}, tags)

    def diff(self, request: Diff) -> Difference:
        row = self._row(request.resource)
        old, outputs, new = (plain_properties(each) for each in (request.old_inputs, request.old_outputs, request.inputs))
        region = str(new.get("region") or (self._interpreter.session.settings.region if self._interpreter else ""))
        old.pop("region", None)
        new.pop("region", None)
        where = (str(outputs.get("region") or "") if "region" in sdk.resource(row.type).inputs else "", region)
        return comparing.difference(row, comparing.completed(old, outputs, new), new, where if region else ("", ""))

    def create(self, request: Create) -> Created:
        row = self._row(request.resource)
        if request.preview:
            return Created("", self._foreseen(row, request.inputs))
        inputs = _own(request.inputs)
        try:
            identifier, outputs = self.interpreter.create(row, inputs, request.timeout, self._teller(request.resource))
        except Unfinished as unfinished:
            outputs = self._secret(unfinished.outputs, request.inputs)
            raise Partial(unfinished.identifier, outputs, [f"creating {_what(row, unfinished.identifier)}: {unfinished}"]) from None
        except (ApiError, NoMember, ProviderError) as error:
            raise ProviderError(f"creating {_what(row, '')}: {error}") from None
        return Created(identifier, self._secret(outputs, request.inputs))

    def _foreseen(self, row: Row, inputs: Properties) -> Properties:
        """Outputs before creation: what AWS fills in is not known."""
        schema = sdk.resource(row.type)
        outputs: Properties = {}
        for name in schema.outputs:
            if name in inputs:
                outputs[name] = inputs[name]
            elif name in row.defaults:
                outputs[name] = row.defaults[name]  # type: ignore[assignment]
            elif name not in schema.inputs or name in row.computed:
                outputs[name] = UNKNOWN
        return outputs

    def read(self, request: Read) -> Found | None:
        row = self._row(request.resource)
        inputs = _own(request.inputs)
        region = str(plain(request.outputs.get("region")) or "")
        found = _explained(lambda: self.interpreter.read(row, request.id, inputs, region), f"reading {_what(row, request.id)}")
        if found is None:
            return None
        identifier, outputs, now = found
        if row.tagging:
            now["tagsAll"] = outputs.get("tagsAll")
        return Found(identifier, self._secret(now, request.inputs), self._secret(outputs, request.inputs))

    def update(self, request: Update) -> Properties:
        row = self._row(request.resource)
        if request.preview:
            return self._foreseen_after(row, request)
        old, old_outputs, inputs = _own(request.old_inputs), plain_properties(request.old_outputs), _own(request.inputs)
        doing = f"updating {_what(row, request.id)}"
        try:
            outputs = self.interpreter.update(row, request.id, old, old_outputs, inputs, request.timeout, self._teller(request.resource))
        except Unfinished as unfinished:
            partial = self._secret(unfinished.outputs, request.inputs)
            raise Partial(request.id, partial, [f"{doing}: {unfinished}"]) from None
        except (ApiError, NoMember, ProviderError) as error:
            raise ProviderError(f"{doing}: {error}") from None
        return self._secret(outputs, request.inputs)

    def _foreseen_after(self, row: Row, request: Update) -> Properties:
        """Outputs before an update: as they were, with the new inputs, but what the update moves."""
        given = {name: value for name, value in request.inputs.items() if name != comparing.INTERNAL}
        moved = [output for output, by in row.moved.items() if any(request.old_inputs.get(one) != given.get(one) for one in by)]
        return {**request.old_outputs, **given, **dict.fromkeys(moved, UNKNOWN)}

    def delete(self, request: Delete) -> None:
        row = self._row(request.resource)
        inputs, outputs = _own(request.old_inputs), plain_properties(request.outputs)
        _explained(
            lambda: self.interpreter.delete(row, request.id, inputs, outputs, request.timeout, self._teller(request.resource)),
            f"deleting {_what(row, request.id)}",
        )

    def invoke(self, token: str, arguments: Properties, preview: bool) -> Properties:  # noqa: ARG002 - unknown arguments show themselves
        row = rows.functions().get(token)
        if row is None:
            raise ProviderError(f"{token} is not emulated by the local stand-in of the AWS provider: {checking.ADD_ROW}")
        inputs: Properties = {name: value for name, value in plain_properties(arguments).items() if value is not None}
        if has_unknown(inputs):
            return dict.fromkeys(sdk.function(token).outputs, UNKNOWN)
        problems = checking.failures(token, sdk.function(token).inputs, inputs)
        problems = problems or checking.not_served(functions.served(row), frozenset(), inputs)
        if problems:
            raise ProviderError(f"{token}: " + "; ".join(f"{each.property} {each.reason}" for each in problems))
        return _explained(lambda: functions.ask(self.interpreter, row, inputs), token)

    def _row(self, resource: Resource) -> Row:
        found = rows.resources().get(resource.type)
        if found is not None:
            return found
        try:
            sdk.resource(resource.type)
        except UnknownToken:
            raise ProviderError(f"{resource.type} is not a resource type of pulumi_aws {self.version}") from None
        raise ProviderError(f"{resource.type} is not emulated by the local stand-in of the AWS provider: {checking.ADD_ROW}")

    def _secret(self, properties: Object, inputs: Properties) -> Properties:
        marked = secret_like(properties, inputs)
        assert isinstance(marked, dict)
        return marked

    def _teller(self, resource: Resource) -> Teller:
        return lambda message: self.log(message, resource.urn, status=True)


def _config(inputs: Properties) -> Object:
    """Options as values: those that are no strings arrive as JSON text."""
    known = sdk.provider()
    config: Object = {}
    for name, value in plain_properties(inputs).items():
        if isinstance(value, str) and name in known and known[name].type.kind != "string":
            try:
                value = json.loads(value)
            except json.JSONDecodeError:
                raise ProviderError(f"aws:{name} is not valid JSON") from None
        config[name] = value
    return config


def _own(inputs: Properties) -> Object:
    """Inputs as the table sees them."""
    return {name: value for name, value in plain_properties(inputs).items() if name != "tagsAll" and value is not None}


def _what(row: Row, identifier: str) -> str:
    return f"{row.type} {identifier}".rstrip()


def _explained(operation: Callable[[], _Answer], doing: str = "") -> _Answer:
    """The answer; what AWS refused becomes an error for users."""
    try:
        return operation()
    except (ApiError, NoMember, ProviderError) as error:
        raise ProviderError(f"{doing}: {error}" if doing else str(error)) from None
