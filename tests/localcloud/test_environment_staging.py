import pytest

from tests.localcloud.environments import Alive, Gone

pytestmark = pytest.mark.localcloud


class TestStaging(Gone, Alive):
    name = "staging"
