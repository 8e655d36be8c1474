"""What tests of comments share."""

from collections.abc import Iterator

import pytest

from tests.support.desk import Desk
from tests.support.forge import forge


@pytest.fixture(params=["github", "gitlab"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    with forge(request.param) as (state, api):
        yield Desk(request.param, state, api)
