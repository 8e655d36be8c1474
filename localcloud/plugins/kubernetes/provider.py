"""The operations of the engine on Kubernetes objects."""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Sequence

from localcloud.plugins import serving
from localcloud.plugins.kubernetes import comparing, objects, ownership, waiting
from localcloud.plugins.kubernetes.client import ApiError, Kind, NoMatch, Unreachable
from localcloud.plugins.kubernetes.cluster import Cluster
from localcloud.plugins.kubernetes.comparing import plain_options, string
from localcloud.plugins.kubernetes.replacing import force_new
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
    Update,
)
from localcloud.plugins.values import Properties, Secret, Value, has_unknown

_UNREACHABLE_WAY_OUT = (
    "If the cluster was deleted, you can remove this resource from the state by rerunning the operation with the "
    'PULUMI_K8S_DELETE_UNREACHABLE environment variable set to "true"'
)


class KubernetesProvider(Provider):
    name = "kubernetes"
    version = importlib.metadata.version("pulumi-kubernetes")
    description = "Stand-in for the official Kubernetes provider, part of the local cloud of Modelway."

    def __init__(self) -> None:
        super().__init__()
        self._options: Properties = {}
        self._cluster: Cluster | None = None
        self._warned: set[str] = set()

    # The provider itself.

    def check_config(self, request: Check) -> Checked:
        config = plain_options(request.inputs)
        refused = [
            option
            for option in ("renderYamlToDirectory", "alwaysRender", "strictMode")
            if str(config.get(option, "")).lower() not in ("", "false")
        ]
        if str(config.get("enableServerSideApply", "true")).lower() == "false":
            refused.append("enableServerSideApply")
        failures = [Failure(option, "is not emulated by the local stand-in of the Kubernetes provider") for option in refused]
        return Checked(request.inputs, failures)

    def diff_config(self, request: Diff) -> Difference:
        return comparing.providers(plain_options(request.old_inputs), plain_options(request.inputs))

    def configure(self, config: Properties) -> None:
        self._options = plain_options(config)
        self._cluster = Cluster(
            string(self._options, "kubeconfig"),
            string(self._options, "context"),
            string(self._options, "cluster"),
            self._warn,
        )

    def _warn(self, message: str) -> None:
        """Passes on what the API server warns of (unknown fields, Pod Security, deprecated versions), once."""
        if message not in self._warned:
            self._warned.add(message)
            self.log(message, severity="warning")

    @property
    def cluster(self) -> Cluster:
        if self._cluster is None:
            raise ProviderError("the provider is not configured")
        return self._cluster

    def _flag(self, option: str, variable: str) -> bool:
        value = self._options.get(option)
        return str(os.environ.get(variable, "") if value in (None, "") else value).lower() == "true"

    # Resources.

    def check(self, request: Check) -> Checked:
        if self.cluster.unreachable and request.old_inputs and self._flag("skipUpdateUnreachable", "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE"):
            self.log(
                "the cluster is unreachable and skipUpdateUnreachable is set: the resource stays as it is", request.resource.urn, "warning"
            )
            return Checked(request.old_inputs)
        api_version, kind = objects.identity(request.resource.type)
        if kind.endswith("Patch") and self.cluster.known(api_version, kind) is None:
            raise ProviderError(
                f"{request.resource.type}: patch resources are not emulated by the local stand-in of the Kubernetes provider"
            )
        inputs: Properties = {"apiVersion": api_version, "kind": kind, **request.inputs}
        inputs = {key: value for key, value in inputs.items() if value is not None}
        inputs = objects.named(inputs, plain_options(request.old_inputs), request.resource.name, request.seed, request.autonaming)
        if self._namespaced(api_version, kind):
            inputs = objects.in_namespace(inputs, string(self._options, "namespace") or self.cluster.namespace)
        return Checked(objects.with_secrets(inputs, inputs))

    def _namespaced(self, api_version: str, kind: str) -> bool:
        known = self.cluster.known(api_version, kind)
        return known.namespaced if known else objects.usually_namespaced(kind)

    def diff(self, request: Diff) -> Difference:
        api_version, kind = objects.identity(request.resource.type)
        old, new = objects.from_inputs(request.old_inputs), objects.from_inputs(request.inputs)
        immutable = old.get("immutable") is True or new.get("immutable") is True
        mutable_config_maps = self._flag("enableConfigMapMutable", "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE")
        mutable_secrets = self._flag("enableSecretMutable", "PULUMI_K8S_ENABLE_SECRET_MUTABLE")
        fields = force_new(api_version, kind, immutable, mutable_config_maps, mutable_secrets)
        difference = comparing.objects_of_a_kind(old, new, request.old_outputs, fields, self._namespaced(api_version, kind))
        if kind == "Job" and objects.is_true(new, objects.REPLACE_UNREADY) and self._job_is_unready(request):
            return comparing.replaced_anyway(difference, objects.REPLACE_UNREADY)
        return difference

    def _job_is_unready(self, request: Diff) -> bool:
        kind = self.cluster.known("batch/v1", "Job")
        rule = kind and waiting.rule_for(kind, "")
        try:
            live = kind and self.cluster.live(kind, request.id)
            return bool(live and rule and rule.missing(self.cluster.client, live))
        except waiting.Failed:
            return True
        except (ApiError, Unreachable) as error:
            raise ProviderError(f"failed to read Job {request.id}: {error}") from None

    def create(self, request: Create) -> Created:
        body = objects.from_inputs(request.inputs)
        manager = objects.annotation(body, objects.PATCH_FIELD_MANAGER) or ownership.new_manager()
        if request.preview:
            return Created("", self._foreseen(request, body, manager))
        what = f"resource {request.resource.urn!r}"
        upsert = self._flag("upsertExistingObjects", "PULUMI_K8S_UPSERT_EXISTING_OBJECTS")
        try:
            kind, live = self.cluster.create(body, manager, upsert, self.cancelled, self._teller(request.resource))
        except NoMatch as error:
            raise ProviderError(
                f"creation of {what} failed because the Kubernetes API server reported that the apiVersion for this resource does not "
                f"exist. Verify that any required CRDs have been created: {error}"
            ) from None
        except (ApiError, Unreachable) as error:
            problem = _masked(str(error), request.inputs)
            raise ProviderError(f"{what} was not successfully created by the Kubernetes API server: {problem}") from None
        prefix = (
            f"{what} was successfully created, but the Kubernetes API server reported that it failed to fully initialize or become live"
        )
        return Created(objects.object_id(live), self._awaited(request, kind, live, manager, prefix))

    def _foreseen(self, request: Create, body: Properties, manager: str) -> Properties:
        """The dry run's result; the inputs where there can be none (yet): unknown values, no cluster, namespace or definition, no right
        to try, or an object in the way that will be gone by then."""
        kind = self.cluster.known(str(body["apiVersion"]), str(body["kind"]))
        if has_unknown(body) or kind is None:
            return request.inputs
        try:
            live = self.cluster.foresee(kind, body, manager)
        except Unreachable:
            return request.inputs
        except ApiError as error:
            if error.code in (403, 404) or error.reason == "AlreadyExists" or "dry run" in str(error):
                return request.inputs
            raise ProviderError(_masked(str(error), request.inputs)) from None
        return objects.to_outputs(objects.foreseen(live, body), request.inputs, manager, str(body["apiVersion"]))

    def update(self, request: Update) -> Properties:
        body = objects.from_inputs(request.inputs)
        old_manager = string(request.old_outputs, objects.FIELD_MANAGER) or ownership.new_manager()
        manager = objects.annotation(body, objects.PATCH_FIELD_MANAGER) or old_manager
        kind = self.cluster.known(str(body["apiVersion"]), str(body["kind"]))
        if request.preview and (has_unknown(body) or kind is None):
            return request.inputs
        what = f"update of resource {request.resource.urn!r} failed"
        try:
            kind = self.cluster.client.kind(str(body["apiVersion"]), str(body["kind"]))
            live = self.cluster.live(kind, request.id)
            if live is None:
                raise ProviderError(f"{what}: {kind.kind} {request.id} no longer exists; `pulumi refresh` brings the state up to date")
            force = objects.is_true(body, objects.PATCH_FORCE) or self._flag("enablePatchForce", "PULUMI_K8S_ENABLE_PATCH_FORCE")
            live = self.cluster.apply(kind, live, body, manager, force, request.preview, request.ignore_changes)
        except NoMatch as error:
            raise ProviderError(
                f"{what} because the Kubernetes API server reported that the apiVersion for this resource does not exist. "
                f"Verify that any required CRDs have been created: {error}"
            ) from None
        except (ApiError, Unreachable) as error:
            if request.preview and isinstance(error, ApiError) and error.code == 403:
                return request.inputs
            raise ProviderError(f"{what}: {_explained(error, manager, request.inputs)}") from None
        if request.preview:
            return self._outputs(request.resource, live, request.inputs, manager)
        if kind.kind == "CustomResourceDefinition":
            self.cluster.client.forget_kinds()
        prefix = f"the Kubernetes API server reported that {request.id!r} failed to fully initialize or become live"
        return self._awaited(request, kind, live, manager, prefix)

    def _awaited(self, request: Create | Update, kind: Kind, live: Properties, manager: str, prefix: str) -> Properties:
        """The outputs once the object is ready; Partial when it does not become so."""
        inputs = request.inputs
        problems: Sequence[str] = []
        try:
            rule = (
                None
                if objects.is_true(inputs, objects.SKIP_AWAIT)
                else waiting.rule_for(kind, objects.annotation(inputs, objects.WAIT_FOR))
            )
            if rule:
                timeout = _timeout(request.timeout, inputs, rule.timeout)
                teller = self._teller(request.resource)
                live, problems = waiting.until_ready(self.cluster.client, kind, live, rule, timeout, self.cancelled, teller)
        except (waiting.Cancelled, waiting.Failed) as error:
            problems = [str(error)]
        outputs = self._outputs(request.resource, live, inputs, manager)
        if problems:
            first, *rest = problems
            raise Partial(objects.object_id(live), outputs, [f"{prefix}: {first}", *rest])
        if rule:
            self.log("", request.resource.urn, status=True)
        if kind.kind == "CustomResourceDefinition":
            self.cluster.client.forget_kinds()
        return outputs

    def _outputs(self, resource: Resource, live: Properties, inputs: Properties, manager: str, initial: str = "") -> Properties:
        api_version, _ = objects.identity(resource.type)
        return objects.to_outputs(live, inputs, manager, initial or api_version)

    def read(self, request: Read) -> Found | None:
        """The live object; its inputs are the known ones with what changed since, or, for an import, all that is not the server's."""
        if self.cluster.unreachable:
            if self._flag("deleteUnreachable", "PULUMI_K8S_DELETE_UNREACHABLE"):
                self.log("the cluster is unreachable and deleteUnreachable is set: the resource leaves the state", request.resource.urn)
                return None
            if self._flag("skipUpdateUnreachable", "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE"):
                return Found(request.id, request.inputs, request.outputs)
            raise ProviderError(f"failed to read resource state: {self._unreachable()}")
        api_version, kind_name = objects.identity(request.resource.type)
        try:
            kind = self.cluster.client.kind(api_version, kind_name)
            live = self.cluster.live(kind, request.id)
        except NoMatch:
            return None
        except (ApiError, Unreachable) as error:
            raise ProviderError(f"failed to read {kind_name} {request.id}: {error}") from None
        if live is None:
            return None
        body = live
        manager = string(request.outputs, objects.FIELD_MANAGER) or ownership.new_manager()
        if not request.inputs or not request.outputs:
            inputs = objects.imported(body, api_version, kind_name)
            return Found(request.id, inputs, self._outputs(request.resource, live, inputs, manager))
        inputs = objects.refreshed(request.inputs, request.outputs, body)
        outputs = self._outputs(request.resource, live, inputs, manager, string(request.outputs, objects.INITIAL_API_VERSION) or "")
        if problems := self._unready(kind, live, inputs):
            raise Partial(request.id, outputs, problems, inputs)
        return Found(request.id, inputs, outputs)

    def _unready(self, kind: Kind, live: Properties, inputs: Properties) -> Sequence[str]:
        """Why the object is not ready at this moment."""
        if objects.is_true(inputs, objects.SKIP_AWAIT):
            return []
        try:
            rule = waiting.rule_for(kind, objects.annotation(inputs, objects.WAIT_FOR))
            return rule.missing(self.cluster.client, live) if rule else []
        except waiting.Failed as failure:
            return [str(failure)]
        except (ApiError, Unreachable, NoMatch) as error:
            raise ProviderError(f"failed to read {kind.kind}: {error}") from None

    def delete(self, request: Delete) -> None:
        if self.cluster.unreachable:
            if self._flag("deleteUnreachable", "PULUMI_K8S_DELETE_UNREACHABLE"):
                self.log("the cluster is unreachable and deleteUnreachable is set: the resource leaves the state", request.resource.urn)
                return
            raise ProviderError(self._unreachable())
        api_version, kind_name = objects.identity(request.resource.type)
        inputs = request.old_inputs or objects.inputs_of(request.outputs)
        try:
            kind = self.cluster.client.kind(api_version, kind_name)
            live = self.cluster.live(kind, request.id)
            if live is None or _other(live, request.outputs):
                return
            propagation = objects.annotation(inputs, objects.DELETION_PROPAGATION).capitalize()
            self.cluster.delete(kind, live, propagation if propagation in ("Orphan", "Background") else "Foreground")
        except NoMatch:
            return
        except ApiError as error:
            if error.code == 404:
                return
            raise ProviderError(f"{kind_name} {request.id} could not be deleted: {error}") from None
        except Unreachable as error:
            raise ProviderError(f"{kind_name} {request.id} could not be deleted: {error}") from None
        if objects.is_true(inputs, objects.SKIP_AWAIT) and kind_name in waiting.SKIPS_DELETE_WAIT:
            return
        timeout = _timeout(request.timeout, inputs, waiting.delete_timeout(kind_name))
        teller = self._teller(request.resource)
        if left := waiting.until_gone(self.cluster.client, kind, live, timeout, self.cancelled, teller):
            raise ProviderError(f"{kind_name} {request.id} was deleted but is still there: {'; '.join(left)}")
        self.log("", request.resource.urn, status=True)
        if kind_name == "CustomResourceDefinition":
            self.cluster.client.forget_kinds()

    def _unreachable(self) -> str:
        return f"configured Kubernetes cluster is unreachable: {self.cluster.unreachable}. {_UNREACHABLE_WAY_OUT}"

    def _teller(self, resource: Resource) -> serving.Teller:
        return lambda message: self.log(message, resource.urn, status=True)


