import pytest

from tests.localcloud.environments import EnvironmentLife

pytestmark = pytest.mark.localcloud


class TestDev(EnvironmentLife):
    name = "dev"
