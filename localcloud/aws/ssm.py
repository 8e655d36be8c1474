"""Public parameters of AWS's that moto does not have: which image EKS recommends for nodes.

Changes moto's own store, inside the front's process.
"""

import re
from datetime import UTC, datetime
from typing import Any

_RELEASE = re.compile(
    r"/aws/service/eks/optimized-ami/(1\.[0-9]+)/amazon-linux-2023/(?:x86_64|arm64)/(?:standard|nvidia)/recommended/release_version"
)
"""docs.aws.amazon.com/eks/latest/userguide/retrieve-ami-id.html"""

PUBLISHED = datetime(2026, 1, 1, tzinfo=UTC)
"""The same release always, so that nothing changes by itself."""


def install() -> None:
    """Afterwards moto's parameters have one release of the image for nodes for each version of Kubernetes."""
    from moto.ssm.models import Parameter, ParameterDict

    loaded = ParameterDict._check_loading_status

    def check_loading_status(self: Any, key: str) -> None:
        loaded(self, key)
        asked = _RELEASE.fullmatch(str(key or ""))
        if asked is None or self.get(key):
            return
        release = Parameter(  # type: ignore[abstract]
            account_id=self.account_id,
            name=key,
            value=f"{asked[1]}.0-20260101",
            parameter_type="String",
            description=None,
            allowed_pattern=None,
            keyid=None,
            last_modified_date=PUBLISHED,
            version=1,
            data_type="text",
        )
        self.setdefault(key, []).append(release)

    ParameterDict._check_loading_status = check_loading_status  # type: ignore[method-assign]
