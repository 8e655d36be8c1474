from toolchain import stubs

stubs.spare_the_sdk()  # a third to a half of what the start takes

from localcloud.plugins.kubernetes.provider import KubernetesProvider  # noqa: E402
from localcloud.plugins.serving import serve  # noqa: E402

serve(KubernetesProvider())
