from toolchain import stubs

stubs.spare_the_sdk()  # a third to a half of what the start takes

from localcloud.plugins.kubernetes.releases import WithReleases  # noqa: E402
from localcloud.plugins.serving import serve  # noqa: E402

serve(WithReleases())
