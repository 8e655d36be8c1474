"""The store of what no emulator serves."""

from pathlib import Path
from typing import Any

import pytest

from localcloud.plugins.aws import coverage, rows
from localcloud.plugins.aws.recorded import Store
from localcloud.plugins.aws.session import ApiError

KIND = "aws:ecr/pullThroughCacheRule:PullThroughCacheRule"


def ask(store: Store, operation: str, identifier: str = "quay", account: str = "1", region: str = "r", **properties: Any) -> Any:
    return store.call(account, region, KIND, operation, {"id": identifier, "properties": properties, "tags": {}})


def test_what_was_put_is_got_until_it_is_deleted(tmp_path: Path) -> None:
    store = Store(tmp_path)
    ask(store, "Put", upstream="a")
    ask(store, "Put", upstream="b")
    assert ask(store, "Get")["upstream"] == "b"
    assert ask(Store(tmp_path), "Get")["upstream"] == "b", "another process sees it"
    ask(store, "Delete")
    with pytest.raises(ApiError, match=rf"recorded Get: NotFound: {KIND} quay is not recorded") as refused:
        ask(store, "Get")
    assert refused.value.not_found
    ask(store, "Delete")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_accounts_regions_and_names_are_apart(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for place in ({"account": "2"}, {"region": "s"}, {"identifier": "../quay"}):
        ask(store, "Put", **place)
        with pytest.raises(ApiError):
            ask(store, "Get")
    assert all(path.resolve().is_relative_to(tmp_path) for path in tmp_path.rglob("*.json"))


def test_files_are_their_owners_alone(tmp_path: Path) -> None:
    ask(Store(tmp_path), "Put", secret="s")
    assert {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*.json")} == {0o600}


def test_the_store_lies_where_the_local_cloud_says(tmp_path: Path) -> None:
    assert Store.of({"MODELWAY_LOCAL_STORE": str(tmp_path / "x")}).folder == tmp_path / "x"
    assert Store.of({"PULUMI_HOME": str(tmp_path / "pulumi")}).folder == tmp_path / "recorded"


def test_the_table_lists_them_as_recorded() -> None:
    recorded = {row.type for row in rows.resources().values() if row.served == "recorded"}
    assert recorded == {line.type for line in coverage() if line.served == "recorded"}
    assert KIND in recorded
