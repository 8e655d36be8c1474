import pytest

from components._quantities import cpu, memory


@pytest.mark.parametrize(("millicores", "text"), [(250, "250m"), (1000, "1"), (1500, "1500m"), (4000, "4")])
def test_processors_are_written_as_the_api_server_does(millicores: int, text: str) -> None:
    assert cpu(millicores) == text


@pytest.mark.parametrize(
    ("size", "text"), [(256 * 1024**2, "256Mi"), (2 * 1024**3, "2Gi"), (1536 * 1024**2, "1536Mi"), (1500, "1500"), (0, "0")]
)
def test_memory_is_written_as_the_api_server_does(size: int, text: str) -> None:
    assert memory(size) == text
