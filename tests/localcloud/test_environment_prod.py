import pytest

from tests.localcloud.environments import Alive, Gone, Guarded

pytestmark = pytest.mark.localcloud


class TestProd(Gone, Guarded, Alive):
    name = "prod"
