"""Which stack the engine asks about. It tells a pack so in a call of its own, before it asks for the rules (pkg/resource/plugin/
analyzer_plugin.go: ConfigureStack); the SDK keeps of it no more than the stack's tags."""

from collections.abc import Mapping
from typing import Any, Protocol

from pulumi_policy import policy


class Told(Protocol):
    """Who is told: the stack's name, its configuration, in which secrets stand in clear, and whether it is a preview."""

    def __call__(self, stack: str, configured: Mapping[str, str], *, previewed: bool) -> None: ...


def install(told: Told) -> None:
    """`told` is called before the first rule is asked."""
    servicer = policy._PolicyAnalyzerServicer
    kept = servicer.ConfigureStack

    def configure_stack(self: Any, request: Any, context: Any) -> Any:
        told(request.stack, request.config, previewed=request.dry_run)
        return kept(self, request, context)

    setattr(servicer, "ConfigureStack", configure_stack)  # noqa: B010 -- a method that is replaced on purpose
