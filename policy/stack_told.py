"""Which stack the engine asks about. It tells a pack so in a call of its own, before it asks for the rules (pkg/resource/plugin/
analyzer_plugin.go: ConfigureStack); the SDK keeps of it no more than the stack's tags."""

from collections.abc import Callable, Mapping
from typing import Any

from pulumi_policy import policy


def install(told: Callable[[str, Mapping[str, str]], None]) -> None:
    """`told` is given the stack's name and its configuration, in which secrets stand in clear, before the first rule is asked."""
    servicer = policy._PolicyAnalyzerServicer
    kept = servicer.ConfigureStack

    def configure_stack(self: Any, request: Any, context: Any) -> Any:
        told(request.stack, request.config)
        return kept(self, request, context)

    setattr(servicer, "ConfigureStack", configure_stack)  # noqa: B010 -- a method that is replaced on purpose
