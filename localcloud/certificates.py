"""Certificates of a cluster: an authority of its own, serving and client certificates signed by it, and the service account key pair."""

import datetime
import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME = datetime.timedelta(days=365)
_BACKDATED = datetime.timedelta(minutes=5)  # clocks of virtual machines jump


@dataclass(frozen=True)
class Pair:
    """A certificate and its private key, as PEM files."""

    certificate: Path
    key: Path


class Authority:
    """A certificate authority in a folder; made on first use, read again afterwards."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.pair = Pair(folder / "ca.crt", folder / "ca.key")
        if not self.pair.certificate.exists():
            self._make(name)
        self._certificate = x509.load_pem_x509_certificate(self.pair.certificate.read_bytes())
        key = serialization.load_pem_private_key(self.pair.key.read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        self._key = key

    @property
    def pem(self) -> str:
        return self.pair.certificate.read_text("ascii")

    def client(self, file: str, user: str, groups: tuple[str, ...] = ()) -> Pair:
        """A certificate Kubernetes takes for user `user` (common name) in `groups` (organizations)."""
        subject = x509.Name(
            [*(x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups), x509.NameAttribute(NameOID.COMMON_NAME, user)]
        )
        return self._issue(file, subject, [ExtendedKeyUsageOID.CLIENT_AUTH], [])

    def server(self, file: str, names: tuple[str, ...], addresses: tuple[str, ...]) -> Pair:
        """A certificate for a server that answers under these DNS names and addresses."""
        others: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
        others += [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
        # etcd's JSON gateway shows this certificate to etcd itself, as a client.
        return self._issue(file, _common_name(names[0]), [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH], others)

    def _make(self, name: str) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _common_name(name)
        usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
        builder = _builder(subject, subject, key).add_extension(x509.BasicConstraints(True, 0), True).add_extension(usage, True)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        # The certificate comes last: where it is, the key is too.
        _write(self.pair.key, _pem(key))
        _write(self.pair.certificate, builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def _issue(self, file: str, subject: x509.Name, purposes: list[x509.ObjectIdentifier], others: list[x509.GeneralName]) -> Pair:
        pair = Pair(self.folder / f"{file}.crt", self.folder / f"{file}.key")
        if pair.certificate.exists():
            return pair
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(subject, self._certificate.subject, key).add_extension(x509.ExtendedKeyUsage(purposes), False)
        builder = builder.add_extension(x509.BasicConstraints(False, None), True)
        builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), False)
        if others:
            builder = builder.add_extension(x509.SubjectAlternativeName(others), False)
        _write(pair.key, _pem(key))
        _write(pair.certificate, builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        return pair


def signing_keys(folder: Path) -> Pair:
    """The key pair service account tokens are signed and verified with (`certificate` holds the public key)."""
    pair = Pair(folder / "service-accounts.pub", folder / "service-accounts.key")
    if not pair.certificate.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        _write(pair.key, _pem(key))
        public = serialization.PublicFormat.SubjectPublicKeyInfo
        _write(pair.certificate, key.public_key().public_bytes(serialization.Encoding.PEM, public))
    return pair


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + LIFETIME)
    )


def _common_name(name: str) -> x509.Name:
    # X.520 allows 64 characters.
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _write(file: Path, content: bytes) -> None:
    # A file that a killed predecessor left half-written is replaced, never read: the certificate, written last, decides.
    fresh = file.with_suffix(f"{file.suffix}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
    fresh.replace(file)
