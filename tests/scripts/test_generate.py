"""Generated documents are what their sources say."""

from scripts import generate


def test_generated_documents_are_fresh() -> None:
    assert generate.main(["--check"]) == 0, "run `make generate`"
