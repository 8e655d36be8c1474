"""Tags of what Application Auto Scaling scales, which moto does not keep.

Changes moto's own backend, inside the front's process. Nothing is scaled.
"""

import json
from typing import Any


def install() -> None:
    """Afterwards moto's scalable targets keep the tags that they are registered with, and those that come and go later."""
    from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
    from moto.core.exceptions import JsonRESTError

    register = ApplicationAutoScalingResponse.register_scalable_target

    def tags_of(self: Any, arn: str) -> dict[str, str]:
        for dimension in self.applicationautoscaling_backend.targets.values():
            for target in dimension.values():
                if target.arn == arn:
                    return vars(target).setdefault("tags", {})  # type: ignore[no-any-return]
        raise JsonRESTError("ResourceNotFoundException", f"The resource {arn} wasn't found.")

    def register_scalable_target(self: Any) -> str:
        answer = register(self)
        tags_of(self, json.loads(answer)["ScalableTargetARN"]).update(json.loads(self.body).get("Tags") or {})
        return answer

    def tag_resource(self: Any) -> str:
        asked = json.loads(self.body)
        tags_of(self, asked["ResourceARN"]).update(asked["Tags"])
        return "{}"

    def untag_resource(self: Any) -> str:
        asked = json.loads(self.body)
        tags = tags_of(self, asked["ResourceARN"])
        for key in asked["TagKeys"]:
            tags.pop(key, None)
        return "{}"

    def list_tags_for_resource(self: Any) -> str:
        return json.dumps({"Tags": tags_of(self, json.loads(self.body)["ResourceARN"])})

    for method in (register_scalable_target, tag_resource, untag_resource, list_tags_for_resource):
        setattr(ApplicationAutoScalingResponse, method.__name__, method)
