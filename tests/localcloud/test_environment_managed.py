import pytest

from tests.localcloud.environments import Alive, Gone

pytestmark = pytest.mark.localcloud


class TestManaged(Gone, Alive):
    """Where Amazon keeps the metrics, Auto Mode the nodes and MLflow the list of models."""

    name = "managed"
