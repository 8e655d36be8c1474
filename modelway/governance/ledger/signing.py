"""Who signs entries, and the public keys of those who may. A private key is a file (Ed25519, ECDSA P-256) or stays in KMS (P-256)."""

import base64
import textwrap
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key, load_pem_private_key

from modelway.governance.ledger.failures import WrongKey
from modelway.governance.verifier import ORDER, Key, NoKeys, der_of, numbers_of, read_keys, sha256

KMS = "awskms:///"
"""What the address of a key in KMS begins with; its ARN follows."""


class Signer(Protocol):
    """Somebody with a private key."""

    id: str
    """SHA-256 of the public key as SubjectPublicKeyInfo."""
    public: str
    """The public key as PEM, for the file of keys."""

    def sign(self, message: bytes) -> bytes:
        """64 bytes of Ed25519; or ECDSA on SHA-256 in DER, with the smaller of both s."""


def signer(address: str) -> Signer:
    """Who signs with the key at an address: the path of a PEM file, or awskms:///ARN. Raises WrongKey."""
    if address.startswith(KMS):
        from modelway.governance._aws import KmsKey

        return KmsKey(address.removeprefix(KMS))
    return KeyFile(Path(address))


class KeyFile:
    """A private key in a file: PEM, without a passphrase."""

    def __init__(self, path: Path) -> None:
        try:
            key = load_pem_private_key(path.read_bytes(), None)
        except OSError as fault:
            raise WrongKey(f"{path}: {fault.strerror or fault}. {_MAKE_ONE}") from None
        except TypeError:
            raise WrongKey(f"{path}: the key has a passphrase, and nobody is there to be asked for it. {_MAKE_ONE}") from None
        except (ValueError, UnsupportedAlgorithm):
            # Without what the library says: nothing of a private key is ever shown.
            raise WrongKey(f"{path} holds no private key as PEM. {_MAKE_ONE}") from None
        if not isinstance(key, Ed25519PrivateKey) and not (isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP256R1)):
            raise WrongKey(f"{path}: the key is neither one of Ed25519 nor one of ECDSA P-256. {_MAKE_ONE}")
        self._key = key
        info = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.id, self.public = sha256(info), pem(info)

    def sign(self, message: bytes) -> bytes:
        if isinstance(self._key, Ed25519PrivateKey):
            return self._key.sign(message)
        return lowered(self._key.sign(message, ECDSA(SHA256())))


_MAKE_ONE = "Make one with `openssl genpkey -algorithm ed25519 -out release-key.pem`, and add its public key to the file of keys."


def trusted(path: Path) -> tuple[Key, ...]:
    """The keys that may sign, as a file lists them; see modelway/governance/verifier.py. Raises WrongKey."""
    try:
        return read_keys(path.read_bytes())
    except OSError as fault:
        raise WrongKey(f"{path}: {fault.strerror or fault}. Name the file of public keys.") from None
    except NoKeys as fault:
        raise WrongKey(f"{path}: {fault}. Correct the file of public keys.") from None


def lowered(signature: bytes) -> bytes:
    """An ECDSA signature with the smaller of both s that are valid. KMS and OpenSSL give either."""
    pair = numbers_of(signature)
    if pair is None:
        raise WrongKey("the key gave a signature that is none of ECDSA in DER. Use a key of ECDSA P-256.")
    return der_of(pair[0], min(pair[1], ORDER - pair[1]))


def pem(info: bytes) -> str:
    """A SubjectPublicKeyInfo as PEM."""
    lines = textwrap.wrap(base64.b64encode(info).decode(), 64)
    return "\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""])


def made(key: Key, message: bytes, signature: bytes) -> bool:
    """The same as verifier.made, a hundred times faster."""
    try:
        if key.ed25519:
            Ed25519PublicKey.from_public_bytes(key.point).verify(signature, message)
            return True
        pair = numbers_of(signature)
        if pair is None or pair[1] > ORDER // 2:
            return False
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), b"\x04" + key.point).verify(signature, message, ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def id_of(info: bytes) -> str:
    """The id of a public key that is one of ECDSA P-256, as SubjectPublicKeyInfo. Raises WrongKey."""
    key = load_der_public_key(info)
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise WrongKey("the key in KMS is none of ECDSA P-256. Make one with key spec ECC_NIST_P256 and key usage SIGN_VERIFY.")
    return sha256(info)
