"""What the engine sends is read once, and not once for each of the rules."""

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from pulumi_policy import policy

_KEPT = 1024
"""Most messages that are kept of one thread: those of a whole stack, which every rule about stacks reads, and no more."""


def install() -> None:
    """Makes the SDK keep what it has read of a message. It reads a resource anew for each policy (pulumi_policy/policy.py: Analyze), and
    all resources for each policy about stacks; no policy of ours changes what it is given."""
    there = vars(policy)
    there["json_format"] = SimpleNamespace(MessageToDict=kept(there["json_format"].MessageToDict))
    for name in ("deserialize_properties", "unknown_checking_proxy"):
        there[name] = kept(there[name])


def kept(read: Callable[..., Any]) -> Callable[..., Any]:
    """`read`, which keeps what it made of each source."""
    # Four threads answer the engine; each has its own. What was read is kept with its source, so that no other can have its id.
    of_thread = threading.local()

    def reading(source: object, *arguments: Any) -> Any:
        kept: dict[tuple[int, tuple[Any, ...]], tuple[Any, Any]] = of_thread.__dict__.setdefault("kept", {})
        key = (id(source), arguments)
        if key not in kept:
            if len(kept) >= _KEPT:
                kept.clear()
            kept[key] = (source, read(source, *arguments))
        return kept[key][1]

    return reading
