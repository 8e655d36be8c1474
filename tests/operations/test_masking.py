"""What is kept of the engine's files: nothing that looks like a credential."""

import base64
import json
import string
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from modelway.operations.masking import masked_copy, masked_lines
from modelway.preview.resources import SECRET, UNKNOWN

KEY = "AKIA" + "IOSFODNN7EXAMPLE"
TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
KIND = "4dabf18193072939515e22adb298388d"


def copied(tmp_path: Path, content: Any) -> Any:
    source, target = tmp_path / "raw.json", tmp_path / "kept.json"
    source.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    masked_copy(source, target)
    assert target.stat().st_mode & 0o777 == 0o600
    return json.loads(target.read_text("utf-8"))


def test_shapes_are_hidden_wherever_they_stand(tmp_path: Path) -> None:
    placed = {
        "plain": KEY,
        "inside": f"key is {KEY}.",
        "list": [{"deep": TOKEN}],
        "document": json.dumps({"Statement": [{"Sid": TOKEN}], "other": 1}),
        "env": [{"name": "DATABASE_PASSWORD", "value": "hunter2hunter2"}],
        "password": "correct horse",
        KEY: "as a name",
    }
    text = json.dumps(copied(tmp_path, {"steps": [placed]}))
    for secret in (KEY, TOKEN, "hunter2hunter2", "correct horse"):
        assert secret not in text
    assert "Statement" in text


def test_a_document_inside_stays_as_it_was_written(tmp_path: Path) -> None:
    policy = '{ "Version":"2012-10-17",  "Statement": [] }'
    assert copied(tmp_path, {"policy": policy})["policy"] == policy


def test_what_the_engine_hides_stays_a_secret(tmp_path: Path) -> None:
    secret = {KIND: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:abc:defghijklmnop"}
    kept = copied(
        tmp_path, {"deployment": {"secrets_providers": {"type": "passphrase", "state": {"salt": "v1:xyz"}}, "resources": [secret]}}
    )
    assert kept["deployment"]["resources"] == [{KIND: secret[KIND], "ciphertext": "[hidden]"}]
    assert "xyz" not in json.dumps(kept)


def test_what_is_not_known_yet_and_what_is_hidden_stay(tmp_path: Path) -> None:
    told = {"password": UNKNOWN, "token": SECRET, "empty": "", "number": 12345678901234567890, "share": 0.1, "none": None, "yes": True}
    assert copied(tmp_path, told) == told


def test_digests_names_and_policies_stay(tmp_path: Path) -> None:
    told = {
        "image": f"credit-risk@sha256:{'0123456789abcdef' * 4}",
        "arn": "arn:aws:iam::111111111111:role/modelway/dev/credit-risk",
        "urn": "urn:pulumi:dev::modelway::modelway:index:Network$aws:ec2/vpc:Vpc::network",
    }
    assert copied(tmp_path, told) == told


def test_text_before_the_document_is_left_out(tmp_path: Path) -> None:
    assert copied(tmp_path, f"Loading policy packs {KEY}\n" + json.dumps({"steps": []})) == {"steps": []}
    assert copied(tmp_path, f"error: {KEY}") == {}


def test_lines_that_are_none_are_left_out(tmp_path: Path) -> None:
    source, target = tmp_path / "events", tmp_path / "kept"
    source.write_text(f'{{"sequence": 1, "text": "{KEY}"}}\n{KEY}\n{{"sequence": 2}}\n{{"sequ', "utf-8")
    masked_lines(source, target)
    lines = [json.loads(line) for line in target.read_text("utf-8").splitlines()]
    assert [line["sequence"] for line in lines] == [1, 2]
    assert KEY not in target.read_text("utf-8")


NESTED = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.text(max_size=8),
    lambda inside: (
        st.lists(inside, max_size=3) | st.dictionaries(st.text(string.ascii_letters, min_size=1, max_size=8), inside, max_size=3)
    ),
    max_leaves=10,
)


@given(NESTED, st.lists(st.sampled_from(["list", "field", "text"]), max_size=4), st.sampled_from([KEY, TOKEN]), st.text(max_size=3))
def test_no_depth_hides_a_credential_from_the_mask(tmp_path_factory: Any, beside: Any, around: list[str], secret: str, before: str) -> None:
    value: Any = f"{before} {secret}"
    for kind in around:
        value = (
            [beside, value] if kind == "list" else {"field": value, "beside": beside} if kind == "field" else json.dumps({"text": value})
        )
    kept = copied(tmp_path_factory.mktemp("masked"), {"value": value})
    assert secret not in json.dumps(kept)


def test_random_text_in_a_field_of_secrets(tmp_path: Path) -> None:
    drawn = base64.b64encode(bytes(range(100, 133))).decode()
    assert drawn not in json.dumps(copied(tmp_path, {"clientSecret": drawn, "text": f"clientSecret: {drawn}"}))