def _timeout(asked: float | None, inputs: Properties, default: float) -> float:
    """Seconds: customTimeouts, else the annotation, else the kind's."""
    if asked:
        return asked
    written = objects.annotation(inputs, objects.TIMEOUT_SECONDS)
    return float(written) if written.isdecimal() else default


def _other(live: Properties, outputs: Properties) -> bool:
    """Whether the live object is not the one of the state but one that somebody made later under the same name."""
    known = objects.metadata_of(outputs).get("uid")
    now = objects.metadata_of(live).get("uid")
    return isinstance(known, str) and isinstance(now, str) and known != now


def _explained(error: Exception, manager: str, inputs: Properties) -> str:
    message = _masked(str(error), inputs)
    if isinstance(error, ApiError) and error.code == 409 and error.reason == "Conflict":
        return (
            f"Server-Side Apply field conflict detected. The resource managed by field manager {manager!r} had an apply conflict: "
            f"{message}. "
            f'Take the fields out of the program, or set the annotation {objects.PATCH_FORCE}: "true" to take them over.'
        )
    return message


def _masked(message: str, inputs: Value, secret: bool = False) -> str:
    """The message without anything that the inputs hold as secret: servers quote what they refuse."""
    match inputs:
        case Secret(value=inner):
            return _masked(message, inner, True)
        case dict():
            for item in inputs.values():
                message = _masked(message, item, secret)
        case list():
            for item in inputs:
                message = _masked(message, item, secret)
        case str() if secret and len(inputs) >= 4:
            return message.replace(inputs, "[secret]")
    return message
