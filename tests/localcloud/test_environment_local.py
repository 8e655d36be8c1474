import pytest

from tests.localcloud.environments import EnvironmentLife

pytestmark = pytest.mark.localcloud


class TestLocal(EnvironmentLife):
    name = "local"
