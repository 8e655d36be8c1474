"""What the policy pack costs: prints the seconds that it takes to start, and to answer for each of 300 resources and for all at once."""

import sys
import time
from itertools import cycle, islice
from typing import Any

from google.protobuf import json_format
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import analyzer_pb2

from tests.policy.test_pack_served import served
from tests.support.engine import Registered
from tests.support.environments import composed

RESOURCES = 300


def message(kind: Any, one: Registered, number: int) -> Any:
    properties = json_format.ParseDict(one.raw, Struct())
    return kind(type=one.type, name=one.name, urn=f"{one.urn}-{number}", properties=properties)


def main() -> None:
    there = [one for stack in composed("prod").values() for one in stack.resources]
    several = list(enumerate(islice(cycle(there), RESOURCES)))
    each = [message(analyzer_pb2.AnalyzeRequest, one, number) for number, one in several]
    together = analyzer_pb2.AnalyzeStackRequest(resources=[message(analyzer_pb2.AnalyzerResource, one, number) for number, one in several])
    started = time.monotonic()
    with served(stack="prod") as pack:
        pack.GetAnalyzerInfo(Empty())
        ready = time.monotonic()
        for request in each:
            pack.Analyze(request)
        pack.AnalyzeStack(together)
        sys.stdout.write(f"{ready - started} {time.monotonic() - ready}\n")


if __name__ == "__main__":
    main()
