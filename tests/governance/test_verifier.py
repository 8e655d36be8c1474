"""The stand-alone verifier: its arithmetic against published vectors and a kept library, and itself without anything of ours."""

import base64
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from modelway.governance import verifier
from modelway.governance.ledger.signing import lowered
from modelway.governance.ledger.signing import made as made_fast
from modelway.governance.verifier import ORDER, Key, NoKeys, der_of, made, numbers_of, read_keys
from tests.support.made_ledgers import VALID, described, made_keys, made_ledger

CASES = Path(__file__).parent / "cases"
VECTORS = json.loads((CASES / "ed25519.json").read_text("utf-8"))


def key(point: bytes, *, ed25519: bool) -> Key:
    return Key("", "a", "p", ed25519, point, *VALID)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{len(vector['message']) // 2} bytes")
def test_published_signatures_hold(vector: dict[str, str]) -> None:
    public, message, signature = (bytes.fromhex(vector[name]) for name in ("public", "message", "signature"))
    one = key(public, ed25519=True)
    assert made(one, message, signature)
    assert not made(one, message + b"\0", signature)
    # The order of the group more is the same number to the curve, and must not be another valid signature.
    more = int.from_bytes(signature[32:], "little") + 2**252 + 27742317777372353535851937790883648493
    assert not made(one, message, signature[:32] + more.to_bytes(32, "little"))


@settings(max_examples=25, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=300), st.integers(0, 511), st.booleans())
def test_ed25519_agrees_with_the_library(seed: bytes, message: bytes, bit: int, changed: bool) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    signature = bytearray(private.sign(message))
    if changed:
        signature[bit // 8] ^= 1 << bit % 8
    one = key(private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw), ed25519=True)
    assert made(one, message, bytes(signature)) is made_fast(one, message, bytes(signature)) is not changed


@settings(max_examples=25, deadline=None)
@given(st.integers(1, ORDER - 1), st.binary(max_size=300), st.integers(0, 575), st.booleans())
def test_p256_agrees_with_the_library(secret: int, message: bytes, bit: int, changed: bool) -> None:
    private = derive_private_key(secret, SECP256R1())
    signature = bytearray(lowered(private.sign(message, ECDSA(SHA256()))))
    if changed:
        signature[bit // 8 % len(signature)] ^= 1 << bit % 8
    point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)[1:]
    one = key(point, ed25519=False)
    assert made(one, message, bytes(signature)) is made_fast(one, message, bytes(signature)) is not changed


def test_only_the_smaller_s_is_taken() -> None:
    private = derive_private_key(7, SECP256R1())
    one = key(private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)[1:], ed25519=False)
    pair = numbers_of(lowered(private.sign(b"a", ECDSA(SHA256()))))
    assert pair is not None
    for check in (made, made_fast):
        assert check(one, b"a", der_of(*pair))
        assert not check(one, b"a", der_of(pair[0], ORDER - pair[1]))
        assert not check(one, b"a", der_of(pair[0], 0))
        assert not check(one, b"a", der_of(0, pair[1]))


@given(st.binary(max_size=80))
def test_anything_is_no_signature(content: bytes) -> None:
    pair = numbers_of(content)
    assert pair is None or der_of(*pair) == content
    for ed25519 in (True, False):
        one = key(bytes(32 if ed25519 else 64), ed25519=ed25519)
        assert not made(one, b"", content)


def test_a_point_off_the_curve_is_no_key() -> None:
    assert not made(key(bytes(31) + b"\xff", ed25519=True), b"", bytes(64))
    assert not made(key(b"\xff" * 64, ed25519=False), b"", der_of(1, 1))


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a ledger, keys and the verifier, and nothing else of ours."""
    folder = tmp_path_factory.mktemp("bundle")
    made_ledger(str(folder / "ledger"), made_keys(folder), 3)
    shutil.copy(str(verifier.__file__), folder / "verifier.py")
    return folder


def asked(folder: Path, *more: str) -> tuple[int, str]:
    # -I: neither our tree nor what is installed besides the standard library may be needed.
    command = [sys.executable, "-I", "-S", "verifier.py", "ledger", "--keys", "keys.json", "--project", "modelway", *more]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_it_needs_the_standard_library_alone(alone: Path) -> None:
    code, said = asked(alone)
    assert code == 0, said
    anchor = said.partition("anchor ")[2].split()[0]
    assert asked(alone, "--anchor", anchor)[0] == 0
    code, said = asked(alone, "--anchor", f"3:{'0' * 64}")
    assert (code, "[anchor]" in said) == (1, True)
    assert asked(alone, "--anchor", "3:abc")[0] == 2


def test_it_names_what_is_wrong(alone: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    shutil.copytree(alone, folder)
    (folder / "ledger" / "entries" / "0000000001.json").unlink()
    code, said = asked(folder)
    assert (code, "entries/0000000001.json: the next entry that is there is 2 [missing]" in said) == (1, True), said
    (folder / "keys.json").write_text("{}")
    assert asked(folder)[0] == 2


def with_changed_key(**said: object) -> bytes:
    public = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return json.dumps({"keys": [described("edwards", public) | said]}).encode()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it has to be"),
        (b"\xff", "it has to be"),
        (b"[1]", "it has to be"),
        (b'{"keys": 1}', "it has to be"),
        (b'{"keys": ["a"]}', "a key has name"),
        (b"[" * 100_000, "it has to be"),
        (with_changed_key(until="2026-12-31"), "time zone"),
        (with_changed_key(until="never"), "it has to be"),
        (with_changed_key(until="2020-01-01T00:00:00Z"), "from is before until"),
        (with_changed_key(more="a"), "and not"),
        (with_changed_key(public="abc"), "base64"),
        (with_changed_key(public=base64.b64encode(bytes(44)).decode()), "neither a public key"),
        (with_changed_key(public=7), "it has to be"),
        (with_changed_key(name=7), "it has to be"),
    ],
)
def test_keys_that_are_none(content: bytes, why: str) -> None:
    with pytest.raises(NoKeys, match=why):
        read_keys(content)


def test_the_same_key_twice() -> None:
    one = json.loads(with_changed_key())["keys"]
    with pytest.raises(NoKeys, match="twice"):
        read_keys(json.dumps({"keys": one * 2}).encode())
